/** The broker configs that groups obey, by their names without dots. */
export interface GroupCoordinatorConfig {
  readonly groupMinSessionTimeoutMs: number
  readonly groupMaxSessionTimeoutMs: number
  readonly groupMaxSize: number
  readonly groupInitialRebalanceDelayMs: number
  readonly offsetMetadataMaxBytes: number
  readonly offsetsRetentionMinutes: number
  readonly offsetsRetentionCheckIntervalMs: number
  readonly offsetsTopicNumPartitions: number
  readonly groupConsumerAssignors: readonly string[]
  readonly groupConsumerMaxSize: number
  readonly groupShareMaxSize: number
  readonly groupStreamsMaxSize: number
  readonly groupStreamsAssignors: readonly string[]
  readonly groupConsumerMigrationPolicy: string
  readonly groupConsumerRegexRefreshIntervalMs: number
  readonly groupCoordinatorRebalanceProtocols: readonly string[]
}

/** The configs that a group can have of its own, by their names without dots. */
export interface GroupConfig {
  readonly consumerSessionTimeoutMs: number
  readonly consumerHeartbeatIntervalMs: number
  readonly consumerAssignmentIntervalMs: number
  readonly shareSessionTimeoutMs: number
  readonly shareHeartbeatIntervalMs: number
  readonly shareAssignmentIntervalMs: number
  readonly streamsSessionTimeoutMs: number
  readonly streamsHeartbeatIntervalMs: number
  readonly streamsAssignmentIntervalMs: number
  readonly streamsInitialRebalanceDelayMs: number
  readonly streamsNumStandbyReplicas: number
  readonly streamsRackAwareAssignmentTags: readonly string[]
  readonly streamsTaskOffsetIntervalMs: number
  readonly streamsAcceptableRecoveryLag: number
}

/**
 * How long a JoinGroup of a member that is new may wait: it has no member id yet, so it cannot send heartbeats. Not a
 * config in Kafka either (`classicGroupNewMemberJoinTimeoutMs`).
 */
export const NEW_MEMBER_JOIN_TIMEOUT_MS = 5 * 60_000
