import { ErrorCode } from '../../../protocol/errors.ts'
import { ApiError } from '../../metadata/controller/api-error.ts'
import type { ConsumerGroup } from './group.ts'
import type { ConsumerMember } from './member.ts'

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
