import { ErrorCode } from '../../protocol/errors.ts'
import { initProducerId } from '../../protocol/messages/init-producer-id.ts'
import { ProducerIds } from '../log/producer-ids.ts'
import { guarded, type Handler } from '../network/handler.ts'
import {
  may,
  mayWriteIdempotently,
  WRITE_IDEMPOTENTLY,
  WRITE_TRANSACTIONAL_ID,
} from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'

/*
 * InitProducerId, v0 to v5.
 *
 * Checked: who may write with the transactional id, or idempotently to some topic.
 *
 * Without a transactional id everybody gets a new producer id, whatever they had before. An empty transactional id,
 * and a producer id without an epoch or the other way round, are INVALID_REQUEST.
 *
 * Left out: transactions. A transactional id is answered UNSUPPORTED_VERSION: that is final for every client, where
 * "no coordinator yet" would make it ask again until its own time is up.
 */

export function createInitProducerIdHandler({ metadata }: Pick<Parts, 'metadata'>): Handler {
  const ids = new ProducerIds(metadata)
  return guarded(initProducerId, [WRITE_TRANSACTIONAL_ID, WRITE_IDEMPOTENTLY], (request, context) => {
    const { transactionalId, producerId, producerEpoch } = request
    if (transactionalId === null) {
      if (!mayWriteIdempotently(context)) return refused(WRITE_IDEMPOTENTLY.errorCode)
    } else if (!may(context, WRITE_TRANSACTIONAL_ID, transactionalId)) {
      return refused(WRITE_TRANSACTIONAL_ID.errorCode)
    }
    if ((producerId === -1) !== (producerEpoch === -1)) return refused(ErrorCode.INVALID_REQUEST)
    if (transactionalId === null) return { producerId: ids.next(), producerEpoch: 0 }
    return refused(transactionalId === '' ? ErrorCode.INVALID_REQUEST : ErrorCode.UNSUPPORTED_VERSION)
  })
}

function refused(errorCode: ErrorCode) {
  return { errorCode, producerId: -1, producerEpoch: -1 }
}
