// ShareGroupDescribe v1 (KIP-932): share groups with their members and what these read.
//
// Checked here: that share groups are switched on, who may describe each group and the topics of its assignments, who
// coordinates it.

import { ErrorCode } from '../../protocol/errors.ts'
import { shareGroupDescribe } from '../../protocol/messages/share-group-describe.ts'
import { type DescribedShareGroup, describeShareGroup } from '../groups/share/describe.ts'
import { guarded, type Handler, type RequestContext } from '../network/handler.ts'
import { ResourceType } from '../security/authorization/acl.ts'
import { DESCRIBE_GROUP, DESCRIBE_TOPIC, may } from '../security/authorization/needs.ts'
import { authorizedOperations } from './authorized-operations.ts'
import type { Parts } from './parts.ts'
import { areShareGroupsEnabled } from './share-groups-enabled.ts'

/** v0 was early access and is gone since Kafka 4.1. */
const VERSIONS = { min: 1 }

export function createShareGroupDescribeHandler({
  nodeId,
  groupCoordinator,
  metadata,
}: Pick<Parts, 'nodeId' | 'groupCoordinator' | 'metadata'>): Handler {
  const describe = (groupId: string, context: RequestContext): DescribedShareGroup => {
    if (!may(context, DESCRIBE_GROUP, groupId)) return { groupId, errorCode: DESCRIBE_GROUP.errorCode }
    const shard = groupCoordinator.shardOf(nodeId, groupId)
    if (!shard) return { groupId, errorCode: ErrorCode.NOT_COORDINATOR }
    const group = shard.groups.get(groupId)
    if (group?.type !== 'share') return absentGroup(groupId, group !== undefined)
    const described = describeShareGroup(group, metadata.image)
    return mayDescribeTopics(described, context) ? described : hiddenGroup(groupId)
  }
  return guarded(
    shareGroupDescribe,
    [DESCRIBE_GROUP, DESCRIBE_TOPIC],
    ({ groupIds, includeAuthorizedOperations }, context) => {
      if (!areShareGroupsEnabled(metadata.image)) {
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
    },
    VERSIONS,
  )
}

function absentGroup(groupId: string, isOfAnotherType: boolean): DescribedShareGroup {
  const errorMessage = isOfAnotherType
    ? `Group ${groupId} is not a share group.`
    : `Group ${groupId} not found.`
  return { groupId, errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage }
}

function mayDescribeTopics({ members = [] }: DescribedShareGroup, context: RequestContext): boolean {
  return members.every(({ assignment }) =>
    (assignment?.topicPartitions ?? []).every(({ topicName = '' }) =>
      may(context, DESCRIBE_TOPIC, topicName),
    ),
  )
}

function hiddenGroup(groupId: string): DescribedShareGroup {
  return {
    groupId,
    errorCode: DESCRIBE_TOPIC.errorCode,
    errorMessage: 'The group has described topic(s) that the client is not authorized to describe.',
  }
}
