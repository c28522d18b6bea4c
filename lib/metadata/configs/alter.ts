import { ConfigResourceType } from '../records.ts'
import { checkBrokerAlteration, currentBrokerOverrides } from './alter-broker.ts'
import { BROKER_CONFIGS, brokerConfigKey } from './broker-configs.ts'
import { checkClientMetricsConfigs } from './client-metrics-checks.ts'
import type { ConfigKeys, Overrides } from './config-def.ts'
import { type ConfigError, invalidConfig, invalidRequest } from './config-error.ts'
import { checkGroupConfigs } from './group-checks.ts'
import { javaSplitComma } from './java-text.ts'
import type { ResolvedBrokerConfig } from './resolve.ts'
import { type ConfigResource, checkResourceName } from './resource-name.ts'
import { checkTopicConfigs } from './topic-checks.ts'
import { TOPIC_CONFIGS } from './topic-configs.ts'

const { TOPIC, BROKER, CLIENT_METRICS, GROUP } = ConfigResourceType

/** AlterConfigOp.OpType's codes. */
export const ALTER_OPERATIONS = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const

export interface AlterableConfig {
  readonly name: string
  readonly value: string | null
}

export interface AlterOperation extends AlterableConfig {
  /** One of ALTER_OPERATIONS, or whatever a client sent. */
  readonly configOperation: number
}

/** What the answer depends on beside the resource itself. */
export interface AlterContext {
  /** The configs of the broker that got the request. */
  readonly broker: ResolvedBrokerConfig
  readonly nodeId: number
  /**
   * Whether eligible.leader.replicas.version is above 0: then min.insync.replicas belongs to the whole cluster (KIP-966).
   */
  readonly eligibleLeaderReplicas: boolean
  /** Asked before the configs are looked at: why who asks may not alter those of this resource. */
  readonly refusal?: (resource: ConfigResource) => ConfigError | null
  /** Asked once the configs are found to be good; Kafka's error when there is no such resource. */
  readonly checkExistence?: (resource: ConfigResource) => ConfigError | null
}

export interface ConfigChange {
  readonly name: string
  /** null: the config is unset. */
  readonly value: string | null
}

export type AlterResult =
  | { readonly error: ConfigError; readonly overrides: null; readonly changes: null }
  /** The resource's configs as they are to be, and the changes that make them so: one ConfigRecord each. */
  | {
      readonly error: null
      readonly overrides: Map<string, string>
      readonly changes: readonly ConfigChange[]
    }

function failed(error: ConfigError): AlterResult {
  return { error, overrides: null, changes: null }
}

const LONGEST_VALUE = 32_767

/** For each resource of one request whether it was named twice: then neither is altered. */
export function duplicateResources(resources: readonly ConfigResource[]): boolean[] {
  const key = ({ resourceType, resourceName }: ConfigResource) => `${resourceType} ${resourceName}`
  const counts = new Map<string, number>()
  for (const resource of resources) counts.set(key(resource), (counts.get(key(resource)) ?? 0) + 1)
  return resources.map((resource) => counts.get(key(resource)) !== 1)
}

/** The error of those resources. */
export const DUPLICATE_RESOURCE = invalidRequest('Each resource must appear at most once.')

/** The configs of which KafkaConfigSchema knows the types; it does not know those of groups and client metrics. */
function keysOf(resourceType: number): ConfigKeys {
  if (resourceType === TOPIC) return TOPIC_CONFIGS
  return resourceType === BROKER ? BROKER_CONFIGS : {}
}

/** IncrementalAlterConfigs for one resource. */
export function incrementalAlterConfigs(
  resource: ConfigResource,
  operations: readonly AlterOperation[],
  current: Overrides,
  context: AlterContext,
): AlterResult {
  const nulls = operations.filter(
    ({ configOperation, value }) => configOperation !== ALTER_OPERATIONS.DELETE && value === null,
  )
  const refused = checkRequest(resource, operations, nulls, context)
  if (refused !== null) return failed(refused)
  if (resource.resourceType === BROKER) {
    const error = checkBrokerOperations(resource, operations, current, context)
    if (error !== null) return failed(error)
  }
  const changes: ConfigChange[] = []
  for (const operation of operations) {
    const before = current.get(operation.name) ?? null
    const after = applied(operation, before, keysOf(resource.resourceType))
    if (after !== null && typeof after === 'object') return failed(after)
    if (after !== before || resource.resourceType === BROKER)
      changes.push({ name: operation.name, value: after })
  }
  return concluded(resource, changes, current, context)
}

/** AlterConfigs for one resource: what is not named any more is unset. */
export function alterConfigs(
  resource: ConfigResource,
  configs: readonly AlterableConfig[],
  current: Overrides,
  context: AlterContext,
): AlterResult {
  const nulls = configs.filter(({ value }) => value === null)
  const refused = checkRequest(resource, configs, nulls, context)
  if (refused !== null) return failed(refused)
  const wanted = new Map(configs.map(({ name, value }) => [name, value as string]))
  if (resource.resourceType === BROKER) {
    const error = checkBrokerAlteration(resource.resourceName !== '', wanted, context.broker)
    if (error !== null) return failed(invalidRequest(error))
  }
  const changes: ConfigChange[] = []
  for (const [name, value] of wanted) {
    if (current.get(name) !== value || resource.resourceType === BROKER) changes.push({ name, value })
  }
  for (const name of current.keys()) if (!wanted.has(name)) changes.push({ name, value: null })
  return concluded(resource, changes, current, context)
}

/** The configs that CreateTopics asks for; a name that comes twice counts as it came last. */
export function checkNewTopicConfigs(
  topic: string,
  configs: readonly AlterableConfig[],
  context: AlterContext,
): AlterResult {
  const nulls = configs.filter(({ value }) => value === null).map(({ name }) => name)
  if (nulls.length > 0)
    return failed(invalidConfig(`Null value not supported for topic configs: ${nulls.join(',')}`))
  const last = new Map(configs.map(({ name, value }) => [name, value]))
  const changes = [...last].map(([name, value]) => ({ name, value }))
  const { checkExistence: _, ...newcomer } = context
  return concluded({ resourceType: TOPIC, resourceName: topic }, changes, new Map(), newcomer)
}

/** What the broker that takes a request checks before the controller does (ConfigAdminManager.preprocess). */
function checkRequest(
  resource: ConfigResource,
  configs: readonly AlterableConfig[],
  nulls: readonly AlterableConfig[],
  { nodeId, refusal }: AlterContext,
): ConfigError | null {
  const { resourceType, resourceName } = resource
  if (new Set(configs.map(({ name }) => name)).size !== configs.length) {
    return invalidRequest('Error due to duplicate config keys')
  }
  if (nulls.length > 0) {
    return invalidRequest(`Null value not supported for : ${nulls.map(({ name }) => name).join(', ')}`)
  }
  const refused = refusal?.(resource) ?? null
  if (refused !== null) return refused
  if (resourceType === BROKER) return resourceName === '' ? null : checkNodeId(resourceName, nodeId)
  if (resourceType === TOPIC || resourceType === CLIENT_METRICS || resourceType === GROUP) return null
  return invalidRequest(`Unknown resource type ${resourceType}`)
}

function checkNodeId(name: string, nodeId: number): ConfigError | null {
  if (!/^[+-]?\d+$/.test(name)) return invalidRequest(`Node id must be an integer, but it is: ${name}`)
  if (Number(name) === nodeId) return null
  return invalidRequest(`Unexpected broker id, expected ${nodeId}, but received ${name}`)
}

function checkBrokerOperations(
  resource: ConfigResource,
  operations: readonly AlterOperation[],
  current: Overrides,
  { broker }: AlterContext,
): ConfigError | null {
  const perBroker = resource.resourceName !== ''
  const wanted = currentBrokerOverrides(current, perBroker)
  for (const operation of operations) {
    if (operation.configOperation > ALTER_OPERATIONS.SUBTRACT || operation.configOperation < 0) {
      return invalidRequest(`Unknown operations type ${operation.configOperation}`)
    }
  }
  for (const operation of operations) {
    const { name, configOperation } = operation
    if (configOperation >= ALTER_OPERATIONS.APPEND) {
      const declared = brokerConfigKey(name)
      if (declared === undefined) return invalidConfig(`Unknown config name: ${name}`)
      const word = configOperation === ALTER_OPERATIONS.APPEND ? 'append' : 'subtract'
      if (declared.type !== 'LIST') {
        return invalidConfig(`Config value ${word} is not allowed for config key: ${name}`)
      }
    }
    const before = wanted.get(name) ?? null
    const after =
      configOperation === ALTER_OPERATIONS.APPEND
        ? appendedByBroker(before ?? brokerConfigKey(name)?.defaultText ?? '', operation.value as string)
        : applied(operation, before, BROKER_CONFIGS)
    if (after === null) wanted.delete(name)
    else wanted.set(name, after as string)
  }
  const error = checkBrokerAlteration(perBroker, wanted, broker)
  return error === null ? null : invalidRequest(error)
}

/** Unlike the controller, the broker appends twice what the operation names twice (prepareIncrementalConfigs). */
function appendedByBroker(before: string, value: string): string {
  const parts = before === '' ? [] : javaSplitComma(before)
  return [...parts, ...javaSplitComma(value).filter((part) => !parts.includes(part))].join(',')
}

/** The value that an operation leaves behind, null for none (ConfigurationControlManager). */
function applied(
  { name, value, configOperation }: AlterOperation,
  before: string | null,
  keys: ConfigKeys,
): string | null | ConfigError {
  if (configOperation === ALTER_OPERATIONS.SET) return value
  if (configOperation === ALTER_OPERATIONS.DELETE) return null
  const word = configOperation === ALTER_OPERATIONS.APPEND ? 'APPEND' : 'SUBTRACT'
  if (configOperation > ALTER_OPERATIONS.SUBTRACT || configOperation < 0) {
    return { errorCode: 'UNKNOWN_SERVER_ERROR', message: null }
  }
  const declared = Object.hasOwn(keys, name) ? keys[name] : undefined
  if (declared?.type !== 'LIST')
    return invalidConfig(`Can't ${word} to key ${name} because its type is not LIST.`)
  const parts = javaSplitComma(before ?? declared.defaultText ?? '').filter((part) => part !== '')
  for (const part of javaSplitComma(value as string)) {
    const index = parts.indexOf(part)
    if (word === 'APPEND' && index < 0) parts.push(part)
    if (word === 'SUBTRACT' && index >= 0) parts.splice(index, 1)
  }
  return parts.join(',')
}

/** What the controller checks, and the configs that the changes lead to (ConfigurationControlManager.validateAlterConfig). */
function concluded(
  resource: ConfigResource,
  changes: readonly ConfigChange[],
  current: Overrides,
  context: AlterContext,
): AlterResult {
  const overrides = new Map(current)
  for (const { name, value } of changes) {
    const refused = checkMinInsyncReplicas(resource, name, value, context)
    if (refused !== null) return failed(refused)
    if (value === null) {
      overrides.delete(name)
      continue
    }
    if (value.length > LONGEST_VALUE) {
      const limit = `exceeds the maximum value size of ${LONGEST_VALUE} bytes.`
      return failed(invalidConfig(`The configuration value cannot be added because it ${limit}`))
    }
    overrides.set(name, value)
  }
  const error =
    checkConfigs(resource, current, overrides, context.broker) ?? context.checkExistence?.(resource) ?? null
  return error === null ? { error: null, overrides, changes } : failed(error)
}

function checkMinInsyncReplicas(
  { resourceType, resourceName }: ConfigResource,
  name: string,
  value: string | null,
  { eligibleLeaderReplicas }: AlterContext,
): ConfigError | null {
  if (!eligibleLeaderReplicas || resourceType !== BROKER || name !== 'min.insync.replicas') return null
  if (resourceName !== '') {
    return invalidConfig('Broker-level min.insync.replicas cannot be altered while ELR is enabled.')
  }
  if (value !== null) return null
  return invalidConfig('Cluster-level min.insync.replicas cannot be removed while ELR is enabled.')
}

function checkConfigs(
  resource: ConfigResource,
  existing: Overrides,
  proposed: Overrides,
  broker: ResolvedBrokerConfig,
): ConfigError | null {
  const name = checkResourceName(resource)
  if (name !== null) return name
  let message: string | null = null
  if (resource.resourceType === TOPIC) message = checkTopicConfigs(existing, proposed, broker)
  if (resource.resourceType === GROUP) message = checkGroupConfigs(proposed, broker)
  if (resource.resourceType === CLIENT_METRICS)
    return checkClientMetricsConfigs(resource.resourceName, proposed)
  return message === null ? null : invalidConfig(message)
}
