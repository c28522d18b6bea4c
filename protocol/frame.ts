import { ProtocolError } from './error.ts'

const SIZE_BYTES = 4
/** A smaller chunk that comes behind unread ones is put beside its like, or a dribble would cost an object for each byte. */
const GATHER_BELOW = 1024
const GATHERED_SIZE = 2048
/**
 * A frame up to this size gets its place at once; of a larger one half must have come, for its size may be a lie. Memory
 * that nothing is put into costs the system nothing, so it may be what producers' largest requests are by default.
 */
const ALLOCATE_AT_ONCE = 2 * 1024 * 1024
/** A smaller frame in a lent chunk is copied with those behind it. */
const COPIED_ALONE = 8 * 1024

type Allocate = (size: number, start: number) => Buffer

/**
 * Splits a stream into frames: a size of four bytes (big-endian, signed), then as many bytes. Gives one frame when asked
 * for one, so that the caller may change its mind about what may follow.
 *
 * A frame that lies within one chunk is a view of it; one that does not, or lies in a chunk that was lent, is copied once,
 * into memory of its own. What is held is at most about twice what has really arrived.
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
  /** The last chunk, where its memory is somebody else's. */
  #lent: Buffer | undefined
  #sizeKnown = false
  #size = 0
  /** The frame under way once it has its place; nothing is queued before it is full. */
  #frame: Buffer | undefined
  #filled = 0

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

  /**
   * Takes what has arrived, and lies where something else will be put as soon as `keep` has been called: frames of it are
   * given as copies.
   */
  lend(chunk: Buffer): void {
    if (this.#queue(chunk)) this.#lent = this.#chunks.at(-1)
  }

  /** Copies what has not been given of what was lent. */
  keep(): void {
    const lent = this.#lent
    const last = this.#chunks.length - 1
    this.#lent = undefined
    if (lent === undefined || this.#chunks[last] !== lent) return
    const start = this.#first === last ? this.#offset : 0
    this.#chunks[last] = Buffer.from(lent.subarray(start))
    if (start > 0) this.#offset = 0
  }

  /** Takes what has arrived. The chunk must not be written to afterwards. */
  push(chunk: Buffer): void {
    this.#queue(chunk)
  }

  /** @returns whether the chunk is among those that are held */
  #queue(chunk: Buffer): boolean {
    this.keep()
    const start = this.#frame === undefined ? 0 : this.#fill(this.#frame, chunk)
    const length = chunk.length - start
    if (length === 0) return false
    const isGathered = this.#queued > 0 && length < GATHER_BELOW
    if (isGathered) {
      this.#gather(chunk, start)
    } else {
      this.#gathered = undefined
      this.#chunks.push(start === 0 ? chunk : chunk.subarray(start))
    }
    this.#queued += length
    return !isGathered
  }

  /**
   * The next frame's body, undefined until it has arrived whole.
   * @throws ProtocolError when its size is negative or larger than `maxFrameSize`; nothing can be read from then on
   */
  next(): Buffer | undefined {
    if (!this.#sizeKnown) {
      if (this.#queued < SIZE_BYTES) return undefined
      this.#size = this.#readSize()
      this.#sizeKnown = true
    }
    const size = this.#size
    if (size < 0 || size > this.maxFrameSize) {
      throw new ProtocolError(`a frame of ${size} bytes is announced: 0 to ${this.maxFrameSize} are accepted`)
    }
    let frame = this.#frame
    if (frame !== undefined) {
      if (this.#filled < size) return undefined
      this.#frame = undefined
      this.#filled = 0
    } else if (this.#queued >= size) {
      frame = this.#take(size)
    } else {
      if (size <= ALLOCATE_AT_ONCE || this.#queued * 2 >= size) this.#place(size)
      return undefined
    }
    this.#sizeKnown = false
    return frame
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

  /** Copies into the frame under way what belongs to it; returns how much that was. */
  #fill(frame: Buffer, chunk: Buffer): number {
    const copied = chunk.copy(frame, this.#filled)
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

  #take(size: number): Buffer {
    if (this.#lent !== undefined && this.#chunks[this.#first] === this.#lent) {
      if (size >= COPIED_ALONE) {
        const frame = this.#allocate(size, this.#firstTwo())
        this.#copyOut(frame, size)
        return frame
      }
      this.keep()
    }
    const chunk = this.#chunks[this.#first]
    const offset = this.#offset
    if (chunk === undefined || chunk.length - offset < size) {
      const frame = Buffer.allocUnsafe(size)
      this.#copyOut(frame, size)
      return frame
    }
    this.#advance(size)
    return chunk.subarray(offset, offset + size)
  }

  #firstTwo(): number {
    const chunk = this.#chunks[this.#first]
    return chunk !== undefined && chunk.length - this.#offset >= 2 ? chunk.readInt16BE(this.#offset) : -1
  }

  #readSize(): number {
    const chunk = this.#chunks[this.#first] as Buffer
    if (chunk.length - this.#offset >= SIZE_BYTES) {
      const size = chunk.readInt32BE(this.#offset)
      this.#advance(SIZE_BYTES)
      return size
    }
    const bytes = Buffer.allocUnsafe(SIZE_BYTES)
    this.#copyOut(bytes, SIZE_BYTES)
    return bytes.readInt32BE(0)
  }

  /** Moves the first `length` of the queued bytes to the start of `target`. */
  #copyOut(target: Buffer, length: number): number {
    let copied = 0
    while (copied < length) {
      const chunk = this.#chunks[this.#first] as Buffer
      const piece = Math.min(chunk.length - this.#offset, length - copied)
      chunk.copy(target, copied, this.#offset, this.#offset + piece)
      copied += piece
      this.#advance(piece)
    }
    return length
  }

  /** Steps over bytes that lie within the first chunk. */
  #advance(length: number): void {
    this.#queued -= length
    if (this.#queued === 0) {
      this.#chunks.length = 0
      this.#first = 0
      this.#offset = 0
      this.#gathered = undefined
      return
    }
    this.#offset += length
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
