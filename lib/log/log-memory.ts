/** What the records of a cluster may take in memory, and what they take; both in bytes. */
export class LogMemory {
  readonly limit: number
  /** Of the batches as they are stored; indexes and empty ends of chunks come on top. */
  used = 0

  constructor(limit = Number.POSITIVE_INFINITY) {
    this.limit = limit
  }

  hasRoomFor(bytes: number): boolean {
    return this.used + bytes <= this.limit
  }
}
