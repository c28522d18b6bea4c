import { ErrorCode } from '../../../protocol/errors.ts'
import { UNINITIALIZED_OFFSET } from '../../share/share-state.ts'
import type { GroupShard } from '../shard.ts'
import type { TopicPartitions } from '../topic-partitions.ts'
import type { ShareGroup } from './group.ts'
import { statePartitionsRecord } from './records.ts'

/** Sets up the states of partitions that the group subscribes to and has not read before. */
export function initializeStates(shard: GroupShard, group: ShareGroup): void {
  const { metadata, shares } = shard.services
  const { groupId, groupEpoch } = group
  const added = new Map<string, Set<number>>()
  for (const name of group.subscribedTopics) {
    const topic = metadata.image.topicsByName.get(name)
    if (!topic) continue
    const { topicId } = topic
    const known = group.initialized.get(topicId)
    if (known?.size === topic.partitions.length) continue
    for (const { partitionIndex: partition } of topic.partitions) {
      if (known?.has(partition)) continue
      const key = { groupId, topicId, partition }
      // Of a partition that is added to a topic no record is missed.
      const startOffset = known ? 0 : UNINITIALIZED_OFFSET
      // What cannot be set up now is tried again at the next heartbeat.
      if (shares.initialize(key, groupEpoch, startOffset) !== ErrorCode.NONE) continue
      added.set(topicId, (added.get(topicId) ?? new Set()).add(partition))
    }
  }
  if (added.size > 0) setInitialized(shard, group, joined(group.initialized, added))
}

/** The state of that one is set to begin there, whatever it was. */
export function setStartOffset(
  shard: GroupShard,
  group: ShareGroup,
  topicId: string,
  partition: number,
  startOffset: number,
): ErrorCode {
  const key = { groupId: group.groupId, topicId, partition }
  const errorCode = shard.services.shares.initialize(key, group.groupEpoch, startOffset)
  if (errorCode !== ErrorCode.NONE || group.initialized.get(topicId)?.has(partition)) return errorCode
  setInitialized(shard, group, joined(group.initialized, new Map([[topicId, new Set([partition])]])))
  return errorCode
}

/** All that is kept of the topic in this group is forgotten. */
export function deleteStates(shard: GroupShard, group: ShareGroup, topicId: string): ErrorCode {
  const { groupId } = group
  for (const partition of group.initialized.get(topicId) ?? []) {
    const errorCode = shard.services.shares.delete({ groupId, topicId, partition })
    if (errorCode !== ErrorCode.NONE) return errorCode
  }
  const left = new Map(group.initialized)
  if (left.delete(topicId)) setInitialized(shard, group, left)
  return ErrorCode.NONE
}

/** A topic is gone, and with it what groups know of it; the coordinator of their states forgets those by itself. */
export function deleteStatesOfTopic(shard: GroupShard, topicId: string): void {
  for (const group of shard.groups.values()) {
    if (group.type !== 'share' || !group.initialized.has(topicId)) continue
    const left = new Map(group.initialized)
    left.delete(topicId)
    setInitialized(shard, group, left)
  }
}

function setInitialized(shard: GroupShard, group: ShareGroup, initialized: TopicPartitions): void {
  shard.write([statePartitionsRecord(group.groupId, initialized, shard.services.metadata.image)])
}

function joined(a: TopicPartitions, b: TopicPartitions): TopicPartitions {
  const all = new Map(a)
  for (const [topicId, partitions] of b) {
    all.set(topicId, new Set([...(all.get(topicId) ?? []), ...partitions]))
  }
  return all
}
