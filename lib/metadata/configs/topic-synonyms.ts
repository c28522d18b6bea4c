import type { TOPIC_CONFIGS } from './topic-configs.ts'

/** A broker config that a topic config is inherited from. */
export interface ConfigSynonym {
  readonly name: string
  /** What the broker's number is multiplied with to give the topic's. */
  readonly factor: number
}

const MINUTES = 60_000
const HOURS = 3_600_000

function same(...names: string[]): readonly ConfigSynonym[] {
  return names.map((name) => ({ name, factor: 1 }))
}

/**
 * From which broker configs a topic config gets its value when the topic has none: the first that is set counts
 * (ServerTopicConfigSynonyms). Topic configs that are absent here know only their own default.
 */
export const TOPIC_CONFIG_SYNONYMS: {
  readonly [Name in keyof typeof TOPIC_CONFIGS]?: readonly ConfigSynonym[]
} = {
  'segment.bytes': same('log.segment.bytes'),
  'segment.ms': [...same('log.roll.ms'), { name: 'log.roll.hours', factor: HOURS }],
  'segment.jitter.ms': [...same('log.roll.jitter.ms'), { name: 'log.roll.jitter.hours', factor: HOURS }],
  'segment.index.bytes': same('log.index.size.max.bytes'),
  'flush.messages': same('log.flush.interval.messages'),
  'flush.ms': same('log.flush.interval.ms', 'log.flush.scheduler.interval.ms'),
  'retention.bytes': same('log.retention.bytes'),
  'retention.ms': [
    ...same('log.retention.ms'),
    { name: 'log.retention.minutes', factor: MINUTES },
    { name: 'log.retention.hours', factor: HOURS },
  ],
  'max.message.bytes': same('message.max.bytes'),
  'max.decompressed.message.bytes': same('max.decompressed.message.bytes'),
  'index.interval.bytes': same('log.index.interval.bytes'),
  'delete.retention.ms': same('log.cleaner.delete.retention.ms'),
  'min.compaction.lag.ms': same('log.cleaner.min.compaction.lag.ms'),
  'max.compaction.lag.ms': same('log.cleaner.max.compaction.lag.ms'),
  'file.delete.delay.ms': same('log.segment.delete.delay.ms'),
  'min.cleanable.dirty.ratio': same('log.cleaner.min.cleanable.ratio'),
  'cleanup.policy': same('log.cleanup.policy'),
  'unclean.leader.election.enable': same('unclean.leader.election.enable'),
  'min.insync.replicas': same('min.insync.replicas'),
  'compression.type': same('compression.type'),
  'compression.gzip.level': same('compression.gzip.level'),
  'compression.lz4.level': same('compression.lz4.level'),
  'compression.zstd.level': same('compression.zstd.level'),
  preallocate: same('log.preallocate'),
  'message.timestamp.type': same('log.message.timestamp.type'),
  'message.timestamp.before.max.ms': same('log.message.timestamp.before.max.ms'),
  'message.timestamp.after.max.ms': same('log.message.timestamp.after.max.ms'),
  'local.retention.ms': same('log.local.retention.ms'),
  'local.retention.bytes': same('log.local.retention.bytes'),
  'remote.copy.lag.ms': same('log.remote.copy.lag.ms'),
  'remote.copy.lag.bytes': same('log.remote.copy.lag.bytes'),
}

const BROKER_SYNONYMS: readonly (readonly string[])[] = [
  ['log.roll.ms', 'log.roll.hours'],
  ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
  ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
]
const LOG_FLUSH = ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms']

const LISTENER_CONFIG = /^listener\.name\.[^.]*\.(.*)$/
// Of these, what stands between the listener's name and theirs is a SASL mechanism.
const OF_A_MECHANISM = [
  'sasl.jaas.config',
  'sasl.login.callback.handler.class',
  'sasl.login.class',
  'sasl.server.callback.handler.class',
  'connections.max.reauth.ms',
]

/** The name below `listener.name.x.`, or undefined for a config that no listener has for itself. */
export function withoutListenerPrefix(name: string): string | undefined {
  return LISTENER_CONFIG.exec(name)?.[1]
}

/**
 * The broker configs that say the same thing as this one, the one that counts most first
 * (DynamicBrokerConfig.brokerConfigSynonyms).
 */
export function brokerConfigSynonyms(name: string, matchListenerOverride: boolean): readonly string[] {
  if (name === 'log.flush.interval.ms') return LOG_FLUSH
  for (const synonyms of BROKER_SYNONYMS) if (synonyms.includes(name)) return synonyms
  const base = matchListenerOverride ? withoutListenerPrefix(name) : undefined
  if (base === undefined) return [name]
  return [name, OF_A_MECHANISM.find((one) => base.endsWith(one)) ?? base]
}
