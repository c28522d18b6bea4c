import { ErrorCode } from '../../../protocol/errors.ts'
import type { RequestContext } from '../../network/handler.ts'
import type { Respond } from '../answer.ts'
import { NEW_MEMBER_JOIN_TIMEOUT_MS } from '../config.ts'
import { joinConsumerGroup } from '../consumer/classic-join.ts'
import { deleteGroup } from '../delete-group.ts'
import type { GroupShard } from '../shard.ts'
import type { ClassicGroup } from './group.ts'
import { joinStaticMember } from './join-static.ts'
import type { Joining } from './joining.ts'
import { ClassicMember, type JoinGroupRequest, type JoinGroupResponse, type MemberTerms } from './member.ts'
import { newMemberId } from './member-id.ts'
import { currentGeneration, rebalanceOrCompleteJoin, renewSession, watchSession } from './rebalance.ts'

/** From this version on a dynamic member gets its id first and joins with it next (KIP-394). */
const MEMBER_ID_REQUIRED_SINCE = 4

/** JoinGroup at the coordinator (`GroupMetadataManager.classicGroupJoinToClassicGroup`). */
export function joinClassicGroup(
  shard: GroupShard,
  request: JoinGroupRequest,
  context: RequestContext,
  respond: Respond<JoinGroupResponse>,
): void {
  const { groupId, memberId } = request
  const found = shard.groups.get(groupId)
  const terms = termsOf(request, context.apiVersion)
  if (found?.type === 'consumer' && !found.isEmpty) {
    joinConsumerGroup({ shard, request, context, terms, respond }, found)
    return
  }
  if (found?.type === 'share' || (found?.type === 'streams' && !found.isEmpty)) {
    refuse(respond, ErrorCode.INCONSISTENT_GROUP_PROTOCOL, '')
    return
  }
  // What was another group becomes a classic one when it has no members left.
  if (found && found.type !== 'classic') deleteGroup(shard, found)
  const existing = found?.type === 'classic' ? found : undefined
  if (!existing && memberId !== '') {
    refuse(respond, ErrorCode.UNKNOWN_MEMBER_ID, memberId)
    return
  }
  const group = existing ?? shard.createClassicGroup(groupId)
  if (!existing) shard.writeGroup(group)
  const joining = { shard, request, context, terms, respond }
  if (!hasRoomFor(shard, group, memberId)) {
    group.remove(memberId)
    refuse(respond, ErrorCode.GROUP_MAX_SIZE_REACHED, '')
  } else if (!group.supportsProtocols(request.protocolType, request.protocols)) {
    refuse(respond, ErrorCode.INCONSISTENT_GROUP_PROTOCOL, memberId)
  } else if (memberId === '') {
    joinNewMember(joining, group)
  } else {
    joinKnownMember(joining, group)
  }
}

function refuse(respond: Respond<JoinGroupResponse>, errorCode: number, memberId: string): void {
  respond({ errorCode, memberId })
}

function termsOf(request: JoinGroupRequest, apiVersion: number): MemberTerms {
  const { sessionTimeoutMs } = request
  return {
    sessionTimeoutMs,
    rebalanceTimeoutMs: apiVersion === 0 ? sessionTimeoutMs : request.rebalanceTimeoutMs,
    // The request's bytes are views of its frame, which must not live as long as the member.
    protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
  }
}

/**
 * During a rebalance those count who have joined, so that the last to rejoin are turned away where `group.max.size` was
 * lowered; otherwise all members count.
 */
function hasRoomFor(shard: GroupShard, group: ClassicGroup, memberId: string): boolean {
  const { groupMaxSize } = shard.config
  switch (group.state) {
    case 'Empty':
    case 'Dead':
      return true
    case 'PreparingRebalance':
      return group.members.get(memberId)?.awaitingJoin !== undefined || group.awaitingJoinCount < groupMaxSize
    default:
      return group.members.has(memberId) || group.members.size < groupMaxSize
  }
}

function joinNewMember(joining: Joining, group: ClassicGroup): void {
  const { shard, request, context, respond } = joining
  const { groupInstanceId } = request
  const memberId = newMemberId(groupInstanceId ?? context.clientId ?? '', shard.services.random)
  if (groupInstanceId !== null) {
    const oldMemberId = group.staticMemberId(groupInstanceId)
    if (oldMemberId === undefined) addMember(joining, group, memberId)
    else joinStaticMember(joining, group, groupInstanceId, oldMemberId, memberId)
  } else if (context.apiVersion >= MEMBER_ID_REQUIRED_SINCE) {
    group.pendingJoinMembers.add(memberId)
    watchSession(shard, group, memberId, request.sessionTimeoutMs)
    refuse(respond, ErrorCode.MEMBER_ID_REQUIRED, memberId)
  } else {
    addMember(joining, group, memberId)
  }
}

function addMember(
  { shard, request, context, terms, respond }: Joining,
  group: ClassicGroup,
  memberId: string,
): void {
  const identity = {
    memberId,
    groupInstanceId: request.groupInstanceId,
    clientId: context.clientId ?? '',
    // Java writes an address without a host name with a slash before it, and that is what tools show.
    clientHost: `/${context.session.clientHost}`,
    protocolType: request.protocolType,
  }
  const member = new ClassicMember(identity, terms)
  member.isNew = true
  if (group.state === 'PreparingRebalance' && group.previousState === 'Empty') group.newMemberAdded = true
  group.add(member, respond)
  renewSession(shard, group, member, NEW_MEMBER_JOIN_TIMEOUT_MS)
  rebalanceOrCompleteJoin(shard, group, `member ${memberId} joins${reasonOf(request)}`)
}

function joinKnownMember(joining: Joining, group: ClassicGroup): void {
  const { shard, request, terms, respond } = joining
  const { memberId, groupInstanceId } = request
  if (group.pendingJoinMembers.has(memberId)) {
    // Kafka stumbles over a pending member that calls itself static, since only dynamic ones are pending.
    if (groupInstanceId !== null) refuse(respond, ErrorCode.UNKNOWN_SERVER_ERROR, '')
    else addMember(joining, group, memberId)
    return
  }
  const errorCode = group.validateMember(memberId, groupInstanceId)
  const member = group.members.get(memberId)
  if (errorCode !== ErrorCode.NONE || !member) {
    refuse(respond, errorCode, memberId)
    return
  }
  // A leader that joins a stable group wants a rebalance: what it assigns may have changed.
  const wantsRebalance =
    group.state === 'PreparingRebalance' ||
    (group.state === 'Stable' && group.isLeader(memberId)) ||
    !member.offers(terms.protocols)
  if (!wantsRebalance) {
    respond(currentGeneration(group, memberId))
    return
  }
  group.update(member, terms, respond)
  rebalanceOrCompleteJoin(shard, group, `member ${memberId} joins again${reasonOf(request)}`)
}

/** What the client says why it joins (KIP-800). */
function reasonOf({ reason }: JoinGroupRequest): string {
  return reason ? `: ${reason}` : ''
}
