import { ErrorCode } from '../../protocol/errors.ts'
import { groupMetadata } from '../../protocol/formats/consumer-offsets/group-metadata.ts'
import type { Clock, Timer } from '../lab/clock.ts'
import type { Logger } from '../lab/logger.ts'
import type { Random } from '../lab/random.ts'
import type { Metadata } from '../metadata/metadata.ts'
import type { ShareCoordinator } from '../share/share-coordinator.ts'
import { ClassicGroup } from './classic/group.ts'
import { storedGroup } from './classic/stored-group.ts'
import type { GroupConfig, GroupCoordinatorConfig } from './config.ts'
import { ConsumerGroup } from './consumer/group.ts'
import { type ConsumerGroups, replayConsumerGroup } from './consumer/replay.ts'
import type { CoordinatorLog, OffsetProducer } from './coordinator-log.ts'
import type { GroupRecord } from './group-record.ts'
import { CommittedOffsets } from './offsets/committed-offsets.ts'
import { PendingOffsets } from './offsets/pending-offsets.ts'
import { ShareGroup } from './share/group.ts'
import { replayShareGroup, type ShareGroups } from './share/replay.ts'
import { StreamsGroup } from './streams/group.ts'
import { replayStreamsGroup, type StreamsGroups } from './streams/replay.ts'
import type { TopicChanges } from './topic-changes.ts'

export type Group = ClassicGroup | ConsumerGroup | ShareGroup | StreamsGroup

export interface ShardServices {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** The configs in force on that broker. */
  readonly config: (nodeId: number) => GroupCoordinatorConfig
  /** The configs in force of that group. */
  readonly groupConfig: (groupId: string) => GroupConfig
  readonly metadata: Metadata
  readonly topicChanges: TopicChanges
  /** Keeps how far share groups are. */
  readonly shares: ShareCoordinator
}

/**
 * The groups of one partition of `__consumer_offsets`, as the broker that leads it knows them
 * (`GroupCoordinatorShard`). What must outlive the broker goes into the partition's log; what a coordinator knows beyond
 * that (a rebalance under way, pending members) is lost when it goes.
 */
export class GroupShard implements ConsumerGroups, ShareGroups, StreamsGroups {
  readonly partition: number
  readonly nodeId: number
  readonly leaderEpoch: number
  readonly groups = new Map<string, Group>()
  readonly offsets = new CommittedOffsets()
  readonly pendingOffsets = new PendingOffsets()
  readonly services: ShardServices
  readonly log: CoordinatorLog
  expiryTimer: Timer | undefined

  constructor(
    partition: number,
    leadership: { readonly nodeId: number; readonly leaderEpoch: number },
    log: CoordinatorLog,
    services: ShardServices,
  ) {
    this.partition = partition
    this.nodeId = leadership.nodeId
    this.leaderEpoch = leadership.leaderEpoch
    this.log = log
    this.services = services
  }

  get config(): GroupCoordinatorConfig {
    return this.services.config(this.nodeId)
  }

  createClassicGroup(groupId: string): ClassicGroup {
    const group = new ClassicGroup(groupId, this.services.clock)
    this.groups.set(groupId, group)
    return group
  }

  /** Classic groups change first and are written then, as a whole. */
  writeGroup(group: ClassicGroup): void {
    this.log.append([{ record: groupMetadata, key: { group: group.groupId }, value: storedGroup(group) }])
  }

  createConsumerGroup(groupId: string): ConsumerGroup {
    const group = new ConsumerGroup(groupId)
    this.groups.set(groupId, group)
    return group
  }

  consumerGroup(groupId: string, create: boolean): ConsumerGroup | undefined {
    const group = this.groups.get(groupId)
    if (group?.type === 'consumer') return group
    return create ? this.createConsumerGroup(groupId) : undefined
  }

  createShareGroup(groupId: string): ShareGroup {
    const group = new ShareGroup(groupId)
    this.groups.set(groupId, group)
    return group
  }

  shareGroup(groupId: string, create: boolean): ShareGroup | undefined {
    const group = this.groups.get(groupId)
    if (group?.type === 'share') return group
    return create ? this.createShareGroup(groupId) : undefined
  }

  streamsGroup(groupId: string, create: boolean): StreamsGroup | undefined {
    const known = this.groups.get(groupId)
    if (known?.type === 'streams' || !create) return known?.type === 'streams' ? known : undefined
    const group = new StreamsGroup(groupId)
    this.groups.set(groupId, group)
    return group
  }

  dropGroup(groupId: string): void {
    this.groups.get(groupId)?.cancelTimers()
    this.groups.delete(groupId)
  }

  /** All but classic groups change by what is written of them. */
  write(records: readonly GroupRecord[]): void {
    this.log.append(records)
    for (const record of records) this.#replayGroup(record)
  }

  #replayGroup(record: GroupRecord): boolean {
    return (
      replayConsumerGroup(this, record) || replayShareGroup(this, record) || replayStreamsGroup(this, record)
    )
  }

  /** What a record says that is neither a classic group's nor in a transaction. */
  replay(record: GroupRecord): void {
    if (!this.#replayGroup(record)) this.replayOffset(record)
  }

  /** Offsets committed, or forgotten. */
  writeOffsets(records: readonly GroupRecord[]): void {
    this.log.append(records)
    for (const record of records) this.replayOffset(record)
  }

  /** What a record outside of transactions says. */
  replayOffset(record: GroupRecord): void {
    this.offsets.replay(record)
    this.pendingOffsets.onRecord(record)
  }

  /** Offsets committed in a producer's transaction: they count when that is committed. */
  writePendingOffsets(records: readonly GroupRecord[], producer: OffsetProducer): ErrorCode {
    const error = this.log.append(records, producer)
    if (error !== ErrorCode.NONE) return error
    for (const record of records) this.pendingOffsets.add(producer.producerId, record)
    return error
  }

  /** A marker in the log has ended the producer's transaction. */
  completeTransaction(producerId: number, committed: boolean): void {
    for (const record of this.pendingOffsets.complete(producerId, committed)) this.offsets.replay(record)
  }
}
