import { ErrorCode } from '../../../protocol/errors.ts'
import type { Random } from '../../lab/random.ts'
import type { AlterContext } from '../configs/alter.ts'
import type { EffectiveConfigs } from '../effective-configs.ts'
import type { Metadata } from '../metadata.ts'
import type { MetadataRecord } from '../records.ts'
import { type AlteredResource, alterResources } from './alter-configs.ts'
import { ApiError, type MutationQuota } from './api-error.ts'
import type { BrokerRegistrationRequest } from './broker-changes.ts'
import { bringAllDown, fenceBroker, partitionsOf, registerBroker } from './broker-changes.ts'
import type { GrowingTopic } from './create-partitions.ts'
import { createPartitions } from './create-partitions.ts'
import type { CreatableTopic, CreatedTopic, TopicCreationRules } from './create-topics.ts'
import { createTopics } from './create-topics.ts'
import type { ElectionResult, ElectionTopic } from './elect-leaders.ts'
import { electLeaders } from './elect-leaders.ts'
import { electLeader, NO_LEADER } from './elections.ts'
import { autoCreatedTopic } from './internal-topics.ts'
import type { FeatureUpdate } from './update-features.ts'
import { updateFeatures } from './update-features.ts'

const UNCLEAN = 'unclean.leader.election.enable'

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
  }

  /** Creates all topics that can be created; see `createTopics` for what comes back. */
  createTopics(
    topics: readonly CreatableTopic[],
    validateOnly = false,
    quota?: MutationQuota,
  ): (CreatedTopic | ApiError)[] | ApiError {
    const broker = this.#configs.cluster()
    const { numPartitions, defaultReplicationFactor } = broker.config
    const rules: TopicCreationRules = {
      random: this.#random,
      numPartitions,
      defaultReplicationFactor,
      configs: { broker, nodeId: NO_LEADER, eligibleLeaderReplicas: false },
      quota,
    }
    const records: MetadataRecord[] = []
    const results = createTopics(this.#metadata.image, topics, rules, records)
    if (!validateOnly && !(results instanceof ApiError)) this.#metadata.commit(records)
    return results
  }

  /**
   * Creates topics that a client named for the first time, laid out as that broker's configs say. All or, beyond what the
   * controller takes in one request, none: nobody waits for the outcome.
   */
  createTopicsFor(nodeId: number, names: readonly string[], quota?: MutationQuota): void {
    const config = this.#configs.brokerConfig(nodeId)
    const topics = names.map((name) => autoCreatedTopic(name, config))
    this.createTopics(topics, false, quota)
  }

  /**
   * Creates a topic that brokers keep their own state in (`__consumer_offsets`, `__transaction_state`), unless it is there.
   * @returns why not, undefined when the topic is there now
   */
  createInternalTopic(name: string): ApiError | undefined {
    if (this.#metadata.image.topicsByName.has(name)) return undefined
    const results = this.createTopics([autoCreatedTopic(name, this.#configs.cluster().config)])
    if (results instanceof ApiError) return results
    const [result] = results
    return result instanceof ApiError ? result : undefined
  }

  /** @returns for each id, in order, why it was refused, undefined where it was not */
  deleteTopics(topicIds: readonly string[], quota?: MutationQuota): (ApiError | undefined)[] {
    const { image } = this.#metadata
    const records: MetadataRecord[] = []
    const results = topicIds.map((topicId) => {
      const topic = image.topicsById.get(topicId)
      if (topic === undefined) return new ApiError(ErrorCode.UNKNOWN_TOPIC_ID)
      const exhausted = quota?.admit(topic.partitions.length)
      if (exhausted === undefined) records.push({ type: 'RemoveTopicRecord', topicId })
      return exhausted
    })
    this.#metadata.commit(records)
    return results
  }

  /** Adds partitions; see `createPartitions` for what comes back. */
  createPartitions(
    topics: readonly GrowingTopic[],
    validateOnly = false,
    quota?: MutationQuota,
  ): (ApiError | undefined)[] | ApiError {
    const records: MetadataRecord[] = []
    const results = createPartitions(this.#metadata.image, topics, this.#random, records, quota)
    if (!validateOnly && !(results instanceof ApiError)) this.#metadata.commit(records)
    return results
  }

  /**
   * Changes configs; see `alterResources` for what comes back.
   * @param nodeId the broker that got the request: its own configs are all that it takes changes of
   * @param refusal see `AlterContext`
   */
  alterConfigs(
    nodeId: number,
    resources: readonly AlteredResource[],
    validateOnly = false,
    refusal: NonNullable<AlterContext['refusal']> = () => null,
  ): (ApiError | undefined)[] | ApiError {
    const records: MetadataRecord[] = []
    const broker = this.#configs.broker(nodeId)
    const context: AlterContext = { broker, nodeId, eligibleLeaderReplicas: false, refusal }
    const results = alterResources(this.#metadata.image, resources, context, records)
    if (validateOnly || results instanceof ApiError) return results
    this.#metadata.commit(records)
    // What nobody leads may take an unclean leader from now on.
    if (records.some((record) => record.type === 'ConfigRecord' && record.name === UNCLEAN))
      this.#electUnclean()
    return results
  }

  /** Elects leaders; see `electLeaders` for what comes back. */
  electLeaders(electionType: number, topics: readonly ElectionTopic[] | null): ElectionResult[] | ApiError {
    const records: MetadataRecord[] = []
    const results = electLeaders(this.#metadata.image, electionType, topics, records)
    if (!(results instanceof ApiError)) this.#metadata.commit(records)
    return results
  }

  /**
   * Changes levels of features, all or none.
   * @param nodeId as which controller to answer
   * @returns why none was changed
   */
  updateFeatures(
    updates: readonly FeatureUpdate[],
    nodeId: number,
    validateOnly = false,
  ): ApiError | undefined {
    const records: MetadataRecord[] = []
    const fault = updateFeatures(this.#metadata.image, updates, nodeId, records)
    if (fault === undefined && !validateOnly) this.#metadata.commit(records)
    return fault
  }

  /**
   * Makes one replica the leader, wherever it stands among the replicas.
   * @throws RangeError when it is no in-sync replica, or not up
   */
  moveLeader(topic: string, partition: number, nodeId: number): void {
    const { image } = this.#metadata
    const state = image.topicsByName.get(topic)?.partitions[partition]
    if (!state) throw new RangeError(`there is no partition ${topic}-${partition}`)
    if (!state.isr.includes(nodeId) || !image.isActive(nodeId)) {
      throw new RangeError(
        `broker ${nodeId} cannot lead ${topic}-${partition}: one of its in-sync replicas that are up is expected (of ${state.isr.join(', ')})`,
      )
    }
    if (state.leader === nodeId) return
    const { topicId, partitionIndex: partitionId } = state
    this.#metadata.commit([{ type: 'PartitionChangeRecord', topicId, partitionId, leader: nodeId }])
  }

  /** Gives partitions back to their first replica where that can lead (`maybeBalancePartitionLeaders`). */
  balanceLeaders(): void {
    const { image } = this.#metadata
    const records: MetadataRecord[] = []
    for (const [, partition] of partitionsOf(image)) {
      if (partition.leader === partition.replicas[0]) continue
      const change = electLeader(partition, partition.isr, 'preferred', (broker) => image.isActive(broker))
      if (change) records.push(change)
    }
    this.#metadata.commit(records)
  }

  #electUnclean(): void {
    const { image } = this.#metadata
    const records: MetadataRecord[] = []
    for (const [topic, partition] of partitionsOf(image)) {
      if (partition.leader !== NO_LEADER || !this.#isUnclean(topic.name)) continue
      const change = electLeader(partition, partition.isr, 'unclean', (broker) => image.isActive(broker))
      if (change) records.push(change)
    }
    this.#metadata.commit(records)
  }

  /** All brokers were down together, with all that any of them had: whoever comes up first may lead. */
  bringAllDown(): void {
    this.#metadata.commit(bringAllDown(this.#metadata.image))
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
