import type { GroupShard } from '../shard.ts'
import type { StreamsGroup } from './group.ts'
import { fenceMember } from './leave.ts'
import { MemberState, type StreamsMember } from './member.ts'

/** Expects to hear of the member again in time. */
export function renewSession(shard: GroupShard, group: StreamsGroup, memberId: string): void {
  const { streamsSessionTimeoutMs } = shard.services.groupConfig(group.groupId)
  group.timers.set('session', memberId, shard.services.clock, streamsSessionTimeoutMs, () =>
    fence(shard, group, memberId, 'its session expired'),
  )
}

/** Expects a member that has been asked to give up tasks to do so within its rebalance timeout; nothing of any other. */
export function expectRevocation(shard: GroupShard, group: StreamsGroup, member: StreamsMember): void {
  const { memberId, memberEpoch, rebalanceTimeoutMs, state } = member
  if (state !== MemberState.UNREVOKED_TASKS) {
    group.timers.cancel('rebalance', memberId)
    return
  }
  group.timers.set('rebalance', memberId, shard.services.clock, rebalanceTimeoutMs, () => {
    if (group.members.get(memberId)?.memberEpoch !== memberEpoch) return
    fence(shard, group, memberId, 'it did not give up its tasks in time')
  })
}

function fence(shard: GroupShard, group: StreamsGroup, memberId: string, reason: string): void {
  if (!group.members.has(memberId)) return
  shard.services.logger.info('member failed', { groupId: group.groupId, memberId, reason })
  fenceMember(shard, group, memberId)
}
