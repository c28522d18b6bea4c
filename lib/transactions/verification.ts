import { ErrorCode } from '../../protocol/errors.ts'
import type { ReplicaManager } from '../log/replica-manager.ts'
import { addPartitions, verifyPartitions } from './add-partitions.ts'
import type { TransactionCoordinator } from './coordinator.ts'
import { TopicPartitions } from './topic-partitions.ts'
import { EPOCH_BUMP_VERSION } from './transaction-metadata.ts'

/**
 * What the version of a request lets brokers do for a transaction: make sure that a partition was added, with the errors
 * that old clients know or with TRANSACTION_ABORTABLE, or add it (KIP-890).
 */
export type TransactionSupport = 'default-error' | 'generic-error' | 'add-partition'

export interface TransactionalWrite {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly partitions: TopicPartitions
  /** Of the batch that is to be written there; -1 where it has none. */
  readonly sequenceOf: (topic: string, partition: number) => number
}

/** Why partitions may not be written to; those that are not in it may. */
export type VerificationErrors = (topic: string, partition: number) => ErrorCode

const CLIENT_NEED_NOT_KNOW: Readonly<Record<number, ErrorCode>> = {
  [ErrorCode.PRODUCER_FENCED]: ErrorCode.INVALID_PRODUCER_EPOCH,
}

/**
 * Makes sure, before a broker writes for a transaction, that the transaction's coordinator knows of the partitions: what
 * it does not know of would never get a marker (`AddPartitionsToTxnManager`).
 */
export class TransactionVerifier {
  readonly #coordinator: TransactionCoordinator
  readonly #replicas: ReplicaManager
  readonly #isEnabled: () => boolean

  /** @param isEnabled `transaction.partition.verification.enable` */
  constructor(coordinator: TransactionCoordinator, replicas: ReplicaManager, isEnabled: () => boolean) {
    this.#coordinator = coordinator
    this.#replicas = replicas
    this.#isEnabled = isEnabled
  }

  addOrVerify(write: TransactionalWrite, support: TransactionSupport): VerificationErrors {
    if (support !== 'add-partition' && !this.#isEnabled()) return () => ErrorCode.NONE
    const errors = new Map<string, ErrorCode>()
    const unknown = new TopicPartitions()
    for (const [topic, partition] of write.partitions) {
      const error = this.#check(topic, partition, write, support)
      if (error === 'unknown') unknown.add(topic, partition)
      else errors.set(`${topic}-${partition}`, error)
    }
    const asked = unknown.isEmpty ? undefined : this.#ask({ ...write, partitions: unknown }, support)
    return (topic, partition) => {
      const error = errors.get(`${topic}-${partition}`)
      if (error !== undefined) return error
      return typeof asked === 'function' ? asked(topic, partition) : (asked ?? ErrorCode.NONE)
    }
  }

  /** What the partition itself knows (`UnifiedLog.maybeStartTransactionVerification`). */
  #check(
    topic: string,
    index: number,
    { producerId, producerEpoch, sequenceOf }: TransactionalWrite,
    support: TransactionSupport,
  ): ErrorCode | 'unknown' {
    const partition = this.#replicas.available(topic, index, -1, true)
    if (typeof partition === 'number') return partition
    const { producers } = partition.log
    const entry = producers.get(producerId)
    if (entry && producerEpoch < entry.producerEpoch) return ErrorCode.INVALID_PRODUCER_EPOCH
    if (entry?.hasOpenTransaction && producerEpoch === entry.producerEpoch) return ErrorCode.NONE
    const bumpsEpoch = support === 'add-partition'
    const sequence = sequenceOf(topic, index)
    producers.verifications.start(producerId, sequence, producerEpoch, bumpsEpoch, this.#replicas.clock.now())
    return 'unknown'
  }

  #ask(write: TransactionalWrite, support: TransactionSupport): ErrorCode | VerificationErrors {
    const shard = this.#coordinator.shardFor(write.transactionalId)
    if (shard === undefined) return ErrorCode.COORDINATOR_NOT_AVAILABLE
    if (support === 'add-partition') {
      const error = addPartitions(shard, write, EPOCH_BUMP_VERSION)
      return CLIENT_NEED_NOT_KNOW[error] ?? error
    }
    const verified = verifyPartitions(shard, write)
    if (typeof verified === 'number') return CLIENT_NEED_NOT_KNOW[verified] ?? verified
    if (support === 'generic-error') return verified
    return (topic, partition) =>
      verified(topic, partition) === ErrorCode.NONE ? ErrorCode.NONE : ErrorCode.INVALID_TXN_STATE
  }
}
