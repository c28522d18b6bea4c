import type { RecordState } from './state-batches.ts'

/** What is known of a record, or of records of which the same is known (`InFlightState`). */
export interface Fate {
  state: RecordState
  deliveryCount: number
  /** Who has acquired it, '' for nobody. */
  memberId: string
  /** When that lock ends, ms of the monotonic clock. */
  lockedUntil: number
}

/** Consecutive offsets that were handed out or kept together; each has a fate of its own once theirs have parted. */
export class InFlightBatch {
  readonly firstOffset: number
  readonly lastOffset: number
  #whole: Fate | undefined
  #each: Fate[] = []

  constructor(firstOffset: number, lastOffset: number, fate: Fate) {
    this.firstOffset = firstOffset
    this.lastOffset = lastOffset
    this.#whole = fate
  }

  get size(): number {
    return this.lastOffset - this.firstOffset + 1
  }

  /** The one fate of all, while they have not parted. */
  get whole(): Fate | undefined {
    return this.#whole
  }

  /** From now on each offset has its own. */
  part(): void {
    const whole = this.#whole
    if (!whole) return
    this.#each = Array.from({ length: this.size }, () => ({ ...whole }))
    this.#whole = undefined
  }

  /** Undefined for an offset that is not of the batch. */
  at(offset: number): Fate | undefined {
    if (offset < this.firstOffset || offset > this.lastOffset) return undefined
    return this.#whole ?? this.#each[offset - this.firstOffset]
  }

  /** All offsets in order, those that share a fate together. */
  *fates(): Generator<readonly [firstOffset: number, lastOffset: number, fate: Fate]> {
    if (this.#whole) yield [this.firstOffset, this.lastOffset, this.#whole]
    else {
      let offset = this.firstOffset
      for (const fate of this.#each) {
        yield [offset, offset, fate]
        offset++
      }
    }
  }
}
