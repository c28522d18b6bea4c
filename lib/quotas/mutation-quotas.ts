import { ErrorCode } from '../../protocol/errors.ts'
import type { Clock } from '../lab/clock.ts'
import { ApiError, type MutationQuota } from '../metadata/controller/api-error.ts'
import type { QuotaLimits } from './quota-limits.ts'
import { type QuotaClient, type QuotaSensor, QuotaSensors } from './quota-sensors.ts'
import type { QuotaWindows } from './rate-quota.ts'
import { TokenBucket } from './token-bucket.ts'
import { measuredRate, type WindowedRate } from './windowed-rate.ts'

/** What one client has of the controller's work. */
export interface MutationSensor extends QuotaSensor {
  readonly bucket: TokenBucket
  readonly rate: WindowedRate
}

/** One request's share of a client's quota. */
export interface RequestMutations extends MutationQuota {
  /** How long the client must wait, as things stand now. */
  readonly throttleTimeMs: number
}

/** How many partitions clients may have the controller make and delete in a second (KIP-599). */
export class MutationQuotas {
  readonly sensors: QuotaSensors<MutationSensor>
  readonly #clock: Clock

  constructor(limits: QuotaLimits, clock: Clock, { count, seconds }: QuotaWindows) {
    this.#clock = clock
    this.sensors = new QuotaSensors(limits, clock, (base) => ({
      ...base,
      bucket: new TokenBucket(count * seconds),
      rate: measuredRate(),
    }))
  }

  get isEnabled(): boolean {
    return this.sensors.isEnabled
  }

  /** Undefined where there are no such quotas. */
  of(client: QuotaClient, isStrict: boolean): RequestMutations | undefined {
    if (!this.isEnabled) return undefined
    const now = () => Math.floor(this.#clock.monotonic())
    const sensor = this.sensors.of(client, now())
    return isStrict ? new StrictQuota(sensor, now) : new PermissiveQuota(sensor, now)
  }
}

abstract class RequestsQuota implements RequestMutations {
  protected readonly sensor: MutationSensor
  protected readonly now: () => number
  #waitMs = 0
  #since = 0

  constructor(sensor: MutationSensor, now: () => number) {
    this.sensor = sensor
    this.now = now
  }

  get throttleTimeMs(): number {
    return Math.max(0, this.#waitMs - (this.now() - this.#since))
  }

  abstract admit(partitions: number): ApiError | undefined

  protected spend(partitions: number, now: number): void {
    this.sensor.rate.record(partitions, now)
    this.sensor.bucket.spend(partitions, this.sensor.limit, now)
  }

  /** Whether more is owed than there is; then the client waits until it is not. */
  protected isExhausted(now: number): boolean {
    const { bucket, limit } = this.sensor
    const tokens = bucket.tokens(limit, now)
    if (tokens >= 0) return false
    this.#waitMs = Math.round((-tokens / limit) * 1000)
    this.#since = now
    return true
  }
}

/** Lets all pass while something is left, however much it is, and then nothing. */
class StrictQuota extends RequestsQuota {
  admit(partitions: number): ApiError | undefined {
    const now = this.now()
    // Kafka has a text for it, and loses it on the way.
    if (this.isExhausted(now)) return new ApiError(ErrorCode.THROTTLING_QUOTA_EXCEEDED, null)
    this.spend(partitions, now)
    return undefined
  }
}

/** Lets all pass: for clients that do not know the error. */
class PermissiveQuota extends RequestsQuota {
  admit(partitions: number): undefined {
    const now = this.now()
    this.spend(partitions, now)
    this.isExhausted(now)
  }
}
