import { deleteGroup } from '../groups/delete-group.ts'
// DeleteGroups v0-v3: empty groups go, and their offsets with them. A group that is named twice is deleted once.
//
// Checked here: who may delete each group, who coordinates it, that it is there and empty.

import { ErrorCode } from '../../protocol/errors.ts'
import { deleteGroups } from '../../protocol/messages/delete-groups.ts'
import { deleteOffsetsOfGroup } from '../groups/offsets/delete.ts'
import type { GroupShard } from '../groups/shard.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { DELETE_GROUP, may } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'

export function createDeleteGroupsHandler({
  nodeId,
  groupCoordinator,
}: Pick<Parts, 'nodeId' | 'groupCoordinator'>): Handler {
  return guarded(deleteGroups, [DELETE_GROUP], ({ groupsNames }, context) => ({
    results: [...new Set(groupsNames)].map((groupId) => {
      if (!may(context, DELETE_GROUP, groupId)) return { groupId, errorCode: DELETE_GROUP.errorCode }
      const shard = groupCoordinator.shardOf(nodeId, groupId)
      return { groupId, errorCode: shard ? deleteById(shard, groupId) : ErrorCode.NOT_COORDINATOR }
    }),
  }))
}

function deleteById(shard: GroupShard, groupId: string): number {
  const group = shard.groups.get(groupId)
  if (!group) return ErrorCode.GROUP_ID_NOT_FOUND
  if (!group.isEmpty) return ErrorCode.NON_EMPTY_GROUP
  deleteOffsetsOfGroup(shard, groupId)
  deleteGroup(shard, group)
  return ErrorCode.NONE
}
