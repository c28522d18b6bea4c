import { ErrorCode } from '../../protocol/errors.ts'
import { encodeBatch } from '../../protocol/records/encode-batch.ts'
import type { Clock, Timer } from '../lab/clock.ts'
import type { Logger } from '../lab/logger.ts'
import type { ReplicaManager } from '../log/replica-manager.ts'
import { TRANSACTION_STATE_TOPIC } from '../metadata/topic-name.ts'
import type { TransactionCoordinatorConfig } from './config.ts'
import { transactionKey, transactionValue } from './transaction-log.ts'
import type { TransactionMetadata } from './transaction-metadata.ts'

export interface ShardServices {
  readonly clock: Clock
  readonly logger: Logger
  /** The configs in force on that broker. */
  readonly config: (nodeId: number) => TransactionCoordinatorConfig
  /** The replicas of that broker. */
  readonly replicasOf: (nodeId: number) => ReplicaManager
  /** Hands out a producer id that nobody had, on behalf of that broker. */
  readonly nextProducerId: (nodeId: number) => number
  /** The level of `transaction.version` that the cluster is at. */
  readonly transactionVersion: () => number
}

/** What an append to the log says, as a coordinator says it (`TransactionStateManager.appendTransactionToLog`). */
const COORDINATOR_ERRORS: Readonly<Record<number, ErrorCode>> = {
  [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]: ErrorCode.COORDINATOR_NOT_AVAILABLE,
  [ErrorCode.NOT_ENOUGH_REPLICAS]: ErrorCode.COORDINATOR_NOT_AVAILABLE,
  [ErrorCode.NOT_LEADER_OR_FOLLOWER]: ErrorCode.NOT_COORDINATOR,
  [ErrorCode.KAFKA_STORAGE_ERROR]: ErrorCode.NOT_COORDINATOR,
  [ErrorCode.MESSAGE_TOO_LARGE]: ErrorCode.UNKNOWN_SERVER_ERROR,
  [ErrorCode.RECORD_LIST_TOO_LARGE]: ErrorCode.UNKNOWN_SERVER_ERROR,
}

/**
 * The transactional ids of one partition of `__transaction_state`, as the broker that leads it knows them. Whatever
 * changes is in the log first.
 */
export class TransactionShard {
  readonly partition: number
  readonly nodeId: number
  /** The leader epoch: markers of a coordinator before this one are refused by it. */
  readonly coordinatorEpoch: number
  readonly transactions = new Map<string, TransactionMetadata>()
  readonly services: ShardServices
  abortTimer: Timer | undefined
  expiryTimer: Timer | undefined

  constructor(partition: number, nodeId: number, coordinatorEpoch: number, services: ShardServices) {
    this.partition = partition
    this.nodeId = nodeId
    this.coordinatorEpoch = coordinatorEpoch
    this.services = services
  }

  get config(): TransactionCoordinatorConfig {
    return this.services.config(this.nodeId)
  }

  get now(): number {
    return this.services.clock.now()
  }

  nextProducerId(): number {
    return this.services.nextProducerId(this.nodeId)
  }

  /** Stores the transition and makes it; with an error, nothing has changed. */
  write(next: TransactionMetadata): ErrorCode {
    const level = this.services.transactionVersion()
    // Records of old have no place for it. Kafka stumbles over that, and leaves the id unusable besides.
    if (level < 1 && next.clientTransactionVersion > 0) return ErrorCode.UNSUPPORTED_VERSION
    const value = transactionValue(next, level)
    const error = this.#append(next.transactionalId, value)
    if (error === ErrorCode.NONE) this.transactions.set(next.transactionalId, next)
    return error
  }

  /** Forgets a transactional id. */
  remove(transactionalId: string): ErrorCode {
    const error = this.#append(transactionalId, null)
    if (error === ErrorCode.NONE) this.transactions.delete(transactionalId)
    return error
  }

  #append(transactionalId: string, value: Buffer | null): ErrorCode {
    const record = { timestamp: this.now, key: transactionKey(transactionalId), value }
    const batch = encodeBatch({ records: [record] })
    const replicas = this.services.replicasOf(this.nodeId)
    const { errorCode } = replicas.appendAsCoordinator(TRANSACTION_STATE_TOPIC, this.partition, batch)
    return COORDINATOR_ERRORS[errorCode] ?? errorCode
  }
}
