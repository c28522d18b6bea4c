import { ErrorCode } from '../../../protocol/errors.ts'
import { ApiError } from '../../metadata/controller/api-error.ts'
import type { ClassicGroup } from '../classic/group.ts'
import type { ClassicMember } from '../classic/member.ts'
import { renewSession as renewClassicSession } from '../classic/rebalance.ts'
import { assignmentOf, readAssignment, readSubscription } from '../consumer-protocol.ts'
import { deleteGroup } from '../delete-group.ts'
import { metadataHash } from '../metadata-hash.ts'
import type { GroupShard } from '../shard.ts'
import { NO_PARTITIONS, type TopicPartitions, withEpoch } from '../topic-partitions.ts'
import type { ConsumerGroup } from './group.ts'
import { type ConsumerMember, newMember } from './member.ts'
import { currentRecord, epochRecord, memberRecord, targetEpochRecord, targetRecord } from './records.ts'
import { renewSession } from './sessions.ts'

/** Why a classic group cannot become a consumer group while it has members; undefined when it can. */
export function cannotUpgrade(shard: GroupShard, group: ClassicGroup): ApiError | undefined {
  const { groupConsumerMigrationPolicy, groupConsumerMaxSize } = shard.config
  if (!allowsUpgrade(groupConsumerMigrationPolicy)) return refused(group, 'online upgrade is disabled')
  if (!group.usesConsumerProtocol) {
    return refused(group, 'the group does not use the consumer embedded protocol')
  }
  if (group.members.size > groupConsumerMaxSize) {
    return refused(group, 'the group size exceeds the consumer group maximum size')
  }
  return undefined
}

function allowsUpgrade(policy: string): boolean {
  return ['upgrade', 'bidirectional'].includes(policy.toLowerCase())
}

function refused({ groupId }: ClassicGroup, reason: string): ApiError {
  return new ApiError(
    ErrorCode.GROUP_ID_NOT_FOUND,
    `Cannot upgrade classic group ${groupId} to consumer group because ${reason}.`,
  )
}

interface Upgraded {
  readonly member: ConsumerMember
  readonly sessionTimeoutMs: number
  readonly target: TopicPartitions
}

/**
 * A classic group becomes a consumer group with the members and assignments of its generation, which is its first epoch;
 * a rebalance under way is over (KIP-848, `ConsumerGroup.fromClassicGroup`).
 */
export function upgrade(shard: GroupShard, classic: ClassicGroup): ConsumerGroup | ApiError {
  const { groupId, generationId } = classic
  const errorCode = ErrorCode.REBALANCE_IN_PROGRESS
  for (const member of classic.members.values()) {
    const isWaiting = member.awaitingJoin !== undefined || member.awaitingSync !== undefined
    classic.completeJoin(member, { errorCode, memberId: member.memberId })
    member.completeSync({ errorCode })
    // Should it stay a classic group after all, who was sent away must be heard of again; Kafka forgets that.
    if (isWaiting) renewClassicSession(shard, classic, member)
  }
  const members: Upgraded[] = []
  for (const member of classic.members.values()) {
    const upgraded = upgradedMember(shard, classic, member)
    if (upgraded instanceof ApiError) return upgraded
    members.push(upgraded)
  }
  deleteGroup(shard, classic)
  const group = shard.createConsumerGroup(groupId)
  const { image } = shard.services.metadata
  const topics = new Set(members.flatMap(({ member }) => [...member.subscribedTopicNames]))
  shard.write([
    ...members.map(({ member }) => memberRecord(groupId, member)),
    epochRecord(groupId, generationId, metadataHash(image, topics)),
    ...members.map(({ member, target }) => targetRecord(groupId, member.memberId, target)),
    targetEpochRecord(groupId, generationId, 0),
    ...members.map(({ member }) => currentRecord(groupId, member)),
  ])
  for (const { member, sessionTimeoutMs } of members) {
    renewSession(shard, group, member.memberId, sessionTimeoutMs)
  }
  shard.services.logger.info('group upgraded', { groupId, generationId })
  return group
}

function upgradedMember(
  shard: GroupShard,
  group: ClassicGroup,
  { memberId, groupInstanceId, clientId, clientHost, terms, assignment }: ClassicMember,
): Upgraded | ApiError {
  const { generationId, protocolName } = group
  // Kafka stumbles over a group that has never agreed on a protocol.
  const metadata = terms.protocols.find(({ name }) => name === protocolName)?.metadata
  if (!metadata) return new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, null)
  const subscription = readSubscription(metadata)?.value
  const assigned = assignment.length === 0 ? NOTHING : readAssignment(assignment)
  if (!subscription || !assigned) return refused(group, 'the embedded consumer protocol is malformed')
  if (assigned.userData?.length) {
    return refused(
      group,
      'an unsupported custom assignor is in use. Please refer to the documentation or switch to a default assignor ' +
        'before re-attempting the upgrade',
    )
  }
  const target = assignmentOf(assigned.assignedPartitions, shard.services.metadata.image)
  const { sessionTimeoutMs, rebalanceTimeoutMs, protocols } = terms
  const member: ConsumerMember = {
    ...newMember(memberId),
    memberEpoch: generationId,
    previousMemberEpoch: generationId,
    instanceId: groupInstanceId,
    rackId: subscription.rackId || null,
    rebalanceTimeoutMs,
    clientId,
    clientHost,
    subscribedTopicNames: new Set(subscription.topics),
    assigned: target.size === 0 ? NO_PARTITIONS : withEpoch(target, generationId),
    classic: { sessionTimeoutMs, supportedProtocols: [...protocols] },
  }
  return { member, sessionTimeoutMs, target }
}

const NOTHING: NonNullable<ReturnType<typeof readAssignment>> = { assignedPartitions: [], userData: null }
