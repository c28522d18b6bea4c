// LeaveGroup v0-v5: members leave a classic group or are removed from it; several at once since v3, with the reason
// since v5.
//
// Checked here: who may read the group, the group id, who coordinates it; the rest in groups/classic/leave.ts.

import { ErrorCode } from '../../protocol/errors.ts'
import { leaveGroup } from '../../protocol/messages/leave-group.ts'
import { leaveClassicGroup } from '../groups/classic/leave.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { may, READ_GROUP } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'

const BATCHED_SINCE = 3

export function createLeaveGroupHandler({
  nodeId,
  groupCoordinator,
}: Pick<Parts, 'nodeId' | 'groupCoordinator'>): Handler {
  return guarded(leaveGroup, [READ_GROUP], ({ groupId, memberId, members }, context) => {
    if (!may(context, READ_GROUP, groupId)) return { errorCode: READ_GROUP.errorCode }
    if (groupId === '') return { errorCode: ErrorCode.INVALID_GROUP_ID }
    const shard = groupCoordinator.shardOf(nodeId, groupId)
    if (!shard) return { errorCode: ErrorCode.NOT_COORDINATOR }
    if (context.apiVersion >= BATCHED_SINCE) return { members: leaveClassicGroup(shard, groupId, members) }
    const [left] = leaveClassicGroup(shard, groupId, [{ memberId, groupInstanceId: null, reason: null }])
    return { errorCode: left?.errorCode }
  })
}
