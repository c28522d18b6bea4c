import {
  type AlterContext,
  type AlterResult,
  alterConfigs,
  checkNewTopicConfigs,
  DUPLICATE_RESOURCE,
  duplicateResources,
  incrementalAlterConfigs,
} from '../../../lib/metadata/configs/alter.ts'
import type { ConfigError } from '../../../lib/metadata/configs/config-error.ts'
import {
  type DescribedConfig,
  describeBrokerConfigs,
  describeClientMetricsConfigs,
  describeClusterConfigs,
  describeGroupConfigs,
  describeTopicConfigs,
} from '../../../lib/metadata/configs/describe.ts'
import { type ResolvedBrokerConfig, resolveBrokerConfig } from '../../../lib/metadata/configs/resolve.ts'
import type { ConfigResource } from '../../../lib/metadata/configs/resource-name.ts'
import { ConfigResourceType } from '../../../lib/metadata/records.ts'
import type { ConfigCase } from './config-cases.ts'
import type { WireAltered, WireConfig, WireDescribed, WireError } from './config-wire.ts'

const ERROR_CODES = {
  BROKER_ID_NOT_REGISTERED: 102,
  CLUSTER_AUTHORIZATION_FAILED: 31,
  GROUP_AUTHORIZATION_FAILED: 30,
  INVALID_CONFIG: 40,
  INVALID_REQUEST: 42,
  INVALID_TOPIC_EXCEPTION: 17,
  TOPIC_AUTHORIZATION_FAILED: 29,
  UNKNOWN_SERVER_ERROR: -1,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  UNSUPPORTED_VERSION: 35,
} as const

function wireError(error: ConfigError | null): WireError {
  if (error === null) return { errorCode: 0, errorMessage: null }
  return { errorCode: ERROR_CODES[error.errorCode], errorMessage: error.message }
}

const { TOPIC, BROKER, CLIENT_METRICS, GROUP } = ConfigResourceType
const NODE_ID = '1'

/** Kafka gives entries in the order of a hash table. */
export function byName(entries: readonly (WireDescribed | DescribedConfig)[]): WireDescribed[] {
  return entries
    .map(({ name, value, readOnly, configSource, isSensitive, synonyms, configType }) => ({
      ...{ name, value, readOnly, configSource, isSensitive, configType },
      synonyms: synonyms.map((synonym) => ({
        name: synonym.name,
        value: synonym.value,
        source: synonym.source,
      })),
    }))
    .sort((left, right) => (left.name < right.name ? -1 : 1))
}

/** What a cluster of one broker would hold and answer if our functions are right: the state that they do without. */
export class ConfigModel {
  #static: ReadonlyMap<string, string>
  #overrides = new Map<string, ReadonlyMap<string, string>>()
  #topics = new Set<string>()

  /** @param clusterConfigs what the cluster was born with */
  constructor(properties: Readonly<Record<string, string>>, clusterConfigs: ReadonlyMap<string, string>) {
    this.#static = new Map(Object.entries(properties))
    this.#overrides.set(`${BROKER} `, clusterConfigs)
  }

  #current({ resourceType, resourceName }: ConfigResource): ReadonlyMap<string, string> {
    return this.#overrides.get(`${resourceType} ${resourceName}`) ?? new Map()
  }

  #resolved(): ResolvedBrokerConfig {
    return resolveBrokerConfig({
      staticConfigs: this.#static,
      clusterConfigs: this.#current({ resourceType: BROKER, resourceName: '' }),
      brokerConfigs: this.#current({ resourceType: BROKER, resourceName: NODE_ID }),
    })
  }

  #context(): AlterContext {
    return {
      broker: this.#resolved(),
      nodeId: Number(NODE_ID),
      eligibleLeaderReplicas: true,
      checkExistence: ({ resourceType, resourceName }) => {
        if (resourceType !== TOPIC || this.#topics.has(resourceName)) return null
        const message = `The topic '${resourceName}' does not exist.`
        return { errorCode: 'UNKNOWN_TOPIC_OR_PARTITION', message }
      },
    }
  }

  #take(resource: ConfigResource, result: AlterResult): WireError {
    if (result.error !== null) return wireError(result.error)
    this.#overrides.set(`${resource.resourceType} ${resource.resourceName}`, result.overrides)
    return wireError(null)
  }

  createTopic(name: string, configs: readonly WireConfig[], validateOnly: boolean): WireError {
    const result = checkNewTopicConfigs(name, configs, this.#context())
    if (result.error === null && validateOnly) return wireError(null)
    if (result.error === null) this.#topics.add(name)
    return this.#take({ resourceType: TOPIC, resourceName: name }, result)
  }

  alter(incremental: boolean, resources: readonly WireAltered[], validateOnly = false): WireError[] {
    const overrides = validateOnly ? new Map(this.#overrides) : this.#overrides
    const duplicates = duplicateResources(resources)
    const answers = resources.map((resource, index) => {
      if (duplicates[index]) return wireError(DUPLICATE_RESOURCE)
      const current = this.#current(resource)
      const { configs } = resource
      if (!incremental) return this.#take(resource, alterConfigs(resource, configs, current, this.#context()))
      const operations = configs.map((config) => ({ configOperation: 0, ...config }))
      return this.#take(resource, incrementalAlterConfigs(resource, operations, current, this.#context()))
    })
    this.#overrides = overrides
    return answers
  }

  answer(one: ConfigCase): WireError[] {
    if ('createTopic' in one) return [this.createTopic(one.createTopic, one.configs, false)]
    return 'incremental' in one ? this.alter(true, one.incremental) : this.alter(false, one.full)
  }

  describe(resource: ConfigResource): DescribedConfig[] {
    const current = this.#current(resource)
    const broker = this.#resolved()
    switch (resource.resourceType) {
      case TOPIC:
        return describeTopicConfigs(current, broker)
      case BROKER:
        return resource.resourceName === '' ? describeClusterConfigs(broker) : describeBrokerConfigs(broker)
      case GROUP:
        return describeGroupConfigs(current, broker)
      case CLIENT_METRICS:
        return describeClientMetricsConfigs(current)
      default:
        throw new Error(`no configs of resource type ${resource.resourceType}`)
    }
  }
}
