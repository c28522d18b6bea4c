// JoinGroup v0-v9: a member joins a classic group, or stays in it through a rebalance; the answer waits until the
// rebalance's join phase is over.
//
// Checked here: who may read the group, the group id, the session timeout, who coordinates it; the rest in
// groups/classic/join.ts.
// v0: the rebalance timeout is the session timeout. v4: a new dynamic member is told its id and asked to join with it.
// v5: static members. v7: the protocol's name may be null. v8: why the member joins. v9: a static leader that comes
// back to a stable group is told to skip the assignment.

import { ErrorCode } from '../../protocol/errors.ts'
import { joinGroup } from '../../protocol/messages/join-group.ts'
import { answer } from '../groups/answer.ts'
import { joinClassicGroup } from '../groups/classic/join.ts'
import type { JoinGroupResponse } from '../groups/classic/member.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { may, READ_GROUP } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'

const NULLABLE_PROTOCOL_NAME_SINCE = 7

export function createJoinGroupHandler({
  nodeId,
  groupCoordinator,
}: Pick<Parts, 'nodeId' | 'groupCoordinator'>): Handler {
  return guarded(joinGroup, [READ_GROUP], (request, context) =>
    answer<JoinGroupResponse>(context, (respond) => {
      const { groupId, memberId, sessionTimeoutMs } = request
      const { apiVersion } = context
      const send = (response: JoinGroupResponse) => respond(inVersion(response, apiVersion))
      const { groupMinSessionTimeoutMs, groupMaxSessionTimeoutMs } = groupCoordinator.configOf(nodeId)
      if (!may(context, READ_GROUP, groupId)) {
        send({ errorCode: READ_GROUP.errorCode })
      } else if (groupId === '') {
        send({ errorCode: ErrorCode.INVALID_GROUP_ID, memberId })
      } else if (sessionTimeoutMs < groupMinSessionTimeoutMs || sessionTimeoutMs > groupMaxSessionTimeoutMs) {
        send({ errorCode: ErrorCode.INVALID_SESSION_TIMEOUT, memberId })
      } else {
        const shard = groupCoordinator.shardOf(nodeId, groupId)
        if (shard) joinClassicGroup(shard, request, context, send)
        else send({ errorCode: ErrorCode.NOT_COORDINATOR })
      }
    }),
  )
}

function inVersion(response: JoinGroupResponse, apiVersion: number): JoinGroupResponse {
  const protocolName = response.protocolName || null
  return {
    ...response,
    protocolName: apiVersion >= NULLABLE_PROTOCOL_NAME_SINCE ? protocolName : (protocolName ?? ''),
  }
}
