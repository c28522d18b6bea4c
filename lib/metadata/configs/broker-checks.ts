import { BROKER_CONFIGS } from './broker-configs.ts'
import type { Overrides, ParsedConfig } from './config-def.ts'
import { javaTrim, parseJavaInteger } from './java-text.ts'
import { brokerValue, parseBrokerConfigs, topicDefaults } from './resolve.ts'
import { checkLagWithin, checkLocalWithin } from './topic-checks.ts'
import { TOPIC_CONFIGS } from './topic-configs.ts'

type Parsed = ReadonlyMap<string, ParsedConfig>

function number(parsed: Parsed, name: string): number {
  return brokerValue(parsed, name).value as number
}

/** How two configs must stand to each other, in the order in which Kafka asks (GroupCoordinatorConfig, ShareGroupConfig). */
function relations(): [string, '>=' | '<=' | '<', string][] {
  const found: [string, '>=' | '<=' | '<', string][] = []
  const within = (prefix: string, name: string) => {
    const [min, max, own] = [`${prefix}.min.${name}`, `${prefix}.max.${name}`, `${prefix}.${name}`]
    found.push([max, '>=', min], [own, '>=', min], [own, '<=', max])
  }
  for (const prefix of ['group.consumer', 'group.share', 'group.streams']) {
    within(prefix, 'heartbeat.interval.ms')
    within(prefix, 'session.timeout.ms')
    found.push([`${prefix}.heartbeat.interval.ms`, '<', `${prefix}.session.timeout.ms`])
    within(prefix, 'assignment.interval.ms')
  }
  found.push(
    ['group.streams.num.standby.replicas', '<=', 'group.streams.max.standby.replicas'],
    ['group.streams.task.offset.interval.ms', '>=', 'group.streams.min.task.offset.interval.ms'],
    ['group.streams.num.warmup.replicas', '<=', 'group.streams.max.warmup.replicas'],
    ['group.share.max.delivery.count.limit', '>=', 'group.share.delivery.count.limit'],
    ['group.share.delivery.count.limit', '>=', 'group.share.min.delivery.count.limit'],
    ['group.share.max.partition.max.record.locks', '>=', 'group.share.partition.max.record.locks'],
    ['group.share.partition.max.record.locks', '>=', 'group.share.min.partition.max.record.locks'],
    ['group.share.record.lock.duration.ms', '>=', 'group.share.min.record.lock.duration.ms'],
    ['group.share.max.record.lock.duration.ms', '>=', 'group.share.record.lock.duration.ms'],
    ['group.share.max.share.sessions', '>=', 'group.share.max.size'],
  )
  return found
}

const RELATIONS = relations()
const WORDS = { '>=': 'greater than or equal to', '<=': 'less than or equal to', '<': 'less than' } as const

/**
 * What Kafka says of broker configs that are good one by one but do not go together; null when nothing is wrong (the
 * constructor of KafkaConfig). Listeners and roles are not looked at.
 */
export function checkBrokerConfigs(parsed: Parsed): string | null {
  for (const [left, relation, right] of RELATIONS) {
    const [a, b] = [number(parsed, left), number(parsed, right)]
    if (relation === '>=' ? a >= b : relation === '<=' ? a <= b : a < b) continue
    return `${left} must be ${WORDS[relation]} ${right}`
  }
  const protocols = brokerValue(parsed, 'group.coordinator.rebalance.protocols').value as readonly string[]
  if (!protocols.includes('classic')) return "Disabling the 'classic' protocol is not supported."
  // Kafka divides by it before it looks at it.
  if (number(parsed, 'log.cleaner.threads') === 0) return '/ by zero'
  const failed = requirement(parsed)
  if (failed !== null) return `requirement failed: ${failed}`
  return checkPerIpOverrides(parsed) ?? checkDelays(parsed)
}

/** What Kafka would say instead of starting with this server.properties; null when it would start. */
export function checkStaticBrokerConfigs(staticConfigs: Overrides): string | null {
  const parsed = parseBrokerConfigs(staticConfigs)
  return typeof parsed === 'string' ? parsed : checkBrokerConfigs(parsed)
}

function requirement(parsed: Parsed): string | null {
  const topic = topicDefaults(parsed)
  const inherited = (name: keyof typeof TOPIC_CONFIGS) =>
    (topic.get(name)?.value ?? TOPIC_CONFIGS[name].defaultValue) as number
  if (inherited('segment.ms') < 1) return 'log.roll.ms must be greater than or equal to 1'
  if (inherited('segment.jitter.ms') < 0) return 'log.roll.jitter.ms must be greater than or equal to 0'
  if (inherited('retention.ms') === 0) {
    return 'log.retention.ms must be unlimited (-1) or, greater than or equal to 1'
  }
  const buffer = number(parsed, 'log.cleaner.dedupe.buffer.size')
  if (Math.trunc(buffer / number(parsed, 'log.cleaner.threads')) <= 1_048_576) {
    return 'log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.'
  }
  const wait = number(parsed, 'replica.fetch.wait.max.ms')
  if (wait > number(parsed, 'replica.socket.timeout.ms')) {
    return 'replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to prevent unnecessary socket timeouts'
  }
  if (wait > number(parsed, 'replica.lag.time.max.ms')) {
    return 'replica.fetch.wait.max.ms should always be less than or equal to replica.lag.time.max.ms to prevent frequent changes in ISR'
  }
  return cordonedLogDirs(parsed) ?? connections(parsed)
}

function logDirs(parsed: Parsed): readonly string[] {
  const dirs = brokerValue(parsed, 'log.dirs').value ?? brokerValue(parsed, 'log.dir').value
  return dirs as readonly string[]
}

function cordonedLogDirs(parsed: Parsed): string | null {
  const cordoned = brokerValue(parsed, 'cordoned.log.dirs').value as readonly string[]
  if (cordoned.includes('*')) {
    if (cordoned.length === 1) return null
    return 'When cordoned.log.dirs is set to *, it must not contain other values'
  }
  const missing = cordoned.filter((dir) => !logDirs(parsed).includes(dir))
  if (missing.length === 0) return null
  return `All entries in cordoned.log.dirs must be present in log.dirs or log.dir. Missing entries : ${missing.join(', ')}`
}

function connections(parsed: Parsed): string | null {
  const queued = number(parsed, 'queued.max.request.bytes')
  if (queued > 0 && queued < number(parsed, 'socket.request.max.bytes')) {
    return 'queued.max.request.bytes must be larger or equal to socket.request.max.bytes'
  }
  const overrides = brokerValue(parsed, 'max.connections.per.ip.overrides').value as string
  if (number(parsed, 'max.connections.per.ip') === 0 && overrides === '') {
    return 'max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set.'
  }
  return null
}

const PER_IP_OVERRIDES = 'max.connections.per.ip.overrides'

/** The text of what Java throws when such a list is read. */
function checkPerIpOverrides(parsed: Parsed): string | null {
  const overrides = brokerValue(parsed, PER_IP_OVERRIDES).value as string
  if (overrides === '') return null
  const addresses: string[] = []
  const entries = overrides.split(/\s*,\s*/)
  while (entries.length > 1 && entries.at(-1) === '') entries.pop()
  // Java drops what is empty at the end, and so a text of commas only.
  if (entries.length === 1 && entries[0] === '') return null
  for (const entry of entries) {
    const colon = entry.lastIndexOf(':')
    if (colon < 0) {
      return `Error parsing configuration property '${PER_IP_OVERRIDES}': begin 0, end -1, length ${entry.length}`
    }
    const limit = javaTrim(entry.slice(colon + 1))
    if (parseJavaInteger(limit, 32) === undefined) return `For input string: "${limit}"`
    addresses.push(javaTrim(entry.slice(0, colon)))
  }
  const invalid = addresses.filter((address) => !/^[0-9a-zA-Z\-%._:]*$/.test(address))
  return invalid.length === 0 ? null : `${PER_IP_OVERRIDES} contains invalid addresses : ${invalid.join(',')}`
}

function checkDelays(parsed: Parsed): string | null {
  const delay = number(parsed, 'connection.failed.authentication.delay.ms')
  const idle = number(parsed, 'connections.max.idle.ms')
  if (idle >= 0 && delay >= idle) {
    return `requirement failed: connection.failed.authentication.delay.ms=${delay} should always be less than connections.max.idle.ms=${idle} to prevent failed authentication responses from timing out`
  }
  return null
}

/** Numbers of threads may at most double or halve at once (DataPlaneAcceptor, DynamicThreadPool, DynamicRemoteLogConfig). */
const THREADS = [
  'num.network.threads',
  'num.io.threads',
  'num.replica.fetchers',
  'num.recovery.threads.per.data.dir',
  'background.threads',
  'remote.log.reader.threads',
  'remote.log.manager.copier.thread.pool.size',
  'remote.log.manager.expiration.thread.pool.size',
  'remote.log.manager.follower.thread.pool.size',
]

/**
 * What the running parts of a broker say to new configs, null when they take them (BrokerReconfigurable.validateReconfiguration).
 * @param before the broker's configs now
 * @param after what they would become
 */
export function checkReconfiguration(before: Parsed, after: Parsed): string | null {
  return (
    checkMetricReporters(before, after) ??
    checkConnectionLimits(before, after) ??
    checkThreads(before, after) ??
    checkCleanerThreads(before, after) ??
    checkLogDefaults(before, after)
  )
}

/** A reporter is a Java class; the one that can be found is Kafka's own. */
function checkMetricReporters(before: Parsed, after: Parsed): string | null {
  const name = 'metric.reporters'
  const [old, wanted] = [brokerValue(before, name), brokerValue(after, name)]
  if (wanted.text === old.text) return null
  const known = BROKER_CONFIGS[name].defaultValue
  if ((wanted.value as readonly string[]).every((reporter) => known.includes(reporter))) return null
  const reason = 'failed with class class kafka.server.DynamicMetricsReporters'
  return `Validation of dynamic config update of Set(${name}) ${reason}`
}

function checkConnectionLimits(before: Parsed, after: Parsed): string | null {
  for (const name of ['max.connections', 'max.connection.creation.rate']) {
    if (number(after, name) === 0 && number(before, name) !== 0) return `Invalid ${name} 0`
  }
  return null
}

function checkThreads(before: Parsed, after: Parsed): string | null {
  for (const name of THREADS) {
    const [old, wanted] = [number(before, name), number(after, name)]
    if (wanted === old) continue
    const failed = `Dynamic thread count update validation failed for ${name}=${wanted}`
    if (wanted < Math.trunc(old / 2))
      return `${failed}, value should be at least half the current value ${old}`
    if (wanted > old * 2) return `${failed}, value should not be greater than double the current value ${old}`
  }
  return null
}

function checkCleanerThreads(before: Parsed, after: Parsed): string | null {
  const [old, wanted] = [number(before, 'log.cleaner.threads'), number(after, 'log.cleaner.threads')]
  if (wanted < 1) return 'Log cleaner threads should be at least 1'
  if (wanted < Math.trunc(old / 2)) {
    return `Log cleaner threads cannot be reduced to less than half the current value ${old}`
  }
  if (wanted > old * 2)
    return `Log cleaner threads cannot be increased to more than double the current value ${old}`
  return null
}

function checkLogDefaults(before: Parsed, after: Parsed): string | null {
  const topic = topicDefaults(after)
  const old = topicDefaults(before)
  const unchanged = (name: string) => topic.get(name)?.text === old.get(name)?.text
  // A conflict that was there before stays, until one of those configs is touched.
  if (Object.keys(TOPIC_CONFIGS).every(unchanged)) return null
  const inherited = (name: keyof typeof TOPIC_CONFIGS): ParsedConfig =>
    topic.get(name) ?? { value: TOPIC_CONFIGS[name].defaultValue, text: TOPIC_CONFIGS[name].defaultText }
  const units = ['ms', 'bytes'] as const
  for (const unit of units) {
    const error = checkLocalWithin(`log.local.retention.${unit}`, inherited(`local.retention.${unit}`), [
      `log.retention.${unit}`,
      inherited(`retention.${unit}`),
    ])
    if (error !== null) return error
  }
  for (const unit of units) {
    const error = checkLagWithin(
      `log.remote.copy.lag.${unit}`,
      inherited(`remote.copy.lag.${unit}`),
      [`log.local.retention.${unit}`, inherited(`local.retention.${unit}`)],
      inherited(`retention.${unit}`),
    )
    if (error !== null) return error
  }
  return null
}
