import { ErrorCode } from '../../../protocol/errors.ts'
import type { MetadataImage } from '../image.ts'
import type { PartitionRecord } from '../records.ts'
import { ApiError } from './api-error.ts'

/** The replicas that are up: the first in-sync replicas of a new partition. */
export function inSyncOf(image: MetadataImage, replicas: readonly number[]): number[] {
  return replicas.filter((broker) => image.isActive(broker))
}

export function partitionRecord(
  topicId: string,
  partitionId: number,
  replicas: readonly number[],
  isr: readonly number[],
): PartitionRecord {
  return {
    type: 'PartitionRecord',
    topicId,
    partitionId,
    replicas,
    isr,
    leader: isr[0] ?? -1,
    leaderEpoch: 0,
    partitionEpoch: 0,
  }
}

/**
 * What is wrong with replicas that a client chose itself (`ReplicationControlManager.validateManualPartitionAssignment`).
 *
 * @param replicationFactor how many the topic's other partitions have, where there are others
 */
export function assignmentFault(
  image: MetadataImage,
  partitionId: number,
  replicas: readonly number[],
  replicationFactor: number | undefined,
): ApiError | undefined {
  const fault = (message: string) => new ApiError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message)
  if (replicas.length === 0) return fault('The manual partition assignment includes an empty replica list.')
  let previous: number | undefined
  for (const broker of [...replicas].sort((a, b) => a - b)) {
    if (!image.brokers.has(broker)) {
      return fault(
        `The manual partition assignment includes broker ${broker}, but no such broker is registered.`,
      )
    }
    if (broker === previous) {
      return fault(`The manual partition assignment includes the broker ${broker} more than once.`)
    }
    previous = broker
  }
  if (replicationFactor !== undefined && replicas.length !== replicationFactor) {
    return fault(
      `The manual partition assignment includes a partition with ${replicas.length} replica(s), but this is not ` +
        `consistent with previous partitions, which have ${replicationFactor} replica(s).`,
    )
  }
  if (inSyncOf(image, replicas).length === 0) {
    return fault(
      `All brokers specified in the manual partition assignment for partition ${partitionId} are fenced or in controlled shutdown.`,
    )
  }
  return undefined
}
