// DescribeTransactions, v0 (KIP-664): what the coordinator knows of transactional ids.
//
// Checked: who may describe each transactional id and, silently, the topics of its transaction; who coordinates it.

import { ErrorCode } from '../../protocol/errors.ts'
import { describeTransactions } from '../../protocol/messages/describe-transactions.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { DESCRIBE_TOPIC, DESCRIBE_TRANSACTIONAL_ID, may, silently } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'

const NEEDS = [DESCRIBE_TRANSACTIONAL_ID, silently(DESCRIBE_TOPIC)]

export function createDescribeTransactionsHandler({
  nodeId,
  transactionCoordinator,
}: Pick<Parts, 'nodeId' | 'transactionCoordinator'>): Handler {
  return guarded(describeTransactions, NEEDS, ({ transactionalIds }, context) => ({
    transactionStates: transactionalIds.map((transactionalId) => {
      const refused = (errorCode: ErrorCode) => ({ transactionalId, errorCode })
      if (!may(context, DESCRIBE_TRANSACTIONAL_ID, transactionalId)) {
        return refused(DESCRIBE_TRANSACTIONAL_ID.errorCode)
      }
      if (transactionalId === '') return refused(ErrorCode.INVALID_REQUEST)
      const shard = transactionCoordinator.shardOf(nodeId, transactionalId)
      if (shard === undefined) return refused(ErrorCode.NOT_COORDINATOR)
      const metadata = shard.transactions.get(transactionalId)
      if (metadata === undefined) return refused(ErrorCode.TRANSACTIONAL_ID_NOT_FOUND)
      return {
        transactionalId,
        transactionState: metadata.state,
        transactionTimeoutMs: metadata.transactionTimeoutMs,
        transactionStartTimeMs: metadata.startTimestampMs,
        producerId: metadata.producerId,
        producerEpoch: metadata.producerEpoch,
        topics: metadata.partitions.byTopic().filter(({ topic }) => may(context, DESCRIBE_TOPIC, topic)),
      }
    }),
  }))
}
