// OffsetDelete v0: offsets of a group are forgotten.
//
// Checked here: who may delete the group and read the topics, the group id, who coordinates the group, that topics and
// partitions exist; the rest in groups/offsets/delete.ts.

import { ErrorCode } from '../../protocol/errors.ts'
import { offsetDelete } from '../../protocol/messages/offset-delete.ts'
import { deleteOffset, validateOffsetDelete } from '../groups/offsets/delete.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { DELETE_GROUP, may, READ_TOPIC } from '../security/authorization/needs.ts'
import { PartitionErrors } from './partition-errors.ts'
import type { Parts } from './parts.ts'

export function createOffsetDeleteHandler({
  nodeId,
  groupCoordinator,
  metadata,
}: Pick<Parts, 'nodeId' | 'groupCoordinator' | 'metadata'>): Handler {
  return guarded(offsetDelete, [DELETE_GROUP, READ_TOPIC], ({ groupId, topics }, context) => {
    if (!may(context, DELETE_GROUP, groupId)) return { errorCode: DELETE_GROUP.errorCode }
    if (groupId === '') return { errorCode: ErrorCode.INVALID_GROUP_ID }
    const shard = groupCoordinator.shardOf(nodeId, groupId)
    if (!shard) return { errorCode: ErrorCode.NOT_COORDINATOR }
    const errorCode = validateOffsetDelete(shard, groupId)
    if (errorCode !== ErrorCode.NONE) return { errorCode }
    const response = new PartitionErrors()
    const existing: [name: string, partitionIndex: number][] = []
    for (const { name, partitions } of topics) {
      const known = metadata.image.topicsByName.get(name)?.partitions ?? []
      const isReadable = may(context, READ_TOPIC, name)
      const unknown = isReadable ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : READ_TOPIC.errorCode
      for (const { partitionIndex } of partitions) {
        if (isReadable && known[partitionIndex]) existing.push([name, partitionIndex])
        else response.add({ name }, partitionIndex, unknown)
      }
    }
    for (const [name, partitionIndex] of existing) {
      response.add({ name }, partitionIndex, deleteOffset(shard, groupId, name, partitionIndex))
    }
    return { topics: response.topics }
  })
}
