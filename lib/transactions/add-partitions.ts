import { ErrorCode } from '../../protocol/errors.ts'
import type { TransactionShard } from './shard.ts'
import type { TopicPartitions } from './topic-partitions.ts'
import { isEnding, withPartitions } from './transaction-metadata.ts'

export interface AddPartitions {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly partitions: TopicPartitions
}

/**
 * Adds partitions to the transaction of a producer, which begins with the first ones
 * (`TransactionCoordinator.handleAddPartitionsToTransaction`).
 */
export function addPartitions(
  shard: TransactionShard,
  { transactionalId, producerId, producerEpoch, partitions }: AddPartitions,
  clientTransactionVersion: number,
): ErrorCode {
  const metadata = shard.transactions.get(transactionalId)
  if (metadata === undefined) return ErrorCode.INVALID_PRODUCER_ID_MAPPING
  // First of all: the producer may know already who it will be when the transaction is complete.
  if (isEnding(metadata)) return ErrorCode.CONCURRENT_TRANSACTIONS
  if (metadata.producerId !== producerId) return ErrorCode.INVALID_PRODUCER_ID_MAPPING
  if (metadata.producerEpoch !== producerEpoch) return ErrorCode.PRODUCER_FENCED
  if (metadata.state === 'Ongoing' && metadata.partitions.hasAll(partitions)) return ErrorCode.NONE
  return shard.write(withPartitions(metadata, partitions, clientTransactionVersion, shard.now))
}

/**
 * Whether a partition belongs to the open transaction of a producer
 * (`TransactionCoordinator.handleVerifyPartitionsInTransaction`).
 * @returns the error of all partitions, or what tells that of each
 */
export function verifyPartitions(
  shard: TransactionShard,
  { transactionalId, producerId, producerEpoch }: Omit<AddPartitions, 'partitions'>,
): ErrorCode | ((topic: string, partition: number) => ErrorCode) {
  const metadata = shard.transactions.get(transactionalId)
  if (metadata === undefined || metadata.producerId !== producerId)
    return ErrorCode.INVALID_PRODUCER_ID_MAPPING
  if (metadata.producerEpoch !== producerEpoch) return ErrorCode.PRODUCER_FENCED
  if (isEnding(metadata)) return ErrorCode.CONCURRENT_TRANSACTIONS
  const { partitions } = metadata
  return (topic, partition) =>
    partitions.has(topic, partition) ? ErrorCode.NONE : ErrorCode.TRANSACTION_ABORTABLE
}
