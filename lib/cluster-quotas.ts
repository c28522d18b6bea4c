import type { BrokerLayout } from './cluster-layout.ts'
import type { Clock } from './lab/clock.ts'
import type { EffectiveConfigs } from './metadata/effective-configs.ts'
import type { Metadata } from './metadata/metadata.ts'
import type { Metrics } from './metrics/metrics.ts'
import { ConnectionQuotas } from './network/connection-quotas.ts'
import { BrokerQuotas } from './quotas/broker-quotas.ts'
import { MutationQuotas } from './quotas/mutation-quotas.ts'
import { type ClusterLimits, clusterLimits } from './quotas/quota-limits.ts'
import { followMutations, followQuotas } from './quotas/quota-metrics.ts'

export interface ClusterQuotasOptions {
  readonly clock: Clock
  readonly metadata: Metadata
  readonly configs: EffectiveConfigs
  readonly metrics: Metrics
}

/** The quotas of a cluster's clients: those of the controller, and each broker's own. */
export class ClusterQuotas {
  readonly #options: ClusterQuotasOptions
  readonly #limits: ClusterLimits
  readonly #mutations: MutationQuotas

  constructor(options: ClusterQuotasOptions) {
    const { clock, metadata, configs, metrics } = options
    const { config } = configs.cluster()
    const windows = {
      count: config.controllerQuotaWindowNum,
      seconds: config.controllerQuotaWindowSizeSeconds,
    }
    this.#options = options
    this.#limits = clusterLimits(metadata)
    this.#mutations = new MutationQuotas(this.#limits.controller_mutation_rate, clock, windows)
    followMutations(metrics, this.#mutations, clock)
  }

  /** Of requests to one broker, and of connections to it. */
  ofBroker({ nodeId, listeners: layouts }: BrokerLayout) {
    const { clock, metadata, configs, metrics } = this.#options
    const { quotaWindowNum: count, quotaWindowSizeSeconds: seconds } = configs.brokerConfig(nodeId)
    const windows = { count, seconds }
    const shared = { limits: this.#limits, mutations: this.#mutations }
    const requests = new BrokerQuotas({ nodeId, clock, metadata, windows, ...shared })
    followQuotas(metrics, requests, nodeId, clock)
    const config = () => configs.broker(nodeId)
    const listeners = layouts.map(({ name }) => name)
    const connections = new ConnectionQuotas({ clock, metadata, config, windows, listeners })
    metrics.follow(() => connections.metrics({ broker: String(nodeId) }))
    return { requests, connections }
  }
}
