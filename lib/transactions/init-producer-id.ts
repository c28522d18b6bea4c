import { ErrorCode } from '../../protocol/errors.ts'
import { abortFenced } from './end-transaction.ts'
import type { MarkerSender } from './markers.ts'
import type { TransactionShard } from './shard.ts'
import {
  created,
  isEnding,
  isEpochExhausted,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  type TransactionMetadata,
  withNextEpoch,
  withProducerId,
} from './transaction-metadata.ts'

export interface ProducerIdAndEpoch {
  readonly producerId: number
  readonly producerEpoch: number
}

export interface InitProducerId {
  readonly transactionalId: string
  readonly transactionTimeoutMs: number
  /** What the producer thinks it has (KIP-360); undefined for a new one. */
  readonly expected: ProducerIdAndEpoch | undefined
}

export interface InitProducerIdResult extends ProducerIdAndEpoch {
  readonly errorCode: ErrorCode
}

/** A producer takes a transactional id over, and fences whoever had it (`TransactionCoordinator.handleInitProducerId`). */
export function initProducerId(
  shard: TransactionShard,
  markers: MarkerSender,
  { transactionalId, transactionTimeoutMs, expected }: InitProducerId,
): InitProducerIdResult {
  let metadata = shard.transactions.get(transactionalId)
  if (metadata === undefined) {
    metadata = created(transactionalId, shard.nextProducerId(), transactionTimeoutMs, shard.now)
    shard.transactions.set(transactionalId, metadata)
  }
  if (isEnding(metadata)) return refused(ErrorCode.CONCURRENT_TRANSACTIONS)
  if (expected && !isKnownProducer(metadata, expected)) return refused(ErrorCode.PRODUCER_FENCED)
  if (metadata.state === 'Ongoing') {
    // The epoch that this raises is told to nobody: the producer asks again, and raises it once more.
    const error = abortFenced(shard, markers, metadata)
    return refused(error === ErrorCode.NONE ? ErrorCode.CONCURRENT_TRANSACTIONS : error)
  }
  const next = nextProducer(shard, metadata, transactionTimeoutMs, expected)
  if (typeof next === 'number') return refused(next)
  const errorCode = shard.write(next)
  if (errorCode !== ErrorCode.NONE) return refused(errorCode)
  return { errorCode, producerId: next.producerId, producerEpoch: next.producerEpoch }
}

/**
 * Whether the producer is the one that has the id, or the one that had it before its epochs were used up and has not
 * heard of its new producer id. An id that nobody has used yet may have been forgotten: anybody may have it.
 */
function isKnownProducer(metadata: TransactionMetadata, expected: ProducerIdAndEpoch): boolean {
  const { producerId, producerEpoch, previousProducerId } = metadata
  if (producerEpoch === NO_PRODUCER_EPOCH || expected.producerId === producerId) return true
  return expected.producerId === previousProducerId && isEpochExhausted(expected.producerEpoch)
}

function nextProducer(
  shard: TransactionShard,
  metadata: TransactionMetadata,
  transactionTimeoutMs: number,
  expected: ProducerIdAndEpoch | undefined,
): TransactionMetadata | ErrorCode {
  const isCurrent = expected === undefined || expected.producerEpoch === metadata.producerEpoch
  if (isEpochExhausted(metadata.producerEpoch) && isCurrent) {
    const recordsLastEpoch = expected !== undefined
    return withProducerId(metadata, shard.nextProducerId(), transactionTimeoutMs, recordsLastEpoch, shard.now)
  }
  return withNextEpoch(metadata, transactionTimeoutMs, expected?.producerEpoch, shard.now)
}

function refused(errorCode: ErrorCode): InitProducerIdResult {
  return { errorCode, producerId: NO_PRODUCER_ID, producerEpoch: NO_PRODUCER_EPOCH }
}
