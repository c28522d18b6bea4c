import { errorName } from '../../protocol/errors.ts'
import type { ConfigError, ConfigErrorName } from '../metadata/configs/config-error.ts'
import type { ConfigResource } from '../metadata/configs/resource-name.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import { ConfigResourceType } from '../metadata/records.ts'
import type { RequestContext } from '../network/handler.ts'
import {
  ALTER_CONFIGS_OF_CLUSTER,
  ALTER_CONFIGS_OF_GROUP,
  ALTER_CONFIGS_OF_TOPIC,
  DESCRIBE_CONFIGS_OF_CLUSTER,
  DESCRIBE_CONFIGS_OF_GROUP,
  DESCRIBE_CONFIGS_OF_TOPIC,
  may,
  type Need,
} from '../security/authorization/needs.ts'

/** What configs of resources of each type ask for: those of brokers, loggers and client metrics are the cluster's. */
interface ConfigNeeds {
  readonly topic: Need
  readonly group: Need
  readonly cluster: Need
}

export const TO_DESCRIBE: ConfigNeeds = {
  topic: DESCRIBE_CONFIGS_OF_TOPIC,
  group: DESCRIBE_CONFIGS_OF_GROUP,
  cluster: DESCRIBE_CONFIGS_OF_CLUSTER,
}

export const TO_ALTER: ConfigNeeds = {
  topic: ALTER_CONFIGS_OF_TOPIC,
  group: ALTER_CONFIGS_OF_GROUP,
  cluster: ALTER_CONFIGS_OF_CLUSTER,
}

/** Why the session may not, undefined where it may; types that nobody knows are for others to refuse. */
export function configRefusal(
  context: RequestContext,
  needs: ConfigNeeds,
  { resourceType, resourceName }: ConfigResource,
): ApiError | undefined {
  const need = needOf(needs, resourceType)
  if (need === undefined) return undefined
  const allowed = need === needs.cluster ? may(context, need) : may(context, need, resourceName)
  return allowed ? undefined : new ApiError(need.errorCode)
}

/** The same for who alters configs, as their alteration wants it. Of brokers' configs Kafka says it without a word. */
export function alterRefusal(context: RequestContext) {
  return (resource: ConfigResource): ConfigError | null => {
    const refusal = configRefusal(context, TO_ALTER, resource)
    if (refusal === undefined) return null
    const errorCode = errorName(refusal.errorCode) as ConfigErrorName
    const isOfBroker = resource.resourceType === ConfigResourceType.BROKER
    return { errorCode, message: isOfBroker ? null : refusal.errorMessage }
  }
}

function needOf({ topic, group, cluster }: ConfigNeeds, resourceType: number): Need | undefined {
  switch (resourceType) {
    case ConfigResourceType.TOPIC:
      return topic
    case ConfigResourceType.GROUP:
      return group
    case ConfigResourceType.BROKER:
    case ConfigResourceType.BROKER_LOGGER:
    case ConfigResourceType.CLIENT_METRICS:
      return cluster
    default:
      return undefined
  }
}
