import type { Clock } from '../lab/clock.ts'

/** `metrics.sample.window.ms` and `metrics.num.samples`, as Kafka has them where nobody says otherwise. */
const WINDOW_MS = 30_000
const SAMPLES = 2

interface Sample {
  startedAt: number
  count: number
  sum: number
  max: number
}

/** What happened in the last minute, in windows of half a minute (`SampledStat`). */
export class Sampled {
  readonly #clock: Clock
  #samples: Sample[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  record(value: number): void {
    const now = this.#clock.monotonic()
    this.#forgetOld(now)
    let current = this.#samples.at(-1)
    if (current === undefined || now - current.startedAt >= WINDOW_MS) {
      current = { startedAt: now, count: 0, sum: 0, max: Number.NEGATIVE_INFINITY }
      this.#samples.push(current)
    }
    current.count++
    current.sum += value
    current.max = Math.max(current.max, value)
  }

  /** Events per second; time counts as at least one whole window, so that the first event is no outburst (`Rate`). */
  get rate(): number {
    const [oldest] = this.#live()
    if (oldest === undefined) return 0
    let elapsed = this.#clock.monotonic() - oldest.startedAt
    const missing = SAMPLES - 1 - Math.floor(elapsed / WINDOW_MS)
    if (missing > 0) elapsed += missing * WINDOW_MS
    return this.#total('count') / (elapsed / 1000)
  }

  /** NaN when nothing happened. */
  get average(): number {
    return this.#total('sum') / this.#total('count')
  }

  /** NaN when nothing happened. */
  get max(): number {
    return this.#live().reduce((max, sample) => (max >= sample.max ? max : sample.max), Number.NaN)
  }

  #total(field: 'count' | 'sum'): number {
    return this.#live().reduce((total, sample) => total + sample[field], 0)
  }

  #live(): readonly Sample[] {
    this.#forgetOld(this.#clock.monotonic())
    return this.#samples
  }

  #forgetOld(now: number): void {
    this.#samples = this.#samples.filter(({ startedAt }) => now - startedAt < SAMPLES * WINDOW_MS)
  }
}

/** Counts events: as a total and as a rate. */
export class Meter {
  total = 0
  readonly #sampled: Sampled

  constructor(clock: Clock) {
    this.#sampled = new Sampled(clock)
  }

  record(): void {
    this.total++
    this.#sampled.record(1)
  }

  get rate(): number {
    return this.#sampled.rate
  }
}
