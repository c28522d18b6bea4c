import { ErrorCode } from '../../protocol/errors.ts'
import { initProducerId } from '../../protocol/messages/init-producer-id.ts'
import { ProducerIds } from '../log/producer-ids.ts'
import { type Handler, handler } from '../network/handler.ts'
import type { Parts } from './parts.ts'

/*
 * InitProducerId, v0 to v5.
 *
 * Without a transactional id everybody gets a new producer id, whatever they had before. An empty transactional id,
 * and a producer id without an epoch or the other way round, are INVALID_REQUEST.
 *
 * Left out: transactions. A transactional id is answered UNSUPPORTED_VERSION: that is final for every client, where
 * "no coordinator yet" would make it ask again until its own time is up.
 */

export function createInitProducerIdHandler({ metadata }: Pick<Parts, 'metadata'>): Handler {
  const ids = new ProducerIds(metadata)
  return handler(initProducerId, ({ transactionalId, producerId, producerEpoch }) => {
    if ((producerId === -1) !== (producerEpoch === -1)) return refused(ErrorCode.INVALID_REQUEST)
    if (transactionalId === null) return { producerId: ids.next(), producerEpoch: 0 }
    return refused(transactionalId === '' ? ErrorCode.INVALID_REQUEST : ErrorCode.UNSUPPORTED_VERSION)
  })
}

function refused(errorCode: ErrorCode) {
  return { errorCode, producerId: -1, producerEpoch: -1 }
}
