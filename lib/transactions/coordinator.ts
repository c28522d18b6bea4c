import { coordinatorPartition } from '../groups/coordinator-key.ts'
import type { LogManager } from '../log/log-manager.ts'
import { ProducerIds } from '../log/producer-ids.ts'
import { featureLevel, TRANSACTION_VERSION } from '../metadata/features.ts'
import type { Metadata } from '../metadata/metadata.ts'
import type { MetadataRecord } from '../metadata/records.ts'
import { TRANSACTION_STATE_TOPIC } from '../metadata/topic-name.ts'
import { scheduleSweeps } from './expiry.ts'
import { loadTransactions } from './load.ts'
import { MarkerSender, type MarkerServices, type TransactionMarker, writeMarker } from './markers.ts'
import { type ShardServices, TransactionShard } from './shard.ts'
import { isEnding } from './transaction-metadata.ts'

export interface TransactionCoordinatorOptions
  extends Pick<ShardServices, 'clock' | 'logger' | 'config' | 'replicasOf'>,
    Pick<MarkerServices, 'onOffsetsMarker'> {
  readonly metadata: Metadata
  readonly logs: LogManager
}

/**
 * The transaction coordinators of all brokers of a cluster. A transactional id belongs to a partition of
 * `__transaction_state`, and to the broker that leads it; when that changes, the next one reads what is in the log.
 */
export class TransactionCoordinator {
  readonly markers: MarkerSender
  readonly #options: TransactionCoordinatorOptions
  readonly #services: ShardServices
  readonly #producerIds = new Map<number, ProducerIds>()
  readonly #shards = new Map<number, TransactionShard>()
  readonly #unsubscribe: () => void

  constructor(options: TransactionCoordinatorOptions) {
    const { metadata } = options
    this.#options = options
    this.#services = {
      ...options,
      nextProducerId: (nodeId) => this.nextProducerId(nodeId),
      transactionVersion: () => featureLevel(metadata.image, TRANSACTION_VERSION),
    }
    this.markers = new MarkerSender({ ...options, image: metadata.image })
    this.#unsubscribe = metadata.subscribe((records) => this.#onMetadata(records))
  }

  /**
   * The shard that holds the transactional id, for the broker that coordinates it; undefined for any other, which
   * answers NOT_COORDINATOR.
   */
  shardOf(nodeId: number, transactionalId: string): TransactionShard | undefined {
    const shard = this.shardFor(transactionalId)
    return shard?.nodeId === nodeId ? shard : undefined
  }

  /** The same, whichever broker it is; undefined where none coordinates the id now. */
  shardFor(transactionalId: string): TransactionShard | undefined {
    const topic = this.#options.metadata.image.topicsByName.get(TRANSACTION_STATE_TOPIC)
    if (topic === undefined || topic.partitions.length === 0) return undefined
    const partition = coordinatorPartition(transactionalId, topic.partitions.length)
    return this.#shards.get(partition) ?? this.#load(topic.topicId, partition)
  }

  /** All that the broker coordinates. */
  shardsOf(nodeId: number): TransactionShard[] {
    return [...this.#shards.values()].filter((shard) => shard.nodeId === nodeId)
  }

  /** A producer id that nobody had. */
  nextProducerId(nodeId: number): number {
    let ids = this.#producerIds.get(nodeId)
    if (ids === undefined) {
      ids = new ProducerIds(this.#options.metadata)
      this.#producerIds.set(nodeId, ids)
    }
    return ids.next()
  }

  /** A marker that came by WriteTxnMarkers: from an administrator, or from a coordinator elsewhere. */
  writeMarker(nodeId: number, topic: string, partition: number, marker: TransactionMarker) {
    return writeMarker(this.#options, nodeId, topic, partition, marker)
  }

  /** Stops every timer. */
  close(): void {
    this.#unsubscribe()
    for (const shard of this.#shards.values()) this.#unload(shard)
  }

  #load(topicId: string, partition: number): TransactionShard | undefined {
    const { metadata, logs } = this.#options
    const state = metadata.image.partition(topicId, partition)
    const log = logs.partition(topicId, partition)?.log
    if (state === undefined || log === undefined || state.leader < 0) return undefined
    const shard = new TransactionShard(partition, state.leader, state.leaderEpoch, this.#services)
    loadTransactions(log, shard.transactions)
    this.#shards.set(partition, shard)
    for (const each of [...shard.transactions.values()]) {
      if (isEnding(each)) this.markers.send(shard, each.transactionalId)
    }
    scheduleSweeps(shard, this.markers)
    return shard
  }

  #unload(shard: TransactionShard): void {
    shard.abortTimer?.cancel()
    shard.expiryTimer?.cancel()
    this.markers.forget(shard)
    this.#shards.delete(shard.partition)
  }

  #onMetadata(records: readonly MetadataRecord[]): void {
    for (const record of records) {
      if (record.type === 'RemoveTopicRecord') this.#onTopicDeleted()
      else if (record.type === 'PartitionChangeRecord') this.#onPartitionChange(record)
    }
    this.markers.retry()
  }

  #onTopicDeleted(): void {
    if (this.#options.metadata.image.topicsByName.has(TRANSACTION_STATE_TOPIC)) return
    for (const shard of this.#shards.values()) this.#unload(shard)
  }

  #onPartitionChange({
    topicId,
    partitionId,
  }: {
    readonly topicId: string
    readonly partitionId: number
  }): void {
    const { metadata, logs } = this.#options
    if (metadata.image.topicsById.get(topicId)?.name !== TRANSACTION_STATE_TOPIC) return
    const shard = this.#shards.get(partitionId)
    const state = metadata.image.partition(topicId, partitionId)
    if (shard && state?.leader === shard.nodeId && state.leaderEpoch === shard.coordinatorEpoch) return
    if (shard) this.#unload(shard)
    // Transactions time out at the next coordinator even if nobody ever asks it; where there is nothing there is no hurry.
    if ((logs.partition(topicId, partitionId)?.log.logEndOffset ?? 0) > 0) this.#load(topicId, partitionId)
  }
}
