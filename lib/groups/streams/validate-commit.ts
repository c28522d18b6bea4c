import { ErrorCode } from '../../../protocol/errors.ts'
import type { Committer } from '../consumer/validate-commit.ts'
import type { StreamsGroup } from './group.ts'
import type { StreamsMember } from './member.ts'
import { subtopologyReading } from './topology.ts'

/** From this version on OffsetCommit can speak of member epochs. */
const MEMBER_EPOCHS_SINCE = 9

/** A partition that something is committed for. */
export interface NamedPartition {
  readonly name: string
  readonly partitionIndex: number
}

/**
 * Whether the sender may commit for these partitions of a streams group (`StreamsGroup.validateOffsetCommit`). A member
 * that is behind may still commit for tasks that it was given no later than it knows (KIP-1251).
 *
 * @param apiVersion of OffsetCommit; undefined in a transaction
 */
export function validateStreamsCommit(
  group: StreamsGroup,
  { memberId, groupInstanceId, generationIdOrMemberEpoch: received }: Committer,
  partitions: Iterable<NamedPartition>,
  apiVersion: number | undefined,
): number {
  // Without an epoch it comes from an administrator or from a consumer that assigns to itself.
  if (received < 0 && group.isEmpty) return ErrorCode.NONE
  const isAnonymous = received === -1 && memberId === '' && groupInstanceId === null
  if (apiVersion === undefined && isAnonymous) return ErrorCode.NONE
  const member = group.members.get(memberId)
  if (!member) return ErrorCode.UNKNOWN_MEMBER_ID
  if (apiVersion !== undefined && apiVersion < MEMBER_EPOCHS_SINCE) return ErrorCode.UNSUPPORTED_VERSION
  if (received === member.memberEpoch) return ErrorCode.NONE
  if (received > member.memberEpoch) return ErrorCode.STALE_MEMBER_EPOCH
  for (const partition of partitions) {
    const epoch = givenIn(group, member, partition)
    if (epoch === undefined || received < epoch) return ErrorCode.STALE_MEMBER_EPOCH
  }
  return ErrorCode.NONE
}

/** The epoch in which the member was given the task that reads the partition; undefined where it was not. */
function givenIn(
  { topology }: StreamsGroup,
  { assigned, pendingRevocation }: StreamsMember,
  { name, partitionIndex }: NamedPartition,
): number | undefined {
  const subtopologyId = topology && subtopologyReading(topology, name)?.subtopologyId
  if (subtopologyId === undefined) return undefined
  return (
    assigned.active.get(subtopologyId)?.get(partitionIndex) ??
    pendingRevocation.active.get(subtopologyId)?.get(partitionIndex)
  )
}

/** Whether the sender may ask what the group has committed; who names no member may. */
export function validateStreamsFetch(
  group: StreamsGroup,
  memberId: string | null,
  memberEpoch: number,
): number {
  if (memberId === null && memberEpoch < 0) return ErrorCode.NONE
  // Kafka stumbles over an epoch of nobody.
  if (memberId === null) return ErrorCode.UNKNOWN_SERVER_ERROR
  const member = group.members.get(memberId)
  if (!member) return ErrorCode.UNKNOWN_MEMBER_ID
  return memberEpoch === member.memberEpoch ? ErrorCode.NONE : ErrorCode.STALE_MEMBER_EPOCH
}
