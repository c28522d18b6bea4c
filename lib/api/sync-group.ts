// SyncGroup v0-v5: the leader hands the assignments in, every member gets its own; the answer waits for the leader.
//
// Checked here: that v5 names protocol type and protocol, who may read the group, the group id, who coordinates it; the
// rest in groups/classic/sync.ts.

import { ErrorCode } from '../../protocol/errors.ts'
import { syncGroup } from '../../protocol/messages/sync-group.ts'
import { answer } from '../groups/answer.ts'
import type { SyncGroupResponse } from '../groups/classic/member.ts'
import { syncClassicGroup } from '../groups/classic/sync.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { may, READ_GROUP } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'

const PROTOCOL_MANDATORY_SINCE = 5

export function createSyncGroupHandler({
  nodeId,
  groupCoordinator,
}: Pick<Parts, 'nodeId' | 'groupCoordinator'>): Handler {
  return guarded(syncGroup, [READ_GROUP], (request, context) => {
    const { groupId, protocolType, protocolName } = request
    const namesProtocol = protocolType !== null && protocolName !== null
    if (context.apiVersion >= PROTOCOL_MANDATORY_SINCE && !namesProtocol) {
      return { errorCode: ErrorCode.INCONSISTENT_GROUP_PROTOCOL }
    }
    if (!may(context, READ_GROUP, groupId)) return { errorCode: READ_GROUP.errorCode }
    if (groupId === '') return { errorCode: ErrorCode.INVALID_GROUP_ID }
    const shard = groupCoordinator.shardOf(nodeId, groupId)
    if (!shard) return { errorCode: ErrorCode.NOT_COORDINATOR }
    return answer<SyncGroupResponse>(context, (respond) => syncClassicGroup(shard, request, respond))
  })
}
