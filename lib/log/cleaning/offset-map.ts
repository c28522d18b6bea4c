import { createHash } from 'node:crypto'

/** Longer keys are kept by their digest, so that the map's memory depends on how many keys there are, not on their size. */
const LONGEST_KEPT_KEY = 64
/** What Kafka's map takes for a key: an MD5 and an offset (SkimpyOffsetMap). */
const KAFKA_ENTRY_BYTES = 24

/** The last offset of each key in the part of a log that is to be cleaned. */
export class OffsetMap {
  /** Up to here the map knows the log; -1 at first. */
  latestOffset = -1
  readonly #offsets = new Map<string, number>()
  readonly #capacity: number

  /**
   * @param bufferBytes `log.cleaner.dedupe.buffer.size`
   * @param loadFactor `log.cleaner.io.buffer.load.factor`
   */
  constructor(bufferBytes: number, loadFactor: number) {
    this.#capacity = Math.max(1, Math.floor((bufferBytes / KAFKA_ENTRY_BYTES) * loadFactor))
  }

  /** False, and nothing is kept, when the map is full. One batch always finds room: else no round would come further. */
  put(key: Buffer, offset: number): boolean {
    if (this.#offsets.size >= this.#capacity && this.latestOffset >= 0) return false
    this.#offsets.set(nameOf(key), offset)
    return true
  }

  /** -1 for a key that is not there. */
  get(key: Buffer): number {
    return this.#offsets.get(nameOf(key)) ?? -1
  }
}

function nameOf(key: Buffer): string {
  if (key.length <= LONGEST_KEPT_KEY) return key.toString('latin1')
  // Longer than any key that is kept as it is, so that the two cannot be taken for each other.
  return `${createHash('sha256').update(key).digest('hex')}#`
}
