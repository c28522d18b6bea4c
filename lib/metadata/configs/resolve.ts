import { BROKER_CONFIGS, brokerConfigKey } from './broker-configs.ts'
import {
  type ConfigKey,
  type ConfigKeys,
  type ConfigValues,
  camelCase,
  type Overrides,
  type ParsedConfig,
  parseConfig,
} from './config-def.ts'
import { withoutInvalidDynamicConfigs } from './dynamic-broker-checks.ts'
import { GROUP_CONFIGS } from './group-configs.ts'
import { parseDeclared } from './parse-declared.ts'
import { TOPIC_CONFIGS } from './topic-configs.ts'
import { brokerConfigSynonyms, TOPIC_CONFIG_SYNONYMS } from './topic-synonyms.ts'

/** Where a broker's configs come from; a later one outdoes an earlier one. */
export interface BrokerConfigSources {
  /** server.properties; `node.id`, `process.roles` and `controller.listener.names` must be there. */
  readonly staticConfigs: Overrides
  /** Dynamic configs of all brokers: those of the BROKER resource "". */
  readonly clusterConfigs: Overrides
  /** Dynamic configs of this broker. */
  readonly brokerConfigs: Overrides
}

export type BrokerConfig = ConfigValues<typeof BROKER_CONFIGS>
export type TopicConfig = ConfigValues<typeof TOPIC_CONFIGS>
export type GroupConfig = ConfigValues<typeof GROUP_CONFIGS>

/** What is in force on one broker. To be made again when one of its sources changes, and kept until then. */
export interface ResolvedBrokerConfig {
  /** As given, apart from dynamic configs that Kafka would ignore, which are gone. */
  readonly sources: BrokerConfigSources
  /** The texts in force: of every name that was set somewhere, known or not (KafkaConfig.originals). */
  readonly originals: Overrides
  /** The configs whose value is not the default. */
  readonly parsed: ReadonlyMap<string, ParsedConfig>
  /** The typed values in force. To be read by name: only what is set are properties of its own. */
  readonly config: BrokerConfig
  /** What topics inherit, by the topic's names (KafkaConfig.extractLogConfigMap). */
  readonly topicDefaults: ReadonlyMap<string, ParsedConfig>
}

const TOPIC_KEYS: ConfigKeys = TOPIC_CONFIGS
const GROUP_KEYS: ConfigKeys = GROUP_CONFIGS

type Values = Record<string, unknown>

function defaultValues(keys: ConfigKeys): Values {
  const values: Values = {}
  for (const [name, declared] of Object.entries(keys)) values[camelCase(name)] = declared.defaultValue
  return values
}

const BROKER_DEFAULTS = defaultValues(BROKER_CONFIGS)
const TOPIC_DEFAULTS = defaultValues(TOPIC_CONFIGS)
const GROUP_DEFAULTS = defaultValues(GROUP_CONFIGS)

/** The default of a config, as a parsed value. */
export function defaultOf(declared: ConfigKey): ParsedConfig {
  return { value: declared.defaultValue, text: declared.defaultText }
}

/** Broker configs after `overrides` over `base`: setting one way to say a thing unsets the others (overrideProps). */
export function overrideBrokerConfigs(base: Map<string, string>, overrides: Overrides): void {
  for (const [name, text] of overrides) {
    for (const synonym of brokerConfigSynonyms(name, false)) base.delete(synonym)
    base.set(name, text)
  }
}

/** Parses what is set of a broker's configs; Kafka's message about the first that is wrong, or missing, instead. */
export function parseBrokerConfigs(originals: Overrides): Map<string, ParsedConfig> | string {
  for (const name of REQUIRED_NAMES) {
    if (originals.has(name)) continue
    return `Missing required configuration "${name}" which has no default value.`
  }
  return parseDeclared(BROKER_CONFIGS, originals)
}

const REQUIRED_NAMES = Object.entries(BROKER_CONFIGS as ConfigKeys)
  .filter(([, declared]) => declared.required)
  .map(([name]) => name)

/** `broker.id` is the old name of `node.id`: whichever is given stands for both (populateSynonyms). */
function withNodeId(staticConfigs: Overrides): Overrides {
  const nodeId = staticConfigs.get('node.id') ?? staticConfigs.get('broker.id')
  if (nodeId === undefined) return staticConfigs
  return new Map([['node.id', nodeId], ['broker.id', nodeId], ...staticConfigs])
}

/** @throws Error with Kafka's message when a static config is wrong or a required one is missing */
export function resolveBrokerConfig(given: BrokerConfigSources): ResolvedBrokerConfig {
  const sources: BrokerConfigSources = {
    staticConfigs: withNodeId(given.staticConfigs),
    clusterConfigs: withoutInvalidDynamicConfigs(given.clusterConfigs, false),
    brokerConfigs: withoutInvalidDynamicConfigs(given.brokerConfigs, true),
  }
  const originals = new Map(sources.staticConfigs)
  overrideBrokerConfigs(originals, sources.clusterConfigs)
  overrideBrokerConfigs(originals, sources.brokerConfigs)
  clampAssignmentIntervals(originals)
  const parsed = parseBrokerConfigs(originals)
  if (typeof parsed === 'string') throw new Error(parsed)
  return {
    sources,
    originals,
    parsed,
    config: brokerConfig(parsed),
    topicDefaults: topicDefaults(parsed),
  }
}

/** Hundreds of configs of which few are set: the defaults stay behind in the prototype, for copying them takes half a millisecond. */
function brokerConfig(parsed: ReadonlyMap<string, ParsedConfig>): BrokerConfig {
  const values: Values = Object.create(BROKER_DEFAULTS)
  for (const [name, { value }] of parsed) values[camelCase(name)] = value
  return Object.freeze(values) as BrokerConfig
}

function frozen<T>(defaults: Values, parsed: ReadonlyMap<string, ParsedConfig>): T {
  const values: Values = { ...defaults }
  for (const [name, { value }] of parsed) values[camelCase(name)] = value
  return Object.freeze(values) as T
}

/** A dynamic interval outside the static bounds takes effect as the nearest bound (clampDynamicConfigs). */
function clampAssignmentIntervals(originals: Map<string, string>): void {
  for (const kind of ['consumer', 'share', 'streams']) {
    const name = `group.${kind}.assignment.interval.ms`
    const text = originals.get(name)
    if (text === undefined || !/^\s*\+?\d{1,10}\s*$/.test(text)) continue
    const bound = (end: 'min' | 'max') => {
      const boundName = `group.${kind}.${end}.assignment.interval.ms`
      return Number(originals.get(boundName) ?? brokerConfigKey(boundName)?.defaultText)
    }
    const clamped = Math.min(Math.max(Number(text), bound('min')), bound('max'))
    if (clamped !== Number(text)) originals.set(name, String(clamped))
  }
}

/** The value in force of a broker config. */
export function brokerValue(parsed: ReadonlyMap<string, ParsedConfig>, name: string): ParsedConfig {
  return parsed.get(name) ?? defaultOf(brokerConfigKey(name) as ConfigKey)
}

/** What topics inherit from these broker configs: the configs of which a synonym is not at its default. */
export function topicDefaults(broker: ReadonlyMap<string, ParsedConfig>): Map<string, ParsedConfig> {
  const inherited = new Map<string, ParsedConfig>()
  for (const [name, synonyms] of Object.entries(TOPIC_CONFIG_SYNONYMS)) {
    if (!synonyms.some((synonym) => broker.has(synonym.name))) continue
    for (const synonym of synonyms) {
      const found = brokerValue(broker, synonym.name)
      if (found.value === null) continue
      inherited.set(name, synonym.factor === 1 ? found : multiplied(found, synonym.factor))
      break
    }
    const parsed = inherited.get(name)
    // However it is said, a retention below nothing is no limit (logRetentionTimeMillis).
    if (name === 'retention.ms' && parsed !== undefined && (parsed.value as number) < 0) {
      inherited.set(name, { value: -1, text: '-1' })
    }
  }
  return inherited
}

function multiplied(parsed: ParsedConfig, factor: number): ParsedConfig {
  const value = (parsed.value as number) * factor
  return { value, text: String(value) }
}

/** Parsed overrides; those that are unknown or invalid are left out, for they cannot have been accepted. */
export function parseOverrides(keys: ConfigKeys, overrides: Overrides): Map<string, ParsedConfig> {
  const parsed = new Map<string, ParsedConfig>()
  for (const [name, text] of overrides) {
    if (!Object.hasOwn(keys, name)) continue
    const result = parseConfig(name, keys[name] as ConfigKey, text)
    if (result.error === null) parsed.set(name, result.parsed)
  }
  return parsed
}

/**
 * The typed values in force for a topic with these overrides on that broker. To be kept by the caller until the overrides
 * or the broker's configs change.
 */
export function effectiveTopicConfig(overrides: Overrides, broker: ResolvedBrokerConfig): TopicConfig {
  const parsed = new Map(broker.topicDefaults)
  for (const [name, value] of parseOverrides(TOPIC_KEYS, overrides)) parsed.set(name, value)
  return frozen<TopicConfig>(TOPIC_DEFAULTS, parsed)
}

/** The broker config that a group config is inherited from (GroupConfig.ALL_GROUP_CONFIG_SYNONYMS). */
export function groupConfigSynonym(name: string): string | undefined {
  if (name === 'streams.assignor.name') return 'group.streams.assignors'
  const synonym = `group.${name}`
  return brokerConfigKey(synonym) === undefined ? undefined : synonym
}

/** What groups inherit on that broker, by the group's names (extractGroupConfigMap). */
export function groupDefaults(broker: ResolvedBrokerConfig): Map<string, ParsedConfig> {
  const inherited = new Map<string, ParsedConfig>()
  for (const [name, declared] of Object.entries(GROUP_KEYS)) {
    const synonym = groupConfigSynonym(name)
    if (synonym === undefined || (declared.internal && !broker.originals.has(synonym))) continue
    const found = brokerValue(broker.parsed, synonym)
    if (name !== 'streams.assignor.name') inherited.set(name, found)
    else {
      const first = (found.value as readonly string[])[0] ?? null
      inherited.set(name, { value: first, text: first })
    }
  }
  return inherited
}

/**
 * The typed values in force for a group with these overrides on that broker. Values outside the broker's bounds, which it
 * may have been given since, count as the nearest bound (GroupConfig.evaluate).
 */
export function effectiveGroupConfig(overrides: Overrides, broker: ResolvedBrokerConfig): GroupConfig {
  const parsed = groupDefaults(broker)
  for (const [name, value] of parseOverrides(GROUP_KEYS, overrides)) {
    const bounds = groupConfigBounds(name)
    if (bounds === undefined) {
      parsed.set(name, value)
      continue
    }
    let number = value.value as number
    if (bounds.max !== undefined) number = Math.min(number, brokerNumber(broker, bounds.max))
    if (bounds.min !== undefined) number = Math.max(number, brokerNumber(broker, bounds.min))
    parsed.set(name, { value: number, text: String(number) })
  }
  return frozen<GroupConfig>(GROUP_DEFAULTS, parsed)
}

export function brokerNumber(broker: ResolvedBrokerConfig, name: string): number {
  return brokerValue(broker.parsed, name).value as number
}

/** The broker configs that bound a group config, where there are any: `share.x` lies within `group.share.min.x` and `.max.x`. */
export function groupConfigBounds(name: string): { min?: string; max?: string } | undefined {
  const dot = name.indexOf('.')
  const [kind, rest] = [name.slice(0, dot), name.slice(dot + 1)]
  const known = (bound: string) => (brokerConfigKey(bound) === undefined ? undefined : bound)
  // The bounds of the two counts of replicas are named without "num".
  const min = known(`group.${kind}.min.${rest}`)
  const max = known(`group.${kind}.max.${rest.replace(/^num\./, '')}`)
  if (min === undefined && max === undefined) return undefined
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) }
}
