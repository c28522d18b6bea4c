import { ErrorCode } from '../../../protocol/errors.ts'
import type { GroupShard } from '../shard.ts'
import type { ClassicGroup } from './group.ts'
import type { ClassicMember, JoinGroupResponse, SyncGroupResponse } from './member.ts'
import { NO_ASSIGNMENT } from './member.ts'

/** A rebalance begins, or goes on with one member fewer or more (`maybePrepareRebalanceOrCompleteJoin`). */
export function rebalanceOrCompleteJoin(shard: GroupShard, group: ClassicGroup, reason: string): void {
  if (group.canGo('PreparingRebalance')) prepareRebalance(shard, group, reason)
  else maybeCompleteJoin(shard, group)
}

export function prepareRebalance(shard: GroupShard, group: ClassicGroup, reason: string): void {
  if (group.state === 'CompletingRebalance') {
    for (const member of group.members.values()) member.assignment = NO_ASSIGNMENT
    propagateAssignments(shard, group, ErrorCode.REBALANCE_IN_PROGRESS)
  }
  group.pendingSyncMembers.clear()
  group.syncTimer?.cancel()
  const isInitial = group.isEmpty
  group.go('PreparingRebalance')
  shard.services.logger.debug('preparing to rebalance', {
    groupId: group.groupId,
    generationId: group.generationId,
    reason,
  })
  if (isInitial) {
    const delayMs = shard.config.groupInitialRebalanceDelayMs
    waitForMore(shard, group, delayMs, Math.max(group.rebalanceTimeoutMs - delayMs, 0))
  } else if (group.hasAllMembersJoined) {
    completeJoin(shard, group)
  } else {
    completeJoinLater(shard, group)
  }
}

/** Everybody who is expected has joined; the first rebalance of a group waits for its delay all the same. */
export function maybeCompleteJoin(shard: GroupShard, group: ClassicGroup): void {
  if (group.state !== 'PreparingRebalance' || group.previousState === 'Empty') return
  if (group.hasAllMembersJoined) completeJoin(shard, group)
}

/** The initial delay begins anew while members keep coming, until the rebalance timeout is used up (KIP-134). */
function waitForMore(shard: GroupShard, group: ClassicGroup, delayMs: number, remainingMs: number): void {
  group.joinTimer?.cancel()
  group.joinTimer = shard.services.clock.setTimer(delayMs, () => {
    if (!group.newMemberAdded || remainingMs === 0) {
      completeJoin(shard, group)
      return
    }
    group.newMemberAdded = false
    const nextDelayMs = Math.min(shard.config.groupInitialRebalanceDelayMs, remainingMs)
    waitForMore(shard, group, nextDelayMs, Math.max(remainingMs - delayMs, 0))
  })
}

function completeJoinLater(shard: GroupShard, group: ClassicGroup): void {
  group.joinTimer?.cancel()
  group.joinTimer = shard.services.clock.setTimer(group.rebalanceTimeoutMs, () => completeJoin(shard, group))
}

/**
 * Ends the join phase: dynamic members that did not come are out, static ones stay until their sessions end, and the
 * others learn of the next generation.
 */
export function completeJoin(shard: GroupShard, group: ClassicGroup): void {
  group.joinTimer?.cancel()
  for (const member of [...group.members.values()]) {
    if (!member.awaitingJoin && !member.isStatic) group.remove(member.memberId)
  }
  if (!group.electJoinedLeader() && group.members.size > 0) {
    // Nobody is there but static members that may be away for a while: ask again when the time is up once more.
    completeJoinLater(shard, group)
    return
  }
  group.startGeneration()
  const { groupId, generationId } = group
  if (group.isEmpty) {
    shard.writeGroup(group)
    shard.services.logger.info('group is empty now', { groupId, generationId })
    return
  }
  shard.services.logger.info('group formed', { groupId, generationId, members: group.members.size })
  for (const member of group.members.values()) {
    group.completeJoin(member, currentGeneration(group, member.memberId))
    renewSession(shard, group, member)
    member.isNew = false
    group.pendingSyncMembers.add(member.memberId)
  }
  group.syncTimer?.cancel()
  group.syncTimer = shard.services.clock.setTimer(group.rebalanceTimeoutMs, () =>
    expirePendingSync(shard, group),
  )
}

/** What a member is told of the generation it is in; the leader learns who the others are. */
export function currentGeneration(group: ClassicGroup, memberId: string): JoinGroupResponse {
  return {
    memberId,
    generationId: group.generationId,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leaderId ?? '',
    members: group.isLeader(memberId) ? joinedMembers(group) : [],
  }
}

export function joinedMembers(group: ClassicGroup): NonNullable<JoinGroupResponse['members']> {
  const protocolName = group.protocolName ?? ''
  return [...group.members.values()].map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    metadata: member.metadata(protocolName),
  }))
}

/** Answers all SyncGroup requests that wait. */
export function propagateAssignments(shard: GroupShard, group: ClassicGroup, errorCode: number): void {
  const { protocolType, protocolName } = errorCode === ErrorCode.NONE ? group : NO_PROTOCOL
  for (const member of group.members.values()) {
    const response: SyncGroupResponse = {
      errorCode,
      protocolType,
      protocolName,
      assignment: member.assignment,
    }
    // While it waited, its session could not end; from here on it must be heard of again.
    if (member.completeSync(response)) renewSession(shard, group, member)
  }
}

const NO_PROTOCOL = { protocolType: null, protocolName: null }

/** Members that learnt of their generation but never asked for their assignment are out (KAFKA-12890). */
function expirePendingSync(shard: GroupShard, group: ClassicGroup): void {
  if (group.state !== 'CompletingRebalance' && group.state !== 'Stable') return
  if (group.pendingSyncMembers.size === 0) return
  for (const memberId of [...group.pendingSyncMembers]) group.remove(memberId)
  prepareRebalance(shard, group, 'members did not sync in time')
}

/** Expects to hear of the member again within its session timeout, or the given time. */
export function renewSession(
  shard: GroupShard,
  group: ClassicGroup,
  member: ClassicMember,
  timeoutMs = member.terms.sessionTimeoutMs,
): void {
  watchSession(shard, group, member.memberId, timeoutMs)
}

/** As `renewSession`, for a member id that is only pending. */
export function watchSession(
  shard: GroupShard,
  group: ClassicGroup,
  memberId: string,
  timeoutMs: number,
): void {
  group.sessionTimers.get(memberId)?.cancel()
  const timer = shard.services.clock.setTimer(timeoutMs, () => expireSession(shard, group, memberId))
  group.sessionTimers.set(memberId, timer)
}

function expireSession(shard: GroupShard, group: ClassicGroup, memberId: string): void {
  group.sessionTimers.delete(memberId)
  const member = group.members.get(memberId)
  if (!member) {
    group.remove(memberId)
    if (group.state === 'PreparingRebalance' && group.hasAllMembersJoined) completeJoin(shard, group)
    return
  }
  if (member.hasSatisfiedHeartbeat) return
  shard.services.logger.info('member failed', { groupId: group.groupId, memberId })
  removeMember(group, member)
  if (group.state === 'Stable' || group.state === 'CompletingRebalance') {
    rebalanceOrCompleteJoin(shard, group, 'a member failed')
  } else if (group.state === 'PreparingRebalance' && group.hasAllMembersJoined) {
    completeJoin(shard, group)
  }
}

/** Takes a member away; if its JoinGroup waits it is told to begin anew, in case it is alive after all. */
export function removeMember(group: ClassicGroup, member: ClassicMember): void {
  group.completeJoin(member, { errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
  group.remove(member.memberId)
}
