import { ErrorCode } from '../../../protocol/errors.ts'
import type { heartbeat } from '../../../protocol/messages/heartbeat.ts'
import type { RequestOf } from '../../../protocol/schema.ts'
import { heartbeatOfClassicMember } from '../consumer/classic-member.ts'
import type { GroupShard } from '../shard.ts'
import { renewSession } from './rebalance.ts'

/** Heartbeat at the coordinator (`GroupMetadataManager.classicGroupHeartbeat`); the error code of its response. */
export function heartbeatClassicGroup(shard: GroupShard, request: RequestOf<typeof heartbeat>): number {
  const { groupId, memberId, groupInstanceId, generationId } = request
  const group = shard.groups.get(groupId)
  if (!group || group.type === 'share' || group.type === 'streams') return ErrorCode.UNKNOWN_MEMBER_ID
  if (group.type === 'consumer') return heartbeatOfClassicMember(shard, group, request)
  const errorCode = group.validateMember(memberId, groupInstanceId)
  const member = group.members.get(memberId)
  if (errorCode !== ErrorCode.NONE || !member) return errorCode
  if (generationId !== group.generationId) return ErrorCode.ILLEGAL_GENERATION
  renewSession(shard, group, member)
  return group.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
}
