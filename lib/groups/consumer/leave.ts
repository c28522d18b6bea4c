import type { ApiError } from '../../metadata/controller/api-error.ts'
import type { GroupShard } from '../shard.ts'
import { NO_PARTITIONS, type PartitionEpochs } from '../topic-partitions.ts'
import { fenceMembers } from './fence-members.ts'
import type { ConsumerGroup } from './group.ts'
import type { HeartbeatRequest, HeartbeatResponse } from './heartbeat-messages.ts'
import { type ConsumerMember, LEFT_FOR_A_WHILE_EPOCH } from './member.ts'
import { currentRecord } from './records.ts'
import { fencedInstance, notFound, unknownMember } from './refusals.ts'

/** A member says good-bye, for good or, if static, for a while (`GroupMetadataManager.consumerGroupLeave`). */
export function leaveConsumerGroup(
  shard: GroupShard,
  { groupId, memberId, memberEpoch, instanceId }: HeartbeatRequest,
): HeartbeatResponse | ApiError {
  const group = shard.groups.get(groupId)
  if (group?.type !== 'consumer') return notFound(groupId, group !== undefined)
  const member = instanceId === null ? group.members.get(memberId) : group.staticMember(instanceId)
  if (!member) return unknownMember(group, memberId, instanceId)
  if (member.memberId !== memberId) return fencedInstance(member, memberId, instanceId)
  shard.services.logger.info('member left', { groupId, memberId, instanceId, memberEpoch })
  if (instanceId !== null && memberEpoch === LEFT_FOR_A_WHILE_EPOCH) leaveForAWhile(shard, group, member)
  else fenceMembers(shard, group, [member])
  return { memberId, memberEpoch }
}

/** Its place and its partitions are kept until it is back or its session ends. */
function leaveForAWhile(shard: GroupShard, group: ConsumerGroup, member: ConsumerMember): void {
  const away = {
    ...member,
    memberEpoch: LEFT_FOR_A_WHILE_EPOCH,
    assigned: withoutEpochs(member.assigned),
    pendingRevocation: NO_PARTITIONS,
  }
  shard.write([currentRecord(group.groupId, away)])
}

/** Whoever takes the place may commit for these partitions in whichever epoch that is. */
function withoutEpochs(topics: PartitionEpochs): PartitionEpochs {
  return new Map(
    [...topics].map(([topicId, partitions]) => [
      topicId,
      new Map([...partitions.keys()].map((partition) => [partition, 0])),
    ]),
  )
}
