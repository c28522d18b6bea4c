import { ErrorCode } from '../../protocol/errors.ts'
import { coordinatorPartition } from '../groups/coordinator-key.ts'
import type { Clock, Timer } from '../lab/clock.ts'
import type { LogManager } from '../log/log-manager.ts'
import type { Metadata } from '../metadata/metadata.ts'
import type { MetadataRecord } from '../metadata/records.ts'
import { SHARE_GROUP_STATE_TOPIC } from '../metadata/topic-name.ts'
import { keyText, type SharePartitionKey } from './share-partition-key.ts'
import { type ShareState, type ShareUpdate, UNINITIALIZED_OFFSET } from './share-state.ts'
import { ShareStateShard } from './share-state-shard.ts'

export interface ShareCoordinatorConfig {
  readonly shareCoordinatorSnapshotUpdateRecordsPerSnapshot: number
  readonly shareCoordinatorStateTopicPruneIntervalMs: number
  readonly shareCoordinatorColdPartitionSnapshotIntervalMs: number
}

export interface ShareCoordinatorOptions {
  readonly metadata: Metadata
  readonly logs: LogManager
  readonly clock: Clock
  readonly createTopic: (name: string) => unknown
  readonly config: (nodeId: number) => ShareCoordinatorConfig
}

/**
 * The share coordinators of all brokers of a cluster (`ShareCoordinatorService`): how far each share group is in each
 * partition, kept as records in `__share_group_state`. Who leads a partition that is shared writes it here, within the
 * process, where Kafka's brokers send each other requests.
 */
export class ShareCoordinator {
  readonly #options: ShareCoordinatorOptions
  readonly #shards = new Map<number, ShareStateShard>()
  readonly #unsubscribe: () => void
  #pruning: Timer | undefined
  #snapshots: Timer | undefined

  constructor(options: ShareCoordinatorOptions) {
    this.#options = options
    this.#unsubscribe = options.metadata.subscribe((records) => this.#onMetadata(records))
  }

  /** Begins anew at that offset, -1: where `share.auto.offset.reset` says. Makes the topic where there is none. */
  initialize(key: SharePartitionKey, stateEpoch: number, startOffset: number): ErrorCode {
    const { metadata, createTopic } = this.#options
    if (!metadata.image.topicsByName.has(SHARE_GROUP_STATE_TOPIC)) createTopic(SHARE_GROUP_STATE_TOPIC)
    return this.shardOf(key)?.initialize(key, stateEpoch, startOffset) ?? ErrorCode.COORDINATOR_NOT_AVAILABLE
  }

  /** For the leader of the partition in that epoch. */
  read(key: SharePartitionKey, leaderEpoch: number): ShareState | ErrorCode {
    return this.shardOf(key)?.read(key, leaderEpoch) ?? ErrorCode.COORDINATOR_NOT_AVAILABLE
  }

  /** What the leader of the partition has done, by the state epoch it knows. */
  write(key: SharePartitionKey, stateEpoch: number, update: ShareUpdate): ErrorCode {
    return this.shardOf(key)?.write(key, stateEpoch, update) ?? ErrorCode.COORDINATOR_NOT_AVAILABLE
  }

  /** Undefined where the state has not been initialized. */
  summary(key: SharePartitionKey): ShareState | ErrorCode | undefined {
    const shard = this.shardOf(key)
    return shard ? shard.summary(key) : ErrorCode.COORDINATOR_NOT_AVAILABLE
  }

  delete(key: SharePartitionKey): ErrorCode {
    return this.shardOf(key)?.delete(key) ?? ErrorCode.COORDINATOR_NOT_AVAILABLE
  }

  /** How many records the group has yet to do with, of those that can be read; -1 where that is not known. */
  lagOf(
    { topicId, partition }: SharePartitionKey,
    { startOffset, deliveryCompleteCount }: ShareState,
  ): number {
    const log = this.#options.logs.partition(topicId, partition)?.log
    if (!log || startOffset === UNINITIALIZED_OFFSET || deliveryCompleteCount < 0) return -1
    return log.highWatermark - startOffset - deliveryCompleteCount
  }

  /** Where that state is kept, if somebody leads it; `nodeId` limits it to one broker. */
  shardOf(key: SharePartitionKey, nodeId?: number): ShareStateShard | undefined {
    const topic = this.#options.metadata.image.topicsByName.get(SHARE_GROUP_STATE_TOPIC)
    if (!topic || topic.partitions.length === 0) return undefined
    const shard = this.#load(topic.topicId, coordinatorPartition(keyText(key), topic.partitions.length))
    const isThere = shard && (nodeId === undefined || shard.partition.state.leader === nodeId)
    return isThere ? shard : undefined
  }

  close(): void {
    this.#unsubscribe()
    this.#pruning?.cancel()
    this.#snapshots?.cancel()
  }

  #load(topicId: string, index: number): ShareStateShard | undefined {
    const { metadata, logs, clock, config } = this.#options
    const partition = logs.partition(topicId, index)
    if (!partition || partition.state.leader < 0) return undefined
    const known = this.#shards.get(index)
    if (known?.partition === partition && known.leaderEpoch === partition.state.leaderEpoch) return known
    const shard = new ShareStateShard(partition, {
      metadata,
      clock,
      updatesPerSnapshot: () =>
        config(partition.state.leader).shareCoordinatorSnapshotUpdateRecordsPerSnapshot,
    })
    this.#shards.set(index, shard)
    this.#begin(partition.state.leader)
    return shard
  }

  #onMetadata(records: readonly MetadataRecord[]): void {
    for (const record of records) {
      if (record.type !== 'RemoveTopicRecord') continue
      for (const shard of this.#shards.values()) shard.deleteTopic(record.topicId)
    }
  }

  /** What is done from time to time is done as soon as there is something to do it to. */
  #begin(nodeId: number): void {
    this.#pruning ??= this.#prune(nodeId)
    this.#snapshots ??= this.#snapshot(nodeId)
  }

  #prune(nodeId: number): Timer {
    const { clock, config } = this.#options
    return clock.setTimer(config(nodeId).shareCoordinatorStateTopicPruneIntervalMs, () => {
      for (const shard of this.#active()) shard.prune()
      this.#pruning = this.#prune(nodeId)
    })
  }

  #snapshot(nodeId: number): Timer {
    const { clock, config } = this.#options
    const { shareCoordinatorColdPartitionSnapshotIntervalMs: intervalMs } = config(nodeId)
    return clock.setTimer(intervalMs, () => {
      for (const shard of this.#active()) shard.snapshotCold(intervalMs)
      this.#snapshots = this.#snapshot(nodeId)
    })
  }

  /** Those that are still led as when they were read. */
  *#active(): Generator<ShareStateShard> {
    for (const shard of this.#shards.values()) {
      const { leader, leaderEpoch } = shard.partition.state
      if (leader >= 0 && leaderEpoch === shard.leaderEpoch) yield shard
    }
  }
}
