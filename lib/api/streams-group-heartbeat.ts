// StreamsGroupHeartbeat v0-v1 (KIP-1071): a member of a streams group joins, leaves, says that it is alive and learns which
// tasks to run. v1: wide recovery lags, tags that are missing.
//
// Checked here: that streams groups are switched on, who may read the group and describe the topics, which topics a topology
// may use, who coordinates the group, who may create internal topics; the rest in groups/streams/heartbeat.ts.
// Left out: asking for descriptions of topologies, which takes a plugin.

import { ErrorCode } from '../../protocol/errors.ts'
import { streamsGroupHeartbeat } from '../../protocol/messages/streams-group-heartbeat.ts'
import { heartbeatStreamsGroup, type StreamsHeartbeat } from '../groups/streams/heartbeat.ts'
import type {
  StreamsHeartbeatRequest,
  StreamsHeartbeatResponse,
} from '../groups/streams/heartbeat-messages.ts'
import { StatusCode } from '../groups/streams/status.ts'
import { requiredTopics } from '../groups/streams/topology.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import { invalidTopicMessage, isInternalTopic } from '../metadata/topic-name.ts'
import { guarded, type Handler, type RequestContext } from '../network/handler.ts'
import {
  CREATE_IN_CLUSTER,
  CREATE_TOPIC,
  DESCRIBE_TOPIC,
  may,
  READ_GROUP,
  silently,
  unless,
} from '../security/authorization/needs.ts'
import { InternalTopicErrors } from './internal-topic-errors.ts'
import type { Parts } from './parts.ts'
import { areStreamsGroupsEnabled } from './streams-groups-enabled.ts'

type HeartbeatParts = Pick<Parts, 'nodeId' | 'clock' | 'groupCoordinator' | 'metadata' | 'controller'>

const NEEDS = [READ_GROUP, DESCRIBE_TOPIC, silently(unless(CREATE_IN_CLUSTER, CREATE_TOPIC))]

export function createStreamsGroupHeartbeatHandler(parts: HeartbeatParts): Handler {
  const { nodeId, clock, groupCoordinator, metadata } = parts
  const failed = new InternalTopicErrors(clock)
  return guarded(streamsGroupHeartbeat, NEEDS, (request, context) => {
    const { groupId } = request
    if (!areStreamsGroupsEnabled(metadata.image, groupCoordinator.configOf(nodeId))) {
      return { errorCode: ErrorCode.UNSUPPORTED_VERSION }
    }
    if (!may(context, READ_GROUP, groupId)) return { errorCode: READ_GROUP.errorCode }
    const refusal = refusesTopics(request, context)
    if (refusal) return { errorCode: refusal.errorCode, errorMessage: refusal.errorMessage }
    const shard = groupCoordinator.shardOf(nodeId, groupId)
    if (!shard) return { errorCode: ErrorCode.NOT_COORDINATOR }
    const answer = heartbeatStreamsGroup(shard, request, context)
    if (answer instanceof ApiError) return { errorCode: answer.errorCode, errorMessage: answer.errorMessage }
    const { streamsHeartbeatIntervalMs } = shard.services.groupConfig(groupId)
    return createMissing(parts, answer, context, failed, 2 * streamsHeartbeatIntervalMs)
  })
}

/** Why a topology of these topics is none for this client. */
function refusesTopics({ topology }: StreamsHeartbeatRequest, context: RequestContext): ApiError | undefined {
  if (!topology) return undefined
  const topics = requiredTopics(topology)
  for (const { repartitionSinkTopics } of topology.subtopologies) {
    for (const topic of repartitionSinkTopics) topics.add(topic)
  }
  const internal = [...topics].filter(isInternalTopic)
  if (internal.length > 0) {
    return new ApiError(
      ErrorCode.STREAMS_INVALID_TOPOLOGY,
      `Use of Kafka internal topics ${internal.join(',')} in a Kafka Streams topology is prohibited.`,
    )
  }
  const invalid = [...topics].filter((topic) => invalidTopicMessage(topic) !== undefined)
  if (invalid.length > 0) {
    const message = `Topic names ${invalid.join(',')} are not valid topic names.`
    return new ApiError(ErrorCode.STREAMS_INVALID_TOPOLOGY, message)
  }
  const mayDescribe = [...topics].every((topic) => may(context, DESCRIBE_TOPIC, topic))
  return mayDescribe ? undefined : new ApiError(DESCRIBE_TOPIC.errorCode, null)
}

/** Makes what the topology lacks, in the name of whoever runs it; what went wrong is told with the next heartbeats. */
function createMissing(
  { controller }: HeartbeatParts,
  { response, missing }: StreamsHeartbeat,
  context: RequestContext,
  failed: InternalTopicErrors,
  tellForMs: number,
): StreamsHeartbeatResponse {
  if (missing.length === 0) return response
  const refused = may(context, CREATE_IN_CLUSTER)
    ? []
    : missing.filter(({ name }) => !may(context, CREATE_TOPIC, name)).map(({ name }) => name)
  if (refused.length > 0) {
    return withDetail(response, `Unauthorized to CREATE on topics ${refused.join(', ')}.`)
  }
  const detail = failed.told(missing.map(({ name }) => name))
  const results = controller.createTopics(missing)
  for (const [i, { name }] of missing.entries()) {
    const result = results instanceof ApiError ? results : results[i]
    if (result instanceof ApiError) failed.add(name, result, tellForMs)
  }
  return detail === undefined ? response : withDetail(response, detail)
}

function withDetail(response: StreamsHeartbeatResponse, detail: string): StreamsHeartbeatResponse {
  const status = (response.status ?? []).map((each) =>
    each.statusCode === StatusCode.MISSING_INTERNAL_TOPICS
      ? { ...each, statusDetail: `${each.statusDetail}; ${detail}` }
      : each,
  )
  return { ...response, status }
}
