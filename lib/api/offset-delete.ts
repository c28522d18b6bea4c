// OffsetDelete v0: offsets of a group are forgotten.
//
// Checked here: that topics and partitions exist, the group id, who coordinates the group; the rest in
// groups/offsets/delete.ts.
//
// Left out: who may delete the group and read the topics.

import { ErrorCode } from '../../protocol/errors.ts'
import { offsetDelete } from '../../protocol/messages/offset-delete.ts'
import { deleteOffset, validateOffsetDelete } from '../groups/offsets/delete.ts'
import { type Handler, handler } from '../network/handler.ts'
import { PartitionErrors } from './partition-errors.ts'
import type { Parts } from './parts.ts'

export function createOffsetDeleteHandler({
  nodeId,
  groupCoordinator,
  metadata,
}: Pick<Parts, 'nodeId' | 'groupCoordinator' | 'metadata'>): Handler {
  return handler(offsetDelete, ({ groupId, topics }) => {
    if (groupId === '') return { errorCode: ErrorCode.INVALID_GROUP_ID }
    const shard = groupCoordinator.shardOf(nodeId, groupId)
    if (!shard) return { errorCode: ErrorCode.NOT_COORDINATOR }
    const errorCode = validateOffsetDelete(shard, groupId)
    if (errorCode !== ErrorCode.NONE) return { errorCode }
    const response = new PartitionErrors()
    const existing: [name: string, partitionIndex: number][] = []
    for (const { name, partitions } of topics) {
      const known = metadata.image.topicsByName.get(name)?.partitions ?? []
      for (const { partitionIndex } of partitions) {
        if (known[partitionIndex]) existing.push([name, partitionIndex])
        else response.add({ name }, partitionIndex, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
      }
    }
    for (const [name, partitionIndex] of existing) {
      response.add({ name }, partitionIndex, deleteOffset(shard, groupId, name, partitionIndex))
    }
    return { topics: response.topics }
  })
}
