// ConsumerGroupHeartbeat v0-v1 (KIP-848): a member joins, leaves, says that it is alive and learns what it may own. v1:
// subscriptions by regular expression, and member ids that clients make up.
//
// Checked here: that the protocol is switched on, who may read the group and describe the topics, who coordinates the
// group; the rest in groups/consumer/heartbeat.ts.

import { ErrorCode } from '../../protocol/errors.ts'
import { consumerGroupHeartbeat } from '../../protocol/messages/consumer-group-heartbeat.ts'
import { heartbeatConsumerGroup } from '../groups/consumer/heartbeat.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { DESCRIBE_TOPIC, may, READ_GROUP } from '../security/authorization/needs.ts'
import { isConsumerProtocolEnabled } from './consumer-protocol-enabled.ts'
import type { Parts } from './parts.ts'

export function createConsumerGroupHeartbeatHandler({
  nodeId,
  groupCoordinator,
  metadata,
}: Pick<Parts, 'nodeId' | 'groupCoordinator' | 'metadata'>): Handler {
  return guarded(consumerGroupHeartbeat, [READ_GROUP, DESCRIBE_TOPIC], (request, context) => {
    const { groupId, subscribedTopicNames } = request
    if (!isConsumerProtocolEnabled(metadata.image, groupCoordinator.configOf(nodeId))) {
      return { errorCode: ErrorCode.UNSUPPORTED_VERSION }
    }
    if (!may(context, READ_GROUP, groupId)) return { errorCode: READ_GROUP.errorCode }
    if (!(subscribedTopicNames ?? []).every((topic) => may(context, DESCRIBE_TOPIC, topic))) {
      return { errorCode: DESCRIBE_TOPIC.errorCode }
    }
    const shard = groupCoordinator.shardOf(nodeId, groupId)
    if (!shard) return { errorCode: ErrorCode.NOT_COORDINATOR }
    const answer = heartbeatConsumerGroup(shard, request, context)
    if (!(answer instanceof ApiError)) return answer
    return { errorCode: answer.errorCode, errorMessage: answer.errorMessage }
  })
}
