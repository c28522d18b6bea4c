// DescribeGroups v0-v6: classic groups with their members. Before v6 a group that there is not is one that is Dead,
// since v6 GROUP_ID_NOT_FOUND besides (KIP-1043).
//
// Checked here: who may describe each group, who coordinates it.

import { ErrorCode } from '../../protocol/errors.ts'
import { describeGroups } from '../../protocol/messages/describe-groups.ts'
import { type DescribedGroup, describeClassicGroup } from '../groups/classic/describe.ts'
import type { Group } from '../groups/shard.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { ResourceType } from '../security/authorization/acl.ts'
import { DESCRIBE_GROUP, may } from '../security/authorization/needs.ts'
import { authorizedOperations } from './authorized-operations.ts'
import type { Parts } from './parts.ts'

const NOT_FOUND_SINCE = 6

export function createDescribeGroupsHandler({
  nodeId,
  groupCoordinator,
}: Pick<Parts, 'nodeId' | 'groupCoordinator'>): Handler {
  return guarded(describeGroups, [DESCRIBE_GROUP], ({ groups, includeAuthorizedOperations }, context) => ({
    groups: groups.map((groupId) => {
      if (!may(context, DESCRIBE_GROUP, groupId)) return { groupId, errorCode: DESCRIBE_GROUP.errorCode }
      const shard = groupCoordinator.shardOf(nodeId, groupId)
      if (!shard) return { groupId, errorCode: ErrorCode.NOT_COORDINATOR }
      const group = shard.groups.get(groupId)
      const described =
        group?.type === 'classic'
          ? describeClassicGroup(group)
          : absentGroup(groupId, group, context.apiVersion)
      if (!includeAuthorizedOperations || described.errorCode) return described
      return {
        ...described,
        authorizedOperations: authorizedOperations(context, ResourceType.GROUP, groupId),
      }
    }),
  }))
}

function absentGroup(groupId: string, group: Group | undefined, apiVersion: number): DescribedGroup {
  const dead = { groupId, groupState: 'Dead' }
  if (apiVersion < NOT_FOUND_SINCE) return dead
  return {
    ...dead,
    errorCode: ErrorCode.GROUP_ID_NOT_FOUND,
    errorMessage: group ? `Group ${groupId} is not a classic group.` : `Group ${groupId} not found.`,
  }
}
