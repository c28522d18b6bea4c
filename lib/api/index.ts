import type { Handler } from '../network/handler.ts'
import { createApiVersionsHandler } from './api-versions.ts'
import { createCreatePartitionsHandler } from './create-partitions.ts'
import { createCreateTopicsHandler } from './create-topics.ts'
import { createDeleteGroupsHandler } from './delete-groups.ts'
import { createDeleteTopicsHandler } from './delete-topics.ts'
import { createDescribeClusterHandler } from './describe-cluster.ts'
import { createDescribeGroupsHandler } from './describe-groups.ts'
import { createDescribeTopicPartitionsHandler } from './describe-topic-partitions.ts'
import { createElectLeadersHandler } from './elect-leaders.ts'
import { createFindCoordinatorHandler } from './find-coordinator.ts'
import { createHeartbeatHandler } from './heartbeat.ts'
import { createJoinGroupHandler } from './join-group.ts'
import { createLeaveGroupHandler } from './leave-group.ts'
import { createListGroupsHandler } from './list-groups.ts'
import { createMetadataHandler } from './metadata.ts'
import { createOffsetCommitHandler } from './offset-commit.ts'
import { createOffsetDeleteHandler } from './offset-delete.ts'
import { createOffsetFetchHandler } from './offset-fetch.ts'
import type { Parts } from './parts.ts'
import { createSyncGroupHandler } from './sync-group.ts'

/** Every API that brokers serve, in order of the keys. */
const factories: readonly ((parts: Parts) => Handler)[] = [
  createMetadataHandler,
  createOffsetCommitHandler,
  createOffsetFetchHandler,
  createFindCoordinatorHandler,
  createJoinGroupHandler,
  createHeartbeatHandler,
  createLeaveGroupHandler,
  createSyncGroupHandler,
  createDescribeGroupsHandler,
  createListGroupsHandler,
  createApiVersionsHandler,
  createCreateTopicsHandler,
  createDeleteTopicsHandler,
  createCreatePartitionsHandler,
  createDeleteGroupsHandler,
  createElectLeadersHandler,
  createOffsetDeleteHandler,
  createDescribeClusterHandler,
  createDescribeTopicPartitionsHandler,
]

/** The handlers of one broker, bound to its parts. */
export function createHandlers(parts: Omit<Parts, 'handlers'>): readonly Handler[] {
  const handlers: Handler[] = []
  const whole: Parts = { ...parts, handlers: () => handlers }
  for (const create of factories) handlers.push(create(whole))
  return handlers
}
