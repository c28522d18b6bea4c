/** How many wait because of one quota, until when each does (`ClientQuotaManager.delayQueue`). */
export class ThrottledQueue {
  #ends: number[] = []

  add(end: number): void {
    this.#ends.push(end)
  }

  /** How many wait at that time; later no earlier one is asked for. */
  size(now: number): number {
    this.#ends = this.#ends.filter((end) => end > now)
    return this.#ends.length
  }

  clear(): void {
    this.#ends = []
  }
}
