// ConsumerGroupDescribe v0-v1 (KIP-848): consumer groups with their members, what these have and shall have. v1: which
// protocol a member speaks.
//
// Checked here: that the protocol is switched on, who may describe each group and the topics of its assignments, who
// coordinates it.

import { ErrorCode } from '../../protocol/errors.ts'
import { consumerGroupDescribe } from '../../protocol/messages/consumer-group-describe.ts'
import { serverAssignors } from '../groups/assignor/server-assignors.ts'
import { type DescribedConsumerGroup, describeConsumerGroup } from '../groups/consumer/describe.ts'
import { guarded, type Handler, type RequestContext } from '../network/handler.ts'
import { ResourceType } from '../security/authorization/acl.ts'
import { DESCRIBE_GROUP, DESCRIBE_TOPIC, may } from '../security/authorization/needs.ts'
import { authorizedOperations } from './authorized-operations.ts'
import { isConsumerProtocolEnabled } from './consumer-protocol-enabled.ts'
import type { Parts } from './parts.ts'

export function createConsumerGroupDescribeHandler({
  nodeId,
  groupCoordinator,
  metadata,
}: Pick<Parts, 'nodeId' | 'groupCoordinator' | 'metadata'>): Handler {
  const describe = (groupId: string, context: RequestContext): DescribedConsumerGroup => {
    if (!may(context, DESCRIBE_GROUP, groupId)) return { groupId, errorCode: DESCRIBE_GROUP.errorCode }
    const shard = groupCoordinator.shardOf(nodeId, groupId)
    if (!shard) return { groupId, errorCode: ErrorCode.NOT_COORDINATOR }
    const group = shard.groups.get(groupId)
    if (group?.type !== 'consumer') return absentGroup(groupId, group !== undefined)
    const [defaultAssignor] = serverAssignors(shard.config.groupConsumerAssignors)
    const described = describeConsumerGroup(group, metadata.image, defaultAssignor?.name ?? '')
    return mayDescribeTopics(described, context) ? described : hiddenGroup(groupId)
  }
  return guarded(consumerGroupDescribe, [DESCRIBE_GROUP, DESCRIBE_TOPIC], (request, context) => {
    const { groupIds, includeAuthorizedOperations } = request
    if (!isConsumerProtocolEnabled(metadata.image, groupCoordinator.configOf(nodeId))) {
      return { groups: groupIds.map((groupId) => ({ groupId, errorCode: ErrorCode.UNSUPPORTED_VERSION })) }
    }
    return {
      groups: groupIds.map((groupId) => {
        const described = describe(groupId, context)
        if (!includeAuthorizedOperations || described.errorCode) return described
        const operations = authorizedOperations(context, ResourceType.GROUP, groupId)
        return { ...described, authorizedOperations: operations }
      }),
    }
  })
}

function absentGroup(groupId: string, isOfAnotherType: boolean): DescribedConsumerGroup {
  const errorMessage = isOfAnotherType
    ? `Group ${groupId} is not a consumer group.`
    : `Group ${groupId} not found.`
  return { groupId, errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage }
}

function mayDescribeTopics({ members = [] }: DescribedConsumerGroup, context: RequestContext): boolean {
  const topics = new Set<string>()
  for (const { assignment, targetAssignment } of members) {
    for (const { topicName } of assignment?.topicPartitions ?? []) if (topicName) topics.add(topicName)
    for (const { topicName } of targetAssignment?.topicPartitions ?? []) if (topicName) topics.add(topicName)
  }
  return [...topics].every((topic) => may(context, DESCRIBE_TOPIC, topic))
}

function hiddenGroup(groupId: string): DescribedConsumerGroup {
  return {
    groupId,
    errorCode: DESCRIBE_TOPIC.errorCode,
    errorMessage: 'The group has described topic(s) that the client is not authorized to describe.',
  }
}
