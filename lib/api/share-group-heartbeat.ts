// ShareGroupHeartbeat v1 (KIP-932): a member of a share group joins, leaves, says that it is alive and learns which
// partitions to read.
//
// Checked here: that share groups are switched on, who may read the group and describe the topics, who coordinates the
// group; the rest in groups/share/heartbeat.ts.

import { ErrorCode } from '../../protocol/errors.ts'
import { shareGroupHeartbeat } from '../../protocol/messages/share-group-heartbeat.ts'
import { heartbeatShareGroup } from '../groups/share/heartbeat.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { DESCRIBE_TOPIC, may, READ_GROUP } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'
import { isMemberId } from './share-acknowledgements.ts'
import { areShareGroupsEnabled } from './share-groups-enabled.ts'

/** v0 was early access and is gone since Kafka 4.1. */
const VERSIONS = { min: 1 }

export function createShareGroupHeartbeatHandler({
  nodeId,
  groupCoordinator,
  metadata,
}: Pick<Parts, 'nodeId' | 'groupCoordinator' | 'metadata'>): Handler {
  return guarded(
    shareGroupHeartbeat,
    [READ_GROUP, DESCRIBE_TOPIC],
    (request, context) => {
      const { groupId, subscribedTopicNames } = request
      if (!areShareGroupsEnabled(metadata.image)) return { errorCode: ErrorCode.UNSUPPORTED_VERSION }
      if (!may(context, READ_GROUP, groupId)) return { errorCode: READ_GROUP.errorCode }
      if (!isMemberId(request.memberId)) return { errorCode: ErrorCode.INVALID_REQUEST }
      if (!(subscribedTopicNames ?? []).every((topic) => may(context, DESCRIBE_TOPIC, topic))) {
        return { errorCode: DESCRIBE_TOPIC.errorCode }
      }
      const shard = groupCoordinator.shardOf(nodeId, groupId)
      if (!shard) return { errorCode: ErrorCode.NOT_COORDINATOR }
      const answer = heartbeatShareGroup(shard, request, context)
      if (!(answer instanceof ApiError)) return answer
      return { errorCode: answer.errorCode, errorMessage: answer.errorMessage }
    },
    VERSIONS,
  )
}
