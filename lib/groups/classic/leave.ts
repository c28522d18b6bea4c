import { ErrorCode } from '../../../protocol/errors.ts'
import { removeFromConsumerGroup } from '../consumer/classic-member.ts'
import type { GroupShard } from '../shard.ts'
import type { ClassicGroup } from './group.ts'
import type { ClassicMember, LeavingMember, LeftMember } from './member.ts'
import { rebalanceOrCompleteJoin, removeMember } from './rebalance.ts'

/**
 * LeaveGroup at the coordinator: several members at once, by member id, or by instance id alone when an administrator
 * removes them (KIP-345, `GroupMetadataManager.classicGroupLeave`).
 */
export function leaveClassicGroup(
  shard: GroupShard,
  groupId: string,
  leaving: readonly LeavingMember[],
): LeftMember[] {
  const found = shard.groups.get(groupId)
  const group = found?.type === 'share' || found?.type === 'streams' ? undefined : found
  if (group?.type === 'consumer') return removeFromConsumerGroup(shard, group, leaving)
  let somebodyLeft = false
  const left = leaving.map(({ memberId, groupInstanceId, reason }) => {
    const errorCode = group ? leave(group, memberId, groupInstanceId) : ErrorCode.UNKNOWN_MEMBER_ID
    if (errorCode === ErrorCode.NONE) {
      somebodyLeft = true
      shard.services.logger.info('member left', { groupId, memberId, groupInstanceId, reason })
    }
    return { memberId, groupInstanceId, errorCode }
  })
  if (group && somebodyLeft && !group.isEmpty) rebalanceOrCompleteJoin(shard, group, 'members left')
  return left
}

function leave(group: ClassicGroup, memberId: string, groupInstanceId: string | null): number {
  if (memberId === '') {
    const staticMemberId = groupInstanceId === null ? undefined : group.staticMemberId(groupInstanceId)
    if (staticMemberId === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
    removeMember(group, group.members.get(staticMemberId) as ClassicMember)
    return ErrorCode.NONE
  }
  if (group.pendingJoinMembers.has(memberId)) {
    group.remove(memberId)
    return ErrorCode.NONE
  }
  const errorCode = group.validateMember(memberId, groupInstanceId)
  if (errorCode === ErrorCode.NONE) removeMember(group, group.members.get(memberId) as ClassicMember)
  return errorCode
}
