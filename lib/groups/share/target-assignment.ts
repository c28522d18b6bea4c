import { assignShares } from '../assignor/simple.ts'
import type { GroupRecord } from '../group-record.ts'
import type { GroupShard } from '../shard.ts'
import { NO_PARTITIONS, type TopicPartitions } from '../topic-partitions.ts'
import type { ShareGroup } from './group.ts'
import { targetEpochRecord, targetRecord } from './records.ts'

/** Makes the target assignment of the group's epoch, unless there is one or the last one is too recent. */
export function updateTargetAssignment(shard: GroupShard, group: ShareGroup): void {
  const { groupId, groupEpoch, assignmentTimestampMs } = group
  if (group.assignmentEpoch >= groupEpoch) return
  const now = shard.services.clock.now()
  const { shareAssignmentIntervalMs } = shard.services.groupConfig(groupId)
  if (assignmentTimestampMs !== 0 && now < assignmentTimestampMs + shareAssignmentIntervalMs) return
  const { image } = shard.services.metadata
  const topicIdsOf = (names: Iterable<string>) => {
    const topicIds = new Set<string>()
    for (const name of names) {
      const topicId = image.topicsByName.get(name)?.topicId
      if (topicId !== undefined) topicIds.add(topicId)
    }
    return topicIds
  }
  const targets = assignShares({
    members: [...group.members.values()].map(({ memberId, subscribedTopicNames }) => ({
      memberId,
      instanceId: null,
      topicIds: topicIdsOf(subscribedTopicNames),
      assigned: group.targetOf(memberId),
    })),
    partitionCount: (topicId) => image.topicsById.get(topicId)?.partitions.length ?? 0,
  })
  const records: GroupRecord[] = []
  for (const [memberId, target] of targets) {
    if (!group.hasTarget(memberId, target)) records.push(targetRecord(groupId, memberId, target))
  }
  records.push(targetEpochRecord(groupId, groupEpoch, now))
  shard.write(records)
}

/** Of the partitions, those whose states are set up: others cannot be read yet. */
export function initializedOf(group: ShareGroup, partitions: TopicPartitions): TopicPartitions {
  const left = new Map<string, ReadonlySet<number>>()
  for (const [topicId, wanted] of partitions) {
    const initialized = group.initialized.get(topicId) ?? new Set()
    const kept = new Set([...wanted].filter((partition) => initialized.has(partition)))
    if (kept.size > 0) left.set(topicId, kept)
  }
  return left.size === 0 ? NO_PARTITIONS : left
}
