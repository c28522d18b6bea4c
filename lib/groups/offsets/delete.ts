import { ErrorCode } from '../../../protocol/errors.ts'
import type { GroupRecord } from '../group-record.ts'
import type { GroupShard } from '../shard.ts'
import { offsetTombstone } from './committed-offsets.ts'

/** Whether offsets of the group may be deleted: of one that uses another protocol than the consumers', only while it is empty. */
export function validateOffsetDelete(shard: GroupShard, groupId: string): number {
  const group = shard.groups.get(groupId)
  if (!group || group.type === 'share') return ErrorCode.GROUP_ID_NOT_FOUND
  if (group.type !== 'classic') return ErrorCode.NONE
  return group.isEmpty || group.usesConsumerProtocol ? ErrorCode.NONE : ErrorCode.NON_EMPTY_GROUP
}

/** Deletes one offset, if there is one; the error code of its partition (`OffsetMetadataManager.deleteOffsets`). */
export function deleteOffset(shard: GroupShard, groupId: string, topic: string, partition: number): number {
  if (shard.groups.get(groupId)?.isSubscribedTo(topic)) return ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC
  if (shard.offsets.get(groupId, topic, partition) || shard.pendingOffsets.has(groupId, topic, partition)) {
    shard.writeOffsets([offsetTombstone(groupId, topic, partition)])
  }
  return ErrorCode.NONE
}

/** All that the group committed is forgotten. */
export function deleteOffsetsOfGroup(shard: GroupShard, groupId: string): void {
  const records: GroupRecord[] = []
  for (const [topic, partitions] of shard.offsets.ofGroup(groupId)) {
    for (const partition of partitions.keys()) records.push(offsetTombstone(groupId, topic, partition))
  }
  for (const { key } of shard.pendingOffsets.records()) {
    const isCommitted = shard.offsets.get(groupId, key.topic, key.partition) !== undefined
    if (key.group === groupId && !isCommitted)
      records.push(offsetTombstone(groupId, key.topic, key.partition))
  }
  shard.writeOffsets(records)
}

/** Offsets go with their topic. One of the same name that comes later has another id and inherits nothing. */
export function deleteOffsetsOfTopic(shard: GroupShard, topicId: string): void {
  const records: GroupRecord[] = []
  for (const groupId of shard.offsets.groupIds()) {
    for (const [topic, partitions] of shard.offsets.ofGroup(groupId)) {
      for (const [partition, committed] of partitions) {
        if (committed.topicId === topicId) records.push(offsetTombstone(groupId, topic, partition))
      }
    }
  }
  for (const { key, value } of shard.pendingOffsets.records()) {
    if (value?.topicId === topicId) records.push(offsetTombstone(key.group, key.topic, key.partition))
  }
  shard.writeOffsets(records)
}
