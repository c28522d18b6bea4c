/** How many wait because of one quota, until when each does (`ClientQuotaManager.delayQueue`). */
export class ThrottledQueue {
  #ends: number[] = []

  add(end: number, now: number): void {
    this.#forgetOld(now)
    this.#ends.push(end)
  }

  size(now: number): number {
    this.#forgetOld(now)
    return this.#ends.length
  }

  #forgetOld(now: number): void {
    this.#ends = this.#ends.filter((end) => end > now)
  }

  clear(): void {
    this.#ends = []
  }
}
