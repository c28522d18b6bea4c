import { ErrorCode } from '../../../protocol/errors.ts'
import type { MetadataRecord } from '../records.ts'

/** Why a wish was refused: what goes into `errorCode` and `errorMessage` of a response. */
export class ApiError {
  readonly errorCode: number
  readonly errorMessage: string | null

  constructor(errorCode: number, errorMessage: string | null = standardMessages[errorCode] ?? null) {
    this.errorCode = errorCode
    this.errorMessage = errorMessage
  }
}

/** What brokers say of an error where there is nothing more special to say (`Errors.message`). */
const standardMessages: Record<number, string> = {
  [ErrorCode.UNKNOWN_SERVER_ERROR]: 'The server experienced an unexpected error when processing the request.',
  [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]: 'This server does not host this topic-partition.',
  [ErrorCode.TOPIC_AUTHORIZATION_FAILED]: 'Topic authorization failed.',
  [ErrorCode.GROUP_AUTHORIZATION_FAILED]: 'Group authorization failed.',
  [ErrorCode.CLUSTER_AUTHORIZATION_FAILED]: 'Cluster authorization failed.',
  [ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED]: 'Transactional Id authorization failed.',
  [ErrorCode.TOPIC_DELETION_DISABLED]: 'Topic deletion is disabled.',
  [ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE]: 'The preferred leader was not available.',
  [ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE]: 'Eligible topic partition leaders are not available.',
  [ErrorCode.ELECTION_NOT_NEEDED]: 'Leader election not needed for topic partition.',
  [ErrorCode.UNKNOWN_TOPIC_ID]: 'This server does not host this topic ID.',
}

/** Asked for each topic, before so many of its partitions are made or deleted: why they are not (KIP-599). */
export interface MutationQuota {
  admit(partitions: number): ApiError | undefined
}

/** One request may not change more (`QuorumController.MAX_RECORDS_PER_USER_OP`). */
const MAX_RECORDS_PER_REQUEST = 10_000

/** Why the controller refuses a whole request for the size of what it would do. */
export function tooManyRecords(records: readonly MetadataRecord[]): ApiError | undefined {
  if (records.length <= MAX_RECORDS_PER_REQUEST) return undefined
  return new ApiError(ErrorCode.POLICY_VIOLATION, 'Unable to perform excessively large batch operation.')
}
