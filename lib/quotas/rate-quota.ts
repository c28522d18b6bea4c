import type { Clock } from '../lab/clock.ts'
import type { QuotaLimits } from './quota-limits.ts'
import { type QuotaClient, type QuotaSensor, QuotaSensors } from './quota-sensors.ts'
import { ThrottledQueue } from './throttled-queue.ts'
import { throttleTimeMs, WindowedRate } from './windowed-rate.ts'

/** `quota.window.num` and `quota.window.size.seconds`. */
export interface QuotaWindows {
  readonly count: number
  readonly seconds: number
}

/** A sensor whose quota is a rate. */
export interface RateSensor extends QuotaSensor {
  readonly rate: WindowedRate
}

const MS = 1_000
const MAX_INT = 2 ** 31 - 1

/** What clients may have in a second: of bytes, or of the time of handlers (`ClientQuotaManager`). */
export class RateQuota {
  readonly sensors: QuotaSensors<RateSensor>
  readonly queue: ThrottledQueue
  readonly #windows: QuotaWindows
  readonly #longestMs: number

  /** @param longestMs the longest that anybody is to wait */
  constructor(
    limits: QuotaLimits,
    clock: Clock,
    windows: QuotaWindows,
    longestMs = Number.POSITIVE_INFINITY,
  ) {
    const { count, seconds } = windows
    this.sensors = new QuotaSensors(limits, clock, (base) => ({
      ...base,
      rate: new WindowedRate(count, seconds * MS),
    }))
    this.queue = new ThrottledQueue()
    this.#windows = windows
    this.#longestMs = longestMs
  }

  get isEnabled(): boolean {
    return this.sensors.isEnabled
  }

  /** @returns how long the client must wait; 0 where it is within its quota */
  record(client: QuotaClient, value: number, now: number): number {
    if (!this.isEnabled) return 0
    const { rate, limit } = this.sensors.of(client, now)
    rate.record(value, now)
    // Java's cast to an int: waits of more than 24 days come out as some other, or none.
    return Math.min(throttleTimeMs(rate, limit, now), this.#longestMs) | 0
  }

  /** Takes back what was recorded: the client does not get it after all. */
  unrecord(client: QuotaClient, value: number, now: number): void {
    if (this.isEnabled) this.sensors.of(client, now).rate.record(-value, now)
  }

  /** What is more can never be had without waiting, however long nothing was (`maxValueInQuotaWindow`). */
  mostAtOnce(client: QuotaClient, now: number): number {
    if (!this.isEnabled) return MAX_INT
    const { count, seconds } = this.#windows
    return Math.min(MAX_INT, Math.floor(this.sensors.of(client, now).limit * (count - 1) * seconds))
  }

  /** The client has been told to wait. */
  throttled(client: QuotaClient, waitMs: number, now: number): void {
    this.sensors.of(client, now).throttleTime.record(waitMs)
    this.queue.add(now + waitMs, now)
  }

  /** The broker starts anew. */
  clear(): void {
    this.sensors.clear()
    this.queue.clear()
  }
}
