import { ErrorCode } from '../../../protocol/errors.ts'
import type { Random } from '../../lab/random.ts'
import type { MetadataImage } from '../image.ts'
import type { MetadataRecord } from '../records.ts'
import { ApiError, type MutationQuota, tooManyRecords } from './api-error.ts'
import { assignmentFault, inSyncOf, partitionRecord } from './assignments.ts'
import { placeReplicas } from './replica-placement.ts'

/** A topic that is to have more partitions. */
export interface GrowingTopic {
  readonly name: string
  /** How many it shall have in all. */
  readonly count: number
  /** The replicas of each new partition; null lets them be placed. */
  readonly assignments: readonly { readonly brokerIds: readonly number[] }[] | null
}

const MAX_PARTITIONS_PER_REQUEST = 10_000

/**
 * Makes the records of new partitions (`ReplicationControlManager.createPartitions`). `topics` have different names.
 *
 * @returns for each topic, in order, why it was refused, undefined where it was not; one error for the request as a whole
 */
export function createPartitions(
  image: MetadataImage,
  topics: readonly GrowingTopic[],
  random: Random,
  records: MetadataRecord[],
  quota?: MutationQuota,
): (ApiError | undefined)[] | ApiError {
  let additional = 0
  for (const { name, count } of topics) {
    const topic = image.topicsByName.get(name)
    if (topic && count > topic.partitions.length) additional += count - topic.partitions.length
  }
  if (additional > MAX_PARTITIONS_PER_REQUEST) {
    const message = 'Excessively large number of additional partitions per request.'
    return new ApiError(ErrorCode.POLICY_VIOLATION, message)
  }
  const results = topics.map((topic) => grow(image, topic, random, records, quota))
  return tooManyRecords(records) ?? results
}

function grow(
  image: MetadataImage,
  { name, count, assignments }: GrowingTopic,
  random: Random,
  records: MetadataRecord[],
  quota: MutationQuota | undefined,
): ApiError | undefined {
  const topic = image.topicsByName.get(name)
  if (!topic) return new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, null)
  const present = topic.partitions.length
  if (count === present) {
    return new ApiError(ErrorCode.INVALID_PARTITIONS, `Topic already has ${present} partition(s).`)
  }
  if (count < present) {
    const message = `The topic ${name} currently has ${present} partition(s); ${count} would not be an increase.`
    return new ApiError(ErrorCode.INVALID_PARTITIONS, message)
  }
  const additional = count - present
  if (assignments && assignments.length !== additional) {
    return new ApiError(
      ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      `Attempted to add ${additional} additional partition(s), but only ${assignments.length} assignment(s) were specified.`,
    )
  }
  const exhausted = quota?.admit(additional)
  if (exhausted !== undefined) return exhausted
  const replicationFactor = topic.partitions[0]?.replicas.length ?? 1
  let placed: (readonly number[])[]
  if (assignments) {
    placed = []
    for (const [index, { brokerIds }] of assignments.entries()) {
      const fault = assignmentFault(image, present + index, brokerIds, replicationFactor)
      if (fault) return fault
      placed.push(brokerIds)
    }
  } else {
    const found = placeReplicas(additional, replicationFactor, image.brokers.values(), random)
    if (typeof found === 'string') return new ApiError(ErrorCode.INVALID_REPLICATION_FACTOR, found)
    placed = found
  }
  for (const [index, replicas] of placed.entries()) {
    records.push(partitionRecord(topic.topicId, present + index, replicas, inSyncOf(image, replicas)))
  }
  return undefined
}
