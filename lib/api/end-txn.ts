// EndTxn, v0 to v5: a producer commits its transaction or aborts it. From v5 on that raises its epoch, which it is told
// (KIP-890).
//
// Checked here: who may write with the transactional id; who coordinates it. The rest is in transactions/end-transaction.ts.

import { ErrorCode } from '../../protocol/errors.ts'
import { endTxn } from '../../protocol/messages/end-txn.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { may, WRITE_TRANSACTIONAL_ID } from '../security/authorization/needs.ts'
import { endTransaction } from '../transactions/end-transaction.ts'
import { EPOCH_BUMP_VERSION } from '../transactions/transaction-metadata.ts'
import type { Parts } from './parts.ts'

const KNOWS_FENCED_SINCE = 2
const BUMPS_EPOCH_SINCE = 5

export function createEndTxnHandler({
  nodeId,
  transactionCoordinator,
}: Pick<Parts, 'nodeId' | 'transactionCoordinator'>): Handler {
  return guarded(endTxn, [WRITE_TRANSACTIONAL_ID], (request, context) => {
    const { transactionalId } = request
    const { apiVersion } = context
    if (!may(context, WRITE_TRANSACTIONAL_ID, transactionalId)) {
      return { errorCode: WRITE_TRANSACTIONAL_ID.errorCode }
    }
    if (transactionalId === '') return { errorCode: ErrorCode.INVALID_REQUEST }
    const shard = transactionCoordinator.shardOf(nodeId, transactionalId)
    if (shard === undefined) return { errorCode: ErrorCode.NOT_COORDINATOR }
    const version = apiVersion >= BUMPS_EPOCH_SINCE ? EPOCH_BUMP_VERSION : 0
    const ended = endTransaction(shard, transactionCoordinator.markers, request, version)
    const isFenced = ended.errorCode === ErrorCode.PRODUCER_FENCED && apiVersion < KNOWS_FENCED_SINCE
    return isFenced ? { errorCode: ErrorCode.INVALID_PRODUCER_EPOCH } : ended
  })
}
