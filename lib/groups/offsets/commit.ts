import { ErrorCode } from '../../../protocol/errors.ts'
import type { offsetCommit } from '../../../protocol/messages/offset-commit.ts'
import type { RequestOf } from '../../../protocol/schema.ts'
import type { ClassicGroup } from '../classic/group.ts'
import { renewSession } from '../classic/rebalance.ts'
import { type PartitionToCommit, validateConsumerCommit } from '../consumer/validate-commit.ts'
import type { GroupRecord } from '../group-record.ts'
import type { GroupShard } from '../shard.ts'
import { type NamedPartition, validateStreamsCommit } from '../streams/validate-commit.ts'
import { type CommittedOffset, offsetRecord } from './committed-offsets.ts'

export type OffsetCommitRequest = RequestOf<typeof offsetCommit>
export type OffsetToCommit = OffsetCommitRequest['topics'][number]['partitions'][number]

/** A topic that exists, under both its names. */
export interface CommittedTopic {
  readonly name: string
  readonly topicId: string
}

/** From this version on a group that does not exist is called that. */
const GROUP_ID_NOT_FOUND_SINCE = 9

/**
 * Whether the sender may commit for the group (`OffsetMetadataManager.validateOffsetCommit`). A group that nobody knows
 * comes into being for a sender without a generation; for a member, committing counts as a heartbeat.
 */
export function validateCommit(
  shard: GroupShard,
  request: OffsetCommitRequest,
  partitions: Iterable<PartitionToCommit & NamedPartition>,
  apiVersion: number,
): number {
  const { groupId, generationIdOrMemberEpoch: generationId, memberId } = request
  let group = shard.groups.get(groupId)
  if (!group) {
    if (generationId >= 0) {
      return apiVersion >= GROUP_ID_NOT_FOUND_SINCE
        ? ErrorCode.GROUP_ID_NOT_FOUND
        : ErrorCode.ILLEGAL_GENERATION
    }
    group = shard.createClassicGroup(groupId)
  }
  if (group.type === 'share') return ErrorCode.GROUP_ID_NOT_FOUND
  if (group.type === 'consumer') return validateConsumerCommit(group, request, partitions, apiVersion)
  if (group.type === 'streams') return validateStreamsCommit(group, request, partitions, apiVersion)
  const errorCode = validateCommitter(group, generationId, memberId, request.groupInstanceId)
  if (errorCode === ErrorCode.NONE && (group.state === 'Stable' || group.state === 'PreparingRebalance')) {
    const member = group.members.get(memberId)
    if (member) renewSession(shard, group, member)
  }
  return errorCode
}

function validateCommitter(
  group: ClassicGroup,
  generationId: number,
  memberId: string,
  groupInstanceId: string | null,
): number {
  // Without a generation it comes from an administrator or from a consumer that assigns to itself.
  if (generationId < 0 && group.isEmpty) return ErrorCode.NONE
  if (generationId < 0 && memberId === '' && groupInstanceId === null) return ErrorCode.UNKNOWN_MEMBER_ID
  const errorCode = group.validateMember(memberId, groupInstanceId)
  if (errorCode !== ErrorCode.NONE) return errorCode
  if (generationId !== group.generationId) return ErrorCode.ILLEGAL_GENERATION
  // The member knows its generation but not what of it is its own.
  return group.state === 'CompletingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
}

/**
 * Adds the record of one offset of a request that `validateCommit` let pass, to be written with the others; the error
 * code of its partition.
 */
export function commitOffset(
  shard: GroupShard,
  request: OffsetCommitRequest,
  topic: CommittedTopic,
  partition: OffsetToCommit,
  records: GroupRecord[],
): number {
  const { committedMetadata, committedOffset, committedLeaderEpoch, commitTimestamp, partitionIndex } =
    partition
  const metadata = committedMetadata ?? ''
  if (metadata.length > shard.config.offsetMetadataMaxBytes) return ErrorCode.OFFSET_METADATA_TOO_LARGE
  const now = shard.services.clock.now()
  const committed: CommittedOffset = {
    offset: committedOffset,
    leaderEpoch: committedLeaderEpoch,
    metadata,
    commitTimestampMs: commitTimestamp === -1 ? now : commitTimestamp,
    expireTimestampMs: request.retentionTimeMs === -1 ? -1 : now + request.retentionTimeMs,
    topicId: topic.topicId,
  }
  records.push(offsetRecord(request.groupId, topic.name, partitionIndex, committed))
  return ErrorCode.NONE
}
