import { ErrorCode } from '../../../protocol/errors.ts'
import type { ConsumerGroup } from './group.ts'
import type { ConsumerMember } from './member.ts'

/** From this version on OffsetCommit can speak of member epochs. */
const MEMBER_EPOCHS_SINCE = 9

/** Who commits, or asks what is committed. */
export interface Committer {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly generationIdOrMemberEpoch: number
}

/** A partition that something is committed for. */
export interface PartitionToCommit {
  readonly topicId: string
  readonly partitionIndex: number
}

/**
 * Whether the sender may commit for these partitions of a consumer group (`ConsumerGroup.validateOffsetCommit`). A member
 * that is behind may still commit for what it was given no later than it knows (KIP-1251): its commit may have been on
 * its way when the coordinator moved on.
 *
 * @param apiVersion of OffsetCommit; undefined in a transaction
 */
export function validateConsumerCommit(
  group: ConsumerGroup,
  { memberId, groupInstanceId, generationIdOrMemberEpoch: received }: Committer,
  partitions: Iterable<PartitionToCommit>,
  apiVersion: number | undefined,
): number {
  // Without an epoch it comes from an administrator or from a consumer that assigns to itself.
  if (received < 0 && group.isEmpty) return ErrorCode.NONE
  const isAnonymous = received === -1 && memberId === '' && groupInstanceId === null
  if (apiVersion === undefined && isAnonymous) return ErrorCode.NONE
  const member = group.members.get(memberId)
  if (!member) return ErrorCode.UNKNOWN_MEMBER_ID
  if (apiVersion !== undefined && apiVersion < MEMBER_EPOCHS_SINCE && !member.classic) {
    return ErrorCode.UNSUPPORTED_VERSION
  }
  if (received === member.memberEpoch) return ErrorCode.NONE
  if (received > member.memberEpoch) return wrongEpoch(member)
  for (const { topicId, partitionIndex } of partitions) {
    const { assigned, pendingRevocation } = member
    const epoch =
      assigned.get(topicId)?.get(partitionIndex) ?? pendingRevocation.get(topicId)?.get(partitionIndex)
    if (epoch === undefined || received < epoch) return wrongEpoch(member)
  }
  return ErrorCode.NONE
}

/** Whether the sender may ask what the group has committed; who names no member may (`ConsumerGroup.validateOffsetFetch`). */
export function validateConsumerFetch(
  group: ConsumerGroup,
  memberId: string | null,
  memberEpoch: number,
): number {
  if (memberId === null && memberEpoch < 0) return ErrorCode.NONE
  // Kafka stumbles over an epoch of nobody.
  if (memberId === null) return ErrorCode.UNKNOWN_SERVER_ERROR
  const member = group.members.get(memberId)
  if (!member) return ErrorCode.UNKNOWN_MEMBER_ID
  return memberEpoch === member.memberEpoch ? ErrorCode.NONE : wrongEpoch(member)
}

function wrongEpoch({ classic }: ConsumerMember): number {
  return classic ? ErrorCode.ILLEGAL_GENERATION : ErrorCode.STALE_MEMBER_EPOCH
}
