import { type ClientQuotas, quotaEntityKey } from './client-quotas.ts'
import { hidden } from './hidden.ts'
import { ModesImage } from './modes-image.ts'
import type {
  BrokerEndpoint,
  ClientQuotaRecord,
  ConfigRecord,
  DelegationTokenRecord,
  MetadataRecord,
  PartitionChangeRecord,
  PartitionRecord,
  UserScramCredentialRecord,
} from './records.ts'
import { ConfigResourceType } from './records.ts'
import { unifiedTopicName } from './topic-name.ts'

export interface BrokerRegistration {
  readonly id: number
  readonly epoch: number
  readonly endPoints: readonly BrokerEndpoint[]
  readonly rack: string | null
  fenced: boolean
}

export interface PartitionState {
  readonly topicId: string
  readonly partitionIndex: number
  replicas: readonly number[]
  isr: readonly number[]
  /** Node id, -1 while no replica can lead. */
  leader: number
  leaderEpoch: number
  partitionEpoch: number
}

export interface TopicState {
  readonly name: string
  readonly topicId: string
  /** No other topic ever has it: what is kept by it says nothing of a topic made anew under the same name. */
  readonly index: number
  /** By partition index; a topic's partitions are numbered without gaps. */
  readonly partitions: PartitionState[]
  /** Its configs; another map after each change. */
  overrides: ConfigOverrides
}

export type ConfigOverrides = ReadonlyMap<string, string>

/** The overrides of everything that has none. */
export const NO_OVERRIDES: ConfigOverrides = new Map()

/**
 * The state of a cluster as the records so far made it (KRaft's `MetadataImage`). Everybody reads it; only `apply`
 * changes it, and each application raises `version`, so that what was computed from it can be known to be stale.
 */
export class MetadataImage {
  #version = 0
  #topicsMade = 0
  readonly clusterId: string
  readonly brokers = new Map<number, BrokerRegistration>()
  readonly topicsByName = new Map<string, TopicState>()
  readonly topicsById = new Map<string, TopicState>()
  readonly features = new Map<string, number>()
  /** By user, then by mechanism. */
  readonly scramCredentials = new Map<string, Map<number, UserScramCredentialRecord>>()
  /** By their ids, in the order of their creation. */
  readonly delegationTokens = new Map<string, DelegationTokenRecord>()
  readonly modes = new ModesImage()
  /** By `quotaEntityKey`. */
  readonly clientQuotas = new Map<string, ClientQuotas>()
  nextProducerId = 0
  #namesByUnified = new Map<string, Set<string>>()
  #configs = new Map<string, Map<string, string>>()

  constructor(clusterId: string) {
    this.clusterId = clusterId
  }

  get version(): number {
    return this.#version
  }

  /** The overrides set for one resource, without what it inherits. */
  configsOf(resourceType: number, resourceName: string): ConfigOverrides {
    return this.#configs.get(`${resourceType}:${resourceName}`) ?? NO_OVERRIDES
  }

  /** Names of the resources of this type that have overrides. */
  configuredResources(resourceType: number): string[] {
    const prefix = `${resourceType}:`
    return [...this.#configs.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length))
  }

  /** Every override there is, of every resource. */
  *configRecords(): Generator<ConfigRecord> {
    for (const [key, overrides] of this.#configs) {
      const colon = key.indexOf(':')
      const resource = { resourceType: Number(key.slice(0, colon)), resourceName: key.slice(colon + 1) }
      for (const [name, value] of overrides) yield { type: 'ConfigRecord', ...resource, name, value }
    }
  }

  partition(topicId: string, partitionIndex: number): PartitionState | undefined {
    return this.topicsById.get(topicId)?.partitions[partitionIndex]
  }

  /** A topic that one of this name could not be told from in the names of metrics. */
  collidingTopic(name: string): string | undefined {
    const unified = unifiedTopicName(name)
    if (unified === undefined) return undefined
    for (const other of this.#namesByUnified.get(unified) ?? []) return other
    return undefined
  }

  isActive(brokerId: number): boolean {
    return this.brokers.get(brokerId)?.fenced === false
  }

  /** Brokers that are up, in order of their ids. */
  activeBrokers(): BrokerRegistration[] {
    return [...this.brokers.values()].filter((broker) => !broker.fenced).sort((a, b) => a.id - b.id)
  }

  apply(record: MetadataRecord): void {
    this.#version++
    switch (record.type) {
      case 'RegisterBrokerRecord': {
        const { brokerId: id, brokerEpoch: epoch, endPoints, rack, fenced } = record
        this.brokers.set(id, { id, epoch, endPoints, rack, fenced })
        return
      }
      case 'UnregisterBrokerRecord':
        this.brokers.delete(record.brokerId)
        return
      case 'BrokerRegistrationChangeRecord':
        known(this.brokers.get(record.brokerId), record).fenced = record.fenced
        return
      case 'TopicRecord': {
        const { name, topicId } = record
        const index = this.#topicsMade++
        const topic: TopicState = { name, topicId, index, partitions: [], overrides: NO_OVERRIDES }
        this.topicsByName.set(name, topic)
        this.topicsById.set(topicId, topic)
        const unified = unifiedTopicName(name)
        if (unified === undefined) return
        const names = this.#namesByUnified.get(unified)
        if (names) names.add(name)
        else this.#namesByUnified.set(unified, new Set([name]))
        return
      }
      case 'RemoveTopicRecord': {
        const topic = known(this.topicsById.get(record.topicId), record)
        this.topicsById.delete(topic.topicId)
        this.topicsByName.delete(topic.name)
        const unified = unifiedTopicName(topic.name)
        const names = unified === undefined ? undefined : this.#namesByUnified.get(unified)
        names?.delete(topic.name)
        if (names?.size === 0) this.#namesByUnified.delete(unified as string)
        this.#configs.delete(`${ConfigResourceType.TOPIC}:${topic.name}`)
        this.modes.forget(topic.name)
        return
      }
      case 'PartitionRecord':
        this.#addPartition(record)
        return
      case 'PartitionChangeRecord':
        changePartition(known(this.partition(record.topicId, record.partitionId), record), record)
        return
      case 'ConfigRecord':
        this.#setConfig(record)
        return
      case 'FeatureLevelRecord':
        if (record.featureLevel === 0) this.features.delete(record.name)
        else this.features.set(record.name, record.featureLevel)
        return
      case 'DefaultModeRecord':
      case 'TopicModeRecord':
      case 'UserGroupsRecord':
        this.modes.apply(record)
        return
      case 'ProducerIdsRecord':
        this.nextProducerId = record.nextProducerId
        return
      case 'UserScramCredentialRecord': {
        hidden(record.storedKey)
        hidden(record.serverKey)
        const credentials = this.scramCredentials.get(record.name)
        if (credentials) credentials.set(record.mechanism, record)
        else this.scramCredentials.set(record.name, new Map([[record.mechanism, record]]))
        return
      }
      case 'RemoveUserScramCredentialRecord': {
        const credentials = this.scramCredentials.get(record.name)
        credentials?.delete(record.mechanism)
        if (credentials?.size === 0) this.scramCredentials.delete(record.name)
        return
      }
      case 'DelegationTokenRecord':
        this.delegationTokens.set(record.tokenId, record)
        return
      case 'RemoveDelegationTokenRecord':
        this.delegationTokens.delete(record.tokenId)
        return
      case 'ClientQuotaRecord':
        this.#setQuota(record)
    }
  }

  #addPartition(record: PartitionRecord): void {
    const {
      topicId,
      partitionId: partitionIndex,
      replicas,
      isr,
      leader,
      leaderEpoch,
      partitionEpoch,
    } = record
    const topic = known(this.topicsById.get(topicId), record)
    topic.partitions[partitionIndex] = {
      topicId,
      partitionIndex,
      replicas,
      isr,
      leader,
      leaderEpoch,
      partitionEpoch,
    }
  }

  #setQuota({ entity, key, value }: ClientQuotaRecord): void {
    const id = quotaEntityKey(entity)
    const { quotas } = this.clientQuotas.get(id) ?? { quotas: new Map<string, number>() }
    if (value === null) quotas.delete(key)
    else quotas.set(key, value)
    if (quotas.size === 0) this.clientQuotas.delete(id)
    else this.clientQuotas.set(id, { entity, quotas })
  }

  #setConfig({ resourceType, resourceName, name, value }: ConfigRecord): void {
    const key = `${resourceType}:${resourceName}`
    // A new map each time: who holds the old one may go on reading it, and can see by identity that it is old.
    const overrides = new Map(this.#configs.get(key))
    if (value === null) overrides.delete(name)
    else overrides.set(name, value)
    if (overrides.size === 0) this.#configs.delete(key)
    else this.#configs.set(key, overrides)
    const topic = resourceType === ConfigResourceType.TOPIC ? this.topicsByName.get(resourceName) : undefined
    if (topic) topic.overrides = overrides.size === 0 ? NO_OVERRIDES : overrides
  }
}

function changePartition(partition: PartitionState, change: PartitionChangeRecord): void {
  if (change.replicas) partition.replicas = change.replicas
  if (change.isr) partition.isr = change.isr
  if (change.leader !== undefined) {
    partition.leader = change.leader
    partition.leaderEpoch++
  }
  partition.partitionEpoch++
}

function known<T>(state: T | undefined, record: MetadataRecord): T {
  if (state === undefined)
    throw new Error(`${record.type} speaks of something unknown: ${JSON.stringify(record)}`)
  return state
}
