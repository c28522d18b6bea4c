import type { Clock } from '../lab/clock.ts'
import type { MutationQuotas, RequestMutations } from './mutation-quotas.ts'
import type { QuotaClient } from './quota-sensors.ts'
import type { RateQuota } from './rate-quota.ts'
import type { WindowedRate } from './windowed-rate.ts'

/** A request, as its quotas see it. */
export interface QuotaRequest extends QuotaClient {
  /** Once it is answered, nothing else is taken from the connection for so long (KIP-219). */
  throttle(waitMs: number): void
}

/** The quotas of a broker, as far as requests have a share in them. */
export interface RequestQuotas {
  readonly produce: RateQuota
  readonly fetch: RateQuota
  readonly request: RateQuota
  readonly exempt: WindowedRate
  readonly mutations: MutationQuotas
}

const PERCENT_PER_MS = 100 / 1000

/** What one request has of its client's quotas. Made only where there are any. */
export class Usage {
  readonly #quotas: RequestQuotas
  readonly #request: QuotaRequest
  readonly #clock: Clock
  readonly #startedAt: number
  #workedMs: number | undefined
  #mutations: RequestMutations | undefined
  #isCounted = false

  constructor(quotas: RequestQuotas, request: QuotaRequest, clock: Clock) {
    this.#quotas = quotas
    this.#request = request
    this.#clock = clock
    this.#startedAt = clock.monotonic()
  }

  /** The handler waits for something: that is no work of its. */
  waits(): void {
    this.#workedMs ??= this.#clock.monotonic() - this.#startedAt
  }

  /** Bytes that one answer to a consumer may have. */
  get mostFetched(): number {
    return this.#quotas.fetch.mostAtOnce(this.#request, this.#now)
  }

  /** What the client may have the controller do; undefined where there are no such quotas. */
  mutations(isStrict: boolean): RequestMutations | undefined {
    return this.#quotas.mutations.of(this.#request, isStrict)
  }

  /** The same of a request that is about nothing else: its client waits for it. */
  forwarded(isStrict: boolean): RequestMutations | undefined {
    this.#mutations = this.mutations(isStrict)
    return this.#mutations
  }

  /** Whether the handler itself has told what the request has had. */
  get isCounted(): boolean {
    return this.#isCounted
  }

  /**
   * The request is about to be answered.
   * @returns how long the client must wait before it asks again
   */
  answered(): number {
    const { request } = this.#quotas
    const workMs = this.#work(this.#now)
    // As a broker has it that has asked the controller: the wait is the request's, whatever it is for.
    return this.#throttle(Math.max(this.#mutations?.throttleTimeMs ?? 0, workMs), request)
  }

  /** The same of one that waits for no quota. */
  exempted(): void {
    this.#isCounted = true
    const now = this.#now
    if (this.#quotas.request.isEnabled) this.#quotas.exempt.record(this.#percents, now)
  }

  /** The same of Produce, which brought so many bytes. */
  produced(bytes: number, isAcknowledged: boolean): number {
    const { produce, request } = this.#quotas
    this.#isCounted = true
    const now = this.#now
    const bytesMs = produce.record(this.#request, bytes, now)
    // Nobody hears how long, so nobody is to wait for it (KIP-124).
    const workMs = isAcknowledged ? this.#work(now) : 0
    if (!isAcknowledged) this.exempted()
    return bytesMs > workMs ? this.#throttle(bytesMs, produce) : this.#throttle(workMs, request)
  }

  /** The same of a consumer's Fetch: if there is anything to wait for, the client does not get those bytes. */
  fetched(bytes: number): number {
    const { fetch, request } = this.#quotas
    this.#isCounted = true
    const now = this.#now
    const workMs = this.#work(now)
    const bytesMs = fetch.record(this.#request, bytes, now)
    if (Math.max(bytesMs, workMs) > 0) fetch.unrecord(this.#request, bytes, now)
    return bytesMs > workMs ? this.#throttle(bytesMs, fetch) : this.#throttle(workMs, request)
  }

  #work(now: number): number {
    const { request } = this.#quotas
    return request.isEnabled ? request.record(this.#request, this.#percents, now) : 0
  }

  get #percents(): number {
    this.waits()
    return (this.#workedMs as number) * PERCENT_PER_MS
  }

  /** Kafka's arithmetic knows whole milliseconds. */
  get #now(): number {
    return Math.floor(this.#clock.monotonic())
  }

  #throttle(waitMs: number, quota: RateQuota): number {
    if (waitMs <= 0) return 0
    quota.throttled(this.#request, waitMs, this.#now)
    this.#request.throttle(waitMs)
    return waitMs
  }
}
