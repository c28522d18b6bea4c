import type { LogManager } from '../log/log-manager.ts'
import type { MetadataRecord } from '../metadata/records.ts'
import { CONSUMER_OFFSETS_TOPIC } from '../metadata/topic-name.ts'
import type { GroupCoordinatorConfig } from './config.ts'
import { coordinatorPartition } from './coordinator-key.ts'
import { CoordinatorLog } from './coordinator-log.ts'
import { loadShard, unloadShard } from './load.ts'
import { deleteOffsetsOfTopic } from './offsets/delete.ts'
import type { GroupShard, ShardServices } from './shard.ts'
import { deleteStatesOfTopic } from './share/states.ts'
import { TopicChanges } from './topic-changes.ts'

export interface GroupCoordinatorOptions extends Omit<ShardServices, 'topicChanges'> {
  readonly logs: LogManager
}

/**
 * The group coordinators of all brokers of a cluster. A group belongs to a partition of `__consumer_offsets`, and to
 * the broker that leads it; when that changes, the groups move with what their records tell of them.
 */
export class GroupCoordinator {
  readonly #options: GroupCoordinatorOptions
  readonly #topicChanges = new TopicChanges()
  #topicId: string | undefined
  /** Kept from the topic's creation on: partitions that are added later would tear groups from their offsets. */
  #partitions = 0
  #shards = new Map<number, GroupShard>()
  #unsubscribe: () => void

  constructor(options: GroupCoordinatorOptions) {
    this.#options = options
    this.#unsubscribe = options.metadata.subscribe((records) => this.#onMetadata(records))
  }

  /**
   * The shard that holds the group, for the broker that coordinates it; undefined for any other, which answers
   * NOT_COORDINATOR.
   */
  shardOf(nodeId: number, groupId: string): GroupShard | undefined {
    if (!this.#findTopic()) return undefined
    const partition = coordinatorPartition(groupId, this.#partitions)
    const shard = this.#shards.get(partition) ?? this.#load(partition)
    return shard?.nodeId === nodeId ? shard : undefined
  }

  configOf(nodeId: number): GroupCoordinatorConfig {
    return this.#options.config(nodeId)
  }

  /** A marker in that partition of `__consumer_offsets` has ended the producer's transaction. */
  completeTransaction(partition: number, producerId: number, committed: boolean): void {
    this.#shards.get(partition)?.completeTransaction(producerId, committed)
  }

  /** All that the broker coordinates and that something is kept of. */
  shardsOf(nodeId: number): GroupShard[] {
    // After a start with the data of an earlier run nobody may have asked for these yet.
    for (let partition = 0; this.#findTopic() && partition < this.#partitions; partition++) {
      if (!this.#shards.has(partition)) this.#loadWhatIsKept(partition)
    }
    return [...this.#shards.values()].filter((shard) => shard.nodeId === nodeId)
  }

  /** Answers whoever waits and stops every timer. */
  close(): void {
    this.#unsubscribe()
    for (const shard of this.#shards.values()) unloadShard(shard)
    this.#shards.clear()
  }

  #findTopic(): boolean {
    if (this.#topicId !== undefined) return true
    const topic = this.#options.metadata.image.topicsByName.get(CONSUMER_OFFSETS_TOPIC)
    if (!topic || topic.partitions.length === 0) return false
    this.#topicId = topic.topicId
    this.#partitions = topic.partitions.length
    return true
  }

  #load(partition: number): GroupShard | undefined {
    const { metadata, logs, clock } = this.#options
    const topicId = this.#topicId as string
    const state = metadata.image.partition(topicId, partition)
    const kept = logs.partition(topicId, partition)
    if (!state || !kept || state.leader < 0) return undefined
    const leadership = { nodeId: state.leader, leaderEpoch: state.leaderEpoch }
    const log = new CoordinatorLog(kept, state.leaderEpoch, clock)
    const shard = loadShard(partition, leadership, log, {
      ...this.#options,
      topicChanges: this.#topicChanges,
    })
    this.#shards.set(partition, shard)
    return shard
  }

  /** Where nothing is kept there is no hurry. */
  #loadWhatIsKept(partition: number): void {
    const log = this.#options.logs.partition(this.#topicId as string, partition)?.log
    if (log && log.logEndOffset > log.logStartOffset) this.#load(partition)
  }

  #onMetadata(records: readonly MetadataRecord[]): void {
    this.#topicChanges.apply(records, this.#options.metadata.image.version)
    for (const record of records) {
      if (record.type === 'RemoveTopicRecord') this.#onTopicDeleted(record.topicId)
      else if (record.type === 'PartitionChangeRecord' && this.#isOurs(record.topicId)) {
        this.#onPartitionChange(record.partitionId)
      }
    }
  }

  #isOurs(topicId: string): boolean {
    return this.#findTopic() && topicId === this.#topicId
  }

  #onPartitionChange(partition: number): void {
    const shard = this.#shards.get(partition)
    const state = this.#options.metadata.image.partition(this.#topicId as string, partition)
    if (shard && state?.leader === shard.nodeId && state.leaderEpoch === shard.leaderEpoch) return
    if (shard) unloadShard(shard)
    this.#shards.delete(partition)
    // Sessions run on at the next coordinator even if nobody ever asks it.
    this.#loadWhatIsKept(partition)
  }

  #onTopicDeleted(topicId: string): void {
    if (topicId !== this.#topicId) {
      for (const shard of this.#shards.values()) {
        deleteOffsetsOfTopic(shard, topicId)
        deleteStatesOfTopic(shard, topicId)
      }
      return
    }
    for (const shard of this.#shards.values()) unloadShard(shard)
    this.#shards.clear()
    this.#topicId = undefined
  }
}
