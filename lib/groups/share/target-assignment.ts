import type { MetadataImage } from '../../metadata/image.ts'
import { assignShares } from '../assignor/simple.ts'
import type { GroupRecord } from '../group-record.ts'
import type { GroupShard } from '../shard.ts'
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
    partitionsOf: (topicId) => group.initialized.get(topicId) ?? [],
  })
  const records: GroupRecord[] = []
  for (const [memberId, target] of targets) {
    if (!group.hasTarget(memberId, target)) records.push(targetRecord(groupId, memberId, target))
  }
  records.push(targetEpochRecord(groupId, groupEpoch, now))
  shard.write(records)
}

/** Whether partitions that were set up since are in no target yet. */
export function hasUnassigned(group: ShareGroup, image: MetadataImage): boolean {
  if (group.isEmpty) return false
  const assigned = new Map<string, Set<number>>()
  for (const memberId of group.members.keys()) {
    for (const [topicId, partitions] of group.targetOf(memberId)) {
      const all = assigned.get(topicId) ?? new Set()
      for (const partition of partitions) all.add(partition)
      assigned.set(topicId, all)
    }
  }
  for (const [topicId, initialized] of group.initialized) {
    const name = image.topicsById.get(topicId)?.name
    if (name === undefined || !group.isSubscribedTo(name)) continue
    if (assigned.get(topicId)?.size !== initialized.size) return true
  }
  return false
}
