import type { Clock } from '../lab/clock.ts'
import type { Metadata } from '../metadata/metadata.ts'
import type { MutationQuotas } from './mutation-quotas.ts'
import type { ClusterLimits } from './quota-limits.ts'
import { type QuotaWindows, RateQuota } from './rate-quota.ts'
import { type QuotaRequest, Usage } from './usage.ts'
import { measuredRate } from './windowed-rate.ts'

export interface BrokerQuotasOptions {
  readonly nodeId: number
  readonly clock: Clock
  readonly metadata: Metadata
  readonly limits: ClusterLimits
  readonly windows: QuotaWindows
  /** Of the controller, which all brokers hand such requests to. */
  readonly mutations: MutationQuotas
}

/** The quotas that clients of one broker have (`QuotaFactory.QuotaManagers`). */
export class BrokerQuotas {
  readonly produce: RateQuota
  readonly fetch: RateQuota
  /** Percents of the time of one thread (KIP-124). */
  readonly request: RateQuota
  /** The time that requests took which wait for no quota. */
  readonly exempt = measuredRate()
  readonly mutations: MutationQuotas
  readonly #clock: Clock
  #areEnabled = false

  constructor({ nodeId, clock, metadata, limits, windows, mutations }: BrokerQuotasOptions) {
    this.#clock = clock
    this.mutations = mutations
    this.produce = new RateQuota(limits.producer_byte_rate, clock, windows)
    this.fetch = new RateQuota(limits.consumer_byte_rate, clock, windows)
    this.request = new RateQuota(limits.request_percentage, clock, windows, windows.seconds * 1000)
    this.#update()
    metadata.subscribe((records) => {
      for (const record of records) {
        if (record.type === 'ClientQuotaRecord') this.#update()
        if (record.type === 'RegisterBrokerRecord' && record.brokerId === nodeId) this.#clear()
      }
    })
  }

  /** What a request has of its client's quotas; undefined where there are none, which is all that is looked at then. */
  begin(request: QuotaRequest): Usage | undefined {
    return this.#areEnabled ? new Usage(this, request, this.#clock) : undefined
  }

  #update(): void {
    const { produce, fetch, request, mutations } = this
    this.#areEnabled = [produce, fetch, request, mutations].some(({ isEnabled }) => isEnabled)
  }

  /** The broker starts anew. */
  #clear(): void {
    for (const quota of [this.produce, this.fetch, this.request]) quota.clear()
  }
}
