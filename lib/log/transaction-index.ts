/** As Fetch reports it: records of this producer from this offset on are not to be shown, until its next marker. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

/** An aborted transaction of a log. */
export interface AbortedEntry extends AbortedTransaction {
  /** Of the abort marker. */
  readonly lastOffset: number
  /** The last stable offset when the marker was written: what began later cannot have records below it. */
  readonly lastStableOffset: number
}

/** The aborted transactions of a log, in the order of their markers (Kafka's `.txnindex`). */
export class TransactionIndex {
  #entries: AbortedEntry[] = []

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  append(entry: AbortedEntry): void {
    this.#entries.push(entry)
  }

  between(fetchOffset: number, upperBound: number): AbortedTransaction[] {
    const aborted: AbortedTransaction[] = []
    for (let index = this.#firstEndingAt(fetchOffset); index < this.#entries.length; index++) {
      const entry = this.#entries[index]!
      if (entry.firstOffset < upperBound) {
        aborted.push({ producerId: entry.producerId, firstOffset: entry.firstOffset })
      }
      if (entry.lastStableOffset >= upperBound) break
    }
    return aborted
  }

  /** Those with records or their marker at or after `from` and before `to`. */
  overlapping(from: number, to: number): AbortedEntry[] {
    return this.#entries.slice(this.#firstEndingAt(from)).filter(({ firstOffset }) => firstOffset < to)
  }

  /** Those whose marker lies at or after `from` and before `to`. */
  endingBetween(from: number, to: number): AbortedEntry[] {
    return this.#entries.slice(this.#firstEndingAt(from), this.#firstEndingAt(to))
  }

  /** Those whose marker lies at or after `from` and before `to` are now these, in the order of their markers. */
  replace(from: number, to: number, entries: readonly AbortedEntry[]): void {
    const first = this.#firstEndingAt(from)
    this.#entries.splice(first, this.#firstEndingAt(to) - first, ...entries)
  }

  dropBefore(offset: number): void {
    this.#entries.splice(0, this.#firstEndingAt(offset))
  }

  #firstEndingAt(offset: number): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#entries[middle]!.lastOffset < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
