// Metadata, versions 0 to 13. Brokers, topics and partitions as clients of one listener see them.
//
// Checks: ids and null names only from v12 on; names that no topic can have.
// Creates topics that are not there, when `auto.create.topics.enable` and the client say so: the answer is
// UNKNOWN_TOPIC_OR_PARTITION, as of KRaft brokers, and the next one has the topic.
// Left out: nothing. `errorCode` (v13) says what made the whole request fail.

import { ErrorCode } from '../../protocol/errors.ts'
import { metadata as metadataApi } from '../../protocol/messages/metadata.ts'
import { type RequestOf, type ResponseOf, ZERO_UUID } from '../../protocol/schema.ts'
import type { MetadataImage, TopicState } from '../metadata/image.ts'
import { isInternalTopic, topicNameFault } from '../metadata/topic-name.ts'
import { type Handler, handler } from '../network/handler.ts'
import { ALL_OPERATIONS, OPERATIONS_NOT_ASKED_FOR } from './authorized-operations.ts'
import { controllerId, ListenerView } from './listener-view.ts'
import type { Parts } from './parts.ts'

type Request = RequestOf<typeof metadataApi>
type Topic = NonNullable<ResponseOf<typeof metadataApi>['topics']>[number]

export function createMetadataHandler({
  nodeId,
  metadata,
  controller,
  configs,
}: Pick<Parts, 'nodeId' | 'metadata' | 'controller' | 'configs'>): Handler {
  const { image } = metadata
  return handler(metadataApi, (request, { apiVersion, session: { listenerName } }) => {
    const operations = request.includeTopicAuthorizedOperations
      ? ALL_OPERATIONS.TOPIC
      : OPERATIONS_NOT_ASKED_FOR
    const view = new ListenerView(image, listenerName)
    const describe = (topic: TopicState): Topic => ({
      name: topic.name,
      topicId: topic.topicId,
      isInternal: isInternalTopic(topic.name),
      partitions: topic.partitions.map((partition) => view.partition(partition, apiVersion)),
      topicAuthorizedOperations: operations,
    })
    const creatable: string[] = []
    const missing = (name: string): Topic => {
      const invalid = topicNameFault(name) !== undefined
      if (!invalid) creatable.push(name)
      const errorCode = invalid ? ErrorCode.INVALID_TOPIC_EXCEPTION : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      const isInternal = isInternalTopic(name)
      return { errorCode, name, isInternal, topicAuthorizedOperations: operations }
    }
    const fault = requestFault(request, apiVersion)
    if (fault !== undefined) return refuse(request, fault)
    const topics = topicsOf(request, apiVersion, image, describe, missing)
    if (request.allowAutoTopicCreation && configs.brokerConfig(nodeId).autoCreateTopicsEnable) {
      controller.createTopicsFor(nodeId, creatable)
    }
    return {
      brokers: view.brokers(),
      clusterId: image.clusterId,
      controllerId: controllerId(image),
      topics,
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
        ? ALL_OPERATIONS.CLUSTER
        : OPERATIONS_NOT_ASKED_FOR,
    }
  })
}

/** Why the request as a whole makes no sense. */
function requestFault({ topics }: Request, version: number): number | undefined {
  if (topics === null) return undefined
  const ids = topics.some(({ topicId }) => topicId !== ZERO_UUID)
  const nameless = topics.some(({ name }) => name === null)
  if (version < 12) return ids || nameless ? ErrorCode.INVALID_REQUEST : undefined
  // KafkaApis stumbles over a topic with neither.
  return nameless && !ids ? ErrorCode.UNKNOWN_SERVER_ERROR : undefined
}

/** `MetadataRequest.getErrorResponse`. */
function refuse({ topics }: Request, errorCode: number): ResponseOf<typeof metadataApi> {
  return {
    errorCode,
    topics: (topics ?? []).map(({ name, topicId }) => ({ errorCode, name: name ?? '', topicId })),
  }
}

function topicsOf(
  { topics }: Request,
  version: number,
  image: MetadataImage,
  describe: (topic: TopicState) => Topic,
  missing: (name: string) => Topic,
): Topic[] {
  // Since v1, null asks for all topics and an empty list for none.
  if (topics === null || (version === 0 && topics.length === 0)) {
    return [...image.topicsByName.values()].map(describe)
  }
  const ids = new Set(topics.map(({ topicId }) => topicId).filter((id) => id !== ZERO_UUID))
  if (ids.size > 0) {
    // With one id, names do not count: whoever sends ids knows the topics.
    return [...ids].map((topicId) => {
      const topic = image.topicsById.get(topicId)
      return topic ? describe(topic) : { errorCode: ErrorCode.UNKNOWN_TOPIC_ID, name: null, topicId }
    })
  }
  const found: Topic[] = []
  const absent: string[] = []
  for (const name of new Set(topics.map((topic) => topic.name ?? ''))) {
    const topic = image.topicsByName.get(name)
    if (topic) found.push(describe(topic))
    else absent.push(name)
  }
  return [...found, ...absent.map(missing)]
}
