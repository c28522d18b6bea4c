import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import {
  ALTER_OPERATIONS,
  type AlterContext,
  alterConfigs,
  duplicateResources,
  incrementalAlterConfigs,
} from '../../../../lib/metadata/configs/alter.ts'
import { checkStaticBrokerConfigs } from '../../../../lib/metadata/configs/broker-checks.ts'
import { BROKER_CONFIGS } from '../../../../lib/metadata/configs/broker-configs.ts'
import { type ConfigKeys, camelCase, parseConfig } from '../../../../lib/metadata/configs/config-def.ts'
import { CONFIG_SOURCES, describeTopicConfigs } from '../../../../lib/metadata/configs/describe.ts'
import { GROUP_CONFIGS } from '../../../../lib/metadata/configs/group-configs.ts'
import {
  inJavaHashOrder,
  javaDoubleText,
  javaSplitComma,
  javaTrim,
  parseJavaDouble,
  parseJavaInteger,
} from '../../../../lib/metadata/configs/java-text.ts'
import {
  type BrokerConfigSources,
  effectiveGroupConfig,
  effectiveTopicConfig,
  resolveBrokerConfig,
} from '../../../../lib/metadata/configs/resolve.ts'
import { TOPIC_CONFIGS } from '../../../../lib/metadata/configs/topic-configs.ts'
import { ConfigResourceType } from '../../../../lib/metadata/records.ts'
import { CONFIG_CASES, DESCRIBED } from '../../../conformance/configs/config-cases.ts'
import { byName, ConfigModel } from '../../../conformance/configs/config-model.ts'
import type { RecordedAnswers } from '../../../conformance/configs/main.ts'
import { repositoryRoot } from '../../../helpers/real-kafka/classpath.ts'

const NODE = { 'node.id': '1', 'process.roles': 'broker', 'controller.listener.names': 'CONTROLLER' }

function broker(
  staticConfigs: Record<string, string> = {},
  clusterConfigs: Record<string, string> = {},
  brokerConfigs: Record<string, string> = {},
) {
  const sources: BrokerConfigSources = {
    staticConfigs: new Map(Object.entries({ ...NODE, ...staticConfigs })),
    clusterConfigs: new Map(Object.entries(clusterConfigs)),
    brokerConfigs: new Map(Object.entries(brokerConfigs)),
  }
  return resolveBrokerConfig(sources)
}

const topic = { resourceType: ConfigResourceType.TOPIC, resourceName: 't' }
const context: AlterContext = { broker: broker(), nodeId: 1, eligibleLeaderReplicas: true }

t.test('answers as a real broker answered', async (t) => {
  const path = join(repositoryRoot(), 'fixtures', 'configs', 'answers.json')
  const recorded: RecordedAnswers = JSON.parse(readFileSync(path, 'utf8'))
  const model = new ConfigModel(recorded.properties, new Map([['min.insync.replicas', '1']]))
  t.equal(recorded.cases.length, CONFIG_CASES.length)
  for (const [index, one] of CONFIG_CASES.entries()) {
    t.same(model.answer(one), recorded.cases[index], JSON.stringify(one).slice(0, 200))
  }
  t.equal(recorded.descriptions.length, DESCRIBED.length)
  for (const [index, resource] of DESCRIBED.entries()) {
    const what = `configs of ${resource.resourceType} '${resource.resourceName}'`
    t.same(byName(model.describe(resource)), recorded.descriptions[index], what)
  }
})

t.test('effective configs', async (t) => {
  t.test('have typed values under names in camel case', async (t) => {
    const config = effectiveTopicConfig(new Map([['cleanup.policy', 'compact, delete']]), broker())
    // The annotations are part of the test: the compiler infers no less from the declarations.
    const timestampType: 'CreateTime' | 'LogAppendTime' = config.messageTimestampType
    const policy: readonly ('compact' | 'delete')[] = config.cleanupPolicy
    const bytes: number = config.maxMessageBytes
    const internalSegmentBytes: number | null = config.internalSegmentBytes
    const delay: number = broker().config.groupInitialRebalanceDelayMs
    const dirs: readonly string[] | null = broker().config.logDirs
    t.same(
      { timestampType, policy, bytes, internalSegmentBytes, delay, dirs },
      {
        timestampType: 'CreateTime',
        policy: ['compact', 'delete'],
        bytes: 1_048_588,
        internalSegmentBytes: null,
        delay: 3000,
        dirs: null,
      },
    )
    t.ok(Object.isFrozen(config))
    t.ok(Object.isFrozen(broker().config))
    t.same(Object.keys(config), Object.keys(TOPIC_CONFIGS).map(camelCase))
    const { config: ofBroker } = broker()
    for (const [name, { required, defaultValue }] of Object.entries(BROKER_CONFIGS as ConfigKeys)) {
      const value = ofBroker[camelCase(name) as keyof typeof ofBroker]
      if (!required && name !== 'broker.id') t.equal(value, defaultValue, name)
    }
  })

  t.test('of a topic come from the nearest place', async (t) => {
    const retention = (...sources: Parameters<typeof broker>) =>
      effectiveTopicConfig(new Map(), broker(...sources)).retentionMs
    t.equal(retention(), 604_800_000)
    t.equal(retention({ 'log.retention.hours': '2' }), 7_200_000)
    t.equal(retention({ 'log.retention.hours': '2', 'log.retention.minutes': '3' }), 180_000)
    t.equal(retention({ 'log.retention.ms': '5', 'log.retention.minutes': '3' }), 5)
    t.equal(retention({ 'log.retention.ms': '-7' }), -1)
    t.equal(retention({ 'log.retention.ms': '5' }, { 'log.retention.ms': '6' }), 6)
    t.equal(retention({}, { 'log.retention.ms': '6' }, { 'log.retention.ms': '7' }), 7)
    const overridden = effectiveTopicConfig(
      new Map([['retention.ms', '8']]),
      broker({}, {}, { 'log.retention.ms': '7' }),
    )
    t.equal(overridden.retentionMs, 8)
    const flush = effectiveTopicConfig(new Map(), broker({ 'log.flush.scheduler.interval.ms': '9' }))
    t.equal(flush.flushMs, 9)
  })

  t.test('of a group stay within what the broker allows now', async (t) => {
    const overrides = new Map([
      ['share.delivery.count.limit', '9'],
      ['share.isolation.level', 'read_committed'],
    ])
    t.equal(effectiveGroupConfig(overrides, broker()).shareDeliveryCountLimit, 9)
    const stricter = broker({ 'group.share.max.delivery.count.limit': '6' })
    t.equal(effectiveGroupConfig(overrides, stricter).shareDeliveryCountLimit, 6)
    t.equal(effectiveGroupConfig(overrides, stricter).shareIsolationLevel, 'read_committed')
    const session = effectiveGroupConfig(new Map(), broker({ 'group.consumer.session.timeout.ms': '46000' }))
    t.equal(session.consumerSessionTimeoutMs, 46_000)
    t.same(Object.keys(session), Object.keys(GROUP_CONFIGS).map(camelCase))
  })

  t.test('refuse a broker that could not start', async (t) => {
    const resolve = (configs: Record<string, string>) => () =>
      resolveBrokerConfig({
        staticConfigs: new Map(Object.entries(configs)),
        clusterConfigs: new Map(),
        brokerConfigs: new Map(),
      })
    t.throws(resolve({ ...NODE, 'num.partitions': '0' }), {
      message: 'Invalid value 0 for configuration num.partitions: Value must be at least 1',
    })
    const { 'node.id': _, ...nameless } = NODE
    t.throws(resolve(nameless), {
      message: 'Missing required configuration "node.id" which has no default value.',
    })
    const check = (configs: Record<string, string>) =>
      checkStaticBrokerConfigs(new Map(Object.entries({ ...NODE, ...configs })))
    t.equal(check({}), null)
    t.match(
      check({ 'replica.fetch.wait.max.ms': '30001' }),
      /^requirement failed: replica\.socket\.timeout\.ms/,
    )
    t.equal(
      check({ 'group.consumer.heartbeat.interval.ms': '4999' }),
      'group.consumer.heartbeat.interval.ms must be greater than or equal to group.consumer.min.heartbeat.interval.ms',
    )
    t.equal(resolve({ ...nameless, 'broker.id': '4' })().config.nodeId, 4)
  })

  t.test('ignore dynamic configs that a broker ignores', async (t) => {
    const resolved = broker(
      {},
      { 'message.max.bytes': 'x', listeners: 'PLAINTEXT://:1', 'log.segment.bytes': '2000000' },
      { 'num.partitions': '7', 'ssl.keystore.location': '/x' },
    )
    t.same([...resolved.sources.clusterConfigs.keys()], ['log.segment.bytes'])
    t.equal(resolved.sources.brokerConfigs.size, 0)
    t.equal(resolved.config.numPartitions, 1)
  })
})

t.test('descriptions keep the text of numbers too large to be exact', async (t) => {
  const overrides = new Map([
    ['retention.ms', ' 9223372036854775807'],
    ['segment.ms', '9007199254740993'],
  ])
  const entries = describeTopicConfigs(overrides, broker(), ['retention.ms', 'flush.messages', 'segment.ms'])
  t.same(
    entries.map(({ name, value, configSource }) => [name, value, configSource]),
    [
      ['segment.ms', '9007199254740993', CONFIG_SOURCES.TOPIC_CONFIG],
      ['flush.messages', '9223372036854775807', CONFIG_SOURCES.DEFAULT_CONFIG],
      ['retention.ms', '9223372036854775807', CONFIG_SOURCES.TOPIC_CONFIG],
    ],
  )
})

t.test('alterations', async (t) => {
  const names = fc.constantFrom(
    'retention.ms',
    'cleanup.policy',
    'compression.type',
    'no.such',
    'preallocate',
  )
  const values = fc.constantFrom('1', '-5', 'true', 'delete', 'compact,delete', 'zstd', '')
  const currents = fc
    .uniqueArray(
      fc.constantFrom<[string, string]>(
        ['retention.ms', '1'],
        ['cleanup.policy', 'compact'],
        ['preallocate', 'true'],
      ),
    )
    .map((entries) => new Map(entries))

  t.test('say what changes, and change nothing themselves', async (t) => {
    const operations = fc.array(
      fc.record({ name: names, value: fc.option(values), configOperation: fc.integer({ min: 0, max: 3 }) }),
      { maxLength: 4 },
    )
    fc.assert(
      fc.property(operations, currents, fc.boolean(), (wanted, current, incremental) => {
        const before = new Map(current)
        const result = incremental
          ? incrementalAlterConfigs(topic, wanted, current, context)
          : alterConfigs(topic, wanted, current, context)
        t.same(current, before)
        if (result.error !== null) return t.ok(result.error.message)
        const applied = new Map(current)
        for (const { name, value } of result.changes) {
          if (value === null) applied.delete(name)
          else applied.set(name, value)
        }
        t.same(applied, result.overrides)
        for (const [name, text] of result.overrides) {
          t.equal(parseConfig(name, (TOPIC_CONFIGS as ConfigKeys)[name] as never, text).error, null)
        }
        if (!incremental) {
          t.same(result.overrides, new Map(wanted.map(({ name, value }) => [name, value])))
          t.same(alterConfigs(topic, wanted, result.overrides, context).changes, [])
        }
      }),
    )
  })

  t.test('of lists add and take away', async (t) => {
    const policies = fc.constantFrom('delete', 'compact', 'delete,compact')
    fc.assert(
      fc.property(policies, policies, currents, (added, removed, current) => {
        const alter = (configOperation: number, value: string, from: ReadonlyMap<string, string>) =>
          incrementalAlterConfigs(topic, [{ name: 'cleanup.policy', value, configOperation }], from, context)
        const appended = alter(ALTER_OPERATIONS.APPEND, added, current)
        const before = (current.get('cleanup.policy') ?? 'delete').split(',')
        const after = appended.overrides?.get('cleanup.policy') ?? 'delete'
        t.same(new Set(after.split(',')), new Set([...before, ...added.split(',')]))
        const subtracted = alter(ALTER_OPERATIONS.SUBTRACT, removed, new Map(appended.overrides))
        const left = after.split(',').filter((one) => !removed.split(',').includes(one))
        t.equal(subtracted.overrides?.get('cleanup.policy') ?? 'delete', left.join(','))
      }),
    )
  })

  t.test('of a resource that is named twice are refused', async (t) => {
    const other = { ...topic, resourceName: 'u' }
    t.same(duplicateResources([topic, other, { ...topic }]), [true, false, true])
    t.same(duplicateResources([topic, { ...topic, resourceType: ConfigResourceType.GROUP }]), [false, false])
  })

  t.test('ask for the resource only when the configs are good', async (t) => {
    const checkExistence = () => ({ errorCode: 'UNKNOWN_TOPIC_OR_PARTITION', message: 'gone' }) as const
    const asked = { ...context, checkExistence }
    const alter = (value: string) => alterConfigs(topic, [{ name: 'retention.ms', value }], new Map(), asked)
    t.equal(alter('1').error?.errorCode, 'UNKNOWN_TOPIC_OR_PARTITION')
    t.equal(alter('x').error?.errorCode, 'INVALID_CONFIG')
  })

  t.test('leave min.insync.replicas to the broker where eligible leader replicas are off', async (t) => {
    const resource = { resourceType: ConfigResourceType.BROKER, resourceName: '1' }
    const configs = [{ name: 'min.insync.replicas', value: '2' }]
    t.equal(alterConfigs(resource, configs, new Map(), context).error?.errorCode, 'INVALID_CONFIG')
    const without = { ...context, eligibleLeaderReplicas: false }
    t.same(
      alterConfigs(resource, configs, new Map(), without).overrides,
      new Map([['min.insync.replicas', '2']]),
    )
  })

  t.test('of remote storage go by what the broker and the topic allow', async (t) => {
    const tiered = { ...context, broker: broker({ 'remote.log.storage.system.enable': 'true' }) }
    const enable = (more: Record<string, string>, current = new Map<string, string>()) => {
      const configs = Object.entries({ 'remote.storage.enable': 'true', ...more })
      return alterConfigs(
        topic,
        configs.map(([name, value]) => ({ name, value })),
        current,
        tiered,
      ).error?.message
    }
    t.equal(enable({}), undefined)
    t.match(
      enable({ 'cleanup.policy': 'compact' }),
      /^Remote log storage only supports topics with cleanup\.policy=delete/,
    )
    t.equal(
      enable({ 'retention.ms': '10', 'local.retention.ms': '11' }),
      'Invalid value 11 for configuration local.retention.ms: Value must not be more than retention.ms property value: 10',
    )
    t.equal(
      enable({ 'retention.bytes': '10', 'local.retention.bytes': '-1' }),
      'Invalid value -1 for configuration local.retention.bytes: Value must not be -1 as retention.bytes value is set as 10.',
    )
    t.equal(
      enable({ 'local.retention.ms': '10', 'remote.copy.lag.ms': '11' }),
      'Invalid value 11 for configuration remote.copy.lag.ms: Value must not exceed local.retention.ms (effective value: 10)',
    )
    t.match(
      enable({ 'remote.log.copy.disable': 'true', 'local.retention.ms': '10' }),
      /must be set to the identical value/,
    )
    const was = new Map([['remote.storage.enable', 'true']])
    t.match(enable({ 'remote.storage.enable': 'false' }, was), /^It is invalid to disable remote storage/)
    t.equal(
      enable({ 'remote.storage.enable': 'false', 'remote.log.delete.on.disable': 'true' }, was),
      undefined,
    )
  })
})

t.test('Java reads and writes values in its own way', async (t) => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (value) => {
      for (const bits of [16, 32, 64] as const) {
        const fits = BigInt.asIntN(bits, value) === value
        t.equal(parseJavaInteger(String(value), bits), fits ? String(value) : undefined)
      }
    }),
  )
  fc.assert(
    fc.property(fc.double(), (value) => {
      t.ok(Object.is(parseJavaDouble(javaDoubleText(value)), value), javaDoubleText(value))
    }),
  )
  t.same([1, 0.001, 0.0001, 1e7, 123456.5, 1.5e-7].map(javaDoubleText), [
    ...['1.0', '0.001', '1.0E-4', '1.0E7', '123456.5', '1.5E-7'],
  ])
  t.same(
    ['+5', '007', '-0', '', '1_0', '0x1', '1.0'].map((text) => parseJavaInteger(text, 32)),
    [...['5', '7', '0', undefined, undefined, undefined, undefined]],
  )
  t.same([',', '', 'a,,b,,', ',a'].map(javaSplitComma), [[], [''], ['a', '', 'b'], ['', 'a']])
  t.equal(javaTrim('\u0000 \ta\u00a0'), 'a\u00a0')
  const shuffled = fc.shuffledSubarray(
    ['broker.rack', 'num.partitions', 'node.id', 'log.dirs', 'advertised.listeners'],
    {
      minLength: 5,
    },
  )
  fc.assert(
    fc.property(shuffled, (names) => t.same(inJavaHashOrder(names), inJavaHashOrder([...names].sort()))),
  )
})
