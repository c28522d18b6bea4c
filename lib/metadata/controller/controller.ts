import type { Random } from '../../lab/random.ts'
import type { EffectiveConfigs } from '../effective-configs.ts'
import { featureRecords } from '../features.ts'
import type { Metadata } from '../metadata.ts'
import type { MetadataRecord } from '../records.ts'
import { ApiError } from './api-error.ts'
import type { BrokerRegistrationRequest } from './broker-changes.ts'
import { fenceBroker, registerBroker } from './broker-changes.ts'
import type { CreatableTopic, CreatedTopic, TopicCreationRules } from './create-topics.ts'
import { createTopics } from './create-topics.ts'
import { NO_LEADER } from './elections.ts'
import { autoCreatedTopic } from './internal-topics.ts'

/**
 * Turns wishes into metadata records and commits them, as KRaft's active controller does. It decides at once: nothing here
 * waits. Wishes that are refused come back as `ApiError`.
 */
export class Controller {
  readonly #metadata: Metadata
  readonly #configs: EffectiveConfigs
  readonly #random: Random
  #nextBrokerEpoch = 0

  constructor(metadata: Metadata, configs: EffectiveConfigs, random: Random) {
    this.#metadata = metadata
    this.#configs = configs
    this.#random = random
    if (metadata.image.features.size === 0) metadata.commit(featureRecords())
  }

  /** Creates all topics that can be created; see `createTopics` for what comes back. */
  createTopics(
    topics: readonly CreatableTopic[],
    validateOnly = false,
  ): (CreatedTopic | ApiError)[] | ApiError {
    const broker = this.#configs.cluster()
    const { numPartitions, defaultReplicationFactor } = broker.config
    const rules: TopicCreationRules = {
      random: this.#random,
      numPartitions,
      defaultReplicationFactor,
      configs: { broker, nodeId: NO_LEADER, eligibleLeaderReplicas: false },
    }
    const records: MetadataRecord[] = []
    const results = createTopics(this.#metadata.image, topics, rules, records)
    if (!validateOnly) this.#metadata.commit(records)
    return results
  }

  /** Creates a topic that a client named for the first time, laid out as that broker's configs say. */
  createTopicFor(nodeId: number, name: string): ApiError | undefined {
    return this.#createIfMissing(autoCreatedTopic(name, this.#configs.brokerConfig(nodeId)))
  }

  /**
   * Creates a topic that brokers keep their own state in (`__consumer_offsets`, `__transaction_state`), unless it is there.
   * @returns why not, undefined when the topic is there now
   */
  createInternalTopic(name: string): ApiError | undefined {
    return this.#createIfMissing(autoCreatedTopic(name, this.#configs.cluster().config))
  }

  #createIfMissing(topic: CreatableTopic): ApiError | undefined {
    if (this.#metadata.image.topicsByName.has(topic.name)) return undefined
    const results = this.createTopics([topic])
    if (results instanceof ApiError) return results
    const [result] = results
    return result instanceof ApiError ? result : undefined
  }

  /** A broker is up: newly, or again. */
  registerBroker(request: BrokerRegistrationRequest): void {
    const { image } = this.#metadata
    if (image.isActive(request.brokerId)) this.fenceBroker(request.brokerId)
    this.#metadata.commit(registerBroker(image, request, this.#nextBrokerEpoch++, this.#isUnclean))
  }

  /** A broker is down, in order or not: it leads nothing from now on. */
  fenceBroker(brokerId: number): void {
    const { image } = this.#metadata
    if (image.isActive(brokerId)) this.#metadata.commit(fenceBroker(image, brokerId, this.#isUnclean))
  }

  #isUnclean = (topic: string): boolean => this.#configs.topicConfig(topic).uncleanLeaderElectionEnable
}
