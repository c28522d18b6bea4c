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
import { areShareGroupsEnabled, SWITCHED_OFF } from './share-groups-enabled.ts'

interface Answer {
  readonly topicName: string
  readonly topicId?: string
  readonly errorCode: number
  readonly errorMessage?: string | null
}

const HIDDEN = { ...new ApiError(READ_TOPIC.errorCode) }
const NOTHING_THERE = { ...new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) }

export function createDeleteShareGroupOffsetsHandler({
  nodeId,
  groupCoordinator,
  metadata,
}: Pick<Parts, 'nodeId' | 'groupCoordinator' | 'metadata'>): Handler {
  return guarded(deleteShareGroupOffsets, [DELETE_GROUP, READ_TOPIC], ({ groupId, topics }, context) => {
    if (!areShareGroupsEnabled(metadata.image)) return SWITCHED_OFF
    if (!may(context, DELETE_GROUP, groupId)) return { ...new ApiError(DELETE_GROUP.errorCode) }
    const shard = groupCoordinator.shardOf(nodeId, groupId)
    if (!shard) return { errorCode: ErrorCode.NOT_COORDINATOR }
    const group = emptyShareGroup(shard, groupId)
    if (group instanceof ApiError) return { ...group }
    const hidden = topics.filter(({ topicName }) => !may(context, READ_TOPIC, topicName))
    const done: Answer[] = []
    const absent: Answer[] = []
    for (const asked of topics) {
      if (hidden.includes(asked)) continue
      const { topicName } = asked
      const topicId = metadata.image.topicsByName.get(topicName)?.topicId
      if (topicId !== undefined && group.initialized.has(topicId)) {
        done.push({ topicName, topicId, errorCode: deleteStates(shard, group, topicId) })
      } else absent.push({ topicName, ...NOTHING_THERE })
    }
    // Kafka answers in this order, too.
    return { responses: [...hidden.map(({ topicName }) => ({ topicName, ...HIDDEN })), ...done, ...absent] }
  })
}
