/**
 * Tokens that are refilled at a rate and spent at once; more may be spent than there are, which is owed then (KIP-599,
 * `TokenBucket`). Times are milliseconds.
 */
export class TokenBucket {
  readonly #windowsSeconds: number
  #tokens = Number.POSITIVE_INFINITY
  #updatedAt = 0

  /** @param windowsSeconds how long it takes to fill */
  constructor(windowsSeconds: number) {
    this.#windowsSeconds = windowsSeconds
  }

  /** What there is, negative where some are owed. */
  tokens(rate: number, now: number): number {
    this.#refill(rate, now)
    return this.#tokens
  }

  spend(count: number, rate: number, now: number): void {
    this.#refill(rate, now)
    this.#tokens = Math.min(this.#most(rate), this.#tokens - count)
  }

  #most(rate: number): number {
    return this.#windowsSeconds * rate
  }

  #refill(rate: number, now: number): void {
    const refilled = this.#tokens + (rate * (now - this.#updatedAt)) / 1000
    this.#tokens = Math.min(this.#most(rate), refilled)
    this.#updatedAt = now
  }
}
