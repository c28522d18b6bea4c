// Metadata, versions 0 to 13. Brokers, topics and partitions as clients of one listener see them.
//
// Checks: ids and null names only from v12 on; who may describe the topics; names that no topic can have; who may create
// topics. Topics that one may not describe are left out of all topics, and refused where they are named.
// Creates topics that are not there, when `auto.create.topics.enable` and the client say so: the answer is
// UNKNOWN_TOPIC_OR_PARTITION, as of KRaft brokers, and the next one has the topic.
// Left out: nothing. `errorCode` (v13) says what made the whole request fail.

import { ErrorCode } from '../../protocol/errors.ts'
import { metadata as metadataApi } from '../../protocol/messages/metadata.ts'
import { type RequestOf, type ResponseOf, ZERO_UUID } from '../../protocol/schema.ts'
import type { TopicState } from '../metadata/image.ts'
import { isInternalTopic, topicNameFault } from '../metadata/topic-name.ts'
import { guarded, type Handler, type RequestContext } from '../network/handler.ts'
import { ResourceType } from '../security/authorization/acl.ts'
import {
  CREATE_IN_CLUSTER,
  CREATE_TOPIC,
  DESCRIBE_TOPIC,
  may,
  mayTopic,
  silently,
  unless,
} from '../security/authorization/needs.ts'
import {
  authorizedOperations,
  clusterAuthorizedOperations,
  OPERATIONS_NOT_ASKED_FOR,
} from './authorized-operations.ts'
import { controllerId, ListenerView } from './listener-view.ts'
import type { Parts } from './parts.ts'

type Request = RequestOf<typeof metadataApi>
type Topic = NonNullable<ResponseOf<typeof metadataApi>['topics']>[number]

const NEEDS = [DESCRIBE_TOPIC, silently(DESCRIBE_TOPIC), unless(CREATE_IN_CLUSTER, CREATE_TOPIC)]

export function createMetadataHandler({
  nodeId,
  metadata,
  controller,
  configs,
}: Pick<Parts, 'nodeId' | 'metadata' | 'controller' | 'configs'>): Handler {
  const { image } = metadata
  // As if the client had asked for it, by the newest CreateTopics; but it waits for nothing.
  const create = (names: readonly string[], { usage }: RequestContext) =>
    controller.createTopicsFor(nodeId, names, usage?.mutations(true))
  return guarded(metadataApi, NEEDS, (request, context) => {
    const fault = requestFault(request, context.apiVersion)
    if (fault !== undefined) return refuse(request, fault)
    const creates = request.allowAutoTopicCreation && configs.brokerConfig(nodeId).autoCreateTopicsEnable
    const view = new ListenerView(image, context.session.listenerName)
    const answer = new TopicsAnswer(view, request, context, creates)
    const topics = answer.topics()
    if (answer.creatable.length > 0) create(answer.creatable, context)
    return {
      brokers: view.brokers(),
      clusterId: image.clusterId,
      controllerId: controllerId(image),
      topics,
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
        ? clusterAuthorizedOperations(context)
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

/** The topics of one answer, in Kafka's order: what is there, what is not, what may not be created, what may not be seen. */
class TopicsAnswer {
  /** What is not there and shall be created. */
  readonly creatable: string[] = []
  readonly #view: ListenerView
  readonly #request: Request
  readonly #context: RequestContext
  readonly #creates: boolean

  constructor(view: ListenerView, request: Request, context: RequestContext, creates: boolean) {
    this.#view = view
    this.#request = request
    this.#context = context
    this.#creates = creates
  }

  topics(): Topic[] {
    const { topics } = this.#request
    // Since v1, null asks for all topics and an empty list for none.
    if (topics === null || (this.#context.apiVersion === 0 && topics.length === 0)) return this.#all()
    const ids = new Set(topics.map(({ topicId }) => topicId).filter((id) => id !== ZERO_UUID))
    // With one id, names do not count: whoever sends ids knows the topics.
    return ids.size > 0 ? this.#byId(ids) : this.#byName(new Set(topics.map(({ name }) => name ?? '')))
  }

  #all(): Topic[] {
    const shown: Topic[] = []
    for (const topic of this.#view.image.topicsByName.values()) {
      if (mayTopic(this.#context, DESCRIBE_TOPIC, topic, topic.name)) shown.push(this.#describe(topic))
    }
    return shown
  }

  #byId(ids: ReadonlySet<string>): Topic[] {
    const unknown: Topic[] = []
    const found: Topic[] = []
    const hidden: Topic[] = []
    for (const topicId of ids) {
      const topic = this.#view.image.topicsById.get(topicId)
      if (!topic) unknown.push({ errorCode: ErrorCode.UNKNOWN_TOPIC_ID, name: null, topicId })
      else if (mayTopic(this.#context, DESCRIBE_TOPIC, topic, topic.name)) found.push(this.#describe(topic))
      else hidden.push({ errorCode: DESCRIBE_TOPIC.errorCode, name: null, topicId })
    }
    return [...unknown, ...found, ...hidden]
  }

  #byName(names: ReadonlySet<string>): Topic[] {
    const found: Topic[] = []
    const absent: string[] = []
    const hidden: Topic[] = []
    for (const name of names) {
      const topic = this.#view.image.topicsByName.get(name)
      if (!mayTopic(this.#context, DESCRIBE_TOPIC, topic, name))
        hidden.push({ errorCode: DESCRIBE_TOPIC.errorCode, name })
      else if (topic) found.push(this.#describe(topic))
      else absent.push(name)
    }
    return absent.length === 0 ? [...found, ...hidden] : [...found, ...this.#missing(absent), ...hidden]
  }

  #missing(names: readonly string[]): Topic[] {
    const missing: Topic[] = []
    const refused: Topic[] = []
    const createsAll = !this.#creates || may(this.#context, CREATE_IN_CLUSTER)
    for (const name of names) {
      if (!createsAll && !may(this.#context, CREATE_TOPIC, name)) {
        refused.push({ errorCode: CREATE_TOPIC.errorCode, name, isInternal: isInternalTopic(name) })
        continue
      }
      const invalid = topicNameFault(name) !== undefined
      if (this.#creates && !invalid) this.creatable.push(name)
      missing.push({
        errorCode: invalid ? ErrorCode.INVALID_TOPIC_EXCEPTION : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        name,
        isInternal: isInternalTopic(name),
        topicAuthorizedOperations: this.#operations(name),
      })
    }
    return [...missing, ...refused]
  }

  #describe({ name, topicId, partitions }: TopicState): Topic {
    const { apiVersion } = this.#context
    return {
      name,
      topicId,
      isInternal: isInternalTopic(name),
      partitions: partitions.map((partition) => this.#view.partition(partition, apiVersion)),
      topicAuthorizedOperations: this.#operations(name),
    }
  }

  #operations(name: string): number {
    if (!this.#request.includeTopicAuthorizedOperations) return OPERATIONS_NOT_ASKED_FOR
    return authorizedOperations(this.#context, ResourceType.TOPIC, name)
  }
}
