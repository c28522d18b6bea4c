import { ErrorCode } from '../../protocol/errors.ts'
import type { PartitionState } from '../metadata/image.ts'
import type { PartitionLog } from './partition-log.ts'

/** What waits for a partition to change: a long poll. */
export interface PartitionWaiter {
  /** There is more to read, or leadership changed, or the partition is gone. */
  partitionChanged(partition: Partition): void
}

/**
 * One partition of a cluster (Kafka's Partition): its one log, which all replicas share, what the metadata say of it,
 * and who waits for it.
 */
export class Partition {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  readonly state: PartitionState
  readonly log: PartitionLog
  /** Where the log ended when the current leader took over. */
  leaderEpochStartOffset = 0
  #waiters: Set<PartitionWaiter> | undefined

  constructor(topic: string, state: PartitionState, log: PartitionLog) {
    this.topic = topic
    this.topicId = state.topicId
    this.index = state.partitionIndex
    this.state = state
    this.log = log
    this.onLeader()
  }

  /** Kafka never asks for more replicas in sync than there are. */
  get effectiveMinIsr(): number {
    return Math.min(this.log.config.minInsyncReplicas, this.state.replicas.length)
  }

  get isUnderMinIsr(): boolean {
    return this.state.isr.length < this.effectiveMinIsr
  }

  /** A leader took over, perhaps the same one in a new epoch. */
  onLeader(): void {
    if (this.state.leader < 0) return
    this.leaderEpochStartOffset = this.log.logEndOffset
    this.log.epochs.assign(this.state.leaderEpoch, this.log.logEndOffset)
  }

  /** Replicas in sync are always caught up here; too few of them hold the high watermark where it is. */
  updateHighWatermark(): boolean {
    return this.state.leader >= 0 && !this.isUnderMinIsr && this.log.advanceHighWatermark()
  }

  /** Is the leader epoch that a client believes in the current one? -1: it does not say (KIP-320). */
  checkLeaderEpoch(epoch: number): ErrorCode {
    if (epoch < 0 || epoch === this.state.leaderEpoch) return ErrorCode.NONE
    return epoch < this.state.leaderEpoch ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH
  }

  wait(waiter: PartitionWaiter): void {
    this.#waiters ??= new Set()
    this.#waiters.add(waiter)
  }

  stopWaiting(waiter: PartitionWaiter): void {
    this.#waiters?.delete(waiter)
  }

  get waiterCount(): number {
    return this.#waiters?.size ?? 0
  }

  wake(): void {
    if (this.#waiters === undefined) return
    for (const waiter of this.#waiters) waiter.partitionChanged(this)
  }
}
