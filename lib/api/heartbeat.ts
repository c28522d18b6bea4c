// Heartbeat v0-v4: a member of a classic group is alive, and learns of rebalances.
//
// Checked here: the group id, who coordinates the group; the rest in groups/classic/heartbeat.ts.
//
// Left out: who may read the group.

import { ErrorCode } from '../../protocol/errors.ts'
import { heartbeat } from '../../protocol/messages/heartbeat.ts'
import { heartbeatClassicGroup } from '../groups/classic/heartbeat.ts'
import { type Handler, handler } from '../network/handler.ts'
import type { Parts } from './parts.ts'

export function createHeartbeatHandler({
  nodeId,
  groupCoordinator,
}: Pick<Parts, 'nodeId' | 'groupCoordinator'>): Handler {
  return handler(heartbeat, (request) => {
    if (request.groupId === '') return { errorCode: ErrorCode.INVALID_GROUP_ID }
    const shard = groupCoordinator.shardOf(nodeId, request.groupId)
    return { errorCode: shard ? heartbeatClassicGroup(shard, request) : ErrorCode.NOT_COORDINATOR }
  })
}
