// DeleteGroups v0-v3: empty groups go, and their offsets with them. A group that is named twice is deleted once.
//
// Left out: who may delete the groups.

import { ErrorCode } from '../../protocol/errors.ts'
import { deleteGroups } from '../../protocol/messages/delete-groups.ts'
import type { GroupShard } from '../groups/shard.ts'
import { type Handler, handler } from '../network/handler.ts'
import type { Parts } from './parts.ts'

export function createDeleteGroupsHandler({
  nodeId,
  groupCoordinator,
}: Pick<Parts, 'nodeId' | 'groupCoordinator'>): Handler {
  return handler(deleteGroups, ({ groupsNames }) => ({
    results: [...new Set(groupsNames)].map((groupId) => {
      const shard = groupCoordinator.shardOf(nodeId, groupId)
      return { groupId, errorCode: shard ? deleteGroup(shard, groupId) : ErrorCode.NOT_COORDINATOR }
    }),
  }))
}

function deleteGroup(shard: GroupShard, groupId: string): number {
  const group = shard.groups.get(groupId)
  if (!group) return ErrorCode.GROUP_ID_NOT_FOUND
  if (!group.isEmpty) return ErrorCode.NON_EMPTY_GROUP
  shard.deleteOffsets(groupId)
  shard.deleteGroup(group)
  return ErrorCode.NONE
}
