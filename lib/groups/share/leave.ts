import type { GroupShard } from '../shard.ts'
import type { ShareGroup } from './group.ts'
import { raiseShareGroupEpoch } from './group-epoch.ts'
import { memberTombstones, targetEpochRecord } from './records.ts'

/** Expects to hear of the member again in time. */
export function renewSession(shard: GroupShard, group: ShareGroup, memberId: string): void {
  const { groupId } = group
  const { shareSessionTimeoutMs } = shard.services.groupConfig(groupId)
  group.timers.set('session', memberId, shard.services.clock, shareSessionTimeoutMs, () => {
    if (!group.members.has(memberId)) return
    shard.services.logger.info('member failed', { groupId, memberId, reason: 'its session expired' })
    removeMember(shard, group, memberId)
  })
}

/** Takes a member away (`GroupMetadataManager.shareGroupFenceMember`). */
export function removeMember(shard: GroupShard, group: ShareGroup, memberId: string): void {
  const { groupId } = group
  group.timers.cancelAllOf(memberId)
  shard.write(memberTombstones(groupId, memberId))
  raiseShareGroupEpoch(shard, group, true)
  // Whoever joins the empty group need not wait for the assignment interval.
  if (group.isEmpty) shard.write([targetEpochRecord(groupId, group.groupEpoch, 0)])
}
