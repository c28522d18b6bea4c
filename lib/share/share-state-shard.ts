import { ErrorCode } from '../../protocol/errors.ts'
import { lastOffset } from '../../protocol/records/batch.ts'
import { BatchCursor } from '../../protocol/records/batch-cursor.ts'
import { decodeRecords } from '../../protocol/records/decode-batch.ts'
import { encodeBatch } from '../../protocol/records/encode-batch.ts'
import type { KafkaRecord, RecordInput } from '../../protocol/records/record.ts'
import type { Clock } from '../lab/clock.ts'
import type { Partition } from '../log/partition.ts'
import type { Metadata } from '../metadata/metadata.ts'
import { RedundantOffset } from './redundant-offset.ts'
import { keyText, type SharePartitionKey } from './share-partition-key.ts'
import {
  forwards,
  type KeyedState,
  replayState,
  type ShareState,
  type ShareUpdate,
  snapshotRecord,
  stateTombstone,
  UNINITIALIZED_OFFSET,
  updated,
  updateRecord,
} from './share-state.ts'
import { combineBatches } from './state-batches.ts'

export interface ShardServices {
  readonly metadata: Metadata
  readonly clock: Clock
  readonly updatesPerSnapshot: () => number
}

const READ_BYTES = 5 * 1024 * 1024

/** The states kept in one partition of `__share_group_state`, as of one epoch of its leader (`ShareCoordinatorShard`). */
export class ShareStateShard {
  readonly partition: Partition
  readonly leaderEpoch: number
  readonly #services: ShardServices
  readonly #states = new Map<string, KeyedState>()
  readonly #redundant = new RedundantOffset()

  /** Reads back what is kept. */
  constructor(partition: Partition, services: ShardServices) {
    this.partition = partition
    this.leaderEpoch = partition.state.leaderEpoch
    this.#services = services
    this.#load()
  }

  /** Begins anew at that offset, -1: where `share.auto.offset.reset` says. */
  initialize(key: SharePartitionKey, stateEpoch: number, startOffset: number): ErrorCode {
    if (key.partition < 0 || stateEpoch < 0) return ErrorCode.INVALID_REQUEST
    const known = this.#stateOf(key)
    if (known && known.stateEpoch > stateEpoch) return ErrorCode.FENCED_STATE_EPOCH
    if (!this.#isThere(key)) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    const now = this.#services.clock.now()
    const state: ShareState = {
      snapshotEpoch: known ? known.snapshotEpoch + 1 : 0,
      stateEpoch,
      leaderEpoch: 0,
      startOffset,
      deliveryCompleteCount: startOffset === UNINITIALIZED_OFFSET ? -1 : 0,
      stateBatches: [],
      createTimestamp: now,
      writeTimestamp: now,
      updates: 0,
    }
    return this.#append(snapshotRecord(key, state))
  }

  /** For the leader of the partition in that epoch, which fences those of earlier ones. */
  read(key: SharePartitionKey, leaderEpoch: number): ShareState | ErrorCode {
    if (key.partition < 0 || leaderEpoch < 0) return ErrorCode.INVALID_REQUEST
    const known = this.#stateOf(key)
    if (!known) return ErrorCode.INVALID_REQUEST
    const fencedBelow = this.#fencedBelow(key)
    if (fencedBelow > leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH
    if (!this.#isThere(key)) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    if (fencedBelow === leaderEpoch) return known
    const { startOffset, deliveryCompleteCount } = known
    const update = { leaderEpoch, startOffset, deliveryCompleteCount, stateBatches: [] }
    const errorCode = this.#update(key, known, update)
    return errorCode === ErrorCode.NONE ? (this.#stateOf(key) as ShareState) : errorCode
  }

  /** What the leader of the partition has done, by the state epoch it knows. */
  write(key: SharePartitionKey, stateEpoch: number, update: ShareUpdate): ErrorCode {
    if (key.partition < 0 || update.leaderEpoch < 0 || stateEpoch < 0) return ErrorCode.INVALID_REQUEST
    const known = this.#stateOf(key)
    if (!known) return ErrorCode.INVALID_REQUEST
    if (this.#fencedBelow(key) > update.leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH
    if (known.stateEpoch > stateEpoch) return ErrorCode.FENCED_STATE_EPOCH
    if (!this.#isThere(key)) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    // Only who reads takes over.
    return this.#update(key, known, { ...update, leaderEpoch: known.leaderEpoch })
  }

  /** Undefined where it has not been initialized. */
  summary(key: SharePartitionKey): ShareState | ErrorCode | undefined {
    if (key.partition < 0) return ErrorCode.INVALID_REQUEST
    return this.#isThere(key) ? this.#stateOf(key) : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  }

  delete(key: SharePartitionKey): ErrorCode {
    if (key.partition < 0) return ErrorCode.INVALID_REQUEST
    if (!this.#isThere(key)) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return this.#stateOf(key) ? this.#append(stateTombstone(key)) : ErrorCode.NONE
  }

  /** What groups did with a topic that is gone is forgotten. */
  deleteTopic(topicId: string): void {
    for (const { key } of [...this.#states.values()]) {
      if (key.topicId === topicId) this.#append(stateTombstone(key))
    }
  }

  /** Deletes the records that later ones have made redundant. */
  prune(): void {
    const offset = this.#redundant.value
    const { log } = this.partition
    if (offset === undefined || offset > log.highWatermark) return
    if (log.advanceLogStartOffset(offset)) this.partition.wake()
  }

  /**
   * Writes a snapshot of each state whose last one is that old, so that those of others can be deleted; not where all is
   * quiet, for then there is nothing to delete.
   */
  snapshotCold(olderThanMs: number): void {
    const states = [...this.#states.values()]
    if (states.every(({ state }) => state.createTimestamp !== state.writeTimestamp)) return
    const now = this.#services.clock.now()
    for (const { key, state } of states) {
      if (now - state.writeTimestamp < olderThanMs) continue
      this.#append(
        snapshotRecord(key, { ...state, snapshotEpoch: state.snapshotEpoch + 1, writeTimestamp: now }),
      )
    }
  }

  #stateOf(key: SharePartitionKey): ShareState | undefined {
    return this.#states.get(keyText(key))?.state
  }

  #fencedBelow(key: SharePartitionKey): number {
    return this.#states.get(keyText(key))?.fencedBelow ?? -1
  }

  #isThere({ topicId, partition }: SharePartitionKey): boolean {
    return this.#services.metadata.image.partition(topicId, partition) !== undefined
  }

  #update(key: SharePartitionKey, known: ShareState, update: ShareUpdate): ErrorCode {
    const news = forwards(known, update)
    const { snapshotEpoch } = known
    if (known.updates < this.#services.updatesPerSnapshot()) {
      const stateBatches = combineBatches([], news.stateBatches, news.startOffset)
      return this.#append(updateRecord(key, { ...news, stateBatches, snapshotEpoch }))
    }
    const now = this.#services.clock.now()
    const times = { createTimestamp: now, writeTimestamp: now }
    return this.#append(
      snapshotRecord(key, { ...updated(known, news), ...times, snapshotEpoch: snapshotEpoch + 1 }),
    )
  }

  #append(record: RecordInput): ErrorCode {
    const { partition, leaderEpoch } = this
    if (partition.isUnderMinIsr) return ErrorCode.COORDINATOR_NOT_AVAILABLE
    const offset = partition.log.logEndOffset
    const batch = encodeBatch({ records: [record], defaultTimestamp: this.#services.clock.now() })
    const { errorCode } = partition.log.appendAsCoordinator(batch, leaderEpoch)
    if (errorCode !== ErrorCode.NONE) return errorCode
    this.#replay({ key: record.key as Buffer, value: record.value as Buffer | null }, offset)
    partition.updateHighWatermark()
    partition.wake()
    return ErrorCode.NONE
  }

  #replay(record: Pick<KafkaRecord, 'key' | 'value'>, offset: number): void {
    const snapshot = replayState(record, this.#states)
    if (snapshot !== undefined) this.#redundant.onSnapshot(snapshot, offset, record.value === null)
  }

  #load(): void {
    const { log } = this.partition
    let offset = log.logStartOffset
    while (offset < log.logEndOffset) {
      const { records } = log.read(offset, READ_BYTES, 'log-end', true)
      if (records.length === 0) break
      const bytes = Buffer.concat(records)
      const cursor = new BatchCursor(bytes)
      while (cursor.next()) {
        for (const record of decodeRecords(bytes, cursor.position, READ_BYTES))
          this.#replay(record, record.offset)
        offset = lastOffset(bytes, cursor.position) + 1
      }
    }
  }
}
