import type { Clock, Timer } from '../lab/clock.ts'
import type { Logger } from '../lab/logger.ts'
import type { Random } from '../lab/random.ts'
import { ClassicGroup } from './classic/group.ts'
import { storedGroup } from './classic/stored-group.ts'
import type { GroupCoordinatorConfig } from './config.ts'
import type { CommittedOffset } from './offsets/committed-offsets.ts'
import type { StoredPartition } from './stored-partition.ts'

export interface ShardServices {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** The configs in force on that broker. */
  readonly config: (nodeId: number) => GroupCoordinatorConfig
}

/**
 * The groups of one partition of `__consumer_offsets`, as the broker that leads it knows them
 * (`GroupCoordinatorShard`). Whatever must outlive the broker is written by the methods here and nowhere else.
 */
export class GroupShard {
  readonly partition: number
  readonly nodeId: number
  readonly leaderEpoch: number
  readonly groups = new Map<string, ClassicGroup>()
  readonly services: ShardServices
  readonly stored: StoredPartition
  expiryTimer: Timer | undefined

  constructor(
    partition: number,
    leadership: { readonly nodeId: number; readonly leaderEpoch: number },
    stored: StoredPartition,
    services: ShardServices,
  ) {
    this.partition = partition
    this.nodeId = leadership.nodeId
    this.leaderEpoch = leadership.leaderEpoch
    this.stored = stored
    this.services = services
  }

  get config(): GroupCoordinatorConfig {
    return this.services.config(this.nodeId)
  }

  createGroup(groupId: string): ClassicGroup {
    const group = new ClassicGroup(groupId, this.services.clock)
    this.groups.set(groupId, group)
    return group
  }

  writeGroup(group: ClassicGroup): void {
    this.stored.groups.set(group.groupId, storedGroup(group))
  }

  deleteGroup(group: ClassicGroup): void {
    group.cancelTimers()
    group.go('Dead')
    this.groups.delete(group.groupId)
    this.stored.groups.delete(group.groupId)
  }

  writeOffset(groupId: string, topic: string, partition: number, committed: CommittedOffset): void {
    this.stored.offsets.put(groupId, topic, partition, committed)
  }

  deleteOffset(groupId: string, topic: string, partition: number): void {
    this.stored.offsets.delete(groupId, topic, partition)
  }

  deleteOffsets(groupId: string): void {
    this.stored.offsets.deleteGroup(groupId)
  }
}
