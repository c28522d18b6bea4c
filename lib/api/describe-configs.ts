// DescribeConfigs, versions 0 to 4. Topics, brokers, groups and client metrics subscriptions.
//
// Checks: who may describe the configs; names; that topics are there, and that a broker is asked for its own configs.
// Left out: documentation (v3), which is null; loggers of brokers, of which there are none.

import { ErrorCode } from '../../protocol/errors.ts'
import { describeConfigs } from '../../protocol/messages/describe-configs.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import {
  CONFIG_SOURCES,
  type DescribedConfig,
  describeBrokerConfigs,
  describeClientMetricsConfigs,
  describeClusterConfigs,
  describeGroupConfigs,
  describeTopicConfigs,
  type WantedNames,
} from '../metadata/configs/describe.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import { ConfigResourceType } from '../metadata/records.ts'
import { invalidTopicMessage } from '../metadata/topic-name.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { configRefusal, TO_DESCRIBE } from './config-needs.ts'
import { MALFORMED_REQUEST } from './malformed-request.ts'
import type { Parts } from './parts.ts'

type Resource = RequestOf<typeof describeConfigs>['resources'][number]
type Result = NonNullable<ResponseOf<typeof describeConfigs>['results']>[number]
type DescribeParts = Pick<Parts, 'nodeId' | 'metadata' | 'configs'>

const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(ConfigResourceType))

export function createDescribeConfigsHandler(parts: DescribeParts): Handler {
  return guarded(describeConfigs, Object.values(TO_DESCRIBE), ({ resources, includeSynonyms }, context) => {
    // A type that nobody knows spoils the whole request (`ConfigHelper.handleDescribeConfigsRequest`).
    const spoilt = resources.some(({ resourceType }) => !KNOWN_TYPES.has(resourceType))
    return {
      results: resources.map((resource): Result => {
        const refused = spoilt ? MALFORMED_REQUEST : configRefusal(context, TO_DESCRIBE, resource)
        const described = refused ?? describe(resource, parts)
        const { resourceType, resourceName } = resource
        if (described instanceof ApiError) {
          const { errorCode, errorMessage } = described
          // Kafka's exception without a message leaves the field at its default, which is no null.
          return { errorCode, errorMessage: errorMessage ?? '', resourceType, resourceName }
        }
        return {
          resourceType,
          resourceName,
          configs: described.map((config) => shown(config, includeSynonyms)),
        }
      }),
    }
  })
}

function shown(config: DescribedConfig, withSynonyms: boolean): NonNullable<Result['configs']>[number] {
  const { name, value, readOnly, configSource, isSensitive, synonyms, configType } = config
  return {
    name,
    value,
    readOnly,
    isDefault: configSource === CONFIG_SOURCES.DEFAULT_CONFIG,
    configSource,
    isSensitive,
    synonyms: withSynonyms ? synonyms : [],
    configType,
    documentation: null,
  }
}

function describe(
  { resourceType, resourceName: name, configurationKeys: wanted }: Resource,
  parts: DescribeParts,
): DescribedConfig[] | ApiError {
  const { metadata, configs, nodeId } = parts
  switch (resourceType) {
    case ConfigResourceType.TOPIC:
      return describeTopic(name, wanted, parts)
    case ConfigResourceType.BROKER:
      if (name === '') return describeClusterConfigs(configs.broker(nodeId), wanted)
      return (
        brokerNameFault(name, nodeId, ' or empty string,') ??
        describeBrokerConfigs(configs.broker(nodeId), wanted)
      )
    case ConfigResourceType.BROKER_LOGGER:
      if (name === '') return invalidRequest('Broker id must not be empty')
      return brokerNameFault(name, nodeId, '') ?? []
    case ConfigResourceType.CLIENT_METRICS:
      if (name === '') return invalidRequest('Client metrics subscription name must not be empty')
      return describeClientMetricsConfigs(metadata.image.configsOf(resourceType, name), wanted)
    default:
      if (name === '') return invalidRequest('Group name must not be empty')
      return describeGroupConfigs(
        metadata.image.configsOf(resourceType, name),
        configs.broker(nodeId),
        wanted,
      )
  }
}

function describeTopic(
  name: string,
  wanted: WantedNames,
  { metadata, configs, nodeId }: DescribeParts,
): DescribedConfig[] | ApiError {
  const fault = invalidTopicMessage(name)
  if (fault !== undefined) return new ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, fault)
  const topic = metadata.image.topicsByName.get(name)
  if (!topic) return new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, null)
  return describeTopicConfigs(topic.overrides, configs.broker(nodeId), wanted)
}

function brokerNameFault(name: string, nodeId: number, orElse: string): ApiError | undefined {
  if (!/^[+-]?\d+$/.test(name)) return invalidRequest(`Broker id must be an integer, but it is: ${name}`)
  if (Number(name) === nodeId) return undefined
  return invalidRequest(`Unexpected broker id, expected ${nodeId}${orElse} but received ${name}`)
}

function invalidRequest(message: string): ApiError {
  return new ApiError(ErrorCode.INVALID_REQUEST, message)
}
