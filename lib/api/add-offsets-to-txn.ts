// AddOffsetsToTxn, v0 to v4: a producer is going to commit offsets of a group in its transaction, to the partition of
// `__consumer_offsets` that the group belongs to.
//
// Checked here: who may write with the transactional id and read the group; who coordinates the transactional id. The
// rest is in transactions/add-partitions.ts.

import { ErrorCode } from '../../protocol/errors.ts'
import { addOffsetsToTxn } from '../../protocol/messages/add-offsets-to-txn.ts'
import { coordinatorPartition } from '../groups/coordinator-key.ts'
import { CONSUMER_OFFSETS_TOPIC } from '../metadata/topic-name.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { may, READ_GROUP, WRITE_TRANSACTIONAL_ID } from '../security/authorization/needs.ts'
import { addPartitions } from '../transactions/add-partitions.ts'
import { TopicPartitions } from '../transactions/topic-partitions.ts'
import type { Parts } from './parts.ts'

const KNOWS_FENCED_SINCE = 2

export function createAddOffsetsToTxnHandler({
  nodeId,
  metadata,
  configs,
  transactionCoordinator,
}: Pick<Parts, 'nodeId' | 'metadata' | 'configs' | 'transactionCoordinator'>): Handler {
  return guarded(addOffsetsToTxn, [WRITE_TRANSACTIONAL_ID, READ_GROUP], (request, context) => {
    const { transactionalId, producerId, producerEpoch, groupId } = request
    if (!may(context, WRITE_TRANSACTIONAL_ID, transactionalId)) {
      return { errorCode: WRITE_TRANSACTIONAL_ID.errorCode }
    }
    if (!may(context, READ_GROUP, groupId)) return { errorCode: READ_GROUP.errorCode }
    if (transactionalId === '') return { errorCode: ErrorCode.INVALID_REQUEST }
    const shard = transactionCoordinator.shardOf(nodeId, transactionalId)
    if (shard === undefined) return { errorCode: ErrorCode.NOT_COORDINATOR }
    const topic = metadata.image.topicsByName.get(CONSUMER_OFFSETS_TOPIC)
    const count = topic?.partitions.length ?? configs.brokerConfig(nodeId).offsetsTopicNumPartitions
    const partitions = new TopicPartitions([[CONSUMER_OFFSETS_TOPIC, coordinatorPartition(groupId, count)]])
    const errorCode = addPartitions(shard, { transactionalId, producerId, producerEpoch, partitions }, 0)
    const isFenced = errorCode === ErrorCode.PRODUCER_FENCED && context.apiVersion < KNOWS_FENCED_SINCE
    return { errorCode: isFenced ? ErrorCode.INVALID_PRODUCER_EPOCH : errorCode }
  })
}
