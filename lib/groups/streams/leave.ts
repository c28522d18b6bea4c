import { ErrorCode } from '../../../protocol/errors.ts'
import { ApiError } from '../../metadata/controller/api-error.ts'
import type { GroupShard } from '../shard.ts'
import type { StreamsGroup } from './group.ts'
import type { StreamsHeartbeatRequest, StreamsHeartbeatResponse } from './heartbeat-messages.ts'
import { LEFT_FOR_A_WHILE_EPOCH, type StreamsMember } from './member.ts'
import { currentRecord, epochRecord, memberTombstones, targetEpochRecord } from './records.ts'
import { NO_TASKS, type TaskEpochs } from './tasks.ts'

/** A member says good-bye, for good or, if static, for a while (`GroupMetadataManager.streamsGroupLeave`). */
export function leaveStreamsGroup(
  shard: GroupShard,
  { groupId, memberId, memberEpoch, instanceId, shutdownApplication }: StreamsHeartbeatRequest,
): StreamsHeartbeatResponse | ApiError {
  const group = shard.groups.get(groupId)
  if (group?.type !== 'streams') {
    const message = group ? `Group ${groupId} is not a streams group.` : `Group ${groupId} not found.`
    return new ApiError(ErrorCode.GROUP_ID_NOT_FOUND, message)
  }
  if (shutdownApplication) group.shutdownRequestedBy ??= memberId
  const member = instanceId === null ? group.members.get(memberId) : group.staticMember(instanceId)
  if (!member) return instanceId === null ? unknownMember(groupId, memberId) : unknownInstance(instanceId)
  if (member.memberId !== memberId) return fencedInstance(member, memberId, instanceId)
  shard.services.logger.info('member left', { groupId, memberId, instanceId, memberEpoch })
  if (instanceId !== null && memberEpoch === LEFT_FOR_A_WHILE_EPOCH) leaveForAWhile(shard, group, member)
  else fenceMember(shard, group, memberId)
  return { memberId, memberEpoch, status: [] }
}

export function unknownMember(groupId: string, memberId: string): ApiError {
  return new ApiError(ErrorCode.UNKNOWN_MEMBER_ID, `Member ${memberId} is not a member of group ${groupId}.`)
}

export function unknownInstance(instanceId: string): ApiError {
  return new ApiError(ErrorCode.UNKNOWN_MEMBER_ID, `Instance id ${instanceId} is unknown.`)
}

export function fencedInstance(member: StreamsMember, memberId: string, instanceId: string | null): ApiError {
  return new ApiError(
    ErrorCode.FENCED_INSTANCE_ID,
    `Static member ${memberId} with instance id ${instanceId} was fenced by member ${member.memberId}.`,
  )
}

/** Its place and its tasks are kept until it is back or its session ends. */
function leaveForAWhile(shard: GroupShard, group: StreamsGroup, member: StreamsMember): void {
  const away: StreamsMember = {
    ...member,
    memberEpoch: LEFT_FOR_A_WHILE_EPOCH,
    assigned: { ...member.assigned, active: withoutEpochs(member.assigned.active) },
    pendingRevocation: NO_TASKS,
  }
  shard.write([currentRecord(group.groupId, away)])
}

/** Whoever takes the place may commit for these tasks in whichever epoch that is. */
function withoutEpochs(tasks: TaskEpochs): TaskEpochs {
  return new Map(
    [...tasks].map(([subtopologyId, epochs]) => [
      subtopologyId,
      new Map([...epochs.keys()].map((partition) => [partition, 0])),
    ]),
  )
}

/** Takes a member away (`GroupMetadataManager.streamsGroupFenceMember`). */
export function fenceMember(shard: GroupShard, group: StreamsGroup, memberId: string): void {
  const { groupId } = group
  const groupEpoch = group.groupEpoch + 1
  group.timers.cancelAllOf(memberId)
  shard.write([
    ...memberTombstones(groupId, memberId),
    epochRecord(groupId, {
      groupEpoch,
      metadataHash: group.metadataHash,
      validatedTopologyEpoch: group.validatedTopologyEpoch,
      assignmentConfigs: group.assignmentConfigs,
    }),
  ])
  // Whoever joins the empty group need not wait for the assignment interval.
  if (group.isEmpty) shard.write([targetEpochRecord(groupId, groupEpoch, 0)])
}
