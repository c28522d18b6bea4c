import { ErrorCode } from '../../protocol/errors.ts'
import { initProducerId } from '../../protocol/messages/init-producer-id.ts'
import type { RequestOf } from '../../protocol/schema.ts'
import { guarded, type Handler } from '../network/handler.ts'
import {
  may,
  mayWriteIdempotently,
  WRITE_IDEMPOTENTLY,
  WRITE_TRANSACTIONAL_ID,
} from '../security/authorization/needs.ts'
import { type InitProducerIdResult, initProducerId as init } from '../transactions/init-producer-id.ts'
import type { Parts } from './parts.ts'

/*
 * InitProducerId, v0 to v5.
 *
 * Checked: who may write with the transactional id, or idempotently to some topic; that producer id and epoch come
 * together; the timeout; who coordinates the transactional id. The rest is in transactions/init-producer-id.ts.
 *
 * Without a transactional id everybody gets a new producer id, whatever they had before.
 */

type InitParts = Pick<Parts, 'nodeId' | 'configs' | 'transactionCoordinator'>

const KNOWS_FENCED_SINCE = 4

export function createInitProducerIdHandler(parts: InitParts): Handler {
  return guarded(initProducerId, [WRITE_TRANSACTIONAL_ID, WRITE_IDEMPOTENTLY], (request, context) => {
    const { transactionalId, producerId, producerEpoch } = request
    if (transactionalId === null) {
      if (!mayWriteIdempotently(context)) return refused(WRITE_IDEMPOTENTLY.errorCode)
    } else if (!may(context, WRITE_TRANSACTIONAL_ID, transactionalId)) {
      return refused(WRITE_TRANSACTIONAL_ID.errorCode)
    }
    if ((producerId === -1) !== (producerEpoch === -1)) return refused(ErrorCode.INVALID_REQUEST)
    if (transactionalId === null) {
      return { producerId: parts.transactionCoordinator.nextProducerId(parts.nodeId), producerEpoch: 0 }
    }
    const result = takeOver(parts, transactionalId, request)
    const isFenced = result.errorCode === ErrorCode.PRODUCER_FENCED && context.apiVersion < KNOWS_FENCED_SINCE
    return isFenced ? refused(ErrorCode.INVALID_PRODUCER_EPOCH) : result
  })
}

function takeOver(
  { nodeId, configs, transactionCoordinator }: InitParts,
  transactionalId: string,
  { transactionTimeoutMs, producerId, producerEpoch }: RequestOf<typeof initProducerId>,
): InitProducerIdResult {
  if (transactionalId === '') return refused(ErrorCode.INVALID_REQUEST)
  const { transactionMaxTimeoutMs } = configs.brokerConfig(nodeId)
  if (transactionTimeoutMs <= 0 || transactionTimeoutMs > transactionMaxTimeoutMs) {
    return refused(ErrorCode.INVALID_TRANSACTION_TIMEOUT)
  }
  const shard = transactionCoordinator.shardOf(nodeId, transactionalId)
  if (shard === undefined) return refused(ErrorCode.NOT_COORDINATOR)
  const expected = producerId === -1 ? undefined : { producerId, producerEpoch }
  return init(shard, transactionCoordinator.markers, { transactionalId, transactionTimeoutMs, expected })
}

function refused(errorCode: ErrorCode): InitProducerIdResult {
  return { errorCode, producerId: -1, producerEpoch: -1 }
}
