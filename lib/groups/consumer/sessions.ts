import type { GroupShard } from '../shard.ts'
import { fenceMembers } from './fence-members.ts'
import type { ConsumerGroup } from './group.ts'
import type { ConsumerMember } from './member.ts'
import type { MemberTimer } from './member-timers.ts'

/** Expects to hear of the member again in time. */
export function renewSession(
  shard: GroupShard,
  group: ConsumerGroup,
  memberId: string,
  timeoutMs = shard.services.groupConfig(group.groupId).consumerSessionTimeoutMs,
): void {
  expect(shard, group, memberId, 'session', timeoutMs, 'its session expired')
}

/** Expects the member to give up what it has been asked to, within its rebalance timeout. */
export function expectRevocation(shard: GroupShard, group: ConsumerGroup, member: ConsumerMember): void {
  const { memberId, memberEpoch, rebalanceTimeoutMs } = member
  const { timers } = group
  timers.set('rebalance', memberId, shard.services.clock, rebalanceTimeoutMs, () => {
    if (group.members.get(memberId)?.memberEpoch !== memberEpoch) return
    fence(shard, group, memberId, 'it did not give up its partitions in time')
  })
}

/** A member that speaks the classic protocol has been told of a rebalance: it must join again. */
export function expectJoin(shard: GroupShard, group: ConsumerGroup, member: ConsumerMember): void {
  if (group.timers.isSet('join', member.memberId)) return
  expect(shard, group, member.memberId, 'join', member.rebalanceTimeoutMs, 'it did not join again in time')
}

/** A member that speaks the classic protocol has joined: it must ask for its assignment. */
export function expectSync(
  shard: GroupShard,
  group: ConsumerGroup,
  memberId: string,
  timeoutMs: number,
): void {
  expect(shard, group, memberId, 'sync', timeoutMs, 'it did not sync in time')
}

function expect(
  shard: GroupShard,
  group: ConsumerGroup,
  memberId: string,
  kind: MemberTimer,
  timeoutMs: number,
  reason: string,
): void {
  group.timers.set(kind, memberId, shard.services.clock, timeoutMs, () =>
    fence(shard, group, memberId, reason),
  )
}

function fence(shard: GroupShard, group: ConsumerGroup, memberId: string, reason: string): void {
  const member = group.members.get(memberId)
  if (!member) return
  shard.services.logger.info('member failed', { groupId: group.groupId, memberId, reason })
  fenceMembers(shard, group, [member])
}
