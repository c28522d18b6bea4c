import { ErrorCode } from '../../../protocol/errors.ts'
import type { shareGroupHeartbeat } from '../../../protocol/messages/share-group-heartbeat.ts'
import type { RequestOf, ResponseOf } from '../../../protocol/schema.ts'
import { ApiError } from '../../metadata/controller/api-error.ts'
import type { RequestContext } from '../../network/handler.ts'
import { newTopicNames } from '../consumer/heartbeat.ts'
import type { GroupShard } from '../shard.ts'
import { listPartitions, samePartitions } from '../topic-partitions.ts'
import { newShareMember, type ShareGroup, type ShareMember } from './group.ts'
import { raiseShareGroupEpoch } from './group-epoch.ts'
import { removeMember, renewSession } from './leave.ts'
import { currentRecord, memberRecord } from './records.ts'
import { initializeStates } from './states.ts'
import { hasUnassigned, updateTargetAssignment } from './target-assignment.ts'

export type ShareHeartbeatRequest = RequestOf<typeof shareGroupHeartbeat>
export type ShareHeartbeatResponse = ResponseOf<typeof shareGroupHeartbeat>

const JOIN_EPOCH = 0
const LEAVE_EPOCH = -1

/**
 * ShareGroupHeartbeat at the coordinator (`GroupMetadataManager.shareGroupHeartbeat`): a member joins, leaves, says that
 * it is alive and learns which partitions to read. Nothing has to be given up first: several may read one partition.
 */
export function heartbeatShareGroup(
  shard: GroupShard,
  request: ShareHeartbeatRequest,
  context: RequestContext,
): ShareHeartbeatResponse | ApiError {
  const malformed = malformedHeartbeat(request)
  if (malformed !== undefined) return new ApiError(ErrorCode.INVALID_REQUEST, malformed)
  const { groupId, memberId, memberEpoch } = request
  const existing = shard.groups.get(groupId)
  if (existing && existing.type !== 'share') {
    return new ApiError(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${groupId} is not a share group.`)
  }
  if (memberEpoch === LEAVE_EPOCH) return leave(shard, existing, request)
  const refusal = refuses(shard, existing, request)
  if (refusal) return refusal
  const group = existing ?? shard.createShareGroup(groupId)
  const member = group.members.get(memberId) ?? newShareMember(memberId)
  const updated = updatedMember(member, request, context)
  if (updated !== member || !group.members.has(memberId)) shard.write([memberRecord(groupId, updated)])
  const { image } = shard.services.metadata
  const isPending = group.assignmentEpoch >= group.groupEpoch && hasUnassigned(group, image)
  const isChanged = updated.subscribedTopicNames !== member.subscribedTopicNames || member.memberEpoch === 0
  raiseShareGroupEpoch(shard, group, isChanged || isPending)
  updateTargetAssignment(shard, group)
  const reconciled = reconcile(shard, group, memberId)
  renewSession(shard, group, memberId)
  // What is set up now is assigned by the next heartbeat: Kafka does this when it has answered.
  initializeStates(shard, group)
  const tellsAll = memberEpoch === JOIN_EPOCH || request.subscribedTopicNames !== null
  const isNews = tellsAll || !samePartitions(member.assigned, reconciled.assigned)
  return {
    memberId,
    memberEpoch: reconciled.memberEpoch,
    heartbeatIntervalMs: shard.services.groupConfig(groupId).shareHeartbeatIntervalMs,
    assignment: isNews ? { topicPartitions: listPartitions(reconciled.assigned) } : null,
  }
}

type AnyGroup = NonNullable<ReturnType<GroupShard['groups']['get']>>

function malformedHeartbeat(request: ShareHeartbeatRequest): string | undefined {
  const { memberEpoch, rackId, subscribedTopicNames } = request
  if (request.memberId.trim() === '') return "MemberId can't be empty."
  if (request.groupId.trim() === '') return "GroupId can't be empty."
  if (rackId !== null && rackId.trim() === '') return "RackId can't be empty."
  if (memberEpoch === JOIN_EPOCH && (subscribedTopicNames === null || subscribedTopicNames.length === 0)) {
    return 'SubscribedTopicNames must be set in first request.'
  }
  return memberEpoch < LEAVE_EPOCH ? 'MemberEpoch is invalid.' : undefined
}

function leave(
  shard: GroupShard,
  group: AnyGroup | undefined,
  { groupId, memberId, memberEpoch }: ShareHeartbeatRequest,
): ShareHeartbeatResponse | ApiError {
  if (group?.type !== 'share')
    return new ApiError(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${groupId} not found.`)
  if (!group.members.has(memberId)) return unknownMember(groupId, memberId)
  shard.services.logger.info('member left', { groupId, memberId, memberEpoch })
  removeMember(shard, group, memberId)
  return { memberId, memberEpoch }
}

function unknownMember(groupId: string, memberId: string): ApiError {
  return new ApiError(ErrorCode.UNKNOWN_MEMBER_ID, `Member ${memberId} is not a member of group ${groupId}.`)
}

function refuses(
  shard: GroupShard,
  existing: AnyGroup | undefined,
  { groupId, memberId, memberEpoch }: ShareHeartbeatRequest,
): ApiError | undefined {
  const joins = memberEpoch === JOIN_EPOCH
  if (existing?.type !== 'share') {
    const message = `Share group ${groupId} not found.`
    return joins ? undefined : new ApiError(ErrorCode.GROUP_ID_NOT_FOUND, message)
  }
  const member = existing.members.get(memberId)
  const { groupShareMaxSize } = shard.config
  if (!member && joins && existing.members.size >= groupShareMaxSize) {
    return new ApiError(
      ErrorCode.GROUP_MAX_SIZE_REACHED,
      `The share group has reached its maximum capacity of ${groupShareMaxSize} members.`,
    )
  }
  if (joins) return undefined
  return member ? invalidEpoch(member, memberEpoch) : unknownMember(groupId, memberId)
}

/** A member may be one epoch behind: the answer that told it of its epoch can have been lost. */
function invalidEpoch(
  { memberEpoch, previousMemberEpoch }: ShareMember,
  received: number,
): ApiError | undefined {
  if (received === memberEpoch) return undefined
  if (received < memberEpoch && received === previousMemberEpoch) return undefined
  return new ApiError(
    ErrorCode.FENCED_MEMBER_EPOCH,
    `The share group member has a ${received > memberEpoch ? 'greater' : 'smaller'} member epoch (${received}) than the one ` +
      `known by the group coordinator (${memberEpoch}). The member must abandon all its partitions and rejoin.`,
  )
}

function updatedMember(
  member: ShareMember,
  request: ShareHeartbeatRequest,
  { clientId, session }: RequestContext,
): ShareMember {
  const updated: ShareMember = {
    ...member,
    rackId: request.rackId ?? member.rackId,
    clientId: clientId ?? '',
    clientHost: `/${session.clientHost}`,
    subscribedTopicNames: newTopicNames(member.subscribedTopicNames, request.subscribedTopicNames),
  }
  const isSame =
    updated.rackId === member.rackId &&
    updated.clientId === member.clientId &&
    updated.clientHost === member.clientHost &&
    updated.subscribedTopicNames === member.subscribedTopicNames
  return isSame ? member : updated
}

/** The member goes to its target at once. */
function reconcile(shard: GroupShard, group: ShareGroup, memberId: string): ShareMember {
  const member = group.members.get(memberId) as ShareMember
  const assigned = group.targetOf(memberId)
  if (member.memberEpoch === group.assignmentEpoch && samePartitions(member.assigned, assigned)) return member
  const { memberEpoch, previousMemberEpoch } = member
  const reconciled = {
    ...member,
    assigned,
    memberEpoch: group.assignmentEpoch,
    previousMemberEpoch: memberEpoch === group.assignmentEpoch ? previousMemberEpoch : memberEpoch,
  }
  shard.write([currentRecord(group.groupId, reconciled)])
  return reconciled
}
