import { ErrorCode } from '../../../protocol/errors.ts'
import { randomUuid } from '../../lab/random.ts'
import { ApiError } from '../../metadata/controller/api-error.ts'
import type { Joining } from '../classic/joining.ts'
import type { JoinGroupResponse } from '../classic/member.ts'
import { readSubscription, type Subscription, withTopicIds } from '../consumer-protocol.ts'
import type { ListedPartitions } from '../topic-partitions.ts'
import { canDowngrade, downgrade } from './downgrade.ts'
import { isFull } from './enter.ts'
import type { ConsumerGroup } from './group.ts'
import { newTopicNames, updateGroup } from './heartbeat.ts'
import { type ConsumerMember, newMember } from './member.ts'
import { reconcile } from './reconcile.ts'
import { fencedInstance, unknownMember } from './refusals.ts'
import { expectSync, renewSession } from './sessions.ts'
import { replaceStaticMember } from './static-member.ts'
import { updateTargetAssignment } from './target-assignment.ts'

/** From this version on a dynamic member gets its id first and joins with it next (KIP-394). */
const MEMBER_ID_REQUIRED_SINCE = 4

/**
 * JoinGroup of a member that speaks the classic protocol to a consumer group that has members: it gets its assignment
 * from the coordinator like everybody, in steps that look like rebalances to it
 * (`GroupMetadataManager.classicGroupJoinToConsumerGroup`).
 */
export function joinConsumerGroup(joining: Joining, group: ConsumerGroup): void {
  const { shard, request, context, respond } = joining
  const isUnknown = request.memberId === ''
  const memberId = isUnknown ? randomUuid(shard.services.random) : request.memberId
  const { groupInstanceId } = request
  const refusal = refusesJoin(joining, group, memberId)
  if (refusal !== undefined) {
    respond({ errorCode: refusal })
    return
  }
  if (isUnknown && groupInstanceId === null && context.apiVersion >= MEMBER_ID_REQUIRED_SINCE) {
    respond({ errorCode: ErrorCode.MEMBER_ID_REQUIRED, memberId })
    return
  }
  const subscription = readSubscription(joining.terms.protocols[0]?.metadata ?? Buffer.alloc(0))?.value
  const known = groupInstanceId === null ? undefined : group.staticMember(groupInstanceId)
  const unknown = !isUnknown && groupInstanceId !== null ? refusesStatic(group, known, joining) : undefined
  if (unknown !== undefined || !subscription) {
    respond({ errorCode: unknown ?? ErrorCode.INCONSISTENT_GROUP_PROTOCOL })
    return
  }
  respond(join(joining, group, memberId, subscription, isUnknown ? known : undefined))
}

function refusesJoin(
  { shard, request }: Joining,
  group: ConsumerGroup,
  memberId: string,
): number | undefined {
  const { groupConsumerMigrationPolicy } = shard.config
  const { INCONSISTENT_GROUP_PROTOCOL } = ErrorCode
  if (groupConsumerMigrationPolicy.toLowerCase() === 'disabled') return INCONSISTENT_GROUP_PROTOCOL
  const full = isFull(shard, group, memberId, request.groupInstanceId)
  if (full) return full.errorCode
  const { protocolType, protocols } = request
  return group.supportsClassicProtocols(protocolType, protocols) ? undefined : INCONSISTENT_GROUP_PROTOCOL
}

function refusesStatic(
  group: ConsumerGroup,
  known: ConsumerMember | undefined,
  { request: { memberId, groupInstanceId } }: Joining,
): number | undefined {
  if (!known) return unknownMember(group, memberId, groupInstanceId).errorCode
  if (known.memberId !== memberId) return fencedInstance(known, memberId, groupInstanceId).errorCode
  return undefined
}

function join(
  joining: Joining,
  group: ConsumerGroup,
  memberId: string,
  subscription: Subscription,
  predecessor: ConsumerMember | undefined,
): JoinGroupResponse {
  const { shard, context, terms } = joining
  const { image } = shard.services.metadata
  // Asked while the one that is replaced is still there: it is the last that speaks the consumer protocol.
  const downgrades = predecessor && !predecessor.classic && canDowngrade(shard, group, [predecessor], 1)
  const member = predecessor
    ? replaceStaticMember(shard, group, predecessor, memberId)
    : (group.members.get(memberId) ?? newMember(memberId))
  let updated = updatedMember(joining, member, subscription)
  const subscriptionChanged = updateGroup(shard, group, member, updated, context)
  const owned = withTopicIds(subscription.ownedPartitions, image)
  const isStale = group.assignmentEpoch < group.groupEpoch
  if (!downgrades) updateTargetAssignment(shard, group)
  if (!downgrades || !isStale) {
    const reconciled = reconcile(shard, group, updated, {
      owned: owned as ListedPartitions,
      subscriptionChanged,
    })
    if (reconciled instanceof ApiError) return { errorCode: reconciled.errorCode }
    updated = reconciled
  }
  group.timers.cancel('join', memberId)
  if (downgrades) {
    const rebalances = isStale ? 'the group was downgraded before it was assigned anew' : undefined
    downgrade(shard, group, { leaving: [], rebalances })
  } else {
    renewSession(shard, group, memberId, terms.sessionTimeoutMs)
    expectSync(shard, group, memberId, terms.rebalanceTimeoutMs)
  }
  return {
    memberId,
    generationId: updated.memberEpoch,
    protocolType: 'consumer',
    protocolName: terms.protocols[0]?.name as string,
  }
}

function updatedMember(
  { request, context, terms }: Joining,
  member: ConsumerMember,
  { topics, rackId }: Subscription,
): ConsumerMember {
  const { sessionTimeoutMs, protocols } = terms
  return {
    ...member,
    instanceId: request.groupInstanceId ?? member.instanceId,
    rackId: rackId || member.rackId,
    rebalanceTimeoutMs:
      request.rebalanceTimeoutMs === -1 ? member.rebalanceTimeoutMs : request.rebalanceTimeoutMs,
    subscribedTopicNames: newTopicNames(member.subscribedTopicNames, topics),
    subscribedTopicRegex: '',
    clientId: context.clientId ?? '',
    clientHost: `/${context.session.clientHost}`,
    classic: { sessionTimeoutMs, supportedProtocols: [...protocols] },
  }
}
