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
  const targets = assignor?.assign(specOf(group, shard.services.metadata.image))
  const records: GroupRecord[] = []
  for (const memberId of group.members.keys()) {
    const target = targets?.get(memberId) ?? NO_PARTITIONS
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
  let shared: ReadonlySet<string> | undefined
  const topicIdsOf = (member: ConsumerMember) => {
    if (!isHomogeneous) return subscribedTopicIds(group, member, image)
    shared ??= subscribedTopicIds(group, member, image)
    return shared
  }
  const specs: MemberSpec[] = []
  for (const member of members.values()) {
    const { memberId, instanceId } = member
    specs.push({ memberId, instanceId, topicIds: topicIdsOf(member), assigned: group.targetOf(memberId) })
  }
  return {
    members: specs,
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
