// LeaveGroup v0-v5: members leave a classic group or are removed from it; several at once since v3, with the reason
// since v5.
//
// Checked here: the group id, who coordinates the group; the rest in groups/classic/leave.ts.
//
// Left out: who may read the group.

import { ErrorCode } from '../../protocol/errors.ts'
import { leaveGroup } from '../../protocol/messages/leave-group.ts'
import { leaveClassicGroup } from '../groups/classic/leave.ts'
import { type Handler, handler } from '../network/handler.ts'
import type { Parts } from './parts.ts'

const BATCHED_SINCE = 3

export function createLeaveGroupHandler({
  nodeId,
  groupCoordinator,
}: Pick<Parts, 'nodeId' | 'groupCoordinator'>): Handler {
  return handler(leaveGroup, ({ groupId, memberId, members }, { apiVersion }) => {
    if (groupId === '') return { errorCode: ErrorCode.INVALID_GROUP_ID }
    const shard = groupCoordinator.shardOf(nodeId, groupId)
    if (!shard) return { errorCode: ErrorCode.NOT_COORDINATOR }
    if (apiVersion >= BATCHED_SINCE) return { members: leaveClassicGroup(shard, groupId, members) }
    const [left] = leaveClassicGroup(shard, groupId, [{ memberId, groupInstanceId: null, reason: null }])
    return { errorCode: left?.errorCode }
  })
}
