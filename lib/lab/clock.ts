/**
 * The one source of time. Everything in `lib/` that asks for the time or waits does it through a `Clock`, so that a
 * test can replace time and a run repeats exactly.
 */
export interface Clock {
  /** Wall clock, milliseconds since 1970. */
  now(): number
  /** Milliseconds that only ever grow; for durations and expirations. */
  monotonic(): number
  /**
   * Calls `callback` once, `delayMs` from now, unless the timer is cancelled first. Without delay it is due already, so it
   * is called in the next turn of the event loop.
   */
  setTimer(delayMs: number, callback: () => void): Timer
}

export interface Timer {
  cancel(): void
}

/** Node's timers fire at once for a delay above 2^31-1 ms; Kafka's configs allow far more, so long waits are renewed. */
const LONGEST_NODE_DELAY_MS = 2_147_483_647

class RealTimer implements Timer {
  #handle: NodeJS.Timeout | undefined

  constructor(delayMs: number, callback: () => void) {
    this.#arm(delayMs, callback)
  }

  #arm(delayMs: number, callback: () => void): void {
    const wait = Math.min(delayMs, LONGEST_NODE_DELAY_MS)
    this.#handle = setTimeout(() => {
      if (delayMs > wait) this.#arm(delayMs - wait, callback)
      else callback()
    }, wait)
  }

  cancel(): void {
    clearTimeout(this.#handle)
  }
}

/** Node's timeouts take a millisecond at least, in which a client may be answered several times. */
function dueTimer(callback: () => void): Timer {
  const handle = setImmediate(callback)
  return { cancel: () => clearImmediate(handle) }
}

/** The machine's own time. */
export class RealClock implements Clock {
  now(): number {
    return Date.now()
  }

  monotonic(): number {
    return performance.now()
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    return delayMs <= 0 ? dueTimer(callback) : new RealTimer(delayMs, callback)
  }
}

interface Waiting {
  due: number
  order: number
  callback: () => void
}

/**
 * Time that stands still until a test moves it. Timers fire inside `advance`, in the order they are due, each seeing
 * the time it was due at; timers set by those callbacks fire too when they fall due within the same step.
 */
export class ManualClock implements Clock {
  #now: number
  #elapsed = 0
  #order = 0
  #waiting: Waiting[] = []

  /** @param startMs the wall clock to begin with, milliseconds since 1970 */
  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#elapsed
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const waiting = { due: this.#elapsed + Math.max(0, delayMs), order: this.#order++, callback }
    this.#waiting.push(waiting)
    if (delayMs <= 0) setImmediate(() => this.#take(waiting) && callback())
    return { cancel: () => void this.#take(waiting) }
  }

  #take(waiting: Waiting): boolean {
    const index = this.#waiting.indexOf(waiting)
    if (index >= 0) this.#waiting.splice(index, 1)
    return index >= 0
  }

  /** How many timers have been set and neither fired nor been cancelled. */
  get pendingTimers(): number {
    return this.#waiting.length
  }

  /**
   * Moves time on by `ms` and fires what falls due on the way.
   * @throws RangeError when `ms` is negative or not a number
   */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`clock.advance expects a number of milliseconds >= 0, got ${ms}`)
    const end = this.#elapsed + ms
    for (let next = this.#takeDue(end); next; next = this.#takeDue(end)) {
      this.#moveTo(Math.max(next.due, this.#elapsed))
      next.callback()
    }
    this.#moveTo(end)
  }

  #moveTo(elapsed: number): void {
    this.#now += elapsed - this.#elapsed
    this.#elapsed = elapsed
  }

  #takeDue(end: number): Waiting | undefined {
    let earliest: Waiting | undefined
    for (const waiting of this.#waiting) {
      if (waiting.due > end) continue
      if (
        !earliest ||
        waiting.due < earliest.due ||
        (waiting.due === earliest.due && waiting.order < earliest.order)
      ) {
        earliest = waiting
      }
    }
    if (earliest) this.#take(earliest)
    return earliest
  }
}
