import { ProtocolError } from './error.ts'
import { copyBytes } from './primitives/copy.ts'

const SIZE_BYTES = 4
/** A smaller chunk that comes behind unread ones is put beside its like, or a dribble would cost an object for each byte. */
const GATHER_BELOW = 1024
const GATHERED_SIZE = 2048
/**
 * A frame up to this size gets its place at once; of a larger one half must have come, for its size may be a lie. Memory
 * that nothing is put into costs the system nothing, so it may be what producers' largest requests are by default.
 */
const ALLOCATE_AT_ONCE = 2 * 1024 * 1024
/** A smaller frame in lent memory is shown where it lies. */
const SHOWN_BELOW = 8 * 1024

const NOTHING: Buffer = Buffer.alloc(0)

type Allocate = (size: number, start: number) => Buffer

/** Where a frame's body lies. */
export interface Frame {
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
  /** The memory is somebody else's, who will soon put other bytes there: see `keptFrame`. */
  readonly isLent: boolean
}

/** The frame whose body is the whole buffer. */
export function frameOf(buffer: Buffer): Frame {
  return { buffer, start: 0, end: buffer.length, isLent: false }
}

/** The frame as a buffer of its own, which nobody else will write to: a copy where it is in lent memory, else a view. */
export function keptFrame({ buffer, start, end, isLent }: Frame): Buffer {
  if (isLent) return Buffer.from(buffer.subarray(start, end))
  return start === 0 && end === buffer.length ? buffer : buffer.subarray(start, end)
}

/**
 * Splits a stream into frames: a size of four bytes (big-endian, signed), then as many bytes. Gives one frame when asked
 * for one, so that the caller may change its mind about what may follow.
 *
 * A frame that lies within one chunk is shown there; one that does not, or is large and in a chunk that was lent, is copied
 * once, into memory of its own. What is held is at most about twice what has really arrived.
 */
export class FrameSplitter {
  /** Bytes that a frame may have, without the four of its size; counts for every frame that has not been given yet. */
  maxFrameSize: number
  readonly #allocate: Allocate
  #chunks: Buffer[] = []
  /** The first chunk that has unread bytes, and where they begin in it. */
  #first = 0
  #offset = 0
  #queued = 0
  /** The last chunk's memory where that is ours and may have room. */
  #gathered: Buffer | undefined
  #gatheredLength = 0
  /** Memory of somebody else's that all unread bytes lie in, from `#offset` on; there are no chunks then. */
  #lent: Buffer | undefined
  #sizeKnown = false
  #size = 0
  /** The frame under way once it has its place; nothing is queued before it is full. */
  #frame: Buffer | undefined
  #filled = 0
  readonly #found = { buffer: NOTHING as Buffer, start: 0, end: 0, isLent: false }

  /**
   * @param allocate makes the place of a frame that does not come whole, or is copied out of what was lent; told the frame's size and its first two bytes
   * as a number (a request's API key), -1 where they have not come
   */
  constructor(maxFrameSize: number, allocate: Allocate = Buffer.allocUnsafe) {
    this.maxFrameSize = maxFrameSize
    this.#allocate = allocate
  }

  /** Bytes that have been pushed and not yet been given as part of a frame. */
  get buffered(): number {
    return this.#queued + this.#filled
  }

  /**
   * Where bytes that arrive next may be put so that they need not be copied: the rest of the frame under way, undefined
   * where it has no place yet. Who has put some there says so by `placed`, before anything is pushed.
   */
  get place(): Buffer | undefined {
    const frame = this.#frame
    return frame === undefined || this.#filled === frame.length ? undefined : frame.subarray(this.#filled)
  }

  /** So many bytes have been put into `place`. */
  placed(length: number): void {
    if (this.#frame !== undefined) this.#filled += length
  }

  /** Takes the first `length` bytes of memory where something else will be put as soon as `keep` has been called. */
  lend(memory: Buffer, length: number): void {
    this.keep()
    const start = this.#fill(memory, length)
    if (start === length) return
    if (this.#queued > 0) {
      this.#queue(Buffer.from(memory.subarray(start, length)), 0)
      return
    }
    this.#lent = memory
    this.#offset = start
    this.#queued = length - start
  }

  /** Copies what has not been given of what was lent. */
  keep(): void {
    const lent = this.#lent
    if (lent === undefined) return
    this.#lent = undefined
    if (this.#queued > 0)
      this.#chunks.push(Buffer.from(lent.subarray(this.#offset, this.#offset + this.#queued)))
    this.#offset = 0
  }

  /** Takes what has arrived. The chunk must not be written to afterwards. */
  push(chunk: Buffer): void {
    this.keep()
    const start = this.#fill(chunk, chunk.length)
    if (start < chunk.length) this.#queue(chunk, start)
  }

  #queue(chunk: Buffer, start: number): void {
    const length = chunk.length - start
    if (this.#queued > 0 && length < GATHER_BELOW) {
      this.#gather(chunk, start)
    } else {
      this.#gathered = undefined
      this.#chunks.push(start === 0 ? chunk : chunk.subarray(start))
    }
    this.#queued += length
  }

  /**
   * The next frame's body, undefined until it has arrived whole. The same object each time: it says where the frame is
   * until the splitter is used again.
   * @throws ProtocolError when its size is negative or larger than `maxFrameSize`; nothing can be read from then on
   */
  find(): Frame | undefined {
    if (!this.#sizeKnown) {
      if (this.#queued < SIZE_BYTES) return undefined
      this.#size = this.#readSize()
      this.#sizeKnown = true
    }
    const size = this.#size
    if (size < 0 || size > this.maxFrameSize) {
      throw new ProtocolError(`a frame of ${size} bytes is announced: 0 to ${this.maxFrameSize} are accepted`)
    }
    const frame = this.#frame
    if (frame !== undefined) {
      if (this.#filled < size) return undefined
      this.#frame = undefined
      this.#filled = 0
      this.#sizeKnown = false
      return this.#at(frame, 0, size, false)
    }
    if (this.#queued < size) {
      if (size <= ALLOCATE_AT_ONCE || this.#queued * 2 >= size) this.#place(size)
      return undefined
    }
    this.#sizeKnown = false
    return this.#whole(size)
  }

  /** As `find`, the frame as a buffer that nobody else will write to. */
  next(): Buffer | undefined {
    const found = this.find()
    return found === undefined ? undefined : keptFrame(found)
  }

  /** Forgets everything that has arrived; gives back the frame under way, if it has its place. */
  clear(): Buffer | undefined {
    const unfinished = this.#frame
    this.#chunks = []
    this.#first = 0
    this.#offset = 0
    this.#queued = 0
    this.#gathered = undefined
    this.#lent = undefined
    this.#sizeKnown = false
    this.#frame = undefined
    this.#filled = 0
    return unfinished
  }

  /** Copies what belongs to the frame under way; returns how much that was. */
  #fill(bytes: Buffer, length: number): number {
    const frame = this.#frame
    if (frame === undefined) return 0
    const copied = Math.min(length, frame.length - this.#filled)
    copyBytes(bytes, 0, copied, frame, this.#filled)
    this.#filled += copied
    return copied
  }

  #gather(chunk: Buffer, start: number): void {
    const length = chunk.length - start
    let gathered = this.#gathered
    if (gathered === undefined || gathered.length - this.#gatheredLength < length) {
      gathered = Buffer.allocUnsafe(GATHERED_SIZE)
      this.#gathered = gathered
      this.#gatheredLength = 0
      this.#chunks.push(gathered)
    }
    chunk.copy(gathered, this.#gatheredLength, start)
    this.#gatheredLength += length
    this.#chunks[this.#chunks.length - 1] = gathered.subarray(0, this.#gatheredLength)
  }

  #place(size: number): void {
    const frame = this.#allocate(size, this.#firstTwo())
    this.#filled = this.#copyOut(frame, this.#queued)
    this.#frame = frame
  }

  /** The frame that is there whole, at the start of what is queued. */
  #whole(size: number): Frame {
    const lent = this.#lent
    const chunk = lent ?? this.#chunks[this.#first]
    const offset = this.#offset
    if (lent === undefined ? chunk !== undefined && chunk.length - offset >= size : size < SHOWN_BELOW) {
      this.#advance(size)
      return this.#at(chunk ?? NOTHING, offset, offset + size, lent !== undefined)
    }
    const frame = lent === undefined ? Buffer.allocUnsafe(size) : this.#allocate(size, this.#firstTwo())
    this.#copyOut(frame, size)
    return this.#at(frame, 0, size, false)
  }

  #at(buffer: Buffer, start: number, end: number, isLent: boolean): Frame {
    const found = this.#found
    found.buffer = buffer
    found.start = start
    found.end = end
    found.isLent = isLent
    return found
  }

  #firstTwo(): number {
    const bytes = this.#lent ?? this.#chunks[this.#first]
    return this.#queued >= 2 && bytes !== undefined && bytes.length - this.#offset >= 2
      ? bytes.readInt16BE(this.#offset)
      : -1
  }

  #readSize(): number {
    const bytes = this.#lent ?? (this.#chunks[this.#first] as Buffer)
    if (bytes.length - this.#offset >= SIZE_BYTES) {
      const size = bytes.readInt32BE(this.#offset)
      this.#advance(SIZE_BYTES)
      return size
    }
    const size = Buffer.allocUnsafe(SIZE_BYTES)
    this.#copyOut(size, SIZE_BYTES)
    return size.readInt32BE(0)
  }

  /** Moves the first `length` of the queued bytes to the start of `target`. */
  #copyOut(target: Buffer, length: number): number {
    let copied = 0
    while (copied < length) {
      const bytes = this.#lent ?? (this.#chunks[this.#first] as Buffer)
      const piece = Math.min(bytes.length - this.#offset, length - copied)
      copyBytes(bytes, this.#offset, this.#offset + piece, target, copied)
      copied += piece
      this.#advance(piece)
    }
    return length
  }

  /** Steps over bytes that lie within the first chunk. */
  #advance(length: number): void {
    this.#queued -= length
    this.#offset += length
    if (this.#lent !== undefined) return
    if (this.#queued === 0) {
      this.#chunks.length = 0
      this.#first = 0
      this.#offset = 0
      this.#gathered = undefined
      return
    }
    if (this.#offset < (this.#chunks[this.#first] as Buffer).length) return
    this.#offset = 0
    this.#first++
    // Taken off in bulk: shifting a long queue for each chunk would be quadratic.
    if (this.#first * 2 >= this.#chunks.length) {
      this.#chunks.splice(0, this.#first)
      this.#first = 0
    }
  }
}
