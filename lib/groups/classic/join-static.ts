import type { ClassicGroup } from './group.ts'
import type { Joining } from './joining.ts'
import { joinedMembers, maybeCompleteJoin, prepareRebalance, renewSession } from './rebalance.ts'

/** From this version on a static leader that comes back can be told that it need not assign anew (KIP-814). */
const SKIP_ASSIGNMENT_SINCE = 9

/**
 * A static member is back without its member id, and takes its old place. A stable group goes on undisturbed as long as
 * it would choose the same protocol (KIP-345, `updateStaticMemberThenRebalanceOrCompleteJoin`).
 */
export function joinStaticMember(
  { shard, context, terms, respond }: Joining,
  group: ClassicGroup,
  groupInstanceId: string,
  oldMemberId: string,
  memberId: string,
): void {
  const oldLeader = group.leaderId
  const member = group.replaceStaticMember(groupInstanceId, oldMemberId, memberId)
  renewSession(shard, group, member)
  group.update(member, terms, respond)
  if (group.state === 'CompletingRebalance') {
    // The leader may have seen the old member id already, and would assign to that.
    prepareRebalance(shard, group, `static member ${memberId} replaces ${oldMemberId}`)
    return
  }
  if (group.state !== 'Stable') {
    maybeCompleteJoin(shard, group)
    return
  }
  if (group.selectProtocol() !== group.protocolName) {
    prepareRebalance(shard, group, `static member ${memberId} changes the group's protocol`)
    return
  }
  shard.writeGroup(group)
  const knowsSkipping = context.apiVersion >= SKIP_ASSIGNMENT_SINCE
  const isLeader = group.isLeader(memberId)
  group.completeJoin(member, {
    memberId,
    generationId: group.generationId,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    // An older client must not take itself for the leader: it would send an assignment that nobody wants.
    leader: (knowsSkipping ? group.leaderId : oldLeader) ?? '',
    skipAssignment: knowsSkipping && isLeader,
    members: knowsSkipping && isLeader ? joinedMembers(group) : [],
  })
}
