import type { GroupRecord } from '../group-record.ts'
import type { GroupShard } from '../shard.ts'
import { canDowngrade, downgrade } from './downgrade.ts'
import type { ConsumerGroup } from './group.ts'
import { raiseGroupEpoch } from './group-epoch.ts'
import type { ConsumerMember } from './member.ts'
import { memberTombstones, regexTombstone, targetEpochRecord } from './records.ts'

/**
 * Takes members away. Where those that stay all speak the classic protocol, the group becomes a classic one
 * (`GroupMetadataManager.consumerGroupFenceMembers`).
 */
export function fenceMembers(
  shard: GroupShard,
  group: ConsumerGroup,
  leaving: readonly ConsumerMember[],
): void {
  if (leaving.length === 0) return
  if (canDowngrade(shard, group, leaving)) {
    downgrade(shard, group, { leaving, rebalances: 'a member that spoke the consumer protocol left' })
    return
  }
  const { groupId, subscriptions } = group
  for (const { memberId } of leaving) group.timers.cancelAllOf(memberId)
  shard.write(leaving.flatMap(({ memberId }) => memberTombstones(groupId, memberId)))
  const orphans: GroupRecord[] = []
  for (const regex of subscriptions.resolved.keys()) {
    if (subscriptions.membersOf(regex) === 0) orphans.push(regexTombstone(groupId, regex))
  }
  shard.write(orphans)
  raiseGroupEpoch(shard, group, true)
  // Whoever joins the empty group need not wait for the assignment interval.
  if (group.isEmpty) shard.write([targetEpochRecord(groupId, group.groupEpoch, 0)])
}
