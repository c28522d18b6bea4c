import type { ConfigKeys, Overrides, ParsedConfig } from './config-def.ts'
import { GROUP_CONFIGS } from './group-configs.ts'
import { javaCollectionText, javaTrim } from './java-text.ts'
import { parseDeclared, unknownConfig } from './parse-declared.ts'
import { brokerNumber, brokerValue, groupConfigBounds, type ResolvedBrokerConfig } from './resolve.ts'

const KEYS: ConfigKeys = GROUP_CONFIGS

/** The bounded configs, in the order in which Kafka looks at them (GroupConfig.validateValues). */
const BOUNDED = [
  'consumer.heartbeat.interval.ms',
  'consumer.session.timeout.ms',
  'consumer.assignment.interval.ms',
  'share.heartbeat.interval.ms',
  'share.session.timeout.ms',
  'share.record.lock.duration.ms',
  'share.delivery.count.limit',
  'share.partition.max.record.locks',
  'share.assignment.interval.ms',
  'streams.heartbeat.interval.ms',
  'streams.session.timeout.ms',
  'streams.num.standby.replicas',
  'streams.assignment.interval.ms',
  'streams.task.offset.interval.ms',
  'streams.num.warmup.replicas',
]

/** What is wrong with a group's configs, null when nothing is (GroupConfig.validate). */
export function checkGroupConfigs(proposed: Overrides, broker: ResolvedBrokerConfig): string | null {
  const unknown = unknownConfig(KEYS, proposed)
  if (unknown !== undefined) return `Unknown group config name: ${unknown}`
  const tags = proposed.get('streams.rack.aware.assignment.tags')
  if (tags !== undefined && hasDuplicates(tags)) {
    return 'streams.rack.aware.assignment.tags must not contain duplicate tag keys.'
  }
  const parsed = parseDeclared(KEYS, proposed)
  if (typeof parsed === 'string') return parsed
  return (
    checkBounds(parsed, broker) ??
    checkAssignor(parsed, broker) ??
    checkSessionExceedsHeartbeat(parsed, broker) ??
    checkDeadLetterTopic(parsed)
  )
}

function hasDuplicates(text: string): boolean {
  const trimmed = javaTrim(text)
  const tags = trimmed === '' ? [] : trimmed.split(/\s*,\s*/)
  return new Set(tags).size !== tags.length
}

function checkBounds(parsed: ReadonlyMap<string, ParsedConfig>, broker: ResolvedBrokerConfig): string | null {
  for (const name of BOUNDED) {
    const value = parsed.get(name)?.value as number | undefined
    const bounds = groupConfigBounds(name)
    if (value === undefined || bounds === undefined) continue
    const min = bounds.min === undefined ? undefined : brokerNumber(broker, bounds.min)
    const max = bounds.max === undefined ? undefined : brokerNumber(broker, bounds.max)
    if (min !== undefined && max !== undefined) {
      if (value < min || value > max) return `${name} must be in the range ${min} to ${max} inclusive.`
    } else if (max !== undefined && value > max) {
      return `${name} must be less than or equal to ${max}`
    } else if (min !== undefined && value < min) {
      return `${name} must be greater than or equal to ${min}`
    }
  }
  return null
}

function checkAssignor(
  parsed: ReadonlyMap<string, ParsedConfig>,
  broker: ResolvedBrokerConfig,
): string | null {
  const assignor = parsed.get('streams.assignor.name')?.value as string | undefined
  const registered = brokerValue(broker.parsed, 'group.streams.assignors').value as readonly string[]
  if (assignor === undefined || registered.includes(assignor)) return null
  const known = javaCollectionText(registered)
  return `streams.assignor.name '${assignor}' is not a registered task assignor. Registered assignors are: ${known}.`
}

function checkSessionExceedsHeartbeat(
  parsed: ReadonlyMap<string, ParsedConfig>,
  broker: ResolvedBrokerConfig,
): string | null {
  for (const kind of ['consumer', 'share', 'streams']) {
    const session = `${kind}.session.timeout.ms`
    const heartbeat = `${kind}.heartbeat.interval.ms`
    if (!parsed.has(session) && !parsed.has(heartbeat)) continue
    const inForce = (name: string) =>
      (parsed.get(name)?.value as number | undefined) ?? brokerNumber(broker, `group.${name}`)
    if (inForce(session) <= inForce(heartbeat)) return `${session} must be greater than ${heartbeat}`
  }
  return null
}

function checkDeadLetterTopic(parsed: ReadonlyMap<string, ParsedConfig>): string | null {
  const topic = parsed.get('errors.deadletterqueue.topic.name')?.value as string | undefined
  if (topic?.startsWith('__') !== true) return null
  return "errors.deadletterqueue.topic.name: DLQ topic name must not start with '__'"
}
