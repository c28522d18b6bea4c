// CreateTopics, versions 0 to 7. Every broker takes it and hands it to the controller.
//
// Checks: names that come twice, KRaft's own log, then what `createTopics` of the controller checks.
// Left out: the timeout, since topics are there when the answer is sent; quotas of the controller (KIP-599).

import { ErrorCode } from '../../protocol/errors.ts'
import { createTopics } from '../../protocol/messages/create-topics.ts'
import type { ResponseOf } from '../../protocol/schema.ts'
import { describeTopicConfigs } from '../metadata/configs/describe.ts'
import type { ResolvedBrokerConfig } from '../metadata/configs/resolve.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import type { CreatedTopic } from '../metadata/controller/create-topics.ts'
import { CLUSTER_METADATA_TOPIC } from '../metadata/topic-name.ts'
import { type Handler, handler } from '../network/handler.ts'
import { once } from './duplicates.ts'
import type { Parts } from './parts.ts'

type Result = NonNullable<ResponseOf<typeof createTopics>['topics']>[number]

export function createCreateTopicsHandler({
  controller,
  configs,
}: Pick<Parts, 'controller' | 'configs'>): Handler {
  return handler(createTopics, ({ topics, validateOnly }) => {
    const { single, repeated } = once(topics, ({ name }) => name)
    const creatable = single.filter(({ name }) => name !== CLUSTER_METADATA_TOPIC)
    const created = controller.createTopics(creatable, validateOnly)
    if (created instanceof ApiError) {
      return { topics: topics.map(({ name }) => refused(name, created)) }
    }
    const broker = configs.cluster()
    const results = created.map((result, index) => {
      const { name } = creatable[index] as { name: string }
      return result instanceof ApiError ? refused(name, result) : accepted(name, result, broker)
    })
    for (const name of repeated) {
      results.push(refused(name, new ApiError(ErrorCode.INVALID_REQUEST, 'Duplicate topic name.')))
    }
    if (creatable.length < single.length) {
      const message = `Creation of internal topic ${CLUSTER_METADATA_TOPIC} is prohibited.`
      results.push(refused(CLUSTER_METADATA_TOPIC, new ApiError(ErrorCode.INVALID_REQUEST, message)))
    }
    return { topics: results }
  })
}

function refused(name: string, { errorCode, errorMessage }: ApiError): Result {
  return { name, errorCode, errorMessage }
}

function accepted(name: string, created: CreatedTopic, broker: ResolvedBrokerConfig): Result {
  const { topicId, numPartitions, replicationFactor, overrides } = created
  const described = describeTopicConfigs(overrides, broker)
  described.sort((left, right) => (left.name < right.name ? -1 : 1))
  return { name, topicId, errorMessage: null, numPartitions, replicationFactor, configs: described }
}
