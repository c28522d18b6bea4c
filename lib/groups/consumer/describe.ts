import type { consumerGroupDescribe } from '../../../protocol/messages/consumer-group-describe.ts'
import type { ResponseOf } from '../../../protocol/schema.ts'
import type { MetadataImage } from '../../metadata/image.ts'
import { inOrder } from '../topic-partitions.ts'
import type { ConsumerGroup } from './group.ts'
import type { ConsumerMember } from './member.ts'

export type DescribedConsumerGroup = NonNullable<ResponseOf<typeof consumerGroupDescribe>['groups']>[number]
type DescribedMember = NonNullable<DescribedConsumerGroup['members']>[number]
type DescribedAssignment = NonNullable<DescribedMember['assignment']>

/** Which protocol a member speaks, since v1 (KIP-1099). */
const MEMBER_TYPE = { classic: 0, consumer: 1 } as const

/** A consumer group as ConsumerGroupDescribe shows it; topics that are gone are left out. */
export function describeConsumerGroup(
  group: ConsumerGroup,
  image: MetadataImage,
  defaultAssignor: string,
): DescribedConsumerGroup {
  return {
    groupId: group.groupId,
    groupState: group.state,
    groupEpoch: group.groupEpoch,
    assignmentEpoch: group.assignmentEpoch,
    assignorName: group.preferredAssignor ?? defaultAssignor,
    members: [...group.members.values()].map((member) => describeMember(group, member, image)),
  }
}

function describeMember(group: ConsumerGroup, member: ConsumerMember, image: MetadataImage): DescribedMember {
  const { memberId, assigned, pendingRevocation } = member
  return {
    memberId,
    instanceId: member.instanceId,
    rackId: member.rackId,
    memberEpoch: member.memberEpoch,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: [...member.subscribedTopicNames],
    subscribedTopicRegex: member.subscribedTopicRegex,
    assignment: describeAssignment([assigned, pendingRevocation], image),
    targetAssignment: describeAssignment([group.targetOf(memberId)], image),
    memberType: member.classic ? MEMBER_TYPE.classic : MEMBER_TYPE.consumer,
  }
}

function describeAssignment(
  parts: readonly ReadonlyMap<string, ReadonlySet<number> | ReadonlyMap<number, number>>[],
  image: MetadataImage,
): DescribedAssignment {
  const byTopic = new Map<string, number[]>()
  for (const part of parts) {
    for (const [topicId, partitions] of part) {
      byTopic.set(topicId, [...(byTopic.get(topicId) ?? []), ...partitions.keys()])
    }
  }
  return {
    topicPartitions: [...byTopic].flatMap(([topicId, partitions]) => {
      const topicName = image.topicsById.get(topicId)?.name
      return topicName === undefined ? [] : [{ topicId, topicName, partitions: inOrder(partitions) }]
    }),
  }
}
