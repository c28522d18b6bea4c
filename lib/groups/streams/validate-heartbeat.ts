import { ErrorCode } from '../../../protocol/errors.ts'
import { ApiError } from '../../metadata/controller/api-error.ts'
import type { StreamsHeartbeatRequest } from './heartbeat-messages.ts'
import { JOIN_EPOCH, LEFT_FOR_A_WHILE_EPOCH } from './member.ts'

/** What is wrong with a heartbeat whatever the group (`GroupCoordinatorService.throwIfStreamsGroupHeartbeatRequestIsInvalid`). */
export function invalidHeartbeat(request: StreamsHeartbeatRequest): ApiError | undefined {
  const message = unsupported(request) ?? malformed(request)
  if (message !== undefined) return new ApiError(ErrorCode.INVALID_REQUEST, message)
  const topology = request.memberEpoch === JOIN_EPOCH ? invalidTopology(request) : undefined
  if (topology !== undefined) return new ApiError(ErrorCode.STREAMS_INVALID_TOPOLOGY, topology)
  const after = malformedTasks(request) ?? unexpectedTopology(request)
  return after === undefined ? undefined : new ApiError(ErrorCode.INVALID_REQUEST, after)
}

function unsupported({ topology }: StreamsHeartbeatRequest): string | undefined {
  const usesRegex = topology?.subtopologies.some(({ sourceTopicRegex }) => sourceTopicRegex.length > 0)
  return usesRegex ? 'Regular expressions for source topics are not supported yet.' : undefined
}

function malformed(request: StreamsHeartbeatRequest): string | undefined {
  const { memberEpoch, instanceId } = request
  if (isBlank(request.memberId)) return "MemberId can't be empty."
  if (isBlank(request.groupId)) return "GroupId can't be empty."
  if (isBlank(instanceId)) return "InstanceId can't be empty."
  if (isBlank(request.rackId)) return "RackId can't be empty."
  if (memberEpoch === JOIN_EPOCH) return malformedJoin(request)
  if (memberEpoch === LEFT_FOR_A_WHILE_EPOCH && instanceId === null) return "InstanceId can't be null."
  return memberEpoch < LEFT_FOR_A_WHILE_EPOCH
    ? `MemberEpoch is ${memberEpoch}, but must be greater than or equal to -2.`
    : undefined
}

function malformedJoin(request: StreamsHeartbeatRequest): string | undefined {
  if (request.rebalanceTimeoutMs === -1) return 'RebalanceTimeoutMs must be provided in first request.'
  if (request.activeTasks?.length) return 'ActiveTasks must be empty when (re-)joining.'
  if (request.standbyTasks?.length) return 'StandbyTasks must be empty when (re-)joining.'
  if (request.warmupTasks?.length) return 'WarmupTasks must be empty when (re-)joining.'
  return request.topology === null ? 'Topology must be non-null when (re-)joining.' : undefined
}

function invalidTopology({ topology }: StreamsHeartbeatRequest): string | undefined {
  for (const { stateChangelogTopics } of topology?.subtopologies ?? []) {
    for (const { name, partitions } of stateChangelogTopics) {
      if (partitions === 0) continue
      return `Changelog topic ${name} must have an undefined partition count, but it is set to ${partitions}.`
    }
  }
  return undefined
}

function malformedTasks({
  activeTasks,
  standbyTasks,
  warmupTasks,
}: StreamsHeartbeatRequest): string | undefined {
  const given = [activeTasks, standbyTasks, warmupTasks].filter((tasks) => tasks !== null)
  const isPartial = given.length > 0 && given.length < 3
  return isPartial ? 'If one task-type is non-null, all must be non-null.' : undefined
}

function unexpectedTopology({ memberEpoch, topology }: StreamsHeartbeatRequest): string | undefined {
  if (memberEpoch === JOIN_EPOCH || topology === null) return undefined
  return 'Topology can only be provided when (re-)joining.'
}

function isBlank(text: string | null): boolean {
  return text !== null && text.trim() === ''
}
