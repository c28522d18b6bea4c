import { ErrorCode } from '../../../protocol/errors.ts'
import type { MetadataImage } from '../image.ts'
import type { MetadataRecord } from '../records.ts'
import { ApiError } from './api-error.ts'
import { electLeader, NO_LEADER } from './elections.ts'

/** `ElectionType`'s codes. */
export const ElectionType = { PREFERRED: 0, UNCLEAN: 1 } as const

/** Partitions by the names of their topics. */
export interface ElectionTopic {
  readonly topic: string
  readonly partitions: readonly number[]
}

export interface ElectionResult {
  readonly topic: string
  readonly partitionResult: { partitionId: number; errorCode: number; errorMessage: string | null }[]
}

/**
 * Elects leaders as a client asked (`ReplicationControlManager.electLeaders`).
 *
 * @param topics null: of all partitions; those that need no election are then left out of the results
 */
export function electLeaders(
  image: MetadataImage,
  electionType: number,
  topics: readonly ElectionTopic[] | null,
  records: MetadataRecord[],
): ElectionResult[] | ApiError {
  if (electionType !== ElectionType.PREFERRED && electionType !== ElectionType.UNCLEAN) {
    return new ApiError(ErrorCode.INVALID_REQUEST, `Unknown election type ${electionType}`)
  }
  const asked = topics ?? everything(image)
  return asked.map(({ topic, partitions }) => {
    const partitionResult = []
    for (const partitionId of partitions) {
      const error = electOne(image, topic, partitionId, electionType, records)
      if (topics === null && error?.errorCode === ErrorCode.ELECTION_NOT_NEEDED) continue
      const { errorCode, errorMessage } = error ?? { errorCode: ErrorCode.NONE, errorMessage: null }
      partitionResult.push({ partitionId, errorCode, errorMessage })
    }
    return { topic, partitionResult }
  })
}

function everything(image: MetadataImage): ElectionTopic[] {
  return [...image.topicsByName.values()].map(({ name, partitions }) => ({
    topic: name,
    partitions: partitions.map(({ partitionIndex }) => partitionIndex),
  }))
}

function electOne(
  image: MetadataImage,
  name: string,
  partitionId: number,
  electionType: number,
  records: MetadataRecord[],
): ApiError | undefined {
  const topic = image.topicsByName.get(name)
  if (!topic) return new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `No such topic as ${name}`)
  const partition = topic.partitions[partitionId]
  if (!partition) {
    const message = `No such partition as ${name}-${partitionId}`
    return new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message)
  }
  const preferred = electionType === ElectionType.PREFERRED
  const needed = preferred ? partition.leader !== partition.replicas[0] : partition.leader === NO_LEADER
  if (!needed) return new ApiError(ErrorCode.ELECTION_NOT_NEEDED)
  const canLead = (broker: number) => image.isActive(broker)
  const change = electLeader(partition, partition.isr, preferred ? 'preferred' : 'unclean', canLead)
  if (change) {
    records.push(change)
    return undefined
  }
  return new ApiError(
    preferred ? ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE : ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE,
  )
}
