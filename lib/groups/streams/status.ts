import type { StreamsHeartbeatResponse } from './heartbeat-messages.ts'

export type Status = NonNullable<StreamsHeartbeatResponse['status']>[number]

/** What a member is told of besides its tasks (`StreamsGroupHeartbeatResponse.Status`). */
export const StatusCode = {
  /** It runs an older topology than the group. */
  STALE_TOPOLOGY: 0,
  MISSING_SOURCE_TOPICS: 1,
  INCORRECTLY_PARTITIONED_TOPICS: 2,
  /** They are about to be made. */
  MISSING_INTERNAL_TOPICS: 3,
  /** Some member wants all to stop. */
  SHUTDOWN_APPLICATION: 4,
  /** Who comes meanwhile is assigned to with the others. */
  ASSIGNMENT_DELAYED: 5,
  /** The standby tasks are spread by tags that the member does not have (KIP-1071, since v1). */
  MISSING_CLIENT_TAGS: 6,
} as const

type StatusName = keyof typeof StatusCode

export function status(name: StatusName, statusDetail: string): Status {
  return { statusCode: StatusCode[name], statusDetail }
}
