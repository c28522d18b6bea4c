import t from 'tap'
import { ApiError } from '../../../lib/metadata/controller/api-error.ts'
import type { CreatableTopic } from '../../../lib/metadata/controller/create-topics.ts'
import { ErrorCode, errorName } from '../../../protocol/errors.ts'
import { ZERO_UUID } from '../../../protocol/schema.ts'
import { assignedTopic, Controlled, creatableTopic } from '../../helpers/metadata.ts'

/** What became of each topic: `partitions x factor`, or the error's name and text. */
function outcomes(controlled: Controlled, ...topics: CreatableTopic[]): string[] | string {
  const results = controlled.controller.createTopics(topics)
  return results instanceof ApiError ? text(results) : results.map((result) => text(result))
}

function text(result: ApiError | { numPartitions: number; replicationFactor: number } | undefined): string {
  if (result === undefined) return 'done'
  if (!(result instanceof ApiError)) return `${result.numPartitions} x ${result.replicationFactor}`
  return `${errorName(result.errorCode)}: ${result.errorMessage}`
}

t.test('topics are created', async (t) => {
  t.test('with defaults from the broker configs', async (t) => {
    const controlled = new Controlled({
      config: { 'num.partitions': '4', 'default.replication.factor': '2' },
    })
    const defaults = creatableTopic('t', { numPartitions: -1, replicationFactor: -1 })
    t.same(outcomes(controlled, defaults, creatableTopic('u', { numPartitions: 2 })), ['4 x 2', '2 x 1'])
    const { topicId, partitions } = controlled.topicState('t')
    t.equal(controlled.image.topicsById.get(topicId)?.name, 't')
    for (const { leader, replicas, isr, leaderEpoch, partitionEpoch } of partitions) {
      t.same(
        { leader, isr, leaderEpoch, partitionEpoch },
        {
          leader: replicas[0],
          isr: replicas,
          leaderEpoch: 0,
          partitionEpoch: 0,
        },
      )
    }
  })

  t.test('each for itself: the bad ones do not keep the good ones from being there', async (t) => {
    const controlled = new Controlled()
    const results = outcomes(
      controlled,
      creatableTopic('good'),
      creatableTopic('a b'),
      creatableTopic('none', { numPartitions: 0 }),
      creatableTopic('factor', { replicationFactor: 0 }),
      creatableTopic('wide', { replicationFactor: 4 }),
      creatableTopic('config', { configs: [{ name: 'no.such.config', value: '1' }] }),
      creatableTopic('null', { configs: [{ name: 'retention.ms', value: null }] }),
      creatableTopic('fine', { configs: [{ name: 'retention.ms', value: '5' }] }),
    )
    t.same(results, [
      '1 x 1',
      "INVALID_TOPIC_EXCEPTION: Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
      'INVALID_PARTITIONS: Number of partitions was set to an invalid non-positive value.',
      'INVALID_REPLICATION_FACTOR: Replication factor must be larger than 0, or -1 to use the default value.',
      'INVALID_REPLICATION_FACTOR: Unable to replicate the partition 4 time(s): The target replication factor of 4 cannot be reached because only 3 broker(s) are registered or some brokers have all their log directories cordoned.',
      'INVALID_CONFIG: Unknown topic config name: no.such.config',
      'INVALID_CONFIG: Null value not supported for topic configs: retention.ms',
      '1 x 1',
    ])
    t.same([...controlled.image.topicsByName.keys()], ['good', 'fine'])
    t.same(controlled.image.topicsByName.get('fine')?.overrides, new Map([['retention.ms', '5']]))
  })

  t.test('not when they are there, or when their name could be taken for one that is', async (t) => {
    const controlled = new Controlled()
    controlled.topic('a.b', [1])
    t.same(outcomes(controlled, creatableTopic('a.b'), creatableTopic('a_b'), creatableTopic('a-b')), [
      "TOPIC_ALREADY_EXISTS: Topic 'a.b' already exists.",
      "INVALID_TOPIC_EXCEPTION: Topic 'a_b' collides with existing topic: a.b",
      '1 x 1',
    ])
    controlled.controller.deleteTopics([controlled.image.topicsByName.get('a.b')?.topicId ?? ''])
    t.same(outcomes(controlled, creatableTopic('a_b')), ['1 x 1'])
  })

  t.test('on the brokers that the client chose', async (t) => {
    const controlled = new Controlled()
    controlled.down(3)
    t.same(
      outcomes(
        controlled,
        assignedTopic('good', [3, 1], [2, 1]),
        { ...assignedTopic('count', [1]), numPartitions: 1 },
        { ...assignedTopic('factor', [1]), replicationFactor: 1 },
        assignedTopic('empty', []),
        assignedTopic('unknown', [1, 9]),
        assignedTopic('twice', [2, 2]),
        assignedTopic('uneven', [1, 2], [1]),
        assignedTopic('down', [1], [3]),
        { ...assignedTopic('gap', [1]), assignments: [{ partitionIndex: 1, brokerIds: [1] }] },
      ),
      [
        '2 x 2',
        'INVALID_REQUEST: A manual partition assignment was specified, but numPartitions was not set to -1.',
        'INVALID_REQUEST: A manual partition assignment was specified, but replication factor was not set to -1.',
        'INVALID_REPLICA_ASSIGNMENT: The manual partition assignment includes an empty replica list.',
        'INVALID_REPLICA_ASSIGNMENT: The manual partition assignment includes broker 9, but no such broker is registered.',
        'INVALID_REPLICA_ASSIGNMENT: The manual partition assignment includes the broker 2 more than once.',
        'INVALID_REPLICA_ASSIGNMENT: The manual partition assignment includes a partition with 1 replica(s), but this is not consistent with previous partitions, which have 2 replica(s).',
        'INVALID_REPLICA_ASSIGNMENT: All brokers specified in the manual partition assignment for partition 1 are fenced or in controlled shutdown.',
        'INVALID_REPLICA_ASSIGNMENT: partitions should be a consecutive 0-based integer sequence',
      ],
    )
    const { leader, isr, replicas } = controlled.partition('good', 0)
    t.same({ leader, isr, replicas }, { leader: 1, isr: [1], replicas: [3, 1] })
  })

  t.test('no more in one request than the controller takes', async (t) => {
    const controlled = new Controlled()
    const wide = (numPartitions: number) => creatableTopic('wide', { numPartitions })
    const many = 'POLICY_VIOLATION: Excessively large number of partitions per request.'
    t.equal(outcomes(controlled, wide(2 ** 31 - 1), creatableTopic('small')), many)
    t.equal(outcomes(controlled, wide(10_000), creatableTopic('small')), many)
    t.equal(
      outcomes(controlled, wide(10_000)),
      'POLICY_VIOLATION: Unable to perform excessively large batch operation.',
    )
    t.equal(controlled.image.topicsByName.size, 0)
    t.same(outcomes(controlled, wide(9999)), ['9999 x 1'])
  })

  t.test('not when no broker is up, and nothing at all when the request only validates', async (t) => {
    const controlled = new Controlled({ brokers: [1] })
    const results = controlled.controller.createTopics([creatableTopic('t')], true)
    t.match(results, [{ numPartitions: 1, replicationFactor: 1 }])
    t.equal(controlled.image.topicsByName.size, 0)
    controlled.down(1)
    const refusal =
      'INVALID_REPLICATION_FACTOR: Unable to replicate the partition 1 time(s): All brokers are currently fenced.'
    t.same(outcomes(controlled, creatableTopic('t')), [refusal])
  })
})

t.test('internal topics are laid out by their own configs, ordinary ones by the defaults', async (t) => {
  const controlled = new Controlled({
    config: { 'offsets.topic.num.partitions': '7', 'transaction.state.log.min.isr': '1' },
    brokerConfig: { 2: { 'num.partitions': '6' } },
  })
  for (const name of ['__consumer_offsets', '__transaction_state', '__share_group_state']) {
    t.equal(controlled.controller.createInternalTopic(name), undefined)
    t.equal(controlled.controller.createInternalTopic(name), undefined, 'it is there already')
  }
  t.equal(controlled.image.topicsByName.get('__consumer_offsets')?.partitions.length, 7)
  const { cleanupPolicy, compressionType, segmentBytes } =
    controlled.configs.topicConfig('__consumer_offsets')
  t.same(
    { cleanupPolicy, compressionType, segmentBytes },
    {
      cleanupPolicy: ['compact'],
      compressionType: 'producer',
      segmentBytes: 104_857_600,
    },
  )
  t.equal(controlled.configs.topicConfig('__transaction_state').minInsyncReplicas, 1)
  t.equal(controlled.configs.topicConfig('__share_group_state').retentionMs, -1)
  controlled.controller.createTopicsFor(2, ['mine', 'a b', '__consumer_offsets'])
  controlled.controller.createTopicsFor(1, ['yours'])
  t.equal(controlled.image.topicsByName.get('mine')?.partitions.length, 6)
  t.equal(controlled.image.topicsByName.get('yours')?.partitions.length, 1)
  const alone = new Controlled({ brokers: [1] })
  t.match(text(alone.controller.createInternalTopic('__consumer_offsets')), /^INVALID_REPLICATION_FACTOR: /)
  const many = Array.from({ length: 10_001 }, (_, index) => `t${index}`)
  alone.controller.createTopicsFor(1, many)
  t.equal(alone.image.topicsByName.size, 0, 'more than a request may create')
})

t.test('topics are deleted with everything that is theirs', async (t) => {
  const controlled = new Controlled()
  controlled.controller.createTopics([
    creatableTopic('t', { configs: [{ name: 'retention.ms', value: '5' }] }),
    creatableTopic('u'),
  ])
  const topicId = controlled.image.topicsByName.get('t')?.topicId ?? ''
  const results = controlled.controller.deleteTopics([ZERO_UUID, topicId])
  t.same(results.map(text), ['UNKNOWN_TOPIC_ID: This server does not host this topic ID.', 'done'])
  t.same([...controlled.image.topicsByName.keys()], ['u'])
  t.same(outcomes(controlled, creatableTopic('t')), ['1 x 1'])
  t.not(controlled.image.topicsByName.get('t')?.topicId, topicId)
  t.equal(controlled.configs.topicConfig('t').retentionMs, 604_800_000, 'a new topic inherits nothing')
})

t.test('topics grow', async (t) => {
  const controlled = new Controlled()
  controlled.topic('t', [1, 2], [2, 3])
  const grow = (name: string, count: number, assignments: number[][] | null = null, validateOnly = false) => {
    const growing = { name, count, assignments: assignments?.map((brokerIds) => ({ brokerIds })) ?? null }
    const results = controlled.controller.createPartitions([growing], validateOnly)
    return results instanceof ApiError ? `all: ${text(results)}` : text(results[0])
  }
  t.equal(grow('absent', 2), 'UNKNOWN_TOPIC_OR_PARTITION: null')
  t.equal(grow('t', 2), 'INVALID_PARTITIONS: Topic already has 2 partition(s).')
  t.equal(
    grow('t', -1),
    'INVALID_PARTITIONS: The topic t currently has 2 partition(s); -1 would not be an increase.',
  )
  t.equal(
    grow('t', 4, [[1, 2]]),
    'INVALID_REPLICA_ASSIGNMENT: Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.',
  )
  t.match(grow('t', 3, [[1]]), /^INVALID_REPLICA_ASSIGNMENT: .* which have 2 replica\(s\)\.$/)
  t.equal(
    grow('t', 2 ** 31 - 1),
    'all: POLICY_VIOLATION: Excessively large number of additional partitions per request.',
  )
  t.equal(grow('t', 4, null, true), 'done')
  t.equal(controlled.image.topicsByName.get('t')?.partitions.length, 2, 'it was only validated')
  t.equal(grow('t', 3, [[3, 1]]), 'done')
  t.equal(grow('t', 5), 'done')
  const { partitions } = controlled.topicState('t')
  t.same(
    partitions.map(({ partitionIndex }) => partitionIndex),
    [0, 1, 2, 3, 4],
  )
  t.same(partitions[2]?.replicas, [3, 1])
  t.same(
    partitions.map(({ replicas }) => replicas.length),
    [2, 2, 2, 2, 2],
  )
  for (const nodeId of [1, 2, 3]) controlled.down(nodeId)
  t.equal(grow('t', 6), 'INVALID_REPLICATION_FACTOR: All brokers are currently fenced.')
})

t.test('configs are changed, and what is computed from them with them', async (t) => {
  const controlled = new Controlled({ config: { 'log.retention.ms': '1000' } })
  controlled.topic('t', [1])
  const alter = (resourceType: number, resourceName: string, configs: Record<string, string | null>) => {
    const operations = Object.entries(configs).map(([name, value]) => {
      return { name, value, configOperation: value === null ? 1 : 0 }
    })
    const resource = { resourceType, resourceName, configs: operations, incremental: true } as const
    const results = controlled.controller.alterConfigs(1, [resource])
    return results instanceof ApiError ? `all: ${text(results)}` : text(results[0])
  }
  const before = controlled.configs.topicConfig('t')
  t.equal(before.retentionMs, 1000)
  t.equal(controlled.configs.topicConfig('t'), before, 'the same object until something changes')
  t.equal(controlled.configs.topicConfig('absent'), before, 'shared by all that have no configs of their own')

  t.equal(alter(2, 't', { 'retention.ms': '5' }), 'done')
  t.equal(controlled.configs.topicConfig('t').retentionMs, 5)
  t.equal(alter(4, '', { 'log.retention.ms': '2000' }), 'done')
  t.equal(controlled.configs.topicConfig('absent').retentionMs, 2000)
  t.equal(controlled.configs.topicConfig('t').retentionMs, 5)
  t.equal(alter(2, 't', { 'retention.ms': null }), 'done')
  t.equal(controlled.configs.topicConfig('t').retentionMs, 2000)

  t.equal(alter(4, '1', { 'log.retention.ms': '3000' }), 'done')
  t.equal(controlled.configs.brokerConfig(1).logRetentionMs, 3000)
  t.equal(controlled.configs.brokerConfig(2).logRetentionMs, 2000)
  t.equal(alter(32, 'g', { 'consumer.session.timeout.ms': '50000' }), 'done')
  t.equal(controlled.configs.groupConfig('g').consumerSessionTimeoutMs, 50_000)
  t.equal(controlled.configs.groupConfig('h').consumerSessionTimeoutMs, 45_000)

  t.equal(
    alter(2, 'absent', { 'retention.ms': '5' }),
    "UNKNOWN_TOPIC_OR_PARTITION: The topic 'absent' does not exist.",
  )
  t.match(
    alter(2, 't', { 'retention.ms': 'soon' }),
    /^INVALID_CONFIG: Invalid value soon for configuration retention\.ms/,
  )
  t.equal(
    alter(4, '2', { 'log.retention.ms': '1' }),
    'INVALID_REQUEST: Unexpected broker id, expected 1, but received 2',
  )
  const legacy = {
    resourceType: 2,
    resourceName: 't',
    configs: [{ name: 'segment.ms', value: '7' }],
    incremental: false,
  } as const
  alter(2, 't', { 'retention.ms': '5' })
  t.same(controlled.controller.alterConfigs(1, [legacy], true), [undefined])
  t.same(
    controlled.image.topicsByName.get('t')?.overrides,
    new Map([['retention.ms', '5']]),
    'only validated',
  )
  t.same(controlled.controller.alterConfigs(1, [legacy]), [undefined])
  t.same(controlled.image.topicsByName.get('t')?.overrides, new Map([['segment.ms', '7']]), 'all replaced')
  t.match(controlled.controller.alterConfigs(1, [legacy, legacy]), [
    { errorCode: ErrorCode.INVALID_REQUEST },
    { errorCode: ErrorCode.INVALID_REQUEST },
  ])
})

t.test('wrong static configs are refused where they are given', async (t) => {
  t.throws(() => new Controlled({ config: { 'num.partitions': '0' } }), /num\.partitions/)
  t.throws(() => new Controlled({ brokerConfig: { 7: { 'num.partitions': 'x' } } }), /num\.partitions/)
})
