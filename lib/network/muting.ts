import type { Clock, Timer } from '../lab/clock.ts'

/** While it is on, a connection takes no request: its client has used up a quota, and has been answered (KIP-219). */
export class Muting {
  readonly #clock: Clock
  readonly #onOver: () => void
  #timer: Timer | undefined

  constructor(clock: Clock, onOver: () => void) {
    this.#clock = clock
    this.#onOver = onOver
  }

  get isOn(): boolean {
    return this.#timer !== undefined
  }

  begin(forMs: number): void {
    this.end()
    this.#timer = this.#clock.setTimer(forMs, () => {
      this.#timer = undefined
      this.#onOver()
    })
  }

  /** Ends it before its time. */
  end(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
