import { BROKER_CONFIGS, brokerConfigKey, brokerConfigKeyOfType, brokerUpdateMode } from './broker-configs.ts'
import { CLIENT_METRICS_CONFIGS } from './client-metrics-configs.ts'
import {
  CONFIG_TYPE_CODES,
  type ConfigKey,
  type ConfigKeys,
  type Overrides,
  type ParsedConfig,
} from './config-def.ts'
import { GROUP_CONFIGS } from './group-configs.ts'
import {
  defaultOf,
  groupConfigSynonym,
  groupDefaults,
  parseOverrides,
  type ResolvedBrokerConfig,
} from './resolve.ts'
import { TOPIC_CONFIGS } from './topic-configs.ts'
import { brokerConfigSynonyms, TOPIC_CONFIG_SYNONYMS } from './topic-synonyms.ts'

/** DescribeConfigsResponse.ConfigSource's codes. */
export const CONFIG_SOURCES = {
  UNKNOWN: 0,
  TOPIC_CONFIG: 1,
  DYNAMIC_BROKER_CONFIG: 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG: 3,
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
  DYNAMIC_BROKER_LOGGER_CONFIG: 6,
  CLIENT_METRICS_CONFIG: 7,
  GROUP_CONFIG: 8,
} as const

const SOURCE = CONFIG_SOURCES

export interface DescribedSynonym {
  readonly name: string
  readonly value: string | null
  readonly source: number
}

/** One config as DescribeConfigs shows it; codes as on the wire. */
export interface DescribedConfig {
  readonly name: string
  /** null for a sensitive config, and where there is no value. */
  readonly value: string | null
  readonly readOnly: boolean
  readonly configSource: number
  readonly isSensitive: boolean
  /** Every place that gives the config a value, the one in force first. To be left out unless the client asked. */
  readonly synonyms: readonly DescribedSynonym[]
  /** 0 for a name that is not a config. */
  readonly configType: number
}

const TOPIC_KEYS: ConfigKeys = TOPIC_CONFIGS
const BROKER_KEYS: ConfigKeys = BROKER_CONFIGS
const GROUP_KEYS: ConfigKeys = GROUP_CONFIGS
const CLIENT_METRICS_KEYS: ConfigKeys = CLIENT_METRICS_CONFIGS

/** The names that a client wants to see; null or none: all. */
export type WantedNames = readonly string[] | null

function isWanted(name: string, wanted: WantedNames): boolean {
  return wanted === null || wanted.length === 0 || wanted.includes(name)
}

/** A config whose type is not known may be anything, so it is kept from view (maybeSensitive). */
function isSensitive(declared: ConfigKey | undefined): boolean {
  return declared === undefined || declared.type === 'PASSWORD'
}

function described(
  name: string,
  text: string | null,
  declared: ConfigKey | undefined,
  synonyms: readonly DescribedSynonym[],
  readOnly: boolean,
): DescribedConfig {
  const sensitive = isSensitive(declared)
  return {
    name,
    value: sensitive ? null : text,
    readOnly,
    configSource: synonyms[0]?.source ?? SOURCE.DEFAULT_CONFIG,
    isSensitive: sensitive,
    synonyms,
    configType: declared === undefined ? 0 : CONFIG_TYPE_CODES[declared.type],
  }
}

/** Where a broker config and its synonyms get values from, from `name`'s first on (ConfigHelper.configSynonyms). */
function brokerSynonyms(
  name: string,
  names: readonly string[],
  sensitive: boolean,
  { sources }: ResolvedBrokerConfig,
): DescribedSynonym[] {
  const found: DescribedSynonym[] = []
  const add = (synonym: string, text: string | null | undefined, source: number) => {
    if (text === undefined || text === null) return
    found.push({ name: synonym, value: sensitive ? null : text, source })
  }
  for (const one of names) add(one, sources.brokerConfigs.get(one), SOURCE.DYNAMIC_BROKER_CONFIG)
  for (const one of names) add(one, sources.clusterConfigs.get(one), SOURCE.DYNAMIC_DEFAULT_BROKER_CONFIG)
  for (const one of names) add(one, sources.staticConfigs.get(one), SOURCE.STATIC_BROKER_CONFIG)
  for (const one of names) add(one, brokerConfigKey(one)?.defaultText, SOURCE.DEFAULT_CONFIG)
  const first = found.findIndex((synonym) => synonym.name === name)
  return first < 0 ? [] : found.slice(first)
}

function inherited(name: string, sensitive: boolean, broker: ResolvedBrokerConfig): DescribedSynonym[] {
  return brokerSynonyms(name, brokerConfigSynonyms(name, true), sensitive, broker)
}

/** The configs of a topic that exists. */
export function describeTopicConfigs(
  overrides: Overrides,
  broker: ResolvedBrokerConfig,
  wanted: WantedNames = null,
): DescribedConfig[] {
  const parsed = parseOverrides(TOPIC_KEYS, overrides)
  const entries: DescribedConfig[] = []
  for (const [name, declared] of Object.entries(TOPIC_KEYS)) {
    if (!isWanted(name, wanted) || (declared.internal && !parsed.has(name))) continue
    const value = parsed.get(name) ?? broker.topicDefaults.get(name) ?? defaultOf(declared)
    const synonym = TOPIC_CONFIG_SYNONYMS[name as keyof typeof TOPIC_CONFIG_SYNONYMS]?.[0]
    const synonyms = synonym === undefined ? [] : inherited(synonym.name, isSensitive(declared), broker)
    if (parsed.has(name)) synonyms.unshift({ name, value: value.text, source: SOURCE.TOPIC_CONFIG })
    entries.push(described(name, value.text, declared, synonyms, false))
  }
  return entries
}

/** The configs in force on one broker. */
export function describeBrokerConfigs(
  broker: ResolvedBrokerConfig,
  wanted: WantedNames = null,
): DescribedConfig[] {
  const entries: DescribedConfig[] = []
  const add = (name: string, text: string | null) => {
    if (!isWanted(name, wanted)) return
    const declared = brokerConfigKeyOfType(name)
    const synonyms = inherited(name, isSensitive(declared), broker)
    entries.push(described(name, text, declared, synonyms, brokerUpdateMode(name) === 'read-only'))
  }
  // Names of no config, overrides for one listener, and internal configs show only when they are set, as they were set.
  for (const [name, text] of broker.originals) {
    const declared = brokerConfigKey(name)
    if (declared === undefined || declared.internal) add(name, text)
  }
  for (const [name, declared] of Object.entries(BROKER_KEYS)) {
    if (!declared.internal) add(name, (broker.parsed.get(name) ?? defaultOf(declared)).text)
  }
  return entries
}

/** The dynamic configs of all brokers: of the BROKER resource "". */
export function describeClusterConfigs(
  broker: ResolvedBrokerConfig,
  wanted: WantedNames = null,
): DescribedConfig[] {
  const entries: DescribedConfig[] = []
  for (const [name, text] of broker.sources.clusterConfigs) {
    if (!isWanted(name, wanted)) continue
    const declared = brokerConfigKeyOfType(name)
    const synonyms = inherited(name, isSensitive(declared), broker).filter(
      ({ source }) => source === SOURCE.DYNAMIC_DEFAULT_BROKER_CONFIG,
    )
    entries.push(described(name, text, declared, synonyms, brokerUpdateMode(name) === 'read-only'))
  }
  return entries
}

/** The configs of a group, whether it exists or not. */
export function describeGroupConfigs(
  overrides: Overrides,
  broker: ResolvedBrokerConfig,
  wanted: WantedNames = null,
): DescribedConfig[] {
  const parsed = parseOverrides(GROUP_KEYS, overrides)
  const defaults = groupDefaults(broker)
  const entries: DescribedConfig[] = []
  for (const [name, declared] of Object.entries(GROUP_KEYS)) {
    const isSet = parsed.has(name) || defaults.has(name)
    if (!isWanted(name, wanted) || (declared.internal && !isSet)) continue
    const value = parsed.get(name) ?? defaults.get(name) ?? defaultOf(declared)
    const brokerName = groupConfigSynonym(name)
    const synonyms =
      brokerName === undefined ? ownDefault(name, declared) : inherited(brokerName, false, broker)
    if (parsed.has(name)) synonyms.unshift({ name, value: value.text, source: SOURCE.GROUP_CONFIG })
    entries.push(described(name, value.text, declared, synonyms, false))
  }
  return entries
}

function ownDefault(name: string, declared: ConfigKey): DescribedSynonym[] {
  return [{ name, value: declared.defaultText, source: SOURCE.DEFAULT_CONFIG }]
}

/** The configs of a client metrics subscription, whether it exists or not. */
export function describeClientMetricsConfigs(
  overrides: Overrides,
  wanted: WantedNames = null,
): DescribedConfig[] {
  const parsed = parseOverrides(CLIENT_METRICS_KEYS, overrides)
  const entries: DescribedConfig[] = []
  for (const [name, declared] of Object.entries(CLIENT_METRICS_KEYS)) {
    if (!isWanted(name, wanted)) continue
    const value: ParsedConfig = parsed.get(name) ?? defaultOf(declared)
    const synonyms = parsed.has(name)
      ? [{ name, value: value.text, source: SOURCE.CLIENT_METRICS_CONFIG }]
      : []
    entries.push(described(name, value.text, declared, synonyms, false))
  }
  return entries
}
