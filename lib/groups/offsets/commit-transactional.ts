import { ErrorCode } from '../../../protocol/errors.ts'
import type { txnOffsetCommit } from '../../../protocol/messages/txn-offset-commit.ts'
import type { RequestOf } from '../../../protocol/schema.ts'
import type { ClassicGroup } from '../classic/group.ts'
import { type PartitionToCommit, validateConsumerCommit } from '../consumer/validate-commit.ts'
import type { GroupRecord } from '../group-record.ts'
import type { GroupShard } from '../shard.ts'
import { type NamedPartition, validateStreamsCommit } from '../streams/validate-commit.ts'
import type { CommittedTopic } from './commit.ts'
import { offsetRecord } from './committed-offsets.ts'

export type TxnOffsetCommitRequest = RequestOf<typeof txnOffsetCommit>
export type TxnOffsetToCommit = TxnOffsetCommitRequest['topics'][number]['partitions'][number]

const GROUP_ID_NOT_FOUND_SINCE = 6
const STALE_MEMBER_EPOCH_SINCE = 6

/**
 * Whether a producer may commit for the group (`OffsetMetadataManager.validateTransactionalOffsetCommit`). Producers that
 * do not say for which member they commit (before KIP-447) are believed.
 */
export function validateTransactionalCommit(
  shard: GroupShard,
  {
    groupId,
    generationIdOrMemberEpoch: generationId,
    memberId,
    groupInstanceId,
    topics,
  }: TxnOffsetCommitRequest,
  apiVersion: number,
): number {
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
  if (group.type !== 'classic') {
    const committer = { memberId, groupInstanceId, generationIdOrMemberEpoch: generationId }
    const partitions = partitionsOf(shard, topics)
    const errorCode =
      group.type === 'consumer'
        ? validateConsumerCommit(group, committer, partitions, undefined)
        : validateStreamsCommit(group, committer, partitions, undefined)
    const isUnknownError = errorCode === ErrorCode.STALE_MEMBER_EPOCH && apiVersion < STALE_MEMBER_EPOCH_SINCE
    return isUnknownError ? ErrorCode.ILLEGAL_GENERATION : errorCode
  }
  return validateCommitter(group, generationId, memberId, groupInstanceId)
}

function* partitionsOf(
  shard: GroupShard,
  topics: TxnOffsetCommitRequest['topics'],
): Generator<PartitionToCommit & NamedPartition> {
  const { topicsByName } = shard.services.metadata.image
  for (const { name, partitions } of topics) {
    const topicId = topicsByName.get(name)?.topicId
    if (topicId === undefined) continue
    for (const { partitionIndex } of partitions) yield { name, topicId, partitionIndex }
  }
}

function validateCommitter(
  group: ClassicGroup,
  generationId: number,
  memberId: string,
  groupInstanceId: string | null,
): number {
  if (generationId < 0 && (group.isEmpty || (memberId === '' && groupInstanceId === null))) {
    return ErrorCode.NONE
  }
  const errorCode = group.validateMember(memberId, groupInstanceId)
  if (errorCode !== ErrorCode.NONE) return errorCode
  return generationId === group.generationId ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION
}

/**
 * Adds the record of one offset of a request that `validateTransactionalCommit` let pass, to be written with the others;
 * the error code of its partition.
 */
export function commitTransactionalOffset(
  shard: GroupShard,
  groupId: string,
  topic: CommittedTopic,
  { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }: TxnOffsetToCommit,
  records: GroupRecord[],
): number {
  const metadata = committedMetadata ?? ''
  if (metadata.length > shard.config.offsetMetadataMaxBytes) return ErrorCode.OFFSET_METADATA_TOO_LARGE
  records.push(
    offsetRecord(groupId, topic.name, partitionIndex, {
      offset: committedOffset,
      leaderEpoch: committedLeaderEpoch,
      metadata,
      commitTimestampMs: shard.services.clock.now(),
      expireTimestampMs: -1,
      topicId: topic.topicId,
    }),
  )
  return ErrorCode.NONE
}
