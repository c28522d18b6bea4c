// DescribeGroups v0-v6: classic groups with their members. Before v6 a group that there is not is one that is Dead,
// since v6 GROUP_ID_NOT_FOUND besides (KIP-1043).
//
// Left out: who may describe the groups; `authorizedOperations` is what Kafka says without an authorizer.

import { ErrorCode } from '../../protocol/errors.ts'
import { describeGroups } from '../../protocol/messages/describe-groups.ts'
import { type DescribedGroup, describeClassicGroup } from '../groups/classic/describe.ts'
import { type Handler, handler } from '../network/handler.ts'
import { ALL_OPERATIONS } from './authorized-operations.ts'
import type { Parts } from './parts.ts'

const NOT_FOUND_SINCE = 6

export function createDescribeGroupsHandler({
  nodeId,
  groupCoordinator,
}: Pick<Parts, 'nodeId' | 'groupCoordinator'>): Handler {
  return handler(describeGroups, ({ groups, includeAuthorizedOperations }, { apiVersion }) => ({
    groups: groups.map((groupId) => {
      const shard = groupCoordinator.shardOf(nodeId, groupId)
      if (!shard) return { groupId, errorCode: ErrorCode.NOT_COORDINATOR }
      const group = shard.groups.get(groupId)
      const described = group ? describeClassicGroup(group) : absentGroup(groupId, apiVersion)
      if (!includeAuthorizedOperations || described.errorCode) return described
      return { ...described, authorizedOperations: ALL_OPERATIONS.GROUP }
    }),
  }))
}

function absentGroup(groupId: string, apiVersion: number): DescribedGroup {
  const dead = { groupId, groupState: 'Dead' }
  if (apiVersion < NOT_FOUND_SINCE) return dead
  return { ...dead, errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage: `Group ${groupId} not found.` }
}
