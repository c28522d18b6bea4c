import { ErrorCode } from '../../../protocol/errors.ts'
import { ApiError } from '../../metadata/controller/api-error.ts'
import type { GroupRecord } from '../group-record.ts'
import type { GroupShard } from '../shard.ts'
import { NO_PARTITIONS, type PartitionEpochs } from '../topic-partitions.ts'
import { canDowngrade, downgrade } from './downgrade.ts'
import type { ConsumerGroup } from './group.ts'
import { raiseGroupEpoch } from './group-epoch.ts'
import type { HeartbeatRequest, HeartbeatResponse } from './heartbeat.ts'
import { type ConsumerMember, LEFT_FOR_A_WHILE_EPOCH } from './member.ts'
import { currentRecord, memberTombstones, regexTombstone, targetEpochRecord } from './records.ts'

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

export function notFound(groupId: string, isOfAnotherType: boolean): ApiError {
  const message = isOfAnotherType
    ? `Group ${groupId} is not a consumer group.`
    : `Group ${groupId} not found.`
  return new ApiError(ErrorCode.GROUP_ID_NOT_FOUND, message)
}

export function unknownMember(group: ConsumerGroup, memberId: string, instanceId: string | null): ApiError {
  const message =
    instanceId === null
      ? `Member ${memberId} is not a member of group ${group.groupId}.`
      : `Instance id ${instanceId} is unknown.`
  return new ApiError(ErrorCode.UNKNOWN_MEMBER_ID, message)
}

export function fencedInstance(
  member: ConsumerMember,
  memberId: string,
  instanceId: string | null,
): ApiError {
  return new ApiError(
    ErrorCode.FENCED_INSTANCE_ID,
    `Static member ${memberId} with instance id ${instanceId} was fenced by member ${member.memberId}.`,
  )
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

/**
 * Takes members away. Where those that stay all speak the classic protocol, the group becomes a classic one
 * (`GroupMetadataManager.consumerGroupFenceMembers`).
 */
export function fenceMembers(
  shard: GroupShard,
  group: ConsumerGroup,
  leaving: readonly ConsumerMember[],
): void {
  if (leaving.length === 0) return
  if (canDowngrade(shard, group, leaving)) {
    downgrade(shard, group, { leaving, rebalances: 'a member that spoke the consumer protocol left' })
    return
  }
  const { groupId, subscriptions } = group
  for (const { memberId } of leaving) group.timers.cancelAllOf(memberId)
  shard.write(leaving.flatMap(({ memberId }) => memberTombstones(groupId, memberId)))
  const orphans: GroupRecord[] = []
  for (const regex of subscriptions.resolved.keys()) {
    if (subscriptions.membersOf(regex) === 0) orphans.push(regexTombstone(groupId, regex))
  }
  shard.write(orphans)
  raiseGroupEpoch(shard, group, true)
  // Whoever joins the empty group need not wait for the assignment interval.
  if (group.isEmpty) shard.write([targetEpochRecord(groupId, group.groupEpoch, 0)])
}
