// AlterShareGroupOffsets v0 (KIP-932): sets where a share group that nobody is in shall begin.
//
// Checked here: who may read the group and each topic, who coordinates the group, that it is there and empty.

import { ErrorCode } from '../../protocol/errors.ts'
import { alterShareGroupOffsets } from '../../protocol/messages/alter-share-group-offsets.ts'
import { raiseShareGroupEpoch } from '../groups/share/group-epoch.ts'
import { emptyShareGroup } from '../groups/share/offsets.ts'
import { setStartOffset } from '../groups/share/states.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { may, READ_GROUP, READ_TOPIC } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'
import { areShareGroupsEnabled } from './share-groups-enabled.ts'

export function createAlterShareGroupOffsetsHandler({
  nodeId,
  groupCoordinator,
  metadata,
}: Pick<Parts, 'nodeId' | 'groupCoordinator' | 'metadata'>): Handler {
  return guarded(alterShareGroupOffsets, [READ_GROUP, READ_TOPIC], ({ groupId, topics }, context) => {
    if (!areShareGroupsEnabled(metadata.image)) return { errorCode: ErrorCode.UNSUPPORTED_VERSION }
    if (!may(context, READ_GROUP, groupId)) return { errorCode: READ_GROUP.errorCode }
    const shard = groupCoordinator.shardOf(nodeId, groupId)
    if (!shard) return { errorCode: ErrorCode.NOT_COORDINATOR }
    const group = emptyShareGroup(shard, groupId)
    if (group instanceof ApiError) return { ...group }
    // The states get the new epoch, which fences whoever still writes by the old one.
    raiseShareGroupEpoch(shard, group, true)
    return {
      responses: topics.map(({ topicName, partitions }) => {
        const topic = metadata.image.topicsByName.get(topicName)
        const alter = (partition: number, startOffset: number) => {
          if (!may(context, READ_TOPIC, topicName)) return READ_TOPIC.errorCode
          if (!topic?.partitions[partition]) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
          return setStartOffset(shard, group, topic.topicId, partition, startOffset)
        }
        return {
          topicName,
          topicId: topic?.topicId,
          partitions: partitions.map(({ partitionIndex, startOffset }) => ({
            partitionIndex,
            errorCode: alter(partitionIndex, startOffset),
          })),
        }
      }),
    }
  })
}
