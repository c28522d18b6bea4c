// DeleteShareGroupOffsets v0 (KIP-932): a share group that nobody is in forgets topics.
//
// Checked here: who may delete the group and read each topic, who coordinates the group, that it is there and empty.

import { ErrorCode } from '../../protocol/errors.ts'
import { deleteShareGroupOffsets } from '../../protocol/messages/delete-share-group-offsets.ts'
import { emptyShareGroup } from '../groups/share/offsets.ts'
import { deleteStates } from '../groups/share/states.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { DELETE_GROUP, may, READ_TOPIC } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'
import { areShareGroupsEnabled } from './share-groups-enabled.ts'

export function createDeleteShareGroupOffsetsHandler({
  nodeId,
  groupCoordinator,
  metadata,
}: Pick<Parts, 'nodeId' | 'groupCoordinator' | 'metadata'>): Handler {
  return guarded(deleteShareGroupOffsets, [DELETE_GROUP, READ_TOPIC], ({ groupId, topics }, context) => {
    if (!areShareGroupsEnabled(metadata.image)) return { errorCode: ErrorCode.UNSUPPORTED_VERSION }
    if (!may(context, DELETE_GROUP, groupId)) return { errorCode: DELETE_GROUP.errorCode }
    const shard = groupCoordinator.shardOf(nodeId, groupId)
    if (!shard) return { errorCode: ErrorCode.NOT_COORDINATOR }
    const group = emptyShareGroup(shard, groupId)
    if (group instanceof ApiError) return { ...group }
    return {
      responses: topics.map(({ topicName }) => {
        const topic = metadata.image.topicsByName.get(topicName)
        if (!may(context, READ_TOPIC, topicName)) return { topicName, errorCode: READ_TOPIC.errorCode }
        if (!topic || !group.initialized.has(topic.topicId)) {
          return { topicName, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }
        }
        const { topicId } = topic
        return { topicName, topicId, errorCode: deleteStates(shard, group, topicId) }
      }),
    }
  })
}
