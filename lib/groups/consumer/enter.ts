import { ErrorCode } from '../../../protocol/errors.ts'
import { randomUuid } from '../../lab/random.ts'
import { ApiError } from '../../metadata/controller/api-error.ts'
import type { ClassicGroup } from '../classic/group.ts'
import { deleteGroup } from '../delete-group.ts'
import type { GroupShard } from '../shard.ts'
import type { ListedPartitions, PartitionEpochs } from '../topic-partitions.ts'
import type { ConsumerGroup } from './group.ts'
import type { HeartbeatRequest } from './heartbeat-messages.ts'
import { type ConsumerMember, LEFT_FOR_A_WHILE_EPOCH, newMember } from './member.ts'
import { fencedInstance, notFound, unknownMember } from './refusals.ts'
import { invalidRegex } from './regex.ts'
import { replaceStaticMember } from './static-member.ts'
import { cannotUpgrade, upgrade } from './upgrade.ts'

/** A group and the member in it that a heartbeat is from; one that is new is not in the group yet. */
export interface Entered {
  readonly group: ConsumerGroup
  readonly member: ConsumerMember
}

const JOIN_EPOCH = 0

/**
 * Finds the group and the member of a heartbeat, or makes them for one that joins; nothing is changed where one of the
 * two cannot be had.
 */
export function enterConsumerGroup(shard: GroupShard, request: HeartbeatRequest): Entered | ApiError {
  const { groupId, instanceId } = request
  const found = shard.groups.get(groupId)
  if (found?.type === 'share' || found?.type === 'streams') return notFound(groupId, true)
  const existing: AnyGroup | undefined = found
  const memberId = request.memberId || randomUuid(shard.services.random)
  const refusal =
    refusesGroup(shard, existing, request) ??
    refusesMember(shard, existing, { ...request, memberId }) ??
    refusesRegex(existing, { ...request, memberId })
  if (refusal) return refusal
  const group = openGroup(shard, existing, groupId)
  if (group instanceof ApiError) return group
  const isStatic = instanceId !== null && request.memberEpoch === JOIN_EPOCH
  const predecessor = isStatic ? group.staticMember(instanceId) : undefined
  if (predecessor) return { group, member: replaceStaticMember(shard, group, predecessor, memberId) }
  return { group, member: group.members.get(memberId) ?? newMember(memberId) }
}

type AnyGroup = ClassicGroup | ConsumerGroup

function refusesGroup(
  shard: GroupShard,
  existing: AnyGroup | undefined,
  { groupId, memberEpoch }: HeartbeatRequest,
): ApiError | undefined {
  const joins = memberEpoch === JOIN_EPOCH
  if (!existing) {
    const message = `Consumer group ${groupId} not found.`
    return joins ? undefined : new ApiError(ErrorCode.GROUP_ID_NOT_FOUND, message)
  }
  if (existing.type === 'consumer') return undefined
  if (!joins) return notFound(groupId, true)
  return existing.isEmpty ? undefined : cannotUpgrade(shard, existing)
}

function refusesMember(
  shard: GroupShard,
  existing: AnyGroup | undefined,
  request: HeartbeatRequest,
): ApiError | undefined {
  const { memberId, memberEpoch, instanceId, topicPartitions } = request
  if (!existing || existing.isEmpty) return memberEpoch === JOIN_EPOCH ? undefined : gone(request)
  const refusal = isFull(shard, existing, memberId, instanceId)
  if (refusal || existing.type === 'classic') return refusal
  const member = instanceId === null ? existing.members.get(memberId) : existing.staticMember(instanceId)
  if (memberEpoch === JOIN_EPOCH) {
    return instanceId !== null && member ? unreleased(member, memberId, instanceId) : undefined
  }
  if (!member) return unknownMember(existing, memberId, instanceId)
  if (member.memberId !== memberId) return fencedInstance(member, memberId, instanceId)
  return invalidEpoch(member, memberEpoch, topicPartitions)
}

function gone({ groupId, memberId, instanceId }: HeartbeatRequest): ApiError {
  const message =
    instanceId === null
      ? `Member ${memberId} is not a member of group ${groupId}.`
      : `Instance id ${instanceId} is unknown.`
  return new ApiError(ErrorCode.UNKNOWN_MEMBER_ID, message)
}

export function isFull(
  shard: GroupShard,
  group: AnyGroup,
  memberId: string,
  instanceId: string | null,
): ApiError | undefined {
  if (instanceId !== null && group.staticMemberId(instanceId) !== undefined) return undefined
  const { groupConsumerMaxSize } = shard.config
  if (group.members.size < groupConsumerMaxSize || group.members.has(memberId)) return undefined
  return new ApiError(
    ErrorCode.GROUP_MAX_SIZE_REACHED,
    `The consumer group has reached its maximum capacity of ${groupConsumerMaxSize} members.`,
  )
}

/** A static member's place can be taken only when it has left it; one that speaks the classic protocol need not. */
function unreleased(member: ConsumerMember, memberId: string, instanceId: string): ApiError | undefined {
  if (member.classic || member.memberEpoch === LEFT_FOR_A_WHILE_EPOCH) return undefined
  return new ApiError(
    ErrorCode.UNRELEASED_INSTANCE_ID,
    `Static member ${memberId} with instance id ${instanceId} cannot join the group because the instance id is owned ` +
      `by ${member.memberId} member.`,
  )
}

/** A member may be one epoch behind: the answer that told it of its epoch can have been lost (KIP-848). */
function invalidEpoch(
  { memberEpoch: known, previousMemberEpoch, assigned }: ConsumerMember,
  received: number,
  owned: ListedPartitions | null,
): ApiError | undefined {
  if (received === known) return undefined
  const isPrevious = received < known && received === previousMemberEpoch && isSubset(owned, assigned)
  if (isPrevious) return undefined
  return new ApiError(
    ErrorCode.FENCED_MEMBER_EPOCH,
    `The consumer group member has a ${received > known ? 'greater' : 'smaller'} member epoch (${received}) than the one ` +
      `known by the group coordinator (${known}). The member must abandon all its partitions and rejoin.`,
  )
}

function isSubset(owned: ListedPartitions | null, assigned: PartitionEpochs): boolean {
  if (owned === null) return false
  return owned.every(({ topicId, partitions }) => {
    const epochs = assigned.get(topicId)
    return epochs !== undefined && partitions.every((partition) => epochs.has(partition))
  })
}

function refusesRegex(
  existing: AnyGroup | undefined,
  { subscribedTopicRegex: regex, memberId }: HeartbeatRequest,
): ApiError | undefined {
  if (!regex) return undefined
  if (existing?.type !== 'consumer') return invalidRegex(regex)
  // What somebody subscribes by already has been found good.
  const isKnown =
    existing.subscriptions.membersOf(regex) > 0 ||
    existing.members.get(memberId)?.subscribedTopicRegex === regex
  return isKnown ? undefined : invalidRegex(regex)
}

function openGroup(
  shard: GroupShard,
  existing: AnyGroup | undefined,
  groupId: string,
): ConsumerGroup | ApiError {
  if (existing?.type === 'consumer') return existing
  if (existing && !existing.isEmpty) return upgrade(shard, existing)
  if (existing) deleteGroup(shard, existing)
  return shard.createConsumerGroup(groupId)
}
