import { ErrorCode } from '../../../protocol/errors.ts'
import type { LeavingMember, LeftMember, SyncGroupRequest, SyncGroupResponse } from '../classic/member.ts'
import { encodeAssignment } from '../consumer-protocol.ts'
import type { GroupShard } from '../shard.ts'
import { fenceMembers } from './fence-members.ts'
import type { ConsumerGroup } from './group.ts'
import { type ClassicMemberMetadata, type ConsumerMember, MemberState } from './member.ts'
import { expectJoin, renewSession } from './sessions.ts'

// What members that speak the classic protocol ask of a consumer group besides joining it.

interface Asker {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly generationId: number
}

/** Its member with what it said in the classic protocol, or why it is none. */
function askerOf(
  group: ConsumerGroup,
  { memberId, groupInstanceId, generationId }: Asker,
): { readonly member: ConsumerMember; readonly classic: ClassicMemberMetadata } | number {
  const member = groupInstanceId === null ? group.members.get(memberId) : group.staticMember(groupInstanceId)
  if (!member) return ErrorCode.UNKNOWN_MEMBER_ID
  if (member.memberId !== memberId) return ErrorCode.FENCED_INSTANCE_ID
  const { classic } = member
  if (!classic) return ErrorCode.UNKNOWN_MEMBER_ID
  return generationId === member.memberEpoch ? { member, classic } : ErrorCode.ILLEGAL_GENERATION
}

/** SyncGroup (`GroupMetadataManager.classicGroupSyncToConsumerGroup`): the assignment is there already. */
export function syncWithConsumerGroup(
  shard: GroupShard,
  group: ConsumerGroup,
  request: SyncGroupRequest,
): SyncGroupResponse {
  const asker = askerOf(group, request)
  if (typeof asker === 'number') return { errorCode: asker }
  const { member, classic } = asker
  const { protocolType, protocolName } = request
  const [protocol] = classic.supportedProtocols
  const isOther =
    (protocolType ?? 'consumer') !== 'consumer' || (protocolName ?? protocol?.name) !== protocol?.name
  if (isOther) return { errorCode: ErrorCode.INCONSISTENT_GROUP_PROTOCOL }
  if (group.assignmentEpoch > member.memberEpoch && member.state !== MemberState.UNREVOKED_PARTITIONS) {
    expectJoin(shard, group, member)
    return { errorCode: ErrorCode.REBALANCE_IN_PROGRESS }
  }
  group.timers.cancel('sync', member.memberId)
  renewSession(shard, group, member.memberId, classic.sessionTimeoutMs)
  const metadata = protocol?.metadata ?? Buffer.alloc(0)
  const assignment = encodeAssignment(member.assigned, shard.services.metadata.image, metadata)
  return { protocolType, protocolName, assignment }
}

/** Heartbeat (`GroupMetadataManager.classicGroupHeartbeatToConsumerGroup`); the error code of its response. */
export function heartbeatOfClassicMember(shard: GroupShard, group: ConsumerGroup, request: Asker): number {
  const asker = askerOf(group, request)
  if (typeof asker === 'number') return asker
  const { member, classic } = asker
  renewSession(shard, group, member.memberId, classic.sessionTimeoutMs)
  const mustJoin =
    member.memberEpoch < group.assignmentEpoch ||
    member.state === MemberState.UNREVOKED_PARTITIONS ||
    (member.state === MemberState.UNRELEASED_PARTITIONS && !waitsForOthers(group, member))
  if (!mustJoin) return ErrorCode.NONE
  expectJoin(shard, group, member)
  return ErrorCode.REBALANCE_IN_PROGRESS
}

function waitsForOthers(group: ConsumerGroup, { memberId, assigned }: ConsumerMember): boolean {
  for (const [topicId, partitions] of group.targetOf(memberId)) {
    for (const partition of partitions) {
      if (assigned.get(topicId)?.has(partition)) continue
      if (group.owners.ownerOf(topicId, partition) !== undefined) return true
    }
  }
  return false
}

/** LeaveGroup, of members of either protocol (`GroupMetadataManager.classicGroupLeaveToConsumerGroup`). */
export function removeFromConsumerGroup(
  shard: GroupShard,
  group: ConsumerGroup,
  leaving: readonly LeavingMember[],
): LeftMember[] {
  const members = new Set<ConsumerMember>()
  const left = leaving.map(({ memberId, groupInstanceId, reason }) => {
    const isStatic = groupInstanceId !== null
    const member = isStatic ? group.staticMember(groupInstanceId) : group.members.get(memberId)
    if (!member) return { memberId, groupInstanceId, errorCode: ErrorCode.UNKNOWN_MEMBER_ID }
    // An administrator names the instance only.
    if (isStatic && memberId !== '' && member.memberId !== memberId) {
      return { memberId, groupInstanceId, errorCode: ErrorCode.FENCED_INSTANCE_ID }
    }
    members.add(member)
    const { groupId } = group
    shard.services.logger.info('member left', { groupId, memberId, groupInstanceId, reason })
    return { memberId, groupInstanceId, errorCode: ErrorCode.NONE }
  })
  fenceMembers(shard, group, [...members])
  return left
}
