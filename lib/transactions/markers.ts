import { ErrorCode } from '../../protocol/errors.ts'
import { encodeEndTxnMarkerBatch } from '../../protocol/records/control.ts'
import type { ReplicaManager } from '../log/replica-manager.ts'
import type { MetadataImage } from '../metadata/image.ts'
import { CONSUMER_OFFSETS_TOPIC } from '../metadata/topic-name.ts'
import type { TransactionShard } from './shard.ts'
import { completed, isEnding, type TransactionMetadata } from './transaction-metadata.ts'

/** The end of a transaction, as one partition gets to know it. */
export interface TransactionMarker {
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly committed: boolean
  /** The version of the protocol that the transaction was made in: from 2 on its epoch is one nobody has written with. */
  readonly transactionVersion: number
}

export interface MarkerServices {
  readonly image: MetadataImage
  readonly replicasOf: (nodeId: number) => ReplicaManager
  /** The offsets that the transaction committed to that partition of `__consumer_offsets` are valid, or void. */
  readonly onOffsetsMarker: (partition: number, marker: TransactionMarker) => void
}

/** The partition cannot take a marker now, but will (`TransactionMarkerRequestCompletionHandler`). */
const RETRIABLE = new Set<ErrorCode>([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.NOT_ENOUGH_REPLICAS,
  ErrorCode.KAFKA_STORAGE_ERROR,
])

/** Appends a marker to a partition that this broker leads, and settles what hangs on it. */
export function writeMarker(
  { replicasOf, onOffsetsMarker }: Omit<MarkerServices, 'image'>,
  nodeId: number,
  topic: string,
  partition: number,
  marker: TransactionMarker,
): ErrorCode {
  const { producerId, producerEpoch, coordinatorEpoch, committed, transactionVersion } = marker
  const replicas = replicasOf(nodeId)
  const batch = encodeEndTxnMarkerBatch({
    type: committed ? 'COMMIT' : 'ABORT',
    producerId,
    producerEpoch,
    coordinatorEpoch,
    timestamp: replicas.clock.now(),
  })
  const { errorCode } = replicas.appendAsCoordinator(topic, partition, batch, transactionVersion)
  if (errorCode === ErrorCode.NONE && topic === CONSUMER_OFFSETS_TOPIC) onOffsetsMarker(partition, marker)
  return errorCode
}

/**
 * Tells partitions how transactions ended (`TransactionMarkerChannelManager`). What cannot be told now, because nobody
 * leads the partition, is told when the metadata have changed.
 */
export class MarkerSender {
  readonly #services: MarkerServices
  /** By transactional id. */
  readonly #unfinished = new Map<string, TransactionShard>()

  constructor(services: MarkerServices) {
    this.#services = services
  }

  /** Writes the markers of a transaction whose end is decided; when all are written, it is complete. */
  send(shard: TransactionShard, transactionalId: string): void {
    this.#unfinished.set(transactionalId, shard)
    this.#proceed(shard, transactionalId)
  }

  /** Something has changed. */
  retry(): void {
    for (const [transactionalId, shard] of this.#unfinished) this.#proceed(shard, transactionalId)
  }

  /** Whoever coordinates these next will go on with them. */
  forget(shard: TransactionShard): void {
    for (const [transactionalId, other] of this.#unfinished) {
      if (other === shard) this.#unfinished.delete(transactionalId)
    }
  }

  #proceed(shard: TransactionShard, transactionalId: string): void {
    const metadata = shard.transactions.get(transactionalId)
    if (metadata === undefined || !isEnding(metadata)) {
      this.#unfinished.delete(transactionalId)
      return
    }
    for (const [topic, partition] of metadata.partitions) {
      const error = this.#tell(shard, metadata, topic, partition)
      if (RETRIABLE.has(error)) continue
      if (error === ErrorCode.INVALID_PRODUCER_EPOCH || error === ErrorCode.TRANSACTION_COORDINATOR_FENCED) {
        // Another coordinator has ended it, or a later transaction has begun: this one must not touch it any more.
        this.#unfinished.delete(transactionalId)
        return
      }
      metadata.partitions.delete(topic, partition)
    }
    if (!metadata.partitions.isEmpty) return
    const error = shard.write(completed(metadata, shard.now))
    if (error !== ErrorCode.COORDINATOR_NOT_AVAILABLE) this.#unfinished.delete(transactionalId)
  }

  #tell(shard: TransactionShard, metadata: TransactionMetadata, topic: string, partition: number): ErrorCode {
    const { producerId, producerEpoch, clientTransactionVersion } = metadata
    const state = this.#services.image.topicsByName.get(topic)?.partitions[partition]
    // Deleted: there is nothing that would have to be told.
    if (state === undefined) return ErrorCode.NONE
    if (state.leader < 0) return ErrorCode.NOT_LEADER_OR_FOLLOWER
    return writeMarker(this.#services, state.leader, topic, partition, {
      producerId,
      producerEpoch,
      coordinatorEpoch: shard.coordinatorEpoch,
      committed: metadata.state === 'PrepareCommit',
      transactionVersion: clientTransactionVersion,
    })
  }
}
