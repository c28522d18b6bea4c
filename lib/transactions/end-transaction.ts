import { ErrorCode } from '../../protocol/errors.ts'
import type { MarkerSender } from './markers.ts'
import type { TransactionShard } from './shard.ts'
import {
  completed,
  EPOCH_BUMP_VERSION,
  fenced,
  isEnding,
  isEpochExhausted,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  prepared,
  type TransactionMetadata,
  withFailedFence,
} from './transaction-metadata.ts'

export interface EndTransaction {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly committed: boolean
}

/** The id and epoch that the producer goes on with; -1 with an error, and where nothing has changed (version 1). */
export interface EndedTransaction {
  readonly errorCode: ErrorCode
  readonly producerId: number
  readonly producerEpoch: number
}

/** What to do about a request: refuse it, say that it has been done already, or abort or commit. */
type Verdict = 'end' | 'done' | ErrorCode

/**
 * A producer ends its transaction (`TransactionCoordinator.endTransaction`).
 * @param clientTransactionVersion 2 where each end raises the epoch (KIP-890), else 0
 */
export function endTransaction(
  shard: TransactionShard,
  markers: MarkerSender,
  request: EndTransaction,
  clientTransactionVersion: number,
): EndedTransaction {
  const metadata = shard.transactions.get(request.transactionalId)
  if (metadata === undefined) return refused(ErrorCode.INVALID_PRODUCER_ID_MAPPING)
  const bumpsEpoch = clientTransactionVersion >= EPOCH_BUMP_VERSION
  const verdict = bumpsEpoch ? judge(metadata, request) : judgeWithoutEpochBump(metadata, request)
  if (verdict === 'done') {
    return bumpsEpoch ? answerWith(metadata) : refused(ErrorCode.NONE)
  }
  if (verdict !== 'end') return refused(verdict)
  const nextProducerId =
    bumpsEpoch && isEpochExhausted(metadata.producerEpoch) ? shard.nextProducerId() : NO_PRODUCER_ID
  const state = request.committed ? 'PrepareCommit' : 'PrepareAbort'
  const next = prepared(metadata, state, clientTransactionVersion, nextProducerId, shard.now)
  const error = shard.write(next)
  if (error !== ErrorCode.NONE) return refused(error)
  markers.send(shard, request.transactionalId)
  return answerWith(completed(next, shard.now))
}

/** Aborts the open transaction of a producer that has to make way: for a new one, or because its time is up. */
export function abortFenced(
  shard: TransactionShard,
  markers: MarkerSender,
  metadata: TransactionMetadata,
): ErrorCode {
  const bumpsEpoch = shard.services.transactionVersion() >= EPOCH_BUMP_VERSION
  const error = shard.write(bumpsEpoch ? abortedByBump(shard, metadata) : abortedByFence(shard, metadata))
  if (error === ErrorCode.NONE) markers.send(shard, metadata.transactionalId)
  else if (!bumpsEpoch) shard.transactions.set(metadata.transactionalId, withFailedFence(metadata))
  return error
}

/** The end raises the epoch, and so fences. */
function abortedByBump(shard: TransactionShard, metadata: TransactionMetadata): TransactionMetadata {
  const nextProducerId = isEpochExhausted(metadata.producerEpoch) ? shard.nextProducerId() : NO_PRODUCER_ID
  return prepared(metadata, 'PrepareAbort', EPOCH_BUMP_VERSION, nextProducerId, shard.now)
}

function abortedByFence(shard: TransactionShard, metadata: TransactionMetadata): TransactionMetadata {
  return prepared(fenced(metadata), 'PrepareAbort', 0, NO_PRODUCER_ID, shard.now)
}

/**
 * With every end raising the epoch, it is the epoch that tells a request that comes a second time from the end of the
 * next transaction.
 */
function judge(metadata: TransactionMetadata, request: EndTransaction): Verdict {
  const { state, producerEpoch, previousProducerId } = metadata
  if (isEnding(metadata)) return ErrorCode.CONCURRENT_TRANSACTIONS
  // The epochs were used up: the id has gone to a new producer id since.
  const isOverflow =
    previousProducerId === request.producerId && isLastEpoch(request.producerEpoch) && producerEpoch === 0
  const isRepeated = isOverflow || producerEpoch === request.producerEpoch + 1
  if (metadata.producerId !== request.producerId && !isOverflow) return ErrorCode.INVALID_PRODUCER_ID_MAPPING
  const mayRepeat = state === 'CompleteCommit' || state === 'CompleteAbort'
  if (request.producerEpoch !== producerEpoch && !(mayRepeat && isRepeated)) return ErrorCode.PRODUCER_FENCED
  switch (state) {
    case 'Ongoing':
      return 'end'
    case 'Empty':
      return request.committed ? ErrorCode.INVALID_TXN_STATE : 'end'
    default: {
      const isSameOutcome = request.committed === (state === 'CompleteCommit')
      if (isRepeated) return isSameOutcome ? 'done' : ErrorCode.INVALID_TXN_STATE
      // Nothing was added since the last end. An abort raises the epoch all the same: that is what it is for.
      return request.committed ? ErrorCode.INVALID_TXN_STATE : 'end'
    }
  }
}

function judgeWithoutEpochBump(metadata: TransactionMetadata, request: EndTransaction): Verdict {
  const { state, producerId, producerEpoch } = metadata
  if (producerId !== request.producerId) return ErrorCode.INVALID_PRODUCER_ID_MAPPING
  if (producerEpoch !== request.producerEpoch) return ErrorCode.PRODUCER_FENCED
  if (isEnding(metadata)) return ErrorCode.CONCURRENT_TRANSACTIONS
  if (state === 'Ongoing') return 'end'
  const isDone = state === (request.committed ? 'CompleteCommit' : 'CompleteAbort')
  return isDone ? 'done' : ErrorCode.INVALID_TXN_STATE
}

function isLastEpoch(producerEpoch: number): boolean {
  return isEpochExhausted(producerEpoch) && !isEpochExhausted(producerEpoch - 1)
}

function answerWith({ producerId, producerEpoch }: TransactionMetadata): EndedTransaction {
  return { errorCode: ErrorCode.NONE, producerId, producerEpoch }
}

function refused(errorCode: ErrorCode): EndedTransaction {
  return { errorCode, producerId: NO_PRODUCER_ID, producerEpoch: NO_PRODUCER_EPOCH }
}
