import { ErrorCode } from '../../../protocol/errors.ts'
import { ApiError } from '../../metadata/controller/api-error.ts'
import { metadataHash } from '../metadata-hash.ts'
import type { GroupShard } from '../shard.ts'
import { type ConfiguredTopology, configureTopology } from './configured-topology.ts'
import type { StreamsGroup } from './group.ts'
import type { StreamsHeartbeatRequest } from './heartbeat-messages.ts'
import { isSameTopology, requiredTopics, type StreamsTopology } from './topology.ts'

/** The group's topology, or the one that its first member brings. One group cannot go from one to another (yet). */
export function topologyOf(
  group: StreamsGroup,
  told: StreamsHeartbeatRequest['topology'],
): StreamsTopology | ApiError {
  if (!told) return group.topology ?? new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, null)
  if (!isPossible(told)) return new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, null)
  if (!group.topology) return told
  if (group.topology.epoch > told.epoch || isSameTopology(group.topology, told)) return group.topology
  return new ApiError(ErrorCode.INVALID_REQUEST, 'Topology updates are not supported yet.')
}

/** Kafka stumbles over others. */
function isPossible({ epoch, subtopologies }: StreamsTopology): boolean {
  if (
    epoch < 0 ||
    new Set(subtopologies.map(({ subtopologyId }) => subtopologyId)).size < subtopologies.length
  ) {
    return false
  }
  return subtopologies.every(({ copartitionGroups, sourceTopics, repartitionSourceTopics }) =>
    copartitionGroups.every(
      (group) =>
        group.sourceTopics.every((index) => sourceTopics[index] !== undefined) &&
        group.repartitionSourceTopics.every((index) => repartitionSourceTopics[index] !== undefined),
    ),
  )
}

export interface CheckedTopics {
  readonly configured: ConfiguredTopology
  readonly metadataHash: number
  /** The topics are others than when the group epoch last rose. */
  readonly areOthers: boolean
}

/** Looks at the topics again where something has happened to topics since the last time. */
export function checkTopics(
  { services: { metadata, topicChanges } }: GroupShard,
  group: StreamsGroup,
  topology: StreamsTopology,
): CheckedTopics | ApiError {
  const { configured: known } = group
  if (group.topology && known && group.topicsCheckedAt === topicChanges.version) {
    return { configured: known, metadataHash: group.metadataHash, areOthers: false }
  }
  const hash = metadataHash(metadata.image, requiredTopics(topology))
  const areOthers = hash !== group.metadataHash
  const configured =
    group.topology && known && !areOthers ? known : configureTopology(topology, metadata.image)
  return configured instanceof ApiError ? configured : { configured, metadataHash: hash, areOthers }
}

/** What is wrong with tasks that a member says it owns. */
export function invalidTasks(
  { subtopologies }: ConfiguredTopology,
  { activeTasks, standbyTasks, warmupTasks }: StreamsHeartbeatRequest,
): ApiError | undefined {
  for (const listed of [activeTasks, standbyTasks, warmupTasks]) {
    for (const { subtopologyId, partitions } of listed ?? []) {
      const subtopology = subtopologies?.get(subtopologyId)
      if (!subtopology) {
        const message = `Subtopology ${subtopologyId} does not exist in the topology.`
        return new ApiError(ErrorCode.INVALID_REQUEST, message)
      }
      const { tasks } = subtopology
      const invalid = partitions.find((partition) => partition < 0 || partition >= tasks)
      if (invalid === undefined) continue
      return new ApiError(
        ErrorCode.INVALID_REQUEST,
        `Task ${invalid} for subtopology ${subtopologyId} is invalid. Number of tasks for this subtopology: ${tasks}`,
      )
    }
  }
  return undefined
}
