import { ErrorCode } from '../../protocol/errors.ts'
import { prepareRebalance, renewSession } from './classic/rebalance.ts'
import { restoredGroup } from './classic/stored-group.ts'
import { scheduleExpiry } from './offsets/expiry.ts'
import { GroupShard, type ShardServices } from './shard.ts'
import type { StoredPartition } from './stored-partition.ts'

/**
 * A broker takes the groups of a partition over: as their last records tell, with sessions that start anew
 * (`GroupMetadataManager.onLoaded`).
 */
export function loadShard(
  partition: number,
  leadership: { readonly nodeId: number; readonly leaderEpoch: number },
  stored: StoredPartition,
  services: ShardServices,
): GroupShard {
  const shard = new GroupShard(partition, leadership, stored, services)
  for (const [groupId, value] of stored.groups) {
    shard.groups.set(groupId, restoredGroup(groupId, value, services.clock))
  }
  // A group that only ever commits has no record of its own.
  for (const groupId of stored.offsets.groupIds()) if (!shard.groups.has(groupId)) shard.createGroup(groupId)
  for (const group of [...shard.groups.values()]) {
    for (const member of group.members.values()) renewSession(shard, group, member)
    if (group.members.size > shard.config.groupMaxSize) {
      prepareRebalance(shard, group, 'the group has more members than group.max.size allows')
    }
  }
  scheduleExpiry(shard)
  return shard
}

/** The broker coordinates these groups no longer: whoever waits here must look for the one that does. */
export function unloadShard(shard: GroupShard): void {
  shard.expiryTimer?.cancel()
  const errorCode = ErrorCode.NOT_COORDINATOR
  for (const group of shard.groups.values()) {
    group.cancelTimers()
    group.go('Dead')
    for (const member of group.members.values()) {
      group.completeJoin(member, { errorCode, memberId: member.memberId })
      member.completeSync({ errorCode })
    }
  }
  shard.groups.clear()
}
