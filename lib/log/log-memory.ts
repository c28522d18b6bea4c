import { FrameMemory } from '../memory/frame-memory.ts'

/** What the records of a cluster may take in memory, and what they take; both in bytes. */
export class LogMemory {
  readonly limit: number
  /** Of the batches as they are stored; indexes and empty ends of chunks come on top. */
  used = 0
  /** Where copies of batches lie. */
  readonly #frames: FrameMemory

  constructor(limit = Number.POSITIVE_INFINITY, frames = new FrameMemory()) {
    this.limit = limit
    this.#frames = frames
  }

  hasRoomFor(bytes: number): boolean {
    return this.used + bytes <= this.limit
  }

  /** Memory with one owner, to be released (`frame-memory.ts`); what is small is ordinary memory. */
  allocate(bytes: number): Buffer {
    return this.#frames.allocate(bytes) ?? Buffer.allocUnsafeSlow(bytes)
  }
}
