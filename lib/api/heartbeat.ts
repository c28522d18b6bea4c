// Heartbeat v0-v4: a member of a classic group is alive, and learns of rebalances.
//
// Checked here: who may read the group, the group id, who coordinates it; the rest in groups/classic/heartbeat.ts.

import { ErrorCode } from '../../protocol/errors.ts'
import { heartbeat } from '../../protocol/messages/heartbeat.ts'
import { heartbeatClassicGroup } from '../groups/classic/heartbeat.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { may, READ_GROUP } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'

export function createHeartbeatHandler({
  nodeId,
  groupCoordinator,
}: Pick<Parts, 'nodeId' | 'groupCoordinator'>): Handler {
  return guarded(heartbeat, [READ_GROUP], (request, context) => {
    if (!may(context, READ_GROUP, request.groupId)) return { errorCode: READ_GROUP.errorCode }
    if (request.groupId === '') return { errorCode: ErrorCode.INVALID_GROUP_ID }
    const shard = groupCoordinator.shardOf(nodeId, request.groupId)
    return { errorCode: shard ? heartbeatClassicGroup(shard, request) : ErrorCode.NOT_COORDINATOR }
  })
}
