// TxnOffsetCommit, v0 to v6: a producer commits offsets of a group in its transaction; they count once that is committed.
// v3: for a member of the group (KIP-447). v5: the group's partition becomes part of the transaction by it (KIP-890). v6:
// topics by id.
//
// Checked here: who may write with the transactional id, read the group and the topics; that topics and partitions exist;
// who coordinates the group; that the transaction has the group's partition. The rest in groups/offsets.

import { ErrorCode } from '../../protocol/errors.ts'
import { txnOffsetCommit } from '../../protocol/messages/txn-offset-commit.ts'
import { NO_SEQUENCE } from '../../protocol/records/batch.ts'
import type { GroupRecord } from '../groups/group-record.ts'
import type { CommittedTopic } from '../groups/offsets/commit.ts'
import {
  commitTransactionalOffset,
  type TxnOffsetCommitRequest,
  type TxnOffsetToCommit,
  validateTransactionalCommit,
} from '../groups/offsets/commit-transactional.ts'
import type { GroupShard } from '../groups/shard.ts'
import { CONSUMER_OFFSETS_TOPIC } from '../metadata/topic-name.ts'
import { guarded, type Handler, type RequestContext } from '../network/handler.ts'
import { may, READ_GROUP, READ_TOPIC, WRITE_TRANSACTIONAL_ID } from '../security/authorization/needs.ts'
import { TopicPartitions } from '../transactions/topic-partitions.ts'
import type { TransactionSupport, TransactionVerifier } from '../transactions/verification.ts'
import { PartitionErrors } from './partition-errors.ts'
import type { Parts } from './parts.ts'

type CommitParts = Pick<Parts, 'nodeId' | 'metadata' | 'groupCoordinator' | 'transactionVerifier'>
type KnownOffsets = [topic: CommittedTopic, partitions: TxnOffsetToCommit[]][]

const KNOWS_ABORTABLE_SINCE = 4
const ADDS_PARTITION_SINCE = 5
const TOPIC_IDS_SINCE = 6

/** What the log and the transaction's coordinator say, as a group coordinator says it (`CoordinatorOperationExceptionHelper`). */
const COORDINATOR_ERRORS: Readonly<Record<number, ErrorCode>> = {
  [ErrorCode.NETWORK_EXCEPTION]: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]: ErrorCode.COORDINATOR_NOT_AVAILABLE,
  [ErrorCode.NOT_ENOUGH_REPLICAS]: ErrorCode.COORDINATOR_NOT_AVAILABLE,
  [ErrorCode.NOT_LEADER_OR_FOLLOWER]: ErrorCode.NOT_COORDINATOR,
}

export function createTxnOffsetCommitHandler(parts: CommitParts): Handler {
  return guarded(txnOffsetCommit, [WRITE_TRANSACTIONAL_ID, READ_GROUP, READ_TOPIC], (request, context) => {
    const { apiVersion } = context
    const response = new PartitionErrors(apiVersion >= TOPIC_IDS_SINCE)
    const refuse = (errorCode: number) => {
      for (const topic of request.topics) {
        for (const { partitionIndex } of topic.partitions) response.add(topic, partitionIndex, errorCode)
      }
      return { topics: response.topics }
    }
    if (!may(context, WRITE_TRANSACTIONAL_ID, request.transactionalId)) {
      return refuse(WRITE_TRANSACTIONAL_ID.errorCode)
    }
    if (!may(context, READ_GROUP, request.groupId)) return refuse(READ_GROUP.errorCode)
    const known = knownOffsets(parts, request, context, response)
    if (known.length === 0) return { topics: response.topics }
    const records: GroupRecord[] = []
    const shard = mayCommit(parts, request, apiVersion)
    const answers = known.flatMap(([topic, partitions]) =>
      partitions.map((partition) => ({
        topic,
        partitionIndex: partition.partitionIndex,
        errorCode:
          typeof shard === 'number'
            ? shard
            : commitTransactionalOffset(shard, request.groupId, topic, partition, records),
      })),
    )
    const error = typeof shard === 'number' ? shard : shard.writePendingOffsets(records, request)
    const failed = COORDINATOR_ERRORS[error] ?? error
    for (const { topic, partitionIndex, errorCode } of answers) {
      response.add(topic, partitionIndex, failed === ErrorCode.NONE ? errorCode : failed)
    }
    return { topics: response.topics }
  })
}

/** What is to be committed for partitions that there are; the others are answered. */
function knownOffsets(
  { metadata: { image } }: CommitParts,
  { topics }: TxnOffsetCommitRequest,
  context: RequestContext,
  response: PartitionErrors,
): KnownOffsets {
  const useTopicIds = context.apiVersion >= TOPIC_IDS_SINCE
  const known: KnownOffsets = []
  for (const asked of topics) {
    const topic = useTopicIds ? image.topicsById.get(asked.topicId) : image.topicsByName.get(asked.name)
    const isHidden = (topic || !useTopicIds) && !may(context, READ_TOPIC, topic?.name ?? asked.name)
    const unknown = !topic && useTopicIds ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    const partitions = isHidden
      ? []
      : asked.partitions.filter((each) => topic?.partitions[each.partitionIndex])
    for (const partition of asked.partitions) {
      if (partitions.includes(partition)) continue
      response.add(topic ?? asked, partition.partitionIndex, isHidden ? READ_TOPIC.errorCode : unknown)
    }
    if (topic && partitions.length > 0) known.push([topic, partitions])
  }
  return known
}

/** The shard that may be written to, or why not. */
function mayCommit(
  { nodeId, groupCoordinator, transactionVerifier }: CommitParts,
  request: TxnOffsetCommitRequest,
  apiVersion: number,
): GroupShard | ErrorCode {
  if (request.groupId === '') return ErrorCode.INVALID_GROUP_ID
  const shard = groupCoordinator.shardOf(nodeId, request.groupId)
  if (!shard) return ErrorCode.NOT_COORDINATOR
  const error = joinTransaction(transactionVerifier, request, shard.partition, supportOf(apiVersion))
  if (error !== ErrorCode.NONE) return error
  const fault = validateTransactionalCommit(shard, request, apiVersion)
  return fault === ErrorCode.NONE ? shard : (fault as ErrorCode)
}

function joinTransaction(
  verifier: TransactionVerifier,
  { transactionalId, producerId, producerEpoch }: TxnOffsetCommitRequest,
  partition: number,
  support: TransactionSupport,
): ErrorCode {
  const partitions = new TopicPartitions([[CONSUMER_OFFSETS_TOPIC, partition]])
  const write = { transactionalId, producerId, producerEpoch, partitions, sequenceOf: () => NO_SEQUENCE }
  const errorOf = verifier.addOrVerify(write, support)
  return errorOf(CONSUMER_OFFSETS_TOPIC, partition)
}

function supportOf(apiVersion: number): TransactionSupport {
  if (apiVersion >= ADDS_PARTITION_SINCE) return 'add-partition'
  return apiVersion >= KNOWS_ABORTABLE_SINCE ? 'generic-error' : 'default-error'
}
