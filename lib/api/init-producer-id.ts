import { ErrorCode } from '../../protocol/errors.ts'
import { initProducerId } from '../../protocol/messages/init-producer-id.ts'
import type { RequestOf } from '../../protocol/schema.ts'
import { guarded, type Handler, type RequestContext } from '../network/handler.ts'
import {
  may,
  mayWriteIdempotently,
  TWO_PHASE_COMMIT_OF_TRANSACTIONAL_ID,
  WRITE_IDEMPOTENTLY,
  WRITE_TRANSACTIONAL_ID,
} from '../security/authorization/needs.ts'
import { type InitProducerIdResult, initProducerId as init } from '../transactions/init-producer-id.ts'
import { NO_TRANSACTION_TIMEOUT_MS } from '../transactions/transaction-metadata.ts'
import type { Parts } from './parts.ts'

/*
 * InitProducerId, v0 to v5; v6 with `unstable.api.versions.enable`.
 *
 * Checked: who may write with the transactional id, or idempotently to some topic; who may have transactions without a
 * timeout, for others to decide (two-phase commit, KIP-939), and whether the broker has them; that producer id and epoch
 * come together; the timeout; who coordinates the transactional id. The rest is in transactions/init-producer-id.ts.
 *
 * Without a transactional id everybody gets a new producer id, whatever they had before. Nobody can go on with a transaction
 * of an earlier life (`keepPreparedTxn`): Kafka 4.4 has a place for it in v6, and refuses it.
 */

type InitRequest = RequestOf<typeof initProducerId>
type InitParts = Pick<Parts, 'nodeId' | 'configs' | 'transactionCoordinator'>

const KNOWS_FENCED_SINCE = 4

export function createInitProducerIdHandler(parts: InitParts): Handler {
  const needs = [WRITE_TRANSACTIONAL_ID, TWO_PHASE_COMMIT_OF_TRANSACTIONAL_ID, WRITE_IDEMPOTENTLY]
  const answer = (request: InitRequest, context: RequestContext) => {
    const { transactionalId, producerId, producerEpoch, enable2Pc } = request
    if (transactionalId === null) {
      if (!mayWriteIdempotently(context)) return refused(WRITE_IDEMPOTENTLY.errorCode)
    } else if (!may(context, WRITE_TRANSACTIONAL_ID, transactionalId)) {
      return refused(WRITE_TRANSACTIONAL_ID.errorCode)
    } else if (enable2Pc && !may(context, TWO_PHASE_COMMIT_OF_TRANSACTIONAL_ID, transactionalId)) {
      return refused(TWO_PHASE_COMMIT_OF_TRANSACTIONAL_ID.errorCode)
    }
    if ((producerId === -1) !== (producerEpoch === -1)) return refused(ErrorCode.INVALID_REQUEST)
    if (transactionalId === null) {
      return { producerId: parts.transactionCoordinator.nextProducerId(parts.nodeId), producerEpoch: 0 }
    }
    const result = takeOver(parts, transactionalId, request)
    const isFenced = result.errorCode === ErrorCode.PRODUCER_FENCED && context.apiVersion < KNOWS_FENCED_SINCE
    return isFenced ? refused(ErrorCode.INVALID_PRODUCER_EPOCH) : result
  }
  const { unstableApiVersionsEnable } = parts.configs.brokerConfig(parts.nodeId)
  return guarded(initProducerId, needs, answer, unstableApiVersionsEnable ? initProducerId.versions : {})
}

function takeOver(
  { nodeId, configs, transactionCoordinator }: InitParts,
  transactionalId: string,
  { transactionTimeoutMs: wanted, producerId, producerEpoch, enable2Pc, keepPreparedTxn }: InitRequest,
): InitProducerIdResult {
  if (transactionalId === '') return refused(ErrorCode.INVALID_REQUEST)
  const { transactionMaxTimeoutMs, transactionTwoPhaseCommitEnable } = configs.brokerConfig(nodeId)
  if (enable2Pc && !transactionTwoPhaseCommitEnable) {
    return refused(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  }
  if (keepPreparedTxn) return refused(ErrorCode.UNSUPPORTED_VERSION)
  if (!enable2Pc && (wanted <= 0 || wanted > transactionMaxTimeoutMs)) {
    return refused(ErrorCode.INVALID_TRANSACTION_TIMEOUT)
  }
  const transactionTimeoutMs = enable2Pc ? NO_TRANSACTION_TIMEOUT_MS : wanted
  const shard = transactionCoordinator.shardOf(nodeId, transactionalId)
  if (shard === undefined) return refused(ErrorCode.NOT_COORDINATOR)
  const expected = producerId === -1 ? undefined : { producerId, producerEpoch }
  return init(shard, transactionCoordinator.markers, { transactionalId, transactionTimeoutMs, expected })
}

function refused(errorCode: ErrorCode): InitProducerIdResult {
  return { errorCode, producerId: -1, producerEpoch: -1 }
}
