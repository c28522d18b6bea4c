interface Window {
  startedAt: number
  lastAt: number
  sum: number
}

/**
 * What is recorded, per second, over some windows of time, by Kafka's arithmetic (`SampledStat`, `WindowedSum`, `Rate`).
 * Times are milliseconds.
 */
export class WindowedRate {
  readonly #count: number
  readonly #windowMs: number
  /** One more than are counted: the oldest may reach into the time that counts. */
  readonly #windows: Window[] = []
  #current = 0

  constructor(count: number, windowMs: number) {
    this.#count = count
    this.#windowMs = windowMs
  }

  record(value: number, now: number): void {
    let window = this.#windows[this.#current] ?? this.#add(now)
    if (now - window.startedAt >= this.#windowMs) window = this.#next(now)
    window.sum += value
    window.lastAt = now
  }

  rate(now: number): number {
    const seconds = this.span(now) / 1000
    let sum = 0
    for (const window of this.#windows) sum += window.sum
    return sum / seconds
  }

  /** The time that the rate is over: all windows but the last are taken for whole, so that the first value is no outburst. */
  span(now: number): number {
    this.#forgetOld(now)
    let oldest = this.#windows[0] ?? this.#add(now)
    for (const window of this.#windows) if (window.startedAt < oldest.startedAt) oldest = window
    const elapsed = now - oldest.startedAt
    const missing = this.#count - 1 - Math.floor(elapsed / this.#windowMs)
    return Math.max(1, missing > 0 ? elapsed + missing * this.#windowMs : elapsed)
  }

  #add(now: number): Window {
    const window = { startedAt: now, lastAt: now, sum: 0 }
    this.#windows.push(window)
    return window
  }

  #next(now: number): Window {
    this.#current = (this.#current + 1) % (this.#count + 1)
    const window = this.#windows[this.#current]
    if (window === undefined) return this.#add(now)
    clear(window, now)
    return window
  }

  #forgetOld(now: number): void {
    const age = this.#count * this.#windowMs
    for (const window of this.#windows) if (now - window.lastAt >= age) clear(window, now)
  }
}

/** A rate that is only looked at: its windows are those of `metrics.num.samples` and `metrics.sample.window.ms`. */
export function measuredRate(): WindowedRate {
  return new WindowedRate(2, 30_000)
}

function clear(window: Window, now: number): void {
  window.startedAt = now
  window.lastAt = now
  window.sum = 0
}

/** How long nothing may come for the rate to sink to the bound; 0 where it is no higher (`QuotaUtils.throttleTime`). */
export function throttleTimeMs(rate: WindowedRate, bound: number, now: number): number {
  const value = rate.rate(now)
  return value <= bound ? 0 : Math.round(((value - bound) / bound) * rate.span(now))
}
