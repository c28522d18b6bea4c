import type { MetadataImage } from '../../metadata/image.ts'
import type { GroupSpec, MemberSpec } from '../assignor/assignor.ts'
import { serverAssignors } from '../assignor/server-assignors.ts'
import type { GroupRecord } from '../group-record.ts'
import type { GroupShard } from '../shard.ts'
import { NO_PARTITIONS } from '../topic-partitions.ts'
import type { ConsumerGroup } from './group.ts'
import type { ConsumerMember } from './member.ts'
import { targetEpochRecord, targetRecord } from './records.ts'

/**
 * Makes the target assignment of the group's epoch, unless there is one or the last one is too recent
 * (`GroupMetadataManager.maybeUpdateTargetAssignment`): who joins meanwhile is assigned to with the others.
 */
export function updateTargetAssignment(shard: GroupShard, group: ConsumerGroup): void {
  const { groupId, groupEpoch, assignmentTimestampMs } = group
  if (group.assignmentEpoch >= groupEpoch) return
  const now = shard.services.clock.now()
  const { consumerAssignmentIntervalMs } = shard.services.groupConfig(groupId)
  if (assignmentTimestampMs !== 0 && now < assignmentTimestampMs + consumerAssignmentIntervalMs) return
  const assignors = serverAssignors(shard.config.groupConsumerAssignors)
  const assignor = assignors.find(({ name }) => name === group.preferredAssignor) ?? assignors[0]
  const spec = specOf(group, shard.services.metadata.image)
  const targets = assignor?.assign(spec)
  const records: GroupRecord[] = []
  for (let i = 0; i < spec.members.length; i++) {
    const { memberId, assigned } = spec.members[i] as MemberSpec
    const target = targets?.[i] ?? NO_PARTITIONS
    if (target === assigned && target !== NO_PARTITIONS) continue
    if (!group.hasTarget(memberId, target)) records.push(targetRecord(groupId, memberId, target))
  }
  records.push(targetEpochRecord(groupId, groupEpoch, now))
  shard.write(records)
  shard.services.logger.info('group assigned', {
    groupId,
    groupEpoch,
    members: group.members.size,
    assignor: assignor?.name,
  })
}

function specOf(group: ConsumerGroup, image: MetadataImage): GroupSpec {
  const { members, subscriptions, targetOwners } = group
  const isHomogeneous = subscriptions.isHomogeneous(members.size)
  const topicIdsOf = (memberId: string) =>
    subscribedTopicIds(group, members.get(memberId) as ConsumerMember, image)
  const [first] = members.keys()
  const shared = isHomogeneous && first !== undefined ? topicIdsOf(first) : undefined
  return {
    ...group.specs.list(shared ? () => shared : topicIdsOf),
    isHomogeneous,
    partitionCount: (topicId) => image.topicsById.get(topicId)?.partitions.length ?? 0,
    assigned: (topicId) => targetOwners.ofTopic(topicId),
  }
}

/** Of the topics that the member subscribes to, those that are there. */
export function subscribedTopicIds(
  { subscriptions }: ConsumerGroup,
  member: ConsumerMember,
  image: MetadataImage,
): Set<string> {
  const topicIds = new Set<string>()
  for (const name of subscriptions.topicsOf(member)) {
    const topic = image.topicsByName.get(name)
    if (topic) topicIds.add(topic.topicId)
  }
  return topicIds
}
