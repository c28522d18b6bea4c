import { ErrorCode } from '../../../protocol/errors.ts'
import type { Respond } from '../answer.ts'
import { syncWithConsumerGroup } from '../consumer/classic-member.ts'
import type { GroupShard } from '../shard.ts'
import type { ClassicGroup } from './group.ts'
import { NO_ASSIGNMENT, type SyncGroupRequest, type SyncGroupResponse } from './member.ts'
import { propagateAssignments } from './rebalance.ts'

/** SyncGroup at the coordinator (`GroupMetadataManager.classicGroupSync`). */
export function syncClassicGroup(
  shard: GroupShard,
  request: SyncGroupRequest,
  respond: Respond<SyncGroupResponse>,
): void {
  const found = shard.groups.get(request.groupId)
  const group = found?.type === 'share' || found?.type === 'streams' ? undefined : found
  if (group?.type === 'consumer') {
    respond(syncWithConsumerGroup(shard, group, request))
    return
  }
  const errorCode = group ? validateSync(group, request) : ErrorCode.UNKNOWN_MEMBER_ID
  const member = group?.members.get(request.memberId)
  if (errorCode !== ErrorCode.NONE || !group || !member) {
    respond({ errorCode })
    return
  }
  group.pendingSyncMembers.delete(member.memberId)
  if (group.pendingSyncMembers.size === 0) group.syncTimer?.cancel()
  if (group.state === 'Stable') {
    const { protocolType, protocolName } = group
    respond({ protocolType, protocolName, assignment: member.assignment })
    return
  }
  member.awaitingSync = respond
  if (group.isLeader(member.memberId)) assign(shard, group, request)
}

function validateSync(group: ClassicGroup, request: SyncGroupRequest): number {
  const { memberId, groupInstanceId, generationId, protocolType, protocolName } = request
  if (group.isEmpty) return ErrorCode.UNKNOWN_MEMBER_ID
  const errorCode = group.validateMember(memberId, groupInstanceId)
  if (errorCode !== ErrorCode.NONE) return errorCode
  if (generationId !== group.generationId) return ErrorCode.ILLEGAL_GENERATION
  if (differ(protocolType, group.protocolType) || differ(protocolName, group.protocolName)) {
    return ErrorCode.INCONSISTENT_GROUP_PROTOCOL
  }
  return group.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
}

function differ(told: string | null, known: string | null): boolean {
  return told !== null && known !== null && told !== known
}

/** The leader has spoken: everybody has an assignment, if an empty one, and the group is stable. */
function assign(shard: GroupShard, group: ClassicGroup, request: SyncGroupRequest): void {
  const assignments = new Map(request.assignments.map(({ memberId, assignment }) => [memberId, assignment]))
  for (const member of group.members.values()) {
    const assignment = assignments.get(member.memberId)
    member.assignment = assignment ? Buffer.from(assignment) : NO_ASSIGNMENT
  }
  shard.writeGroup(group)
  propagateAssignments(shard, group, ErrorCode.NONE)
  group.go('Stable')
}
