import { ALTER_OPERATIONS } from '../../../lib/metadata/configs/alter.ts'
import { ConfigResourceType } from '../../../lib/metadata/records.ts'
import type { WireAltered, WireConfig, WireResource } from './config-wire.ts'

const { TOPIC, BROKER, CLIENT_METRICS, GROUP } = ConfigResourceType
const { SET, DELETE, APPEND, SUBTRACT } = ALTER_OPERATIONS

export type ConfigCase =
  | { createTopic: string; configs: readonly WireConfig[] }
  | { incremental: readonly WireAltered[] }
  | { full: readonly WireAltered[] }

function set(name: string, value: string | null): WireConfig {
  return { name, value, configOperation: SET }
}

function unset(name: string): WireConfig {
  return { name, value: null, configOperation: DELETE }
}

function append(name: string, value: string | null): WireConfig {
  return { name, value, configOperation: APPEND }
}

function subtract(name: string, value: string | null): WireConfig {
  return { name, value, configOperation: SUBTRACT }
}

function topic(resourceName: string, ...configs: WireConfig[]): WireAltered {
  return { resourceType: TOPIC, resourceName, configs }
}

function broker(resourceName: string, ...configs: WireConfig[]): WireAltered {
  return { resourceType: BROKER, resourceName, configs }
}

function group(resourceName: string, ...configs: WireConfig[]): WireAltered {
  return { resourceType: GROUP, resourceName, configs }
}

function metrics(resourceName: string, ...configs: WireConfig[]): WireAltered {
  return { resourceType: CLIENT_METRICS, resourceName, configs }
}

function incremental(...resources: WireAltered[]): ConfigCase {
  return { incremental: resources }
}

function full(...resources: WireAltered[]): ConfigCase {
  return { full: resources }
}

/** Texts that every config is tried with: good for some, bad for others, in each way that is known to be told apart. */
export const TRIED_VALUES = [
  ...['', ' ', 'abc', 'true', 'FALSE ', '-3', '-2', '-1', '0', '1', '2', '5', '+7', '007', ' 42\t', '1_000'],
  ...[
    '0.5',
    '1e3',
    '.5',
    '5f',
    'NaN',
    '1.0E-5',
    '12345678.5',
    '100',
    '4096',
    '20000',
    '60000',
    '2000000',
    '3600001',
  ],
  ...['2147483639', '2147483647', '2147483648', '9223372036854775807', '9223372036854775808'],
  ...[
    'compact',
    'delete,compact',
    'compact , delete',
    'delete,delete',
    'delete,',
    ',',
    'compact,x',
    'lz4',
    'LogAppendTime',
  ],
  ...[
    '*',
    '0:1,1:2',
    '0:1,x',
    'earliest',
    'by_duration:PT1H',
    'by_duration:-PT1H',
    'by_duration:P',
    'read_committed',
  ],
  ...[
    'simple',
    'sticky',
    '127.0.0.1:5',
    'org.apache.kafka.common.metrics.JmxReporter',
    'com.example.Missing',
    '__x',
  ],
]

/** In this order, for each leaves its traces. Topics t and u and group g come to be on the way. */
export const CONFIG_CASES: readonly ConfigCase[] = [
  { createTopic: 't', configs: [] },
  {
    createTopic: 'u',
    configs: [set('retention.ms', ' 1000 '), set('cleanup.policy', 'compact, delete,compact')],
  },
  { createTopic: 'bad', configs: [set('no.such.config', '1')] },
  { createTopic: 'bad', configs: [set('no.such.config', '1'), set('nor.this', '1'), set('zzz', '')] },
  { createTopic: 'bad', configs: [set('retention.ms', 'x'), set('segment.bytes', 'y')] },
  { createTopic: 'bad', configs: [set('retention.ms', null)] },
  { createTopic: 'twice', configs: [set('retention.ms', '1'), set('retention.ms', '2')] },
  { createTopic: 'bad', configs: [set('min.compaction.lag.ms', '10'), set('max.compaction.lag.ms', '9')] },
  { createTopic: 'bad', configs: [set('remote.storage.enable', 'true')] },
  { createTopic: 'internal', configs: [set('internal.segment.bytes', '1000')] },
  {
    createTopic: 'long',
    configs: [set('leader.replication.throttled.replicas', `${'0:1,'.repeat(8000)}0:1`)],
  },
  {
    createTopic: 'longer',
    configs: [set('leader.replication.throttled.replicas', `${'0:1,'.repeat(8191)}0:1`)],
  },

  incremental(topic('t', set('retention.ms', '5000'), set('max.message.bytes', '+2000'))),
  incremental(topic('t', set('retention.ms', '-2'))),
  incremental(topic('t', set('retention.ms', '6000'), unset('retention.ms'))),
  incremental(topic('t', set('retention.ms', null))),
  incremental(topic('t', set('retention.ms', null), append('cleanup.policy', null))),
  incremental(topic('t', append('cleanup.policy', 'compact'))),
  incremental(topic('t', append('cleanup.policy', 'compact,compact'))),
  incremental(topic('t', subtract('cleanup.policy', 'delete'))),
  incremental(topic('t', subtract('cleanup.policy', 'compact'))),
  incremental(topic('t', append('cleanup.policy', 'nonsense'))),
  incremental(topic('t', append('cleanup.policy', ''))),
  incremental(topic('t', append('cleanup.policy', ','))),
  incremental(topic('t', append('retention.ms', '1'))),
  incremental(topic('t', subtract('no.such.config', '1'))),
  incremental(topic('t', unset('no.such.config'))),
  incremental(topic('t', unset('retention.ms'), unset('max.message.bytes'))),
  incremental(topic('t', append('leader.replication.throttled.replicas', '0:1,1:2'))),
  incremental(topic('t', append('leader.replication.throttled.replicas', '1:2,2:3'))),
  incremental(topic('t', subtract('leader.replication.throttled.replicas', '0:1'))),
  incremental(topic('t', { name: 'retention.ms', value: '1', configOperation: 4 })),
  incremental(topic('', set('retention.ms', '1'))),
  incremental(topic('no/topic', set('retention.ms', '1'))),
  incremental(topic('..', set('retention.ms', '1'))),
  incremental(topic('x'.repeat(250), set('retention.ms', '1'))),
  incremental(topic('absent', set('retention.ms', '1'))),
  incremental(topic('absent', set('retention.ms', 'x'))),
  incremental(topic('t', set('retention.ms', '7')), topic('t', set('retention.ms', '8'))),
  incremental(topic('t', set('retention.ms', '7')), topic('u', set('retention.ms', 'x'))),
  incremental({ resourceType: 0, resourceName: 't', configs: [set('retention.ms', '1')] }),
  incremental({ resourceType: 3, resourceName: 't', configs: [set('retention.ms', '1')] }),
  incremental(topic('t', set('compression.type', 'ZSTD'))),
  incremental(topic('t', set('compression.type', 'zstd'), set('compression.zstd.level', '-5'))),
  incremental(topic('t', set('min.insync.replicas', '2'), set('preallocate', 'True'))),
  incremental(
    topic('t', set('flush.messages', '9223372036854775807'), set('min.cleanable.dirty.ratio', '1e-5')),
  ),
  full(topic('u', set('segment.bytes', '2000000'), set('message.timestamp.type', 'LogAppendTime'))),
  full(topic('u', set('segment.bytes', '1'))),
  full(topic('u', set('segment.bytes', '2000000'), set('segment.bytes', '2000001'))),
  full(topic('u', set('segment.bytes', null))),
  full(topic('absent', set('segment.bytes', '2000000'))),
  full(topic('', set('segment.bytes', '2000000'))),
  full({ resourceType: 0, resourceName: 'u', configs: [] }),
  full(topic('u')),

  incremental(broker('', set('log.retention.ms', '70000'), set('message.max.bytes', '2000000'))),
  incremental(broker('', set('log.retention.hours', '1'))),
  incremental(
    broker('', set('log.retention.hours', '1'), set('broker.rack', 'a'), set('num.partitions', '5')),
  ),
  incremental(broker('', set('listeners', 'PLAINTEXT://:1'))),
  incremental(broker('', set('ssl.keystore.password', 'x'))),
  incremental(broker('1', set('ssl.keystore.password', 'x'), set('ssl.key.password', 'x'))),
  incremental(broker('1', set('log.retention.ms', '80000'), set('log.cleaner.threads', '2'))),
  incremental(broker('1', set('log.cleaner.threads', '9'))),
  incremental(broker('1', set('num.io.threads', '17'))),
  incremental(broker('1', set('num.io.threads', '3'))),
  incremental(broker('1', set('num.io.threads', '16'), set('num.network.threads', '6'))),
  incremental(broker('1', set('num.network.threads', '100'))),
  incremental(broker('1', set('remote.log.reader.threads', '100'))),
  incremental(broker('1', set('log.cleaner.dedupe.buffer.size', '1000'))),
  incremental(broker('1', set('log.local.retention.ms', '-1'))),
  incremental(broker('1', set('log.local.retention.ms', '90000'))),
  incremental(broker('1', set('log.retention.bytes', '100'), set('log.local.retention.bytes', '101'))),
  incremental(broker('1', set('log.remote.copy.lag.ms', '90000'))),
  incremental(broker('1', set('log.roll.ms', '0'))),
  incremental(broker('1', set('log.roll.jitter.ms', '-1'))),
  incremental(broker('', set('log.retention.ms', '0'))),
  incremental(broker('1', set('log.retention.ms', '-5'))),
  incremental(broker('1', set('log.retention.ms', '0'))),
  incremental(broker('1', set('max.connections.per.ip', '0'))),
  incremental(broker('1', set('cordoned.log.dirs', '/nowhere'))),
  incremental(broker('1', set('cordoned.log.dirs', '*,/nowhere'))),
  incremental(broker('1', set('group.consumer.assignment.interval.ms', '16000'))),
  incremental(broker('', set('group.share.assignment.interval.ms', '2000'))),
  incremental(broker('1', set('min.insync.replicas', '2'))),
  incremental(broker('1', unset('min.insync.replicas'))),
  incremental(broker('', set('min.insync.replicas', '2'))),
  incremental(broker('', unset('min.insync.replicas'))),
  incremental(broker('', append('log.cleanup.policy', 'compact'))),
  incremental(broker('', append('log.cleanup.policy', 'compact,compact'))),
  incremental(broker('', subtract('log.cleanup.policy', 'delete'))),
  incremental(broker('', append('log.cleanup.policy', 'nonsense'))),
  incremental(broker('', set('log.cleanup.policy', 'delete,delete'))),
  incremental(broker('', append('message.max.bytes', '1'))),
  incremental(broker('', subtract('message.max.bytes', '1'))),
  incremental(broker('', append('no.such.config', '1'))),
  incremental(broker('', append('node.id', '1'))),
  incremental(broker('', { name: 'message.max.bytes', value: '1', configOperation: 9 })),
  incremental(broker('1', set('no.such.config', 'secret'), set('leader.replication.throttled.rate', '1000'))),
  incremental(broker('', set('follower.replication.throttled.rate', '-1'))),
  incremental(broker('', set('follower.replication.throttled.rate', '2000'))),
  incremental(broker('1', set('listener.name.plaintext.max.connections', '100'))),
  incremental(broker('', set('listener.name.plaintext.ssl.keystore.location', '/x'))),
  incremental(broker('2', set('message.max.bytes', '1'))),
  incremental(broker('-1', set('message.max.bytes', '1'))),
  incremental(broker('one', set('message.max.bytes', '1'))),
  incremental(broker('1', set('message.max.bytes', null))),
  incremental(broker('1', set('unclean.leader.election.enable', 'maybe'))),
  incremental(broker('', set('log.flush.interval.ms', '1000'), set('log.segment.bytes', '1048577'))),
  incremental(broker('1', unset('log.cleaner.threads'), unset('no.such.config'))),
  full(broker('1', set('log.roll.ms', '100000'), set('compression.type', 'lz4'))),
  full(broker('1', set('num.partitions', '5'))),
  full(broker('1', set('compression.type', 'bzip2'))),
  full(broker('2', set('compression.type', 'lz4'))),
  full(broker('1', set('compression.type', null))),

  incremental(
    group('g', set('consumer.session.timeout.ms', '50000'), set('share.delivery.count.limit', '7')),
  ),
  incremental(group('g', set('consumer.session.timeout.ms', '100'))),
  incremental(group('g', set('consumer.heartbeat.interval.ms', '16000'))),
  incremental(group('g', set('share.delivery.count.limit', '1'))),
  incremental(group('g', set('share.delivery.count.limit', '11'))),
  incremental(group('g', set('streams.num.standby.replicas', '3'))),
  incremental(group('g', set('streams.task.offset.interval.ms', '1'))),
  incremental(group('g', set('streams.task.offset.interval.ms', '20000'))),
  incremental(group('g', set('streams.assignor.name', 'nobody'))),
  incremental(group('g', set('streams.assignor.name', 'sticky'))),
  incremental(group('g', set('streams.rack.aware.assignment.tags', 'a,b,a'))),
  incremental(group('g', append('streams.rack.aware.assignment.tags', 'a,b'))),
  incremental(group('g', append('streams.num.standby.replicas', '1'))),
  incremental(
    group('g', set('share.auto.offset.reset', 'by_duration:PT10S'), set('share.isolation.level', 'x')),
  ),
  incremental(group('g', set('share.auto.offset.reset', 'by_duration:P1DT2H3M4.5S'))),
  incremental(group('g', set('errors.deadletterqueue.topic.name', '__dlq'))),
  incremental(group('g', set('no.such.config', '1'))),
  incremental(group('', set('share.delivery.count.limit', '7'))),
  full(group('g', set('share.record.lock.duration.ms', '20000'))),

  incremental(
    metrics('m', set('metrics', 'a.b,c'), set('interval.ms', '1000'), set('match', 'client_id=a.*')),
  ),
  incremental(metrics('m', set('interval.ms', '99'))),
  incremental(metrics('m', set('interval.ms', 'x'))),
  incremental(metrics('m', set('match', 'client=a'))),
  incremental(metrics('m', set('match', 'client_id'))),
  incremental(metrics('m', set('match', 'client_id=['))),
  incremental(metrics('m', append('metrics', 'd'))),
  incremental(metrics('m', set('no.such.config', '1'))),
  incremental(metrics('', set('interval.ms', '1000'))),
  incremental(metrics('m', set('interval.ms', null))),
  full(metrics('m', set('interval.ms', '2000'))),
]

/** What DescribeConfigs is asked about after those. */
export const DESCRIBED: readonly WireResource[] = [
  { resourceType: TOPIC, resourceName: 't' },
  { resourceType: TOPIC, resourceName: 'u' },
  { resourceType: TOPIC, resourceName: 'twice' },
  { resourceType: TOPIC, resourceName: 'internal' },
  { resourceType: BROKER, resourceName: '1' },
  { resourceType: BROKER, resourceName: '' },
  { resourceType: GROUP, resourceName: 'g' },
  { resourceType: GROUP, resourceName: 'other' },
  { resourceType: CLIENT_METRICS, resourceName: 'm' },
  { resourceType: CLIENT_METRICS, resourceName: 'other' },
]
