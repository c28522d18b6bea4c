import t from 'tap'
import { createAlterConfigsHandler } from '../../../lib/api/alter-configs.ts'
import { createApiVersionsHandler } from '../../../lib/api/api-versions.ts'
import { createCreatePartitionsHandler } from '../../../lib/api/create-partitions.ts'
import { createCreateTopicsHandler } from '../../../lib/api/create-topics.ts'
import { createDeleteTopicsHandler } from '../../../lib/api/delete-topics.ts'
import { createDescribeClusterHandler } from '../../../lib/api/describe-cluster.ts'
import { createDescribeConfigsHandler } from '../../../lib/api/describe-configs.ts'
import { createDescribeTopicPartitionsHandler } from '../../../lib/api/describe-topic-partitions.ts'
import { createElectLeadersHandler } from '../../../lib/api/elect-leaders.ts'
import { createIncrementalAlterConfigsHandler } from '../../../lib/api/incremental-alter-configs.ts'
import { createListConfigResourcesHandler } from '../../../lib/api/list-config-resources.ts'
import { createMetadataHandler } from '../../../lib/api/metadata.ts'
import type { Handler } from '../../../lib/network/handler.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { alterConfigs } from '../../../protocol/messages/alter-configs.ts'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { createPartitions } from '../../../protocol/messages/create-partitions.ts'
import { createTopics } from '../../../protocol/messages/create-topics.ts'
import { deleteTopics } from '../../../protocol/messages/delete-topics.ts'
import { describeCluster } from '../../../protocol/messages/describe-cluster.ts'
import { describeConfigs } from '../../../protocol/messages/describe-configs.ts'
import { describeTopicPartitions } from '../../../protocol/messages/describe-topic-partitions.ts'
import { electLeaders } from '../../../protocol/messages/elect-leaders.ts'
import { incrementalAlterConfigs } from '../../../protocol/messages/incremental-alter-configs.ts'
import { listConfigResources } from '../../../protocol/messages/list-config-resources.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { type Api, type Decoded, type Encodable, ZERO_UUID } from '../../../protocol/schema.ts'
import { contextOf, overTheWire } from '../../helpers/handlers.ts'
import { CLUSTER_ID, Controlled, type ControlledOptions, endPoint } from '../../helpers/metadata.ts'

/*
 * What a real Kafka answers to the same questions is compared in test/conformance/metadata; here is what needs no Kafka, or
 * what a cluster that is well cannot show.
 */

/** One broker's handlers over a controlled cluster, asked with values that have been over the wire. */
class Rig extends Controlled {
  readonly #handlers: Handler[]

  constructor(options: ControlledOptions = {}, nodeId = 1) {
    super(options)
    const { metadata, controller, configs } = this
    const parts = { nodeId, metadata, controller, configs, handlers: () => this.#handlers }
    this.#handlers = [
      createMetadataHandler(parts),
      createApiVersionsHandler(parts),
      createCreateTopicsHandler(parts),
      createDeleteTopicsHandler(parts),
      createDescribeConfigsHandler(parts),
      createAlterConfigsHandler(parts),
      createCreatePartitionsHandler(parts),
      createElectLeadersHandler(parts),
      createIncrementalAlterConfigsHandler(parts),
      createDescribeClusterHandler(parts),
      createListConfigResourcesHandler(parts),
      createDescribeTopicPartitionsHandler(parts),
    ]
  }

  get served(): readonly Handler[] {
    return this.#handlers
  }

  ask<A extends Api>(
    api: A,
    version: number,
    request: Encodable<A['request']>,
    listenerName = 'PLAINTEXT',
  ): Decoded<A['response']> {
    const handler = this.#handlers.find((one) => one.api.key === api.key)
    if (!handler) throw new Error(`nobody serves ${api.name}`)
    const { context } = contextOf(version, { listenerName })
    const decoded = overTheWire(api.request, version, request)
    const answer = handler.handle(decoded as never, context)
    if (typeof answer === 'symbol' || answer instanceof Promise)
      throw new Error('an answer at once is expected')
    return overTheWire(api.response, version, answer as Encodable<A['response']>) as Decoded<A['response']>
  }
}

t.test('every API of metadata is served in every stable version', async (t) => {
  const rig = new Rig()
  const { apiKeys } = rig.ask(apiVersions, 4, { clientSoftwareName: 'x', clientSoftwareVersion: '1' })
  t.same(
    apiKeys.map(({ apiKey, minVersion, maxVersion }) => `${apiKey}: ${minVersion}-${maxVersion}`),
    [
      '3: 0-13',
      '18: 0-5',
      '19: 0-7',
      '20: 0-6',
      '32: 0-4',
      '33: 0-2',
      '37: 0-3',
      '43: 0-2',
      '44: 0-1',
      '60: 0-2',
      '74: 0-1',
      '75: 0-0',
    ],
  )
  for (const { api, minVersion, maxVersion } of rig.served) {
    for (let version = minVersion; version <= maxVersion; version++) rig.ask(api, version, {})
  }
})

t.test('ApiVersions', async (t) => {
  t.test('notes what client it is, if it says so in proper words', async (t) => {
    const rig = new Rig()
    const handler = rig.served.find(({ api }) => api === apiVersions) as Handler
    const { context } = contextOf(3)
    const say = (clientSoftwareName: string, clientSoftwareVersion: string) => {
      const request = overTheWire(apiVersions.request, 3, { clientSoftwareName, clientSoftwareVersion })
      return (handler.handle(request as never, context) as { errorCode?: number }).errorCode ?? 0
    }
    for (const word of ['', '-a', 'a-', '.', 'a b', 'ä', 'a\n', `${'a'.repeat(30_000)}-`]) {
      t.equal(say(word, '1'), ErrorCode.INVALID_REQUEST, `name ${word.slice(0, 9)}`)
      t.equal(say('a', word), ErrorCode.INVALID_REQUEST, `version ${word.slice(0, 9)}`)
    }
    t.equal(context.session.clientSoftwareName, 'unknown')
    t.equal(say('apache-kafka.java', '4.4.0'), 0)
    t.match(context.session, { clientSoftwareName: 'apache-kafka.java', clientSoftwareVersion: '4.4.0' })
  })

  t.test('tells clients that meant another broker so', async (t) => {
    const rig = new Rig({}, 2)
    const ask = (clusterId: string | null, nodeId: number) =>
      rig.ask(apiVersions, 5, { clientSoftwareName: 'x', clientSoftwareVersion: '1', clusterId, nodeId })
        .errorCode
    t.equal(ask(CLUSTER_ID, 2), ErrorCode.NONE)
    t.equal(ask(null, -1), ErrorCode.NONE)
    t.equal(ask(CLUSTER_ID, 1), ErrorCode.REBOOTSTRAP_REQUIRED)
    t.equal(ask('another', 2), ErrorCode.REBOOTSTRAP_REQUIRED)
    t.equal(ask(CLUSTER_ID, -1), ErrorCode.INVALID_REQUEST)
    t.equal(ask(null, 2), ErrorCode.INVALID_REQUEST)
  })

  t.test('shows the features that work here', async (t) => {
    const rig = new Rig()
    const response = rig.ask(apiVersions, 3, { clientSoftwareName: 'x', clientSoftwareVersion: '1' })
    t.same(response.supportedFeatures, [{ name: 'metadata.version', minVersion: 7, maxVersion: 33 }])
    const finalized = response.finalizedFeatures.find(({ name }) => name === 'metadata.version')
    t.same(finalized, { name: 'metadata.version', minVersionLevel: 33, maxVersionLevel: 33 })
    t.equal(response.finalizedFeaturesEpoch, rig.image.version)
  })
})

t.test('Metadata', async (t) => {
  t.test('shows each client the endpoints of the listener it came in by', async (t) => {
    const rig = new Rig({ brokers: [], racks: { 1: 'a' } })
    rig.up(1, [endPoint(1), endPoint(1, 'OUTSIDE', 7000)])
    rig.up(2, [endPoint(2, 'OUTSIDE', 7000)])
    rig.topic('t', [2, 1])
    const look = (listener: string, version: number) => {
      const { brokers, topics, controllerId } = rig.ask(
        metadata,
        version,
        { topics: [{ name: 't' }] },
        listener,
      )
      const [first] = topics[0]?.partitions ?? []
      return {
        brokers: brokers.map(({ nodeId, host, port, rack }) => `${nodeId} ${host}:${port} ${rack}`),
        controllerId,
        leader: first?.leaderId,
        error: first?.errorCode,
        replicas: first?.replicaNodes,
        offline: first?.offlineReplicas,
      }
    }
    t.same(look('OUTSIDE', 13), {
      brokers: ['1 broker-1:7001 a', '2 broker-2:7002 null'],
      controllerId: 1,
      leader: 2,
      error: ErrorCode.NONE,
      replicas: [2, 1],
      offline: [],
    })
    const inside = {
      brokers: ['1 broker-1:9001 a'],
      controllerId: 1,
      leader: -1,
      replicas: [2, 1],
      offline: [2],
    }
    t.same(look('PLAINTEXT', 13), { ...inside, error: ErrorCode.LISTENER_NOT_FOUND })
    t.same(look('PLAINTEXT', 6), { ...inside, error: ErrorCode.LISTENER_NOT_FOUND })
    t.same(look('PLAINTEXT', 5), { ...inside, error: ErrorCode.LEADER_NOT_AVAILABLE })
    t.match(look('PLAINTEXT', 0), { replicas: [1], error: ErrorCode.LEADER_NOT_AVAILABLE })
    rig.controller.moveLeader('t', 0, 1)
    t.match(look('PLAINTEXT', 1), { leader: 1, replicas: [2, 1], error: ErrorCode.NONE })
    t.match(look('PLAINTEXT', 0), { leader: 1, replicas: [1], error: ErrorCode.REPLICA_NOT_AVAILABLE })
  })

  t.test('shows who is down', async (t) => {
    const rig = new Rig()
    rig.topic('t', [1, 2])
    rig.topic('u', [1])
    rig.down(1)
    const { brokers, controllerId, topics } = rig.ask(metadata, 13, { topics: null })
    t.same(
      brokers.map(({ nodeId }) => nodeId),
      [2, 3],
    )
    t.equal(controllerId, 2)
    t.match(
      topics.map(({ partitions }) => partitions[0]),
      [
        { errorCode: 0, leaderId: 2, leaderEpoch: 1, isrNodes: [2], offlineReplicas: [1] },
        { errorCode: ErrorCode.LEADER_NOT_AVAILABLE, leaderId: -1, isrNodes: [1], offlineReplicas: [1] },
      ],
    )
    for (const nodeId of [2, 3]) rig.down(nodeId)
    t.match(rig.ask(metadata, 13, { topics: [] }), { brokers: [], controllerId: -1, topics: [] })
  })

  t.test('creates topics when client and broker allow it, and shows them from then on', async (t) => {
    const allowing = new Rig({ config: { 'num.partitions': '2' } })
    const codes = (rig: Rig, version: number, request: Encodable<(typeof metadata)['request']>) =>
      rig
        .ask(metadata, version, request)
        .topics.map(({ name, errorCode, partitions }) => [name, errorCode, partitions.length])
    const unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    const topics = [{ name: 't' }, { name: 'a b' }]
    const both = (error: number) => [
      ['t', error, 0],
      ['a b', ErrorCode.INVALID_TOPIC_EXCEPTION, 0],
    ]
    t.same(codes(allowing, 4, { topics, allowAutoTopicCreation: false }), both(unknown))
    t.same(codes(allowing, 4, { topics, allowAutoTopicCreation: false }), both(unknown), 'still not there')
    t.same(codes(allowing, 4, { topics, allowAutoTopicCreation: true }), both(unknown))
    t.same(codes(allowing, 4, { topics: [{ name: 't' }] }), [['t', 0, 2]])
    t.same(codes(allowing, 0, { topics: [{ name: 'u' }] }), [['u', unknown, 0]])
    t.same(codes(allowing, 0, { topics: [{ name: 'u' }] }), [['u', 0, 2]])
    t.equal(allowing.ask(metadata, 13, { topics: null }).topics.length, 2)

    const forbidding = new Rig({ config: { 'auto.create.topics.enable': 'false' } })
    t.same(codes(forbidding, 13, { topics, allowAutoTopicCreation: true }), both(unknown))
    t.equal(forbidding.image.topicsByName.size, 0)
  })

  t.test('says what may be done, when asked', async (t) => {
    const rig = new Rig()
    rig.topic('t', [1])
    const request = {
      topics: [{ name: 't' }],
      includeTopicAuthorizedOperations: true,
      includeClusterAuthorizedOperations: true,
    }
    t.match(rig.ask(metadata, 8, request), {
      clusterAuthorizedOperations: 8096,
      topics: [{ topicAuthorizedOperations: 3576 }],
    })
    const silent = {
      clusterAuthorizedOperations: -(2 ** 31),
      topics: [{ topicAuthorizedOperations: -(2 ** 31) }],
    }
    t.match(rig.ask(metadata, 8, { topics: [{ name: 't' }] }), silent)
  })
})

t.test('CreateTopics tells about configs, unless the version is too old', async (t) => {
  const rig = new Rig({ config: { 'log.segment.bytes': '2000000' } })
  const topics = [
    { name: 't', numPartitions: 2, replicationFactor: 3, configs: [{ name: 'retention.ms', value: '5' }] },
    { name: 'bad', numPartitions: 0, replicationFactor: 1 },
    { name: 'twice', numPartitions: 1, replicationFactor: 1 },
    { name: 'twice', numPartitions: 1, replicationFactor: 1 },
    { name: '__cluster_metadata', numPartitions: 1, replicationFactor: 1 },
  ]
  const results = rig.ask(createTopics, 7, { topics }).topics
  t.same(
    results.map(({ name, errorCode }) => [name, errorCode]),
    [
      ['t', ErrorCode.NONE],
      ['bad', ErrorCode.INVALID_PARTITIONS],
      ['twice', ErrorCode.INVALID_REQUEST],
      ['__cluster_metadata', ErrorCode.INVALID_REQUEST],
    ],
  )
  t.match(results[0], {
    topicId: rig.topicState('t').topicId,
    numPartitions: 2,
    replicationFactor: 3,
    errorMessage: null,
  })
  const configs = new Map(
    results[0]?.configs?.map(({ name, value, configSource }) => [name, `${value} ${configSource}`]),
  )
  t.equal(configs.get('retention.ms'), '5 1')
  t.equal(configs.get('segment.bytes'), '2000000 4')
  t.equal(configs.get('cleanup.policy'), 'delete 5')
  t.same([...configs.keys()], [...configs.keys()].sort())
  t.same(results[1]?.configs, [])
  const old = rig.ask(createTopics, 0, { topics: [{ name: 'old', numPartitions: 1, replicationFactor: 1 }] })
  t.match(old.topics, [{ name: 'old', errorCode: 0 }])
  t.ok(rig.topicState('old'))
})

t.test('DeleteTopics', async (t) => {
  t.test('takes names and ids, each topic once', async (t) => {
    const rig = new Rig()
    for (const name of ['a', 'b', 'c', 'd', 'e']) rig.topic(name, [1])
    const id = (name: string) => ({ name: null, topicId: rig.topicState(name).topicId })
    const [b, c, d] = [id('b'), id('c'), id('d')]
    const topics = [
      { name: 'a' },
      b,
      { name: 'b' },
      c,
      c,
      { name: 'c' },
      d,
      { name: 'e' },
      { name: 'e' },
      { name: null },
    ]
    const { responses } = rig.ask(deleteTopics, 6, { topics })
    const refusals = responses.filter(({ errorCode }) => errorCode !== 0)
    t.same(
      refusals.map(({ name, errorMessage }) => `${name}: ${errorMessage}`),
      [
        'null: Neither topic name nor id were specified.',
        'e: Duplicate topic name.',
        'null: Duplicate topic id.',
        'b: The provided topic name maps to an ID that was already supplied.',
        'c: The provided topic name maps to an ID that was already supplied.',
      ],
    )
    t.ok(refusals.every(({ errorCode }) => errorCode === ErrorCode.INVALID_REQUEST))
    t.same(
      responses.filter(({ errorCode }) => errorCode === 0).map(({ name }) => name),
      ['d', 'a'],
    )
    t.same([...rig.image.topicsByName.keys()], ['b', 'c', 'e'])
    t.match(rig.ask(deleteTopics, 1, { topicNames: ['b', 'x'] }).responses, [
      { name: 'x', topicId: ZERO_UUID, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION },
      { name: 'b', errorCode: 0 },
    ])
  })

  t.test('does nothing where topics must stay', async (t) => {
    const rig = new Rig({ config: { 'delete.topic.enable': 'false' } })
    rig.topic('t', [1])
    const codes = (version: number) =>
      rig.ask(deleteTopics, version, version < 6 ? { topicNames: ['t'] } : { topics: [{ name: 't' }] })
        .responses
    t.match(codes(2), [{ name: 't', errorCode: ErrorCode.INVALID_REQUEST }])
    t.match(codes(3), [{ name: 't', errorCode: ErrorCode.TOPIC_DELETION_DISABLED }])
    t.match(codes(6), [{ name: 't', errorCode: ErrorCode.TOPIC_DELETION_DISABLED, errorMessage: null }])
    t.ok(rig.topicState('t'))
  })
})

t.test('CreatePartitions and ElectLeaders pass on what the controller says', async (t) => {
  const rig = new Rig()
  rig.topic('t', [1, 2])
  const grown = rig.ask(createPartitions, 3, {
    topics: [
      { name: 't', count: 3, assignments: null },
      { name: 'x', count: 1 },
      { name: 'x', count: 2 },
    ],
  })
  t.same(grown.results, [
    { name: 'x', errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'Duplicate topic name.' },
    { name: 't', errorCode: 0, errorMessage: null },
  ])
  t.equal(rig.topicState('t').partitions.length, 3)
  rig.controller.moveLeader('t', 0, 2)
  const topicPartitions = [{ topic: 't', partitions: [0] }]
  t.match(rig.ask(electLeaders, 2, { electionType: 9, topicPartitions }), {
    errorCode: ErrorCode.INVALID_REQUEST,
    replicaElectionResults: [{ partitionResult: [{ errorMessage: 'Unknown election type 9' }] }],
  })
  t.match(rig.ask(electLeaders, 0, { topicPartitions }).replicaElectionResults, [
    { topic: 't', partitionResult: [{ partitionId: 0, errorCode: 0 }] },
  ])
  t.equal(rig.partition('t').leader, 1)
})

t.test('DescribeCluster shows fenced brokers to those who want them', async (t) => {
  const rig = new Rig({ racks: { 2: 'b' } })
  rig.down(2)
  const ask = (version: number, request: Encodable<(typeof describeCluster)['request']>) => {
    const { brokers, ...rest } = rig.ask(describeCluster, version, request)
    return {
      ...rest,
      brokers: brokers.map(({ brokerId, rack, isFenced }) => `${brokerId} ${rack} ${isFenced}`),
    }
  }
  t.match(ask(1, {}), { clusterId: CLUSTER_ID, controllerId: 1, brokers: ['1 null false', '3 null false'] })
  t.same(ask(2, { includeFencedBrokers: true }).brokers, ['1 null false', '2 b true', '3 null false'])
  t.equal(ask(2, { includeClusterAuthorizedOperations: true }).clusterAuthorizedOperations, 8096)
  t.equal(ask(1, { endpointType: 2 }).errorCode, ErrorCode.MISMATCHED_ENDPOINT_TYPE)
  t.equal(ask(1, { endpointType: 3 }).errorCode, ErrorCode.UNSUPPORTED_ENDPOINT_TYPE)
})

t.test('DescribeTopicPartitions can be read to the end, page by page', async (t) => {
  const rig = new Rig({ config: { 'max.request.partition.size.limit': '4' } })
  rig.topic('a', [1], [2], [3], [1], [2])
  rig.topic('b', [1])
  rig.topic('c', [1], [2])
  const whole = ['a-0', 'a-1', 'a-2', 'a-3', 'a-4', 'b-0', 'c-0', 'c-1']
  for (const limit of [-1, 1, 2, 3, 4, 2000]) {
    const seen: string[] = []
    let cursor: { topicName: string; partitionIndex: number } | null = null
    let pages = 0
    do {
      const request = { topics: [], responsePartitionLimit: limit, cursor }
      const page: Decoded<(typeof describeTopicPartitions)['response']> = rig.ask(
        describeTopicPartitions,
        0,
        request,
      )
      for (const { name, partitions } of page.topics) {
        for (const { partitionIndex } of partitions) seen.push(`${name}-${partitionIndex}`)
      }
      cursor = page.nextCursor
      pages++
    } while (cursor && pages < 20)
    t.same(seen, whole, `by ${limit}`)
    t.equal(pages, Math.ceil(whole.length / Math.min(4, Math.max(1, limit))))
  }
  const bad = { topics: [{ name: 'a' }], cursor: { topicName: 'b', partitionIndex: 0 } }
  t.match(rig.ask(describeTopicPartitions, 0, bad).topics, [
    { name: 'a', errorCode: ErrorCode.INVALID_REQUEST },
  ])
})

t.test('configs are changed and described', async (t) => {
  const rig = new Rig({}, 2)
  rig.topic('t', [1])
  const change = { name: 'retention.ms', value: '5' }
  const resource = (resourceType: number, resourceName: string, ...configs: (typeof change)[]) => ({
    resourceType,
    resourceName,
    configs,
  })
  const altered = rig.ask(incrementalAlterConfigs, 1, {
    resources: [
      resource(2, 't', change),
      resource(2, 'absent', change),
      resource(4, '1'),
      resource(4, '2', { name: 'log.retention.ms', value: '7' }),
      resource(8, '2', { name: 'root', value: 'INFO' }),
      resource(8, '2'),
      resource(16, 'm', { name: 'interval.ms', value: '5000' }),
    ],
  })
  t.same(
    altered.responses.map(({ resourceType, resourceName, errorCode }) => [
      resourceType,
      resourceName,
      errorCode,
    ]),
    [
      [2, 't', 0],
      [2, 'absent', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      [4, '1', ErrorCode.INVALID_REQUEST],
      [4, '2', 0],
      [8, '2', ErrorCode.INVALID_REQUEST],
      [8, '2', ErrorCode.INVALID_REQUEST],
      [16, 'm', 0],
    ],
  )
  const ask = (version: number, includeSynonyms: boolean) =>
    rig.ask(describeConfigs, version, {
      resources: [{ resourceType: 2, resourceName: 't', configurationKeys: ['retention.ms'] }],
      includeSynonyms,
    }).results[0]?.configs
  const shown = { name: 'retention.ms', value: '5', readOnly: false, isSensitive: false }
  t.match(ask(0, false), [{ ...shown, isDefault: false }])
  t.match(ask(4, false), [{ ...shown, configSource: 1, configType: 5, synonyms: [], documentation: null }])
  t.same(ask(4, true)?.[0]?.synonyms, [
    { name: 'retention.ms', value: '5', source: 1 },
    { name: 'log.retention.ms', value: '7', source: 2 },
    { name: 'log.retention.hours', value: '168', source: 5 },
  ])
  const replaced = rig.ask(alterConfigs, 0, {
    resources: [resource(2, 't', { name: 'segment.ms', value: '9' }), resource(8, '2')],
  })
  t.same(
    replaced.responses.map(({ errorCode }) => errorCode),
    [0, ErrorCode.INVALID_REQUEST],
  )
  t.match(ask(0, false), [{ value: '7', isDefault: false }], 'inherited from the broker again')
  const list = (resourceTypes: number[]) =>
    rig
      .ask(listConfigResources, 1, { resourceTypes })
      .configResources.map(({ resourceType, resourceName }) => `${resourceType} ${resourceName}`)
  t.same(list([16, 32, 2]), ['16 m', '2 t'])
  t.same(list([4]), ['4 1', '4 2', '4 3'])
  t.equal(rig.ask(listConfigResources, 1, { resourceTypes: [5] }).errorCode, ErrorCode.UNSUPPORTED_VERSION)
  t.same(rig.ask(listConfigResources, 0, {}).configResources, [{ resourceName: 'm', resourceType: 16 }])
})
