import type { ConfigKeys, Overrides, ParsedConfig } from './config-def.ts'
import { parseDeclared, unknownConfig } from './parse-declared.ts'
import { brokerValue, defaultOf, type ResolvedBrokerConfig } from './resolve.ts'
import { TOPIC_CONFIGS } from './topic-configs.ts'
import { invalidValue } from './validators.ts'

const KEYS: ConfigKeys = TOPIC_CONFIGS
const UNLIMITED = -1
/** local.retention.x with this value is as long as retention.x. */
const SAME_AS_RETENTION = -2

type Topic = (name: keyof typeof TOPIC_CONFIGS) => ParsedConfig

/**
 * What Kafka says of a topic's configs, names, values, and values that do not go together; null when nothing is wrong
 * (LogConfig.validate).
 */
export function checkTopicConfigs(
  existing: Overrides,
  proposed: Overrides,
  broker: ResolvedBrokerConfig,
): string | null {
  const unknown = unknownConfig(KEYS, proposed)
  if (unknown !== undefined) return `Unknown topic config name: ${unknown}`
  const parsed = parseDeclared(KEYS, proposed)
  if (typeof parsed === 'string') return parsed
  const topic: Topic = (name) =>
    parsed.get(name) ?? broker.topicDefaults.get(name) ?? defaultOf(TOPIC_CONFIGS[name])
  return checkCompactionLag(topic) ?? checkRemoteStorage(topic, existing, broker)
}

function checkCompactionLag(topic: Topic): string | null {
  const minimum = topic('min.compaction.lag.ms')
  const maximum = topic('max.compaction.lag.ms')
  if ((minimum.value as number) <= (maximum.value as number)) return null
  return `conflict topic config setting min.compaction.lag.ms (${minimum.text}) > max.compaction.lag.ms (${maximum.text})`
}

function checkRemoteStorage(topic: Topic, existing: Overrides, broker: ResolvedBrokerConfig): string | null {
  if (topic('remote.storage.enable').value === true) {
    if (brokerValue(broker.parsed, 'remote.log.storage.system.enable').value !== true) {
      return 'Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.'
    }
    const policy = topic('cleanup.policy').value as readonly string[]
    if (policy.length > 1 || (policy.length === 1 && policy[0] !== 'delete')) {
      return 'Remote log storage only supports topics with cleanup.policy=delete or cleanup.policy being an empty list.'
    }
    return (
      checkLocalRetention(topic, 'bytes') ??
      checkLocalRetention(topic, 'ms') ??
      checkCopyLag(topic, 'bytes') ??
      checkCopyLag(topic, 'ms') ??
      checkRetentionWithoutCopies(topic, 'bytes') ??
      checkRetentionWithoutCopies(topic, 'ms')
    )
  }
  const wasEnabled = existing.get('remote.storage.enable')?.toLowerCase() === 'true'
  if (wasEnabled && topic('remote.log.delete.on.disable').value !== true) {
    return (
      'It is invalid to disable remote storage without deleting remote data. ' +
      'If you want to keep the remote data and turn to read only, please set ' +
      '`remote.storage.enable=true,remote.log.copy.disable=true`. ' +
      'If you want to disable remote storage and delete all remote data, please set ' +
      '`remote.storage.enable=false,remote.log.delete.on.disable=true`.'
    )
  }
  return null
}

function checkLocalRetention(topic: Topic, unit: 'bytes' | 'ms'): string | null {
  return checkLocalWithin(`local.retention.${unit}`, topic(`local.retention.${unit}`), [
    `retention.${unit}`,
    topic(`retention.${unit}`),
  ])
}

/** What is kept locally must not be more than what is kept; for a topic, or for what a broker passes on to topics. */
export function checkLocalWithin(
  localName: string,
  local: ParsedConfig,
  [name, retention]: readonly [string, ParsedConfig],
): string | null {
  const limit = retention.value as number
  const localLimit = local.value as number
  // -1 is no limit; a size below it counts as none as well.
  if (limit <= UNLIMITED || localLimit === SAME_AS_RETENTION) return null
  if (localLimit === UNLIMITED) {
    return invalidValue(
      localName,
      local.text,
      `Value must not be -1 as ${name} value is set as ${retention.text}.`,
    )
  }
  if (localLimit <= limit) return null
  return invalidValue(
    localName,
    local.text,
    `Value must not be more than ${name} property value: ${retention.text}`,
  )
}

function checkCopyLag(topic: Topic, unit: 'bytes' | 'ms'): string | null {
  return checkLagWithin(
    `remote.copy.lag.${unit}`,
    topic(`remote.copy.lag.${unit}`),
    [`local.retention.${unit}`, topic(`local.retention.${unit}`)],
    topic(`retention.${unit}`),
  )
}

/** What is copied late must still be there locally when its copy is made. */
export function checkLagWithin(
  lagName: string,
  lag: ParsedConfig,
  [localName, local]: readonly [string, ParsedConfig],
  retention: ParsedConfig,
): string | null {
  const effective = local.value === SAME_AS_RETENTION ? retention : local
  const limit = effective.value as number
  if ((lag.value as number) <= 0 || limit < 0 || (lag.value as number) <= limit) return null
  return invalidValue(
    lagName,
    lag.text,
    `Value must not exceed ${localName} (effective value: ${effective.text})`,
  )
}

function checkRetentionWithoutCopies(topic: Topic, unit: 'bytes' | 'ms'): string | null {
  if (topic('remote.log.copy.disable').value !== true) return null
  const local = topic(`local.retention.${unit}`)
  if (local.value === SAME_AS_RETENTION || local.text === topic(`retention.${unit}`).text) return null
  return (
    `When \`remote.log.copy.disable\` is set to true, the \`local.retention.${unit}\` and \`retention.${unit}\` ` +
    'must be set to the identical value because there will be no more logs copied to the remote storage.'
  )
}
