// DeleteTopics, versions 0 to 6. Names until v5; names or ids from v6 on.
//
// Checks: `delete.topic.enable`; topics that come twice, by name, id or both; who may describe and delete them; that they
// are there.
// Quotas of the controller (KIP-599) refuse topics from v5 on; before, whoever has used them up only waits.
// Left out: the timeout. Results come in the order of the request: Kafka shuffles
// them to hide what the client may not see.

import { ErrorCode } from '../../protocol/errors.ts'
import { deleteTopics } from '../../protocol/messages/delete-topics.ts'
import { type RequestOf, type ResponseOf, ZERO_UUID } from '../../protocol/schema.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import type { Controller } from '../metadata/controller/controller.ts'
import type { MetadataImage } from '../metadata/image.ts'
import { guarded, type Handler, type RequestContext } from '../network/handler.ts'
import {
  DELETE_IN_CLUSTER,
  DELETE_TOPIC,
  DESCRIBE_TOPIC,
  may,
  type Need,
  unless,
} from '../security/authorization/needs.ts'
import { once } from './duplicates.ts'
import type { Parts } from './parts.ts'

const QUOTAS_REFUSE_SINCE = 5
const NEEDS = [unless(DELETE_IN_CLUSTER, DESCRIBE_TOPIC), unless(DELETE_IN_CLUSTER, DELETE_TOPIC)]

type Wanted = RequestOf<typeof deleteTopics>['topics'][number]
type Result = NonNullable<ResponseOf<typeof deleteTopics>['responses']>[number]

export function createDeleteTopicsHandler({
  nodeId,
  metadata,
  controller,
  configs,
}: Pick<Parts, 'nodeId' | 'metadata' | 'controller' | 'configs'>): Handler {
  return guarded(deleteTopics, NEEDS, (request, context) => {
    const { apiVersion } = context
    const names = request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }))
    const wanted: Wanted[] = [...names, ...request.topics]
    if (!configs.brokerConfig(nodeId).deleteTopicEnable) {
      const errorCode = apiVersion < 3 ? ErrorCode.INVALID_REQUEST : ErrorCode.TOPIC_DELETION_DISABLED
      return { responses: wanted.map(({ name, topicId }) => ({ name, topicId, errorCode })) }
    }
    return { responses: deleteAll(wanted, metadata.image, controller, context) }
  })
}

function deleteAll(
  wanted: readonly Wanted[],
  image: MetadataImage,
  controller: Controller,
  context: RequestContext,
): Result[] {
  const mayDeleteAll = may(context, DELETE_IN_CLUSTER)
  const allows = (need: Need, name: string) => mayDeleteAll || may(context, need, name)
  const responses: Result[] = []
  const refuse = (name: string | null, topicId: string, message: string) => {
    responses.push({ name, topicId, errorCode: ErrorCode.INVALID_REQUEST, errorMessage: message })
  }
  const byName: string[] = []
  const byId: string[] = []
  for (const { name, topicId } of wanted) {
    if (name !== null && topicId !== ZERO_UUID) {
      refuse(name, topicId, 'You may not specify both topic name and topic id.')
    } else if (name !== null) byName.push(name)
    else if (topicId !== ZERO_UUID) byId.push(topicId)
    else refuse(null, ZERO_UUID, 'Neither topic name nor id were specified.')
  }
  const names = once(byName, (name) => name)
  const ids = once(byId, (id) => id)
  for (const name of names.repeated) refuse(name, ZERO_UUID, 'Duplicate topic name.')
  for (const id of ids.repeated) refuse(null, id, 'Duplicate topic id.')

  const doomed = new Map<string, string>()
  for (const id of ids.single) {
    const name = image.topicsById.get(id)?.name
    if (name === undefined) {
      responses.push({ name: null, topicId: id, ...new ApiError(ErrorCode.UNKNOWN_TOPIC_ID) })
    } else if (allows(DELETE_TOPIC, name)) doomed.set(id, name)
    else {
      const shown = allows(DESCRIBE_TOPIC, name) ? name : null
      responses.push({ name: shown, topicId: id, ...new ApiError(DELETE_TOPIC.errorCode) })
    }
  }
  for (const name of names.single) {
    const topicId = image.topicsByName.get(name)?.topicId
    const isHidden = !allows(DESCRIBE_TOPIC, name)
    if (isHidden || topicId === undefined) {
      const error = isHidden ? DESCRIBE_TOPIC.errorCode : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      responses.push({ name, topicId: ZERO_UUID, ...new ApiError(error) })
    } else if (!allows(DELETE_TOPIC, name)) {
      responses.push({ name, topicId: ZERO_UUID, ...new ApiError(DELETE_TOPIC.errorCode) })
    } else if (doomed.delete(topicId) || ids.repeated.includes(topicId)) {
      refuse(name, topicId, 'The provided topic name maps to an ID that was already supplied.')
    } else doomed.set(topicId, name)
  }
  const quota = context.usage?.forwarded(context.apiVersion >= QUOTAS_REFUSE_SINCE)
  const errors = controller.deleteTopics([...doomed.keys()], quota)
  for (const [index, [topicId, name]] of [...doomed].entries()) {
    responses.push({ name, topicId, errorMessage: null, ...errors[index] })
  }
  return responses
}
