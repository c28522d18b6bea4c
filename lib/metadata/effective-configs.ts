import { checkStaticBrokerConfigs } from './configs/broker-checks.ts'
import type { Overrides } from './configs/config-def.ts'
import type { BrokerConfig, GroupConfig, ResolvedBrokerConfig, TopicConfig } from './configs/resolve.ts'
import { effectiveGroupConfig, effectiveTopicConfig, resolveBrokerConfig } from './configs/resolve.ts'
import type { ConfigOverrides } from './image.ts'
import { NO_OVERRIDES } from './image.ts'
import type { Metadata } from './metadata.ts'
import { ConfigResourceType } from './records.ts'

/** What stands in server.properties, by Kafka's names. */
export interface StaticConfigs {
  /** Of all brokers. */
  readonly cluster?: Overrides
  /** Of single brokers, on top of the cluster's. */
  readonly brokers?: ReadonlyMap<number, Overrides>
}

/** What Kafka's brokers do not start without, where nobody said it. */
const NEEDED: Overrides = new Map([
  ['process.roles', 'broker'],
  ['controller.listener.names', 'CONTROLLER'],
])

/** The node id that configs of the cluster as a whole are resolved for; nothing else depends on it. */
const NO_NODE = 0

/** What Kafka would say instead of starting with this server.properties. */
export class StaticConfigError extends Error {
  override readonly name = 'StaticConfigError'
}

/**
 * The one place that says which configs are in force: typed, and kept until what they come from changes. Topics' configs
 * are those of the cluster: a partition has one log here, so no broker has its own view of it.
 */
export class EffectiveConfigs {
  readonly #metadata: Metadata
  readonly #statics: StaticConfigs
  #brokers = new Map<number, ResolvedBrokerConfig>()
  #cluster: ResolvedBrokerConfig | undefined
  #topics = new WeakMap<ConfigOverrides, TopicConfig>()
  #groups = new WeakMap<ConfigOverrides, GroupConfig>()

  /** @throws StaticConfigError */
  constructor(metadata: Metadata, statics: StaticConfigs = {}) {
    this.#metadata = metadata
    this.#statics = statics
    const brokers = statics.brokers?.size ? statics.brokers : [[NO_NODE, NO_OVERRIDES] as const]
    for (const [nodeId, own] of brokers) {
      const fault = checkStaticBrokerConfigs(this.#staticsOf(nodeId, own))
      if (fault !== null) throw new StaticConfigError(fault)
    }
    metadata.subscribe((records) => {
      for (const record of records) {
        if (record.type !== 'ConfigRecord' || record.resourceType !== ConfigResourceType.BROKER) continue
        this.#forget()
        return
      }
    })
  }

  #forget(): void {
    this.#brokers.clear()
    this.#cluster = undefined
    this.#topics = new WeakMap()
    this.#groups = new WeakMap()
  }

  /** Of one broker: the values in force and where they come from. */
  broker(nodeId: number): ResolvedBrokerConfig {
    let resolved = this.#brokers.get(nodeId)
    if (!resolved) {
      const dynamic = this.#metadata.image.configsOf(ConfigResourceType.BROKER, String(nodeId))
      resolved = this.#resolve(nodeId, this.#statics.brokers?.get(nodeId) ?? NO_OVERRIDES, dynamic)
      this.#brokers.set(nodeId, resolved)
    }
    return resolved
  }

  /** Of no broker in particular: what the controller goes by. */
  cluster(): ResolvedBrokerConfig {
    this.#cluster ??= this.#resolve(NO_NODE, NO_OVERRIDES, NO_OVERRIDES)
    return this.#cluster
  }

  #staticsOf(nodeId: number, own: Overrides): Overrides {
    return new Map([...NEEDED, ['node.id', String(nodeId)], ...(this.#statics.cluster ?? []), ...own])
  }

  #resolve(nodeId: number, own: Overrides, dynamic: Overrides): ResolvedBrokerConfig {
    return resolveBrokerConfig({
      staticConfigs: this.#staticsOf(nodeId, own),
      clusterConfigs: this.#metadata.image.configsOf(ConfigResourceType.BROKER, ''),
      brokerConfigs: dynamic,
    })
  }

  brokerConfig(nodeId: number): BrokerConfig {
    return this.broker(nodeId).config
  }

  /** Of a topic; of one without configs of its own where there is no such topic. */
  topicConfig(topic: string): TopicConfig {
    return this.topicConfigOf(this.#metadata.image.topicsByName.get(topic)?.overrides ?? NO_OVERRIDES)
  }

  topicConfigOf(overrides: ConfigOverrides): TopicConfig {
    let config = this.#topics.get(overrides)
    if (!config) {
      config = effectiveTopicConfig(overrides, this.cluster())
      this.#topics.set(overrides, config)
    }
    return config
  }

  groupConfig(group: string): GroupConfig {
    const overrides = this.#metadata.image.configsOf(ConfigResourceType.GROUP, group)
    let config = this.#groups.get(overrides)
    if (!config) {
      config = effectiveGroupConfig(overrides, this.cluster())
      this.#groups.set(overrides, config)
    }
    return config
  }
}
