import { ErrorCode } from '../../../protocol/errors.ts'
import { ApiError } from '../../metadata/controller/api-error.ts'
import { serverAssignors } from '../assignor/server-assignors.ts'
import type { HeartbeatRequest } from './heartbeat-messages.ts'
import { LEAVE_EPOCH, LEFT_FOR_A_WHILE_EPOCH } from './member.ts'

/** From this version on clients make their member ids up themselves (KIP-1082). */
const MEMBER_ID_GIVEN_SINCE = 1

/** What is wrong with a heartbeat whatever the group (`GroupCoordinatorService.throwIfConsumerGroupHeartbeatRequestIsInvalid`). */
export function invalidHeartbeat(
  request: HeartbeatRequest,
  apiVersion: number,
  configuredAssignors: readonly string[],
): ApiError | undefined {
  const message = malformed(request, apiVersion)
  if (message !== undefined) return new ApiError(ErrorCode.INVALID_REQUEST, message)
  const { serverAssignor } = request
  if (serverAssignor === null) return undefined
  const known = serverAssignors(configuredAssignors).map(({ name }) => name)
  if (known.includes(serverAssignor)) return undefined
  return new ApiError(
    ErrorCode.UNSUPPORTED_ASSIGNOR,
    `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${known.join(', ')}.`,
  )
}

function malformed(request: HeartbeatRequest, apiVersion: number): string | undefined {
  const { memberEpoch, instanceId } = request
  const needsMemberId = apiVersion >= MEMBER_ID_GIVEN_SINCE || memberEpoch > 0 || memberEpoch === LEAVE_EPOCH
  if (needsMemberId && isBlank(request.memberId)) return "MemberId can't be empty."
  if (isBlank(request.groupId)) return "GroupId can't be empty."
  if (isBlank(instanceId)) return "InstanceId can't be empty."
  if (isBlank(request.rackId)) return "RackId can't be empty."
  if (memberEpoch === 0) return malformedJoin(request)
  if (memberEpoch === LEFT_FOR_A_WHILE_EPOCH && instanceId === null) return "InstanceId can't be null."
  return memberEpoch < LEFT_FOR_A_WHILE_EPOCH ? 'MemberEpoch is invalid.' : undefined
}

function malformedJoin(request: HeartbeatRequest): string | undefined {
  if (request.rebalanceTimeoutMs === -1) return 'RebalanceTimeoutMs must be provided in first request.'
  if (request.topicPartitions?.length !== 0) return 'TopicPartitions must be empty when (re-)joining.'
  if (request.subscribedTopicNames === null && request.subscribedTopicRegex === null) {
    return 'Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.'
  }
  return undefined
}

function isBlank(text: string | null): boolean {
  return text !== null && text.trim() === ''
}
