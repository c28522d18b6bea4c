import { ErrorCode } from '../../protocol/errors.ts'

/** Why something was not done with a share partition, as its answer says. */
export interface ShareRefusal {
  readonly errorCode: ErrorCode
  readonly errorMessage: string
}

export function refusal(errorCode: ErrorCode, errorMessage: string): ShareRefusal {
  return { errorCode, errorMessage }
}

const NOT_KEPT = 'The states of records could not be read or kept.'

/** What the coordinator's errors are to who asks a share partition (`SharePartition.fetchPersisterError`). */
export function persisterRefusal(errorCode: ErrorCode): ShareRefusal {
  switch (errorCode) {
    case ErrorCode.NOT_COORDINATOR:
    case ErrorCode.COORDINATOR_NOT_AVAILABLE:
    case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
      return refusal(ErrorCode.COORDINATOR_NOT_AVAILABLE, NOT_KEPT)
    case ErrorCode.FENCED_LEADER_EPOCH:
    case ErrorCode.FENCED_STATE_EPOCH:
      return refusal(ErrorCode.NOT_LEADER_OR_FOLLOWER, NOT_KEPT)
    case ErrorCode.GROUP_ID_NOT_FOUND:
    case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
      return refusal(errorCode, NOT_KEPT)
    default:
      return refusal(ErrorCode.UNKNOWN_SERVER_ERROR, NOT_KEPT)
  }
}
