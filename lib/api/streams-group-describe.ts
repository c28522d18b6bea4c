// StreamsGroupDescribe v0-v1 (KIP-1071): streams groups with their topology, their members and what these have and shall
// have. v1: descriptions of topologies, of which none is stored without a plugin; the assignor.
//
// Checked here: that streams groups are switched on, who may describe each group and the topics of its topology, who
// coordinates it.

import { ErrorCode } from '../../protocol/errors.ts'
import { streamsGroupDescribe } from '../../protocol/messages/streams-group-describe.ts'
import { type DescribedStreamsGroup, describeStreamsGroup } from '../groups/streams/describe.ts'
import { guarded, type Handler, type RequestContext } from '../network/handler.ts'
import { ResourceType } from '../security/authorization/acl.ts'
import { DESCRIBE_GROUP, DESCRIBE_TOPIC, may } from '../security/authorization/needs.ts'
import { authorizedOperations } from './authorized-operations.ts'
import type { Parts } from './parts.ts'
import { areStreamsGroupsEnabled } from './streams-groups-enabled.ts'

/** What is told of a description that was asked for and is not there. */
const NOT_STORED = 1

type DescribeParts = Pick<Parts, 'nodeId' | 'groupCoordinator' | 'metadata' | 'configs'>

export function createStreamsGroupDescribeHandler({
  nodeId,
  groupCoordinator,
  metadata,
  configs,
}: DescribeParts): Handler {
  const describe = (groupId: string, context: RequestContext): DescribedStreamsGroup => {
    if (!may(context, DESCRIBE_GROUP, groupId)) return { groupId, errorCode: DESCRIBE_GROUP.errorCode }
    if (groupId.trim() === '') return { groupId: '', errorCode: ErrorCode.INVALID_GROUP_ID }
    const shard = groupCoordinator.shardOf(nodeId, groupId)
    if (!shard) return { groupId, errorCode: ErrorCode.NOT_COORDINATOR }
    const group = shard.groups.get(groupId)
    if (group?.type !== 'streams') return absentGroup(groupId, group !== undefined)
    const assignors = shard.config.groupStreamsAssignors
    const wanted = configs.groupConfig(groupId).streamsAssignorName
    const assignor = assignors.find((name) => name === wanted) ?? assignors[0] ?? ''
    const described = describeStreamsGroup(group, assignor)
    return mayDescribeTopics(described, context) ? described : hiddenGroup(groupId)
  }
  return guarded(streamsGroupDescribe, [DESCRIBE_GROUP, DESCRIBE_TOPIC], (request, context) => {
    const { groupIds, includeAuthorizedOperations, includeTopologyDescription } = request
    if (!areStreamsGroupsEnabled(metadata.image, groupCoordinator.configOf(nodeId))) {
      return { groups: groupIds.map((groupId) => ({ groupId, errorCode: ErrorCode.UNSUPPORTED_VERSION })) }
    }
    return {
      groups: groupIds.map((groupId) => {
        const described = describe(groupId, context)
        if (described.errorCode) return described
        return {
          ...described,
          ...(includeTopologyDescription && { topologyDescriptionStatus: NOT_STORED }),
          ...(includeAuthorizedOperations && {
            authorizedOperations: authorizedOperations(context, ResourceType.GROUP, groupId),
          }),
        }
      }),
    }
  })
}

function absentGroup(groupId: string, isOfAnotherType: boolean): DescribedStreamsGroup {
  const errorMessage = isOfAnotherType
    ? `Group ${groupId} is not a streams group.`
    : `Group ${groupId} not found.`
  return { groupId, errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage }
}

function mayDescribeTopics({ topology }: DescribedStreamsGroup, context: RequestContext): boolean {
  return (topology?.subtopologies ?? []).every((subtopology) => {
    const { sourceTopics = [], repartitionSinkTopics = [] } = subtopology
    const { repartitionSourceTopics = [], stateChangelogTopics = [] } = subtopology
    const internal = [...repartitionSourceTopics, ...stateChangelogTopics].map(({ name = '' }) => name)
    const topics = [...sourceTopics, ...repartitionSinkTopics, ...internal]
    return topics.every((topic) => may(context, DESCRIBE_TOPIC, topic))
  })
}

function hiddenGroup(groupId: string): DescribedStreamsGroup {
  return {
    groupId,
    errorCode: DESCRIBE_TOPIC.errorCode,
    errorMessage: 'The described group uses topics that the client is not authorized to describe.',
  }
}
