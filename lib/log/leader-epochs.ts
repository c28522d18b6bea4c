/** What a search of the epochs yields; -1 and -1 where nothing is known (Kafka's UNDEFINED_EPOCH). */
export interface EpochEndOffset {
  readonly leaderEpoch: number
  readonly endOffset: number
}

export const UNDEFINED_EPOCH = -1
export const UNDEFINED_EPOCH_OFFSET = -1
const UNDEFINED: EpochEndOffset = { leaderEpoch: UNDEFINED_EPOCH, endOffset: UNDEFINED_EPOCH_OFFSET }

/** Where each leader epoch of a log begins (KIP-101; Kafka's LeaderEpochFileCache). */
export class LeaderEpochs {
  readonly #epochs: number[]
  readonly #startOffsets: number[]
  /** Whether they have changed since somebody set this to false. */
  isChanged = false

  constructor(entries: readonly EpochEntry[] = []) {
    this.#epochs = entries.map(({ epoch }) => epoch)
    this.#startOffsets = entries.map(({ startOffset }) => startOffset)
  }

  get latest(): number {
    return this.#epochs.at(-1) ?? UNDEFINED_EPOCH
  }

  /** Epoch of the first entry, if that covers `offset`; else -1. */
  earliestFor(offset: number): number {
    return this.#epochs.length > 0 && this.#startOffsets[0]! <= offset ? this.#epochs[0]! : UNDEFINED_EPOCH
  }

  /** An epoch begins at `startOffset`. Older epochs that would begin there or later never held anything. */
  assign(epoch: number, startOffset: number): void {
    if (epoch < 0 || epoch <= this.latest) return
    while (this.#startOffsets.length > 0 && this.#startOffsets.at(-1)! >= startOffset) {
      this.#epochs.pop()
      this.#startOffsets.pop()
    }
    this.#epochs.push(epoch)
    this.#startOffsets.push(startOffset)
    this.isChanged = true
  }

  /** The end of the largest epoch that is not above the asked one. */
  endOffsetFor(epoch: number, logEndOffset: number): EpochEndOffset {
    if (epoch === UNDEFINED_EPOCH || this.#epochs.length === 0) return UNDEFINED
    if (epoch === this.latest) return { leaderEpoch: epoch, endOffset: logEndOffset }
    const higher = this.#epochs.findIndex((known) => known > epoch)
    if (higher < 0) return UNDEFINED
    // Older than anything known: its records are gone, so what follows begins where the log now does.
    const floor = higher === 0 ? epoch : this.#epochs[higher - 1]!
    return { leaderEpoch: floor, endOffset: this.#startOffsets[higher]! }
  }

  /** The log now begins at `startOffset`: the epoch that covers it begins there, older ones are forgotten. */
  truncateFromStart(startOffset: number): void {
    let covering = -1
    while (covering + 1 < this.#startOffsets.length && this.#startOffsets[covering + 1]! <= startOffset)
      covering++
    if (covering < 0) return
    this.#epochs.splice(0, covering)
    this.#startOffsets.splice(0, covering)
    this.#startOffsets[0] = startOffset
    this.isChanged = true
  }

  /** The log now ends at `endOffset`: epochs that begin there or later are forgotten. */
  truncateFromEnd(endOffset: number): void {
    while (this.#startOffsets.length > 0 && this.#startOffsets.at(-1)! >= endOffset) {
      this.#epochs.pop()
      this.#startOffsets.pop()
      this.isChanged = true
    }
  }

  entries(): EpochEntry[] {
    return this.#epochs.map((epoch, index) => ({ epoch, startOffset: this.#startOffsets[index]! }))
  }
}

export interface EpochEntry {
  readonly epoch: number
  readonly startOffset: number
}
