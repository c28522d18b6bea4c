import { ApiError } from '../../metadata/controller/api-error.ts'
import type { RequestContext } from '../../network/handler.ts'
import type { GroupShard } from '../shard.ts'
import { listPartitions, sameEpochs } from '../topic-partitions.ts'
import { enterConsumerGroup } from './enter.ts'
import type { ConsumerGroup } from './group.ts'
import { raiseGroupEpoch } from './group-epoch.ts'
import type { HeartbeatRequest, HeartbeatResponse } from './heartbeat-messages.ts'
import { leaveConsumerGroup } from './leave.ts'
import { type ConsumerMember, LEAVE_EPOCH, LEFT_FOR_A_WHILE_EPOCH } from './member.ts'
import { reconcile } from './reconcile.ts'
import { memberRecord } from './records.ts'
import { regexChange, resolveRegexesWhenDue } from './regex.ts'
import { renewSession } from './sessions.ts'
import { updateTargetAssignment } from './target-assignment.ts'
import { invalidHeartbeat } from './validate-heartbeat.ts'

/**
 * ConsumerGroupHeartbeat at the coordinator (`GroupMetadataManager.consumerGroupHeartbeat`): a member joins, leaves, says
 * that it is alive and what it owns, and learns what it may own.
 */
export function heartbeatConsumerGroup(
  shard: GroupShard,
  request: HeartbeatRequest,
  context: RequestContext,
): HeartbeatResponse | ApiError {
  const invalid = invalidHeartbeat(request, context.apiVersion, shard.config.groupConsumerAssignors)
  if (invalid) return invalid
  const { memberEpoch, groupId } = request
  if (memberEpoch === LEAVE_EPOCH || memberEpoch === LEFT_FOR_A_WHILE_EPOCH) {
    return leaveConsumerGroup(shard, request)
  }
  const entered = enterConsumerGroup(shard, request)
  if (entered instanceof ApiError) return entered
  const { group, member } = entered
  const updated = updatedMember(member, request, context)
  const subscriptionChanged = updateGroup(shard, group, member, updated, context)
  updateTargetAssignment(shard, group)
  const heard = { owned: request.topicPartitions, subscriptionChanged }
  const reconciled = reconcile(shard, group, updated, heard)
  if (reconciled instanceof ApiError) return reconciled
  renewSession(shard, group, reconciled.memberId)
  const assignmentIsNews =
    memberEpoch === 0 || isFullRequest(request) || !sameEpochs(member.assigned, reconciled.assigned)
  return {
    memberId: reconciled.memberId,
    memberEpoch: reconciled.memberEpoch,
    heartbeatIntervalMs: shard.services.groupConfig(groupId).consumerHeartbeatIntervalMs,
    assignment: assignmentIsNews ? { topicPartitions: listPartitions(reconciled.assigned) } : null,
  }
}

/** A member that tells everything wants to be told everything. */
function isFullRequest(request: HeartbeatRequest): boolean {
  const { rebalanceTimeoutMs, subscribedTopicNames, subscribedTopicRegex, topicPartitions } = request
  const tellsSubscription = subscribedTopicNames !== null || subscribedTopicRegex !== null
  return rebalanceTimeoutMs !== -1 && tellsSubscription && topicPartitions !== null
}

/** The member with what the heartbeat tells of it; the same object where that is nothing new. */
function updatedMember(
  member: ConsumerMember,
  request: HeartbeatRequest,
  { clientId, session }: RequestContext,
): ConsumerMember {
  // Java writes an address without a host name with a slash before it, and that is what tools show.
  const clientHost = `/${session.clientHost}`
  if (tellsNothing(request) && member.clientId === clientId && member.clientHost === clientHost) {
    if (!member.classic) return member
  }
  const updated: ConsumerMember = {
    ...member,
    instanceId: request.instanceId ?? member.instanceId,
    rackId: request.rackId ?? member.rackId,
    rebalanceTimeoutMs:
      request.rebalanceTimeoutMs === -1 ? member.rebalanceTimeoutMs : request.rebalanceTimeoutMs,
    serverAssignor: request.serverAssignor ?? member.serverAssignor,
    subscribedTopicNames: newTopicNames(member.subscribedTopicNames, request.subscribedTopicNames),
    subscribedTopicRegex: request.subscribedTopicRegex ?? member.subscribedTopicRegex,
    clientId: clientId ?? '',
    clientHost,
    classic: null,
  }
  return tellTheSame(member, updated) ? member : updated
}

/** As most heartbeats are. */
function tellsNothing(request: HeartbeatRequest): boolean {
  return (
    request.subscribedTopicNames === null &&
    request.subscribedTopicRegex === null &&
    request.rebalanceTimeoutMs === -1 &&
    request.instanceId === null &&
    request.rackId === null &&
    request.serverAssignor === null
  )
}

/** The old set where the names are the same, so that a look at it tells. */
export function newTopicNames(
  old: ReadonlySet<string>,
  names: readonly string[] | null,
): ReadonlySet<string> {
  if (names === null) return old
  const topics = new Set(names)
  return topics.size === old.size && names.every((name) => old.has(name)) ? old : topics
}

function tellTheSame(a: ConsumerMember, b: ConsumerMember): boolean {
  return (
    a.instanceId === b.instanceId &&
    a.rackId === b.rackId &&
    a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
    a.serverAssignor === b.serverAssignor &&
    a.subscribedTopicNames === b.subscribedTopicNames &&
    a.subscribedTopicRegex === b.subscribedTopicRegex &&
    a.clientId === b.clientId &&
    a.clientHost === b.clientHost &&
    a.classic === b.classic
  )
}

/**
 * What the member tells of itself becomes the group's, and raises its epoch where it matters to others.
 * @returns whether it subscribes otherwise than before
 */
export function updateGroup(
  shard: GroupShard,
  group: ConsumerGroup,
  member: ConsumerMember,
  updated: ConsumerMember,
  context: RequestContext,
): boolean {
  const regex = regexChange(group, member, updated)
  const namesChanged = updated.subscribedTopicNames !== member.subscribedTopicNames
  const [defaultAssignor] = shard.config.groupConsumerAssignors
  const assignor = group.preferredAssignor ?? defaultAssignor
  if (updated !== member) shard.write([memberRecord(group.groupId, updated), ...regex.tombstones])
  resolveRegexesWhenDue(shard, group, regex.isNew, context)
  const assignorChanged = (group.preferredAssignor ?? defaultAssignor) !== assignor
  const mattersToAll = namesChanged || regex.isResolved || assignorChanged
  if (mattersToAll || group.topicsCheckedAt !== shard.services.topicChanges.version) {
    raiseGroupEpoch(shard, group, mattersToAll)
  }
  return namesChanged || regex.isChanged
}
