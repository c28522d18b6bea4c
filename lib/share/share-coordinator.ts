import { ErrorCode } from '../../protocol/errors.ts'
import { lastOffset } from '../../protocol/records/batch.ts'
import { BatchCursor } from '../../protocol/records/batch-cursor.ts'
import { decodeRecords } from '../../protocol/records/decode-batch.ts'
import { encodeBatch } from '../../protocol/records/encode-batch.ts'
import type { RecordInput } from '../../protocol/records/record.ts'
import { coordinatorPartition } from '../groups/coordinator-key.ts'
import type { Clock } from '../lab/clock.ts'
import type { LogManager } from '../log/log-manager.ts'
import type { Partition } from '../log/partition.ts'
import type { Metadata } from '../metadata/metadata.ts'
import { SHARE_GROUP_STATE_TOPIC } from '../metadata/topic-name.ts'
import { keyText, type SharePartitionKey } from './share-partition-key.ts'
import {
  replayState,
  type ShareState,
  type ShareUpdate,
  snapshotRecord,
  stateTombstone,
  UNINITIALIZED_OFFSET,
  updated,
  updateRecord,
} from './share-state.ts'

export interface ShareCoordinatorOptions {
  readonly metadata: Metadata
  readonly logs: LogManager
  readonly clock: Clock
  readonly createTopic: (name: string) => unknown
  readonly config: (nodeId: number) => { readonly shareCoordinatorSnapshotUpdateRecordsPerSnapshot: number }
}

/** The states of one partition of `__share_group_state`, as of one epoch of its leader. */
interface Shard {
  readonly partition: Partition
  readonly leaderEpoch: number
  readonly states: Map<string, ShareState>
}

const READ_BYTES = 5 * 1024 * 1024

/**
 * The share coordinators of all brokers of a cluster (`ShareCoordinatorShard`): how far each share group is in each
 * partition, kept as records in `__share_group_state`. Who leads a partition that is shared writes it here, within the
 * process, where Kafka's brokers send each other requests.
 */
export class ShareCoordinator {
  readonly #options: ShareCoordinatorOptions
  readonly #shards = new Map<number, Shard>()
  readonly #onReset = new Set<(key: SharePartitionKey) => void>()

  constructor(options: ShareCoordinatorOptions) {
    this.#options = options
  }

  /** Tells when a state is set anew or gone, so that nobody goes on by the old one. */
  onReset(callback: (key: SharePartitionKey) => void): void {
    this.#onReset.add(callback)
  }

  /** Begins anew at that offset, -1: where `share.auto.offset.reset` says. */
  initialize(key: SharePartitionKey, stateEpoch: number, startOffset: number): ErrorCode {
    const shard = this.#shardOf(key, true)
    if (!shard) return ErrorCode.COORDINATOR_NOT_AVAILABLE
    const known = shard.states.get(keyText(key))
    if (known && known.stateEpoch > stateEpoch) return ErrorCode.FENCED_STATE_EPOCH
    const now = this.#options.clock.now()
    const state: ShareState = {
      snapshotEpoch: known ? known.snapshotEpoch + 1 : 0,
      stateEpoch,
      leaderEpoch: known?.leaderEpoch ?? -1,
      startOffset,
      deliveryCompleteCount: startOffset === UNINITIALIZED_OFFSET ? -1 : 0,
      stateBatches: [],
      createTimestamp: now,
      writeTimestamp: now,
      updates: 0,
    }
    const errorCode = this.#append(shard, snapshotRecord(key, state))
    if (errorCode !== ErrorCode.NONE) return errorCode
    shard.states.set(keyText(key), state)
    this.#reset(key)
    return ErrorCode.NONE
  }

  /** Undefined where the state has not been initialized. */
  read(key: SharePartitionKey): ShareState | ErrorCode | undefined {
    const shard = this.#shardOf(key, false)
    return shard ? shard.states.get(keyText(key)) : ErrorCode.COORDINATOR_NOT_AVAILABLE
  }

  /** What the leader of the partition has done, by the state epoch it knows. */
  write(key: SharePartitionKey, stateEpoch: number, update: ShareUpdate): ErrorCode {
    const shard = this.#shardOf(key, false)
    if (!shard) return ErrorCode.COORDINATOR_NOT_AVAILABLE
    const known = shard.states.get(keyText(key))
    if (!known) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    if (update.leaderEpoch < known.leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH
    if (stateEpoch < known.stateEpoch) return ErrorCode.FENCED_STATE_EPOCH
    let state = updated(known, update)
    const { shareCoordinatorSnapshotUpdateRecordsPerSnapshot: most } = this.#options.config(
      shard.partition.state.leader,
    )
    let record = updateRecord(key, { ...update, snapshotEpoch: known.snapshotEpoch })
    if (known.updates >= most) {
      const writeTimestamp = this.#options.clock.now()
      state = { ...state, snapshotEpoch: known.snapshotEpoch + 1, updates: 0, writeTimestamp }
      record = snapshotRecord(key, state)
    }
    const errorCode = this.#append(shard, record)
    if (errorCode === ErrorCode.NONE) shard.states.set(keyText(key), state)
    return errorCode
  }

  /** How many records the group has yet to do with, of those that can be read; -1 where that is not known. */
  lagOf(
    { topicId, partition }: SharePartitionKey,
    { startOffset, deliveryCompleteCount }: ShareState,
  ): number {
    const log = this.#options.logs.partition(topicId, partition)?.log
    if (!log || startOffset === UNINITIALIZED_OFFSET || deliveryCompleteCount < 0) return -1
    return Math.max(0, log.highWatermark - startOffset - deliveryCompleteCount)
  }

  delete(key: SharePartitionKey): ErrorCode {
    const shard = this.#shardOf(key, false)
    if (!shard) return ErrorCode.COORDINATOR_NOT_AVAILABLE
    if (!shard.states.has(keyText(key))) return ErrorCode.NONE
    const errorCode = this.#append(shard, stateTombstone(key))
    if (errorCode !== ErrorCode.NONE) return errorCode
    shard.states.delete(keyText(key))
    this.#reset(key)
    return ErrorCode.NONE
  }

  #reset(key: SharePartitionKey): void {
    for (const callback of this.#onReset) callback(key)
  }

  #shardOf(key: SharePartitionKey, create: boolean): Shard | undefined {
    const { metadata, logs, createTopic } = this.#options
    if (create && !metadata.image.topicsByName.has(SHARE_GROUP_STATE_TOPIC))
      createTopic(SHARE_GROUP_STATE_TOPIC)
    const topic = metadata.image.topicsByName.get(SHARE_GROUP_STATE_TOPIC)
    if (!topic || topic.partitions.length === 0) return undefined
    const index = coordinatorPartition(keyText(key), topic.partitions.length)
    const partition = logs.partition(topic.topicId, index)
    if (!partition || partition.state.leader < 0) return undefined
    const { leaderEpoch } = partition.state
    const known = this.#shards.get(index)
    if (known?.partition === partition && known.leaderEpoch === leaderEpoch) return known
    const shard = { partition, leaderEpoch, states: load(partition) }
    this.#shards.set(index, shard)
    return shard
  }

  #append({ partition, leaderEpoch }: Shard, record: RecordInput): ErrorCode {
    if (partition.isUnderMinIsr) return ErrorCode.COORDINATOR_NOT_AVAILABLE
    const batch = encodeBatch({ records: [record], defaultTimestamp: this.#options.clock.now() })
    const { errorCode } = partition.log.appendAsCoordinator(batch, leaderEpoch)
    if (errorCode !== ErrorCode.NONE) return errorCode
    partition.updateHighWatermark()
    partition.wake()
    return ErrorCode.NONE
  }
}

function load({ log }: Partition): Map<string, ShareState> {
  const states = new Map<string, ShareState>()
  let offset = log.logStartOffset
  while (offset < log.logEndOffset) {
    const { records } = log.read(offset, READ_BYTES, 'log-end', true)
    if (records.length === 0) break
    const bytes = Buffer.concat(records)
    const cursor = new BatchCursor(bytes)
    while (cursor.next()) {
      for (const record of decodeRecords(bytes, cursor.position, READ_BYTES)) replayState(record, states)
      offset = lastOffset(bytes, cursor.position) + 1
    }
  }
  return states
}
