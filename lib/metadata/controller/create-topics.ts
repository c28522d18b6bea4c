import { ErrorCode } from '../../../protocol/errors.ts'
import type { Random } from '../../lab/random.ts'
import { randomUuid } from '../../lab/random.ts'
import { type AlterContext, checkNewTopicConfigs } from '../configs/alter.ts'
import type { MetadataImage } from '../image.ts'
import type { ConfigRecord, MetadataRecord } from '../records.ts'
import { ConfigResourceType } from '../records.ts'
import { invalidTopicMessage } from '../topic-name.ts'
import { ApiError, type MutationQuota, tooManyRecords } from './api-error.ts'
import { assignmentFault, inSyncOf, partitionRecord } from './assignments.ts'
import { placeReplicas } from './replica-placement.ts'

/** A topic as CreateTopics asks for it; -1 stands for the default. */
export interface CreatableTopic {
  readonly name: string
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly assignments: readonly { readonly partitionIndex: number; readonly brokerIds: readonly number[] }[]
  readonly configs: readonly { readonly name: string; readonly value: string | null }[]
}

/** A topic as it was made, or would have been made if the request only validates. */
export interface CreatedTopic {
  readonly topicId: string
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly overrides: ReadonlyMap<string, string>
}

/** What is not in the image and yet decides how topics are made. */
export interface TopicCreationRules {
  readonly random: Random
  readonly numPartitions: number
  readonly defaultReplicationFactor: number
  /** What the configs of a new topic are checked against. */
  readonly configs: AlterContext
  readonly quota?: MutationQuota | undefined
}

/** The controller refuses requests for more: `ReplicationControlManager.MAX_PARTITIONS_PER_BATCH`. */
const MAX_PARTITIONS_PER_REQUEST = 10_000

/**
 * Makes the records of new topics (`ReplicationControlManager.createTopics`). `topics` have different names.
 *
 * @returns for each topic, in order, what it became or why it was refused; one error when the request as a whole was
 */
export function createTopics(
  image: MetadataImage,
  topics: readonly CreatableTopic[],
  rules: TopicCreationRules,
  records: MetadataRecord[],
): (CreatedTopic | ApiError)[] | ApiError {
  let partitions = 0
  for (const { assignments, numPartitions } of topics) {
    if (assignments.length > 0) partitions += assignments.length
    else partitions += numPartitions === -1 ? rules.numPartitions : Math.max(0, numPartitions)
  }
  if (partitions > MAX_PARTITIONS_PER_REQUEST) {
    return new ApiError(ErrorCode.POLICY_VIOLATION, 'Excessively large number of partitions per request.')
  }
  const results = topics.map((topic) => createTopic(image, topic, rules, records))
  return tooManyRecords(records) ?? results
}

function createTopic(
  image: MetadataImage,
  topic: CreatableTopic,
  rules: TopicCreationRules,
  records: MetadataRecord[],
): CreatedTopic | ApiError {
  const { name } = topic
  if (image.topicsByName.has(name)) {
    return new ApiError(ErrorCode.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`)
  }
  const nameFault = invalidTopicMessage(name)
  if (nameFault !== undefined) return new ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, nameFault)
  const colliding = image.collidingTopic(name)
  if (colliding !== undefined) {
    return new ApiError(
      ErrorCode.INVALID_TOPIC_EXCEPTION,
      `Topic '${name}' collides with existing topic: ${colliding}`,
    )
  }

  const overrides = overridesOf(topic, rules)
  if (overrides instanceof ApiError) return overrides
  const assignments =
    topic.assignments.length > 0 ? manualAssignments(image, topic) : placedAssignments(image, topic, rules)
  if (assignments instanceof ApiError) return assignments

  const exhausted = rules.quota?.admit(assignments.length)
  if (exhausted !== undefined) return exhausted
  const topicId = randomUuid(rules.random)
  records.push({ type: 'TopicRecord', name, topicId })
  for (const [config, value] of overrides) records.push(configRecord(name, config, value))
  for (const [index, replicas] of assignments.entries()) {
    records.push(partitionRecord(topicId, index, replicas, inSyncOf(image, replicas)))
  }
  const replicationFactor = (assignments[0] as readonly number[]).length
  return { topicId, numPartitions: assignments.length, replicationFactor, overrides }
}

function configRecord(resourceName: string, name: string, value: string): ConfigRecord {
  return { type: 'ConfigRecord', resourceType: ConfigResourceType.TOPIC, resourceName, name, value }
}

function overridesOf(topic: CreatableTopic, rules: TopicCreationRules): Map<string, string> | ApiError {
  const nulls = topic.configs.filter(({ value }) => value === null).map(({ name }) => name)
  if (nulls.length > 0) {
    const message = `Null value not supported for topic configs: ${nulls.join(',')}`
    return new ApiError(ErrorCode.INVALID_CONFIG, message)
  }
  if (topic.configs.length === 0) return new Map()
  const checked = checkNewTopicConfigs(topic.name, topic.configs, rules.configs)
  return checked.error === null
    ? checked.overrides
    : new ApiError(ErrorCode[checked.error.errorCode], checked.error.message)
}

function manualAssignments(image: MetadataImage, topic: CreatableTopic): (readonly number[])[] | ApiError {
  if (topic.replicationFactor !== -1) {
    return new ApiError(
      ErrorCode.INVALID_REQUEST,
      'A manual partition assignment was specified, but replication factor was not set to -1.',
    )
  }
  if (topic.numPartitions !== -1) {
    return new ApiError(
      ErrorCode.INVALID_REQUEST,
      'A manual partition assignment was specified, but numPartitions was not set to -1.',
    )
  }
  const byIndex = new Map<number, readonly number[]>()
  let replicationFactor: number | undefined
  for (const { partitionIndex, brokerIds } of topic.assignments) {
    if (byIndex.has(partitionIndex)) {
      const message = `Found multiple manual partition assignments for partition ${partitionIndex}`
      return new ApiError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message)
    }
    const fault = assignmentFault(image, partitionIndex, brokerIds, replicationFactor)
    if (fault) return fault
    replicationFactor = brokerIds.length
    byIndex.set(partitionIndex, brokerIds)
  }
  const assignments: (readonly number[])[] = []
  for (let index = 0; index < byIndex.size; index++) {
    const replicas = byIndex.get(index)
    if (replicas === undefined) {
      return new ApiError(
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        'partitions should be a consecutive 0-based integer sequence',
      )
    }
    assignments.push(replicas)
  }
  return assignments
}

function placedAssignments(
  image: MetadataImage,
  topic: CreatableTopic,
  rules: TopicCreationRules,
): (readonly number[])[] | ApiError {
  if (topic.replicationFactor < -1 || topic.replicationFactor === 0) {
    return new ApiError(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      'Replication factor must be larger than 0, or -1 to use the default value.',
    )
  }
  if (topic.numPartitions < -1 || topic.numPartitions === 0) {
    return new ApiError(
      ErrorCode.INVALID_PARTITIONS,
      'Number of partitions was set to an invalid non-positive value.',
    )
  }
  const partitions = topic.numPartitions === -1 ? rules.numPartitions : topic.numPartitions
  const factor = topic.replicationFactor === -1 ? rules.defaultReplicationFactor : topic.replicationFactor
  const placed = placeReplicas(partitions, factor, image.brokers.values(), rules.random)
  if (typeof placed !== 'string') return placed
  const message = `Unable to replicate the partition ${factor} time(s): ${placed}`
  return new ApiError(ErrorCode.INVALID_REPLICATION_FACTOR, message)
}
