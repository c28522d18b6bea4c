import { copyBytes } from '../../protocol/primitives/copy.ts'
import { release, retain } from '../memory/frame-memory.ts'
import type { LogMemory } from './log-memory.ts'
import type { Place, SegmentBytes } from './segment-bytes.ts'

const SMALLEST_CHUNK = 1024
const LARGEST_CHUNK = 1024 * 1024
/** What is larger gets memory of its own: ends of chunks left empty then waste a sixteenth at most. */
const LARGEST_IN_CHUNK = LARGEST_CHUNK / 16

/**
 * A segment in memory: a list of pieces. A piece is either a large batch where it was received, or a run of small
 * batches copied one behind the other into a chunk, which a fetch then sends as one slice.
 */
export class MemoryBytes implements SegmentBytes {
  /** Of each piece: the memory, where the piece begins in it, and the position of its first byte. */
  #buffers: Buffer[] = []
  #offsets: number[] = []
  #starts: number[] = []
  #size = 0
  #chunk: Buffer | null = null
  #chunkUsed = 0
  /** True while the last piece ends where the chunk's free space begins. */
  #lastIsOpen = false
  #chunkBytes = 0
  readonly #memory: LogMemory

  constructor(memory: LogMemory) {
    this.#memory = memory
  }

  get start(): number {
    return this.#starts[0] ?? this.#size
  }

  get size(): number {
    return this.#size
  }

  append(batch: Buffer, keep: boolean): void {
    const length = batch.length
    if (keep || length > LARGEST_IN_CHUNK) {
      this.#addPiece(keep ? batch : copyOf(batch), 0)
      this.#lastIsOpen = false
    } else {
      const chunk = this.#chunkFor(length)
      if (!this.#lastIsOpen) this.#addPiece(chunk, this.#chunkUsed)
      this.#lastIsOpen = true
      copyBytes(batch, 0, length, chunk, this.#chunkUsed)
      this.#chunkUsed += length
    }
    this.#size += length
    this.#memory.used += length
  }

  #chunkFor(length: number): Buffer {
    if (this.#chunk !== null && this.#chunkUsed + length <= this.#chunk.length) return this.#chunk
    // Chunks grow with the log: 100,000 partitions with a record each must not cost a large chunk each.
    const grown = Math.min(LARGEST_CHUNK, Math.max(SMALLEST_CHUNK, this.#chunkBytes))
    this.#leaveChunk()
    this.#chunk = this.#memory.allocate(Math.max(grown, length))
    this.#chunkBytes += this.#chunk.length
    this.#chunkUsed = 0
    return this.#chunk
  }

  #leaveChunk(): void {
    if (this.#chunk !== null) release(this.#chunk)
    this.#chunk = null
    this.#lastIsOpen = false
  }

  #addPiece(buffer: Buffer, offset: number): void {
    retain(buffer)
    this.#buffers.push(buffer)
    this.#offsets.push(offset)
    this.#starts.push(this.#size)
  }

  locate(position: number, place: Place): void {
    if (position < place.stretchStart || position >= place.stretchEnd) {
      const piece = this.#pieceAt(position)
      place.buffer = this.#buffers[piece]!
      place.stretchStart = this.#starts[piece]!
      place.stretchEnd = this.#endOf(piece)
      place.stretchOffset = this.#offsets[piece]!
    }
    place.offset = place.stretchOffset + position - place.stretchStart
  }

  slice(from: number, to: number, views: Buffer[]): void {
    let position = from
    for (let piece = this.#pieceAt(from); position < to; piece++) {
      const end = Math.min(to, this.#endOf(piece))
      const buffer = this.#buffers[piece]!
      const offset = this.#offsets[piece]! + position - this.#starts[piece]!
      const length = end - position
      views.push(length === buffer.length ? buffer : buffer.subarray(offset, offset + length))
      position = end
    }
  }

  lend(from: number, _least: number, to: number, views: Buffer[]): number {
    this.slice(from, to, views)
    return to
  }

  dropBefore(position: number): void {
    let dropped = 0
    while (dropped < this.#starts.length && this.#endOf(dropped) <= position) dropped++
    if (dropped === 0) return
    this.#memory.used -= this.#endOf(dropped - 1) - this.start
    for (const buffer of this.#buffers.splice(0, dropped)) release(buffer)
    this.#offsets.splice(0, dropped)
    this.#starts.splice(0, dropped)
    if (this.#starts.length > 0) return
    this.#leaveChunk()
    this.#chunkBytes = 0
  }

  delete(): void {
    this.dropBefore(this.#size)
  }

  #endOf(piece: number): number {
    return this.#starts[piece + 1] ?? this.#size
  }

  /** The last piece that begins at or before `position`. */
  #pieceAt(position: number): number {
    const starts = this.#starts
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (starts[middle]! <= position) low = middle
      else high = middle - 1
    }
    return low
  }
}

function copyOf(batch: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(batch.length)
  batch.copy(copy)
  return copy
}
