import type { InFlightBatch } from './in-flight-batch.ts'

/** In-flight batches in the order of their offsets, without overlaps; there may be gaps between them. */
export class InFlightBatches {
  #batches: InFlightBatch[] = []

  get isEmpty(): boolean {
    return this.#batches.length === 0
  }

  get first(): InFlightBatch | undefined {
    return this.#batches[0]
  }

  get last(): InFlightBatch | undefined {
    return this.#batches.at(-1)
  }

  all(): readonly InFlightBatch[] {
    return this.#batches
  }

  /** The last batch that begins at the offset or before it. */
  floor(offset: number): InFlightBatch | undefined {
    return this.#batches[this.#after(offset) - 1]
  }

  /** Those that begin between the two offsets, both included. */
  between(from: number, to: number): readonly InFlightBatch[] {
    return this.#batches.slice(this.#after(from - 1), Math.max(this.#after(from - 1), this.#after(to)))
  }

  /** The first that begins behind the offset. */
  higher(offset: number): InFlightBatch | undefined {
    return this.#batches[this.#after(offset)]
  }

  add(batch: InFlightBatch): void {
    const { last } = this
    if (!last || last.firstOffset < batch.firstOffset) this.#batches.push(batch)
    else this.#batches.splice(this.#after(batch.firstOffset), 0, batch)
  }

  /** Forgets those that begin before the offset. */
  dropBefore(offset: number): void {
    this.#batches.splice(0, this.#after(offset - 1))
  }

  clear(): void {
    this.#batches = []
  }

  /** How many begin at the offset or before it. */
  #after(offset: number): number {
    let low = 0
    let high = this.#batches.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#batches[middle] as InFlightBatch).firstOffset <= offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
