/** So many peers take turns before their answers wait for each other: fewer would have nothing to do meanwhile. */
const CROWD = 5
/** More of them would keep the first peer waiting for long. */
const MOST_TOGETHER = 64

/** What may have answers that wait. */
export interface Departing {
  /** Nobody else's. */
  readonly number: number
  depart(): void
}

/**
 * When small answers leave. To wake a peer takes the system several times as long as to send to one that is awake, and
 * the sockets of a crowd belong to a few processes: so its answers leave together at the end of a turn of the event loop,
 * and wake whoever waits for them once.
 */
export class Departures {
  /** The numbers of those that came last, over and over. */
  readonly #last: number[] = new Array(CROWD - 1).fill(-1)
  #place = 0
  #waiting: Departing[] = []
  #isAhead = false

  /** Whether its answer is to wait: then `depart` will be called. */
  wait(output: Departing): boolean {
    const isAmongLast = this.#last.includes(output.number)
    this.#last[this.#place] = output.number
    this.#place = (this.#place + 1) % this.#last.length
    if (isAmongLast) return false
    if (this.#waiting.length === MOST_TOGETHER) this.#departAll()
    this.#waiting.push(output)
    if (!this.#isAhead) {
      this.#isAhead = true
      setImmediate(() => {
        this.#isAhead = false
        this.#departAll()
      })
    }
    return true
  }

  #departAll(): void {
    const departing = this.#waiting
    this.#waiting = []
    for (const output of departing) output.depart()
  }
}
