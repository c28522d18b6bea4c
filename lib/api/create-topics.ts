// CreateTopics, versions 0 to 7. Every broker takes it and hands it to the controller.
//
// Checks: names that come twice, KRaft's own log, who may create topics, then what `createTopics` of the controller checks.
// The configs of a new topic are shown to those who may describe its configs.
// Quotas of the controller (KIP-599) refuse topics from v6 on; before, whoever has used them up only waits.
// Left out: the timeout, since topics are there when the answer is sent.

import { ErrorCode } from '../../protocol/errors.ts'
import { createTopics } from '../../protocol/messages/create-topics.ts'
import type { ResponseOf } from '../../protocol/schema.ts'
import { describeTopicConfigs } from '../metadata/configs/describe.ts'
import type { ResolvedBrokerConfig } from '../metadata/configs/resolve.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import type { CreatedTopic } from '../metadata/controller/create-topics.ts'
import { CLUSTER_METADATA_TOPIC } from '../metadata/topic-name.ts'
import { guarded, type Handler, type RequestContext } from '../network/handler.ts'
import {
  CREATE_IN_CLUSTER,
  CREATE_TOPIC,
  DESCRIBE_CONFIGS_OF_TOPIC,
  may,
  unless,
} from '../security/authorization/needs.ts'
import { once } from './duplicates.ts'
import type { Parts } from './parts.ts'

type Result = NonNullable<ResponseOf<typeof createTopics>['topics']>[number]

const QUOTAS_REFUSE_SINCE = 6
const NEEDS = [unless(CREATE_IN_CLUSTER, CREATE_TOPIC), DESCRIBE_CONFIGS_OF_TOPIC]

export function createCreateTopicsHandler({
  controller,
  configs,
}: Pick<Parts, 'controller' | 'configs'>): Handler {
  return guarded(createTopics, NEEDS, ({ topics, validateOnly }, context) => {
    const { single, repeated } = once(topics, ({ name }) => name)
    const mayCreateAll = may(context, CREATE_IN_CLUSTER)
    const faults = single.map(({ name }) => nameFault(name, mayCreateAll, context))
    const creatable = single.filter((_, index) => faults[index] === undefined)
    const quota = context.usage?.forwarded(context.apiVersion >= QUOTAS_REFUSE_SINCE)
    const created = controller.createTopics(creatable, validateOnly, quota)
    if (created instanceof ApiError) {
      return { topics: topics.map(({ name }) => refused(name, created)) }
    }
    const broker = configs.cluster()
    const results = created.map((result, index) => {
      const { name } = creatable[index] as { name: string }
      if (result instanceof ApiError) return refused(name, result)
      const mayDescribe = may(context, DESCRIBE_CONFIGS_OF_TOPIC, name)
      return mayDescribe ? accepted(name, result, broker) : acceptedSilently(name, result)
    })
    for (const name of repeated) {
      results.push(refused(name, new ApiError(ErrorCode.INVALID_REQUEST, 'Duplicate topic name.')))
    }
    for (const [index, { name }] of single.entries()) {
      const fault = faults[index]
      if (fault) results.push(refused(name, fault))
    }
    return { topics: results }
  })
}

function nameFault(name: string, mayCreateAll: boolean, context: RequestContext): ApiError | undefined {
  if (name === CLUSTER_METADATA_TOPIC) {
    const message = `Creation of internal topic ${CLUSTER_METADATA_TOPIC} is prohibited.`
    return new ApiError(ErrorCode.INVALID_REQUEST, message)
  }
  if (mayCreateAll || may(context, CREATE_TOPIC, name)) return undefined
  return new ApiError(CREATE_TOPIC.errorCode, 'Authorization failed.')
}

function refused(name: string, { errorCode, errorMessage }: ApiError): Result {
  return { name, errorCode, errorMessage }
}

function acceptedSilently(name: string, { topicId }: CreatedTopic): Result {
  const topicConfigErrorCode = DESCRIBE_CONFIGS_OF_TOPIC.errorCode
  return { name, topicId, errorMessage: null, topicConfigErrorCode }
}

function accepted(name: string, created: CreatedTopic, broker: ResolvedBrokerConfig): Result {
  const { topicId, numPartitions, replicationFactor, overrides } = created
  const described = describeTopicConfigs(overrides, broker)
  described.sort((left, right) => (left.name < right.name ? -1 : 1))
  return { name, topicId, errorMessage: null, numPartitions, replicationFactor, configs: described }
}
