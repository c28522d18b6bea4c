import { ErrorCode, errorName } from '../../protocol/errors.ts'
import {
  baseSequence,
  isTransactional,
  magic,
  NO_SEQUENCE,
  producerEpoch,
  producerId,
} from '../../protocol/records/batch.ts'
import { BatchCursor } from '../../protocol/records/batch-cursor.ts'
import type { AppendEntry } from '../log/replica-manager.ts'
import { TopicPartitions } from '../transactions/topic-partitions.ts'
import type { TransactionSupport, TransactionVerifier } from '../transactions/verification.ts'

const ADDS_PARTITIONS_SINCE = 12
const KNOWS_ABORTABLE_SINCE = 11

/** What old clients do not know how to retry is told them as something that they do. */
const RETRIABLE = new Set<ErrorCode>([
  ErrorCode.NETWORK_EXCEPTION,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
])

export interface Refusal {
  readonly errorCode: ErrorCode
  readonly errorMessage: string | null
}

/** Whether the first of the records belongs to a transaction. */
export function isTransactionalBatch(records: Buffer): boolean {
  return isTransactional(records, 0) && magic(records, 0) === 2 && new BatchCursor(records).next()
}

/** One request may write for one producer only. */
export function hasSeveralProducers(entries: readonly AppendEntry[]): boolean {
  const batches = entries.map(({ records }) => records).filter(isTransactionalBatch)
  return new Set(batches.map((batch) => `${producerId(batch, 0)}/${producerEpoch(batch, 0)}`)).size > 1
}

/**
 * Makes the partitions part of the transaction, or makes sure that they are (`ReplicaManager.handleProduceAppend`).
 * @returns why an entry must not be appended
 */
export function joinTransaction(
  verifier: TransactionVerifier,
  transactionalId: string | null,
  entries: readonly AppendEntry[],
  apiVersion: number,
): (entry: AppendEntry) => Refusal | undefined {
  const transactional = entries.filter(({ records }) => isTransactionalBatch(records))
  const [first] = transactional
  if (transactionalId === null || first === undefined) return () => undefined
  const support = supportOf(apiVersion)
  const errorOf = verifier.addOrVerify(
    {
      transactionalId,
      producerId: producerId(first.records, 0),
      producerEpoch: producerEpoch(first.records, 0),
      sequenceOf: (topic, partition) => {
        const entry = transactional.find((each) => each.topic === topic && each.partition === partition)
        return entry === undefined ? NO_SEQUENCE : baseSequence(entry.records, 0)
      },
      partitions: new TopicPartitions(
        transactional.map(({ topic, partition }) => [topic, partition] as const),
      ),
    },
    support,
  )
  return (entry) => {
    if (!transactional.includes(entry)) return undefined
    const error = errorOf(entry.topic, entry.partition)
    return error === ErrorCode.NONE ? undefined : refusal(error, support)
  }
}

function supportOf(apiVersion: number): TransactionSupport {
  if (apiVersion >= ADDS_PARTITIONS_SINCE) return 'add-partition'
  return apiVersion >= KNOWS_ABORTABLE_SINCE ? 'generic-error' : 'default-error'
}

function refusal(error: ErrorCode, support: TransactionSupport): Refusal {
  if (error === ErrorCode.INVALID_TXN_STATE) {
    return { errorCode: error, errorMessage: 'Partition was not added to the transaction' }
  }
  const isTold = error === ErrorCode.CONCURRENT_TRANSACTIONS && support === 'add-partition'
  if (!RETRIABLE.has(error) && (error !== ErrorCode.CONCURRENT_TRANSACTIONS || isTold)) {
    return { errorCode: error, errorMessage: null }
  }
  return {
    errorCode: ErrorCode.NOT_ENOUGH_REPLICAS,
    errorMessage: `Unable to verify the partition has been added to the transaction. Underlying error: ${errorName(error)}`,
  }
}
