import { decodeRecordKey, encodeRecordKey } from '../../protocol/formats/coordinator-record.ts'
import { transactionLog } from '../../protocol/formats/transaction-state/transaction-log.ts'
import { transactionStateRecords } from '../../protocol/formats/transaction-state.ts'
import { decodeVersioned, encodeVersioned } from '../../protocol/formats/versioned.ts'
import { TRANSACTION_STATES, transactionStateOf } from './state.ts'
import { TopicPartitions } from './topic-partitions.ts'
import { NO_PRODUCER_EPOCH, type TransactionMetadata } from './transaction-metadata.ts'

/** The key of the records of a transactional id in `__transaction_state`. */
export function transactionKey(transactionalId: string): Buffer {
  return encodeRecordKey(transactionLog, { transactionalId })
}

/** @param transactionVersion the level of the feature: what is older than 1 knows only version 0 */
export function transactionValue(metadata: TransactionMetadata, transactionVersion: number): Buffer {
  const isFlexible = transactionVersion >= 1
  const partitions = metadata.partitions
    .byTopic()
    .map(({ topic, partitions: partitionIds }) => ({ topic, partitionIds }))
  return encodeVersioned(transactionLog.value, isFlexible ? 1 : 0, {
    producerId: metadata.producerId,
    producerEpoch: metadata.producerEpoch,
    transactionTimeoutMs: metadata.transactionTimeoutMs,
    transactionStatus: TRANSACTION_STATES[metadata.state].id,
    transactionPartitions: metadata.state === 'Empty' ? null : partitions,
    transactionLastUpdateTimestampMs: metadata.lastUpdateTimestampMs,
    transactionStartTimestampMs: metadata.startTimestampMs,
    ...(isFlexible
      ? {
          previousProducerId: metadata.previousProducerId,
          nextProducerId: metadata.nextProducerId,
          clientTransactionVersion: metadata.clientTransactionVersion,
        }
      : {}),
  })
}

/** What a record says: of which id, and what there is of it, undefined for one that was forgotten. */
export interface LoadedTransaction {
  readonly transactionalId: string
  readonly metadata: TransactionMetadata | undefined
}

/** @returns undefined for a record that a newer broker wrote */
export function readTransaction(key: Buffer | null, value: Buffer | null): LoadedTransaction | undefined {
  const decoded = key === null ? undefined : decodeRecordKey(transactionStateRecords, key)
  if (decoded === undefined) return undefined
  const { transactionalId } = decoded.key
  if (value === null) return { transactionalId, metadata: undefined }
  const stored = decodeVersioned(transactionLog.value, value).value
  const state = transactionStateOf(stored.transactionStatus)
  if (state === undefined) return undefined
  const partitions = new TopicPartitions()
  for (const { topic, partitionIds } of stored.transactionPartitions ?? []) {
    for (const partition of partitionIds) partitions.add(topic, partition)
  }
  return {
    transactionalId,
    metadata: {
      transactionalId,
      producerId: stored.producerId,
      previousProducerId: stored.previousProducerId,
      nextProducerId: stored.nextProducerId,
      producerEpoch: stored.producerEpoch,
      lastProducerEpoch: NO_PRODUCER_EPOCH,
      transactionTimeoutMs: stored.transactionTimeoutMs,
      state,
      partitions,
      startTimestampMs: stored.transactionStartTimestampMs,
      lastUpdateTimestampMs: stored.transactionLastUpdateTimestampMs,
      clientTransactionVersion: stored.clientTransactionVersion,
      hasFailedEpochFence: false,
    },
  }
}
