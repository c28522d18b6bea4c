// AlterShareGroupOffsets v0 (KIP-932): sets where a share group that nobody is in shall begin. A group that is not there is made.
//
// Checked here: who may read the group and each topic, who coordinates the group, that it is empty.

import { ErrorCode } from '../../protocol/errors.ts'
import { alterShareGroupOffsets } from '../../protocol/messages/alter-share-group-offsets.ts'
import type { GroupShard } from '../groups/shard.ts'
import type { ShareGroup } from '../groups/share/group.ts'
import { emptyShareGroup } from '../groups/share/offsets.ts'
import { setStartOffset } from '../groups/share/states.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { may, READ_GROUP, READ_TOPIC } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'
import { areShareGroupsEnabled, SWITCHED_OFF } from './share-groups-enabled.ts'

const NOT_THERE = { ...new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) }
const HIDDEN = { ...new ApiError(READ_TOPIC.errorCode) }

export function createAlterShareGroupOffsetsHandler({
  nodeId,
  groupCoordinator,
  metadata,
}: Pick<Parts, 'nodeId' | 'groupCoordinator' | 'metadata'>): Handler {
  return guarded(alterShareGroupOffsets, [READ_GROUP, READ_TOPIC], ({ groupId, topics }, context) => {
    if (!areShareGroupsEnabled(metadata.image)) return SWITCHED_OFF
    if (!may(context, READ_GROUP, groupId)) return { ...new ApiError(READ_GROUP.errorCode) }
    const shard = groupCoordinator.shardOf(nodeId, groupId)
    if (!shard) return { errorCode: ErrorCode.NOT_COORDINATOR }
    const refusal = refuses(shard, groupId)
    if (refusal) return { ...refusal }
    return {
      responses: topics.map(({ topicName, partitions }) => {
        const topic = metadata.image.topicsByName.get(topicName)
        const mayRead = may(context, READ_TOPIC, topicName)
        const alter = (partition: number, startOffset: number) => {
          if (!mayRead) return HIDDEN
          if (!topic?.partitions[partition]) return NOT_THERE
          const group = shard.shareGroup(groupId, true) as ShareGroup
          return { errorCode: setStartOffset(shard, group, topic.topicId, partition, startOffset) }
        }
        return {
          topicName,
          topicId: topic?.topicId,
          partitions: partitions.map(({ partitionIndex, startOffset }) => ({
            partitionIndex,
            ...alter(partitionIndex, startOffset),
          })),
        }
      }),
    }
  })
}

function refuses(shard: GroupShard, groupId: string): ApiError | undefined {
  if (groupId === '')
    return new ApiError(ErrorCode.INVALID_GROUP_ID, 'A group without a name has no offsets.')
  const group = shard.groups.has(groupId) ? emptyShareGroup(shard, groupId) : undefined
  return group instanceof ApiError ? group : undefined
}
