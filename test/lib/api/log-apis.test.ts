import * as zlib from 'node:zlib'
import t from 'tap'
import { createDeleteRecordsHandler } from '../../../lib/api/delete-records.ts'
import { createFetchHandler } from '../../../lib/api/fetch.ts'
import { createInitProducerIdHandler } from '../../../lib/api/init-producer-id.ts'
import { createListOffsetsHandler } from '../../../lib/api/list-offsets.ts'
import { createOffsetForLeaderEpochHandler } from '../../../lib/api/offset-for-leader-epoch.ts'
import { createProduceHandler } from '../../../lib/api/produce.ts'
import { Cluster } from '../../../lib/index.ts'
import { NO_RESPONSE } from '../../../lib/network/handler.ts'
import { errorName } from '../../../protocol/errors.ts'
import { deleteRecords } from '../../../protocol/messages/delete-records.ts'
import { fetch } from '../../../protocol/messages/fetch.ts'
import { initProducerId } from '../../../protocol/messages/init-producer-id.ts'
import { listOffsets } from '../../../protocol/messages/list-offsets.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { offsetForLeaderEpoch } from '../../../protocol/messages/offset-for-leader-epoch.ts'
import { produce } from '../../../protocol/messages/produce.ts'
import { isZstdReady } from '../../../protocol/records/compression/zstd.ts'
import { decodeBatch, decodeRecords } from '../../../protocol/records/decode-batch.ts'
import { type BatchInput, encodeBatch } from '../../../protocol/records/encode-batch.ts'
import { decodeMessageSet, encodeMessageSet } from '../../../protocol/records/message-set.ts'
import { ask, contextOf, overTheWire } from '../../helpers/handlers.ts'
import { fetchRequest, LogBrokers, produceRequest, type TestTopic } from '../../helpers/log/log-broker.ts'
import { RawClient } from '../../helpers/raw-client.ts'

const NOBODY: TestTopic = { name: 'nobody', topicId: Buffer.alloc(16, 99).toString('base64url') }

/** How to ask, and fields of the request. */
interface Options {
  readonly version?: number
  readonly node?: number
  readonly index?: number
  readonly [field: string]: unknown
}

function setUp(racks: (string | null)[] = [null]) {
  const brokers = new LogBrokers(racks)
  const parts = brokers.parts()
  const handlers = racks.map((_, nodeId) => {
    const own = brokers.parts(nodeId)
    return { produce: createProduceHandler(own), fetch: createFetchHandler(own) }
  })
  const batch = (count = 1, more: Partial<BatchInput> = {}) => {
    const records = Array.from({ length: count }, (_, i) => ({
      timestamp: brokers.clock.now(),
      value: Buffer.from(`v${i}`),
    }))
    return encodeBatch({ records, ...more })
  }
  /** One partition's answer, with the error's name. */
  const send = async (
    topic: TestTopic,
    records: Buffer | null,
    { version = 13, node = 0, index = 0, ...more }: Options = {},
  ) => {
    const handler = handlers[node]!.produce
    const response = await ask(handler, produce, version, produceRequest(topic, records, more, index))
    const answer = response.responses[0]!.partitionResponses[0]!
    return { ...answer, error: errorName(answer.errorCode), nodeEndpoints: response.nodeEndpoints }
  }
  const read = async (
    topic: TestTopic,
    partition = {},
    { version = 17, node = 0, ...more }: Options = {},
  ) => {
    const response = await ask(handlers[node]!.fetch, fetch, version, fetchRequest(topic, partition, more))
    const answer = response.responses[0]!.partitions[0]!
    const { nodeEndpoints } = response
    return { ...answer, error: errorName(answer.errorCode), size: answer.records?.length, nodeEndpoints }
  }
  return { brokers, parts, handlers, batch, send, read }
}

t.test('a large batch leaves from the memory it came in', async (t) => {
  const { brokers, handlers } = setUp()
  const topic = brokers.createTopic('topic')
  const { context } = contextOf(12)
  // As the frame of a request: fields around the records.
  const frame = Buffer.allocUnsafeSlow(100_200)
  const batch = encodeBatch({
    records: [{ timestamp: brokers.clock.now(), value: Buffer.alloc(100_000, 'x') }],
  })
  const records = frame.subarray(100, 100 + batch.copy(frame, 100))
  handlers[0]!.produce.handle(produceRequest(topic, records) as never, context)
  const answer = handlers[0]!.fetch.handle(fetchRequest(topic) as never, context)
  const views = (answer as { responses: { partitions: { records: Buffer[] }[] }[] }).responses[0]!
    .partitions[0]!.records
  t.equal(views.length, 1)
  t.equal(views[0]?.buffer, frame.buffer)
  t.equal(views[0]?.byteOffset, frame.byteOffset + 100)
  t.equal(views[0]?.length, batch.length)
})

t.test(
  'zstd, which older Nodes have to get ready, is waited for by the first request that needs it',
  async (t) => {
    const zstdTopic = { name: 'zstd', config: { 'compression.type': 'zstd' } }
    const cluster = await Cluster.start({ topics: [zstdTopic, 'plain'] })
    t.teardown(() => cluster.stop())
    await using client = await RawClient.connect(cluster.bootstrapServers)
    const records = encodeBatch({ records: [{ timestamp: cluster.clock.now(), value: Buffer.from('v0') }] })
    const send = async (topic: string, indexes: number[]) => {
      const partitionData = indexes.map((index) => ({ index, records }))
      const { responses } = await client.send(produce, 9, {
        acks: -1,
        topicData: [{ name: topic, partitionData }],
      })
      return responses[0]!.partitionResponses.map(({ errorCode }) => errorName(errorCode))
    }
    const hasZstd = 'zstdCompressSync' in zlib
    t.strictSame(await send('plain', [0]), ['NONE'])
    t.equal(isZstdReady(), hasZstd, 'neither the start nor other topics load it')
    const waiting = send('zstd', [7, 0])
    await using other = await RawClient.connect(cluster.bootstrapServers)
    // Comes to lie where the one that waits was read.
    await other.send(metadata, 12, { topics: [{ name: 'x'.repeat(249) }], allowAutoTopicCreation: false })
    t.strictSame(await waiting, ['UNKNOWN_TOPIC_OR_PARTITION', 'NONE'])
    t.ok(isZstdReady())
    const topics = [
      { topic: 'zstd', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }] },
    ]
    const { responses } = await client.send(fetch, 12, { maxWaitMs: 0, minBytes: 1, topics })
    const batch = decodeBatch(responses[0]!.partitions[0]!.records as Buffer, 0, 1_000)
    t.match(batch, { compression: 'zstd', records: [{ value: Buffer.from('v0') }] })
  },
)

t.test('Produce', async (t) => {
  await t.test('every version', async (t) => {
    for (let version = 0; version <= 13; version++) {
      const { brokers, batch, send, read } = setUp()
      const topic = brokers.createTopic('topic')
      const messages = [0, 1].map((i) => ({ timestamp: 5, key: null, value: Buffer.from(`v${i}`) }))
      const records =
        version < 3 ? encodeMessageSet({ magic: version < 2 ? 0 : 1, records: messages }) : batch(2)
      t.match(await send(topic, records, { version }), { error: 'NONE', baseOffset: 0 }, `v${version}`)
      const fetched = await read(topic)
      const values = decodeRecords(fetched.records as Buffer, 0, 1000).map(({ value }) => value?.toString())
      t.strictSame(values, ['v0', 'v1'], `v${version}`)
    }
  })

  await t.test('what Kafka 4.4.0 refused, with the same error and log start offset', async (t) => {
    const { brokers, batch, send } = setUp([null, null])
    const topic = brokers.createTopic('topic')
    const gone = { name: '', topicId: NOBODY.topicId }
    const both = Buffer.concat([batch(), batch()])
    const producer = { producerId: 10, producerEpoch: 3 }
    const transaction = batch(1, { ...producer, baseSequence: 0, isTransactional: true })
    const zstd = batch()
    zstd[22] = 4
    const cases: [string, Promise<{ error: string; logStartOffset: number }>, string, number][] = [
      ['no records', send(topic, Buffer.alloc(0)), 'INVALID_RECORD', -1],
      ['null', send(topic, null), 'INVALID_RECORD', -1],
      ['two batches', send(topic, both), 'INVALID_RECORD', -1],
      [
        'bytes that are no batch behind',
        send(topic, Buffer.concat([batch(), Buffer.alloc(20)])),
        'CORRUPT_MESSAGE',
        -1,
      ],
      ['base offset', send(topic, batch(1, { baseOffset: 5 })), 'INVALID_RECORD', 0],
      ['zstd before v7', send(topic, zstd, { version: 6 }), 'UNSUPPORTED_COMPRESSION_TYPE', -1],
      ['acks 2', send(topic, batch(), { acks: 2 }), 'INVALID_REQUIRED_ACKS', -1],
      ['unknown id', send(gone, batch()), 'UNKNOWN_TOPIC_ID', -1],
      ['unknown id, acks 2', send(gone, batch(), { acks: 2 }), 'UNKNOWN_TOPIC_ID', -1],
      ['unknown name', send(NOBODY, batch(), { version: 12 }), 'UNKNOWN_TOPIC_OR_PARTITION', -1],
      ['unknown partition', send(topic, batch(), { index: 7 }), 'UNKNOWN_TOPIC_OR_PARTITION', -1],
      ['another broker', send(topic, batch(), { node: 1 }), 'NOT_LEADER_OR_FOLLOWER', -1],
      ['transaction of nobody', send(topic, transaction), 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', -1],
    ]
    for (const [name, answer, error, logStartOffset] of cases) {
      t.match(await answer, { error, logStartOffset }, name)
    }
    brokers.createTopic('__consumer_offsets')
    const internal = await send({ name: '__consumer_offsets', topicId: NOBODY.topicId }, batch(), {
      version: 12,
    })
    t.equal(internal.error, 'INVALID_TOPIC_EXCEPTION')
    const compacted = brokers.createTopic('compacted', { config: { cleanupPolicy: ['compact'] } })
    const refused = await send(compacted, batch(2))
    t.match(refused, { error: 'INVALID_RECORD', recordErrors: [{ batchIndex: 0 }, { batchIndex: 1 }] })
    t.type(refused.errorMessage, 'string')
    t.type(refused.recordErrors[0]?.batchIndexErrorMessage, 'string')
  })

  await t.test('who leads, from v10 on', async (t) => {
    const { brokers, batch, send } = setUp([null, 'rack'])
    const topic = brokers.createTopic('topic', { replicas: [1, 0] })
    t.match(await send(topic, batch()), {
      error: 'NOT_LEADER_OR_FOLLOWER',
      currentLeader: { leaderId: 1, leaderEpoch: 0 },
      nodeEndpoints: [{ nodeId: 1, host: 'localhost', port: 9093, rack: 'rack' }],
    })
    t.match(await send(topic, batch(), { version: 9 }), {
      currentLeader: { leaderId: -1 },
      nodeEndpoints: [],
    })
  })

  await t.test('acks=0 is answered by nothing, or by the end of the connection', async (t) => {
    const { brokers, handlers, batch, read } = setUp()
    const topic = brokers.createTopic('topic')
    const { context } = contextOf(12)
    const handle = handlers[0]!.produce.handle
    t.equal(handle(produceRequest(topic, batch(), { acks: 0 }) as never, context), NO_RESPONSE)
    t.match(await read(topic), { highWatermark: 1 })
    t.throws(() => handle(produceRequest(NOBODY, batch(), { acks: 0 }) as never, context))
  })

  await t.test('several partitions, each with its own answer', async (t) => {
    const { brokers, handlers, batch } = setUp()
    const topic = brokers.createTopic('topic', { partitions: 3 })
    const topicData = [
      {
        name: 'topic',
        topicId: topic.topicId,
        partitionData: [2, 9, 0].map((index) => ({ index, records: batch(2) })),
      },
      { name: 'nobody', topicId: NOBODY.topicId, partitionData: [{ index: 0, records: batch() }] },
    ]
    const response = await ask(handlers[0]!.produce, produce, 12, produceRequest(topic, null, { topicData }))
    t.match(response.responses, [
      {
        name: 'topic',
        partitionResponses: [
          { index: 2, errorCode: 0 },
          { index: 9, errorCode: 3 },
          { index: 0, errorCode: 0 },
        ],
      },
      { name: 'nobody', partitionResponses: [{ index: 0, errorCode: 3 }] },
    ])
  })
})

t.test('Fetch', async (t) => {
  await t.test('every version', async (t) => {
    const { brokers, batch, send, read } = setUp()
    const topic = brokers.createTopic('topic')
    await send(topic, batch(3))
    for (let version = 0; version <= 18; version++) {
      const { records, highWatermark } = await read(topic, {}, { version })
      const decoded =
        version < 4
          ? decodeMessageSet(records as Buffer, 0, records!.length, 1000)
          : decodeRecords(records as Buffer, 0, 1000)
      t.strictSame(
        decoded.map(({ value }) => value?.toString()),
        ['v0', 'v1', 'v2'],
        `v${version}`,
      )
      t.equal(records![16], version < 2 ? 0 : version < 4 ? 1 : 2, `v${version}`)
      t.equal(highWatermark, 3)
    }
  })

  await t.test('zstd for clients that do not know it', async (t) => {
    const { brokers, batch, send, read } = setUp()
    const topic = brokers.createTopic('topic')
    await send(topic, batch(3))
    brokers.configure('topic', { compressionType: 'zstd' })
    t.match(await read(topic, {}, { version: 9 }), {
      error: 'UNSUPPORTED_COMPRESSION_TYPE',
      highWatermark: -1,
    })
    t.match(await read(topic, {}, { version: 10 }), { error: 'NONE', highWatermark: 3 })
  })

  await t.test('what Kafka 4.4.0 answered', async (t) => {
    const { brokers, batch, send, read } = setUp([null, null])
    const topic = brokers.createTopic('topic')
    for (let i = 0; i < 5; i++) await send(topic, batch(2))
    const size = batch(2).length
    const nothing = { highWatermark: -1, lastStableOffset: -1, logStartOffset: -1, preferredReadReplica: -1 }
    const all = { error: 'NONE', highWatermark: 10, lastStableOffset: 10, logStartOffset: 0 }
    const bytes = (size: number) => ({ size })
    t.match(await read(topic), { ...all, ...bytes(5 * size), abortedTransactions: null })
    t.match(await read(topic, { fetchOffset: 10 }), { ...all, ...bytes(0) })
    t.match(await read(topic, {}, { isolationLevel: 1 }), { ...all, abortedTransactions: [] })
    t.match(await read(topic, { partitionMaxBytes: 0 }), { ...all, ...bytes(size) })
    t.match(await read(topic, {}, { maxBytes: 1 }), { ...all, ...bytes(size) })
    const old = await read(topic, { partitionMaxBytes: 1 }, { version: 2 })
    t.match(
      old,
      { error: 'NONE', highWatermark: 10, size: 17 },
      'an old client sees a message that is cut off',
    )
    t.equal(old.records?.readInt32BE(8), 0x7fff_ffff)
    const outOfRange = { error: 'OFFSET_OUT_OF_RANGE', ...nothing, ...bytes(0), abortedTransactions: null }
    t.match(await read(topic, { fetchOffset: 11 }), outOfRange)
    t.match(await read(topic, { fetchOffset: -1 }), outOfRange)
    t.match(await read(topic, { currentLeaderEpoch: 5 }), { error: 'UNKNOWN_LEADER_EPOCH', ...nothing })
    t.match(await read(topic, { lastFetchedEpoch: 7 }), outOfRange)
    t.match(await read(topic, { lastFetchedEpoch: 0, fetchOffset: 3 }), { ...all, ...bytes(4 * size) })
    const diverging = await read(topic, { lastFetchedEpoch: 0, fetchOffset: 30 })
    t.match(diverging, { ...all, divergingEpoch: { epoch: 0, endOffset: 10 }, ...bytes(0) })
    t.match(await read({ ...topic, topicId: NOBODY.topicId }), {
      error: 'UNKNOWN_TOPIC_ID',
      ...nothing,
      abortedTransactions: [],
    })
    t.match(await read(topic, { partition: 9 }), {
      error: 'UNKNOWN_TOPIC_OR_PARTITION',
      ...nothing,
      abortedTransactions: [],
    })
    t.match(await read(NOBODY, {}, { version: 12 }), { error: 'UNKNOWN_TOPIC_OR_PARTITION', ...nothing })
    t.match(await read(topic, {}, { node: 1 }), {
      error: 'NOT_LEADER_OR_FOLLOWER',
      ...nothing,
      currentLeader: { leaderId: 0, leaderEpoch: 0 },
      nodeEndpoints: [{ nodeId: 0, port: 9092 }],
    })
    brokers.change(topic, { leader: 0 })
    t.match(await read(topic, { currentLeaderEpoch: 0 }), {
      error: 'FENCED_LEADER_EPOCH',
      currentLeader: { leaderEpoch: 1 },
    })
  })

  await t.test('the response has a limit too, which the first batch may exceed', async (t) => {
    const { brokers, handlers, batch, send } = setUp()
    const topic = brokers.createTopic('topic', { partitions: 3 })
    for (let index = 0; index < 3; index++) for (let i = 0; i < 3; i++) await send(topic, batch(2), { index })
    const size = batch(2).length
    const [{ partitions }] = fetchRequest(topic).topics as unknown as [{ partitions: object[] }]
    const all = [0, 1, 2].map((partition) => ({ ...partitions[0], partition }))
    const sizes = async (maxBytes: number) => {
      const topics = [{ topic: topic.name, topicId: topic.topicId, partitions: all }]
      const response = await ask(handlers[0]!.fetch, fetch, 17, fetchRequest(topic, {}, { topics, maxBytes }))
      return response.responses[0]!.partitions.map(({ records }) => records!.length / size)
    }
    t.strictSame(await sizes(1), [1, 0, 0])
    t.strictSame(await sizes(4 * size), [3, 1, 0])
    brokers.config.fetchMaxBytes = 5 * size
    t.strictSame(await sizes(100 * size), [3, 2, 0])
  })

  await t.test('the replica in the rack of the consumer', async (t) => {
    const { brokers, batch, send, read } = setUp(['a', 'b', 'b', 'c'])
    const topic = brokers.createTopic('topic', { replicas: [0, 1, 2] })
    await send(topic, batch(2))
    t.match(await read(topic, {}, { rackId: 'b' }), {
      preferredReadReplica: -1,
      size: batch(2).length,
    })
    brokers.config.replicaSelectorClass = 'org.apache.kafka.common.replica.RackAwareReplicaSelector'
    const there = { error: 'NONE', highWatermark: 2, preferredReadReplica: 2, size: 0 }
    t.match(await read(topic, {}, { rackId: 'b', maxWaitMs: 1000 }), there, 'at once')
    for (const rackId of ['a', 'c', ''])
      t.match(await read(topic, {}, { rackId }), { preferredReadReplica: -1 })
    t.match(await read(topic, {}, { rackId: 'b', version: 10 }), {
      preferredReadReplica: -1,
      highWatermark: 2,
    })
    t.match(await read(topic, { fetchOffset: 9 }, { rackId: 'b' }), { error: 'OFFSET_OUT_OF_RANGE' })
    const here = { error: 'NONE', highWatermark: 2, size: batch(2).length }
    t.match(await read(topic, {}, { rackId: 'b', node: 1 }), here, 'a follower answers')
    t.match(await read(topic, {}, { version: 10, node: 1 }), { error: 'NOT_LEADER_OR_FOLLOWER' })
    t.match(await read(topic, {}, { node: 3 }), { error: 'NOT_LEADER_OR_FOLLOWER' })
    brokers.change(topic, { isr: [0, 1] })
    t.match(await read(topic, {}, { rackId: 'b' }), { preferredReadReplica: 1 })
  })

  await t.test('who claims to be a replica', async (t) => {
    const { brokers, batch, send, read } = setUp([null, null, null])
    const topic = brokers.createTopic('topic', { replicas: [0, 1], config: { minInsyncReplicas: 2 } })
    brokers.change(topic, { isr: [0] })
    await send(topic, batch(2), { acks: 1 })
    const as = (replicaId: number) => ({ replicaState: { replicaId, replicaEpoch: -1 } })
    t.match(await read(topic), { highWatermark: 0, size: 0 })
    t.match(await read(topic, {}, as(1)), {
      error: 'NONE',
      highWatermark: 0,
      size: batch(2).length,
    })
    t.match(await read(topic, {}, as(2)), { error: 'NOT_LEADER_OR_FOLLOWER' })
    t.match(await read(topic, { currentLeaderEpoch: 0 }, as(2)), { error: 'UNKNOWN_LEADER_EPOCH' })
    t.match(await read(topic, {}, { replicaId: 1, version: 14 }), { size: batch(2).length })
  })
})

t.test('ListOffsets', async (t) => {
  const { brokers, parts, send } = setUp([null, null])
  const topic = brokers.createTopic('topic', { replicas: [0, 1] })
  const list = async (
    timestamp: number,
    {
      version = 11,
      node = 0,
      currentLeaderEpoch = -1,
      ...more
    }: Options & { currentLeaderEpoch?: number } = {},
  ) => {
    const partitions = [{ partitionIndex: 0, currentLeaderEpoch, timestamp, maxNumOffsets: 5 }]
    const request = {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: 'topic', partitions }],
      timeoutMs: 1000,
      ...more,
    }
    const handler = createListOffsetsHandler(brokers.parts(node))
    const response = await ask(handler, listOffsets, version, request)
    const answer = response.topics[0]!.partitions[0]!
    return { ...answer, error: errorName(answer.errorCode) }
  }
  await send(topic, encodeBatch({ records: [{ timestamp: 100 }, { timestamp: 300 }, { timestamp: 200 }] }))
  const none = { timestamp: -1, offset: -1, leaderEpoch: -1 }
  t.match(await list(-1), { error: 'NONE', timestamp: -1, offset: 3, leaderEpoch: 0 })
  t.match(await list(-2), { error: 'NONE', timestamp: -1, offset: 0, leaderEpoch: 0 })
  t.match(await list(-3), { error: 'NONE', timestamp: 300, offset: 1, leaderEpoch: 0 })
  t.match(await list(-5), { error: 'NONE', ...none })
  t.match(await list(150), { error: 'NONE', timestamp: 300, offset: 1 })
  t.match(await list(301), { error: 'NONE', ...none })
  const first = { [-3]: 7, [-4]: 8, [-5]: 9, [-6]: 11 }
  for (const [timestamp, version] of Object.entries(first)) {
    t.match(await list(Number(timestamp), { version: version - 1 }), {
      error: 'UNSUPPORTED_VERSION',
      ...none,
    })
    t.equal((await list(Number(timestamp), { version })).error, 'NONE')
  }
  t.equal((await list(-7)).error, 'UNSUPPORTED_VERSION')
  t.equal((await list(-1, { currentLeaderEpoch: 3 })).error, 'UNKNOWN_LEADER_EPOCH')
  t.equal((await list(-1, { node: 1 })).error, 'NOT_LEADER_OR_FOLLOWER')
  t.match(await list(-1, { node: 1, replicaId: -2 }), { error: 'NONE', offset: 3 })
  t.match(await list(-1, { version: 0 }), { error: 'NONE', oldStyleOffsets: [3, 0] })
  t.match(await list(-2, { version: 0 }), { error: 'NONE', oldStyleOffsets: [0] })
  t.match(await list(-3, { version: 0 }), { error: 'UNSUPPORTED_VERSION' })
  const twice = [1, 2].map((timestamp) => ({
    partitionIndex: 0,
    timestamp,
    currentLeaderEpoch: -1,
    maxNumOffsets: 1,
  }))
  const request = { replicaId: -1, topics: [{ name: 'topic', partitions: twice }] }
  const repeated = await ask(createListOffsetsHandler(parts), listOffsets, 11, request)
  t.strictSame(
    repeated.topics[0]!.partitions.map(({ errorCode }) => errorName(errorCode)),
    ['INVALID_REQUEST'],
  )

  // A new leader under whom too few replicas are in sync cannot tell yet how far they are.
  brokers.configure('topic', { minInsyncReplicas: 2 })
  brokers.change(topic, { isr: [0] })
  await send(topic, encodeBatch({ records: [{ timestamp: 400 }] }), { acks: 1 })
  t.match(await list(-1), { offset: 3 }, 'a consumer sees the high watermark')
  t.match(await list(350), { error: 'NONE', ...none })
  t.match(await list(-1, { replicaId: 1 }), { offset: 4 })
  brokers.change(topic, { leader: 0 })
  t.match(await list(-1), { error: 'OFFSET_NOT_AVAILABLE', ...none })
  t.match(await list(-1, { version: 4 }), { error: 'LEADER_NOT_AVAILABLE', ...none })
  t.match(await list(350), { error: 'OFFSET_NOT_AVAILABLE' })
  t.match(await list(-2), { error: 'NONE', offset: 0 })
})

t.test('DeleteRecords', async (t) => {
  const { brokers, batch, send, read } = setUp([null, null])
  const topic = brokers.createTopic('topic')
  const remove = async (name: string, offset: number, { index = 0, node = 0 } = {}) => {
    const topics = [{ name, partitions: [{ partitionIndex: index, offset }] }]
    const handler = createDeleteRecordsHandler(brokers.parts(node))
    const response = await ask(handler, deleteRecords, 2, { topics, timeoutMs: 1000 })
    const { errorCode, lowWatermark } = response.topics[0]!.partitions[0]!
    return [errorName(errorCode), lowWatermark]
  }
  await send(topic, batch(8))
  t.strictSame(await remove('topic', 4), ['NONE', 4])
  t.strictSame(await remove('topic', 2), ['NONE', 4])
  t.strictSame(await remove('topic', 9), ['OFFSET_OUT_OF_RANGE', -1])
  t.strictSame(await remove('topic', -2), ['OFFSET_OUT_OF_RANGE', -1])
  t.match(await read(topic, { fetchOffset: 3 }), { error: 'OFFSET_OUT_OF_RANGE' })
  t.match(await read(topic, { fetchOffset: 4 }), { error: 'NONE', logStartOffset: 4 })
  t.strictSame(await remove('topic', -1), ['NONE', 8])
  t.strictSame(await remove('nobody', 1), ['UNKNOWN_TOPIC_OR_PARTITION', -1])
  t.strictSame(await remove('topic', 1, { index: 3 }), ['UNKNOWN_TOPIC_OR_PARTITION', -1])
  t.strictSame(await remove('topic', 1, { node: 1 }), ['NOT_LEADER_OR_FOLLOWER', -1])
  brokers.createTopic('__consumer_offsets')
  t.strictSame(await remove('__consumer_offsets', 0), ['INVALID_TOPIC_EXCEPTION', -1])
  for (const [cleanupPolicy, error] of [
    [['compact'], 'POLICY_VIOLATION'],
    [['compact', 'delete'], 'NONE'],
    [[], 'NONE'],
  ] as const) {
    brokers.configure('topic', { cleanupPolicy })
    t.strictSame((await remove('topic', 8))[0], error)
  }
})

t.test('OffsetForLeaderEpoch', async (t) => {
  const { brokers, batch, send } = setUp([null, null])
  const topic = brokers.createTopic('topic', { replicas: [0, 1] })
  await send(topic, batch(8))
  const end = async (leaderEpoch: number, { currentLeaderEpoch = -1, node = 0, name = 'topic' } = {}) => {
    const topics = [{ topic: name, partitions: [{ partition: 0, currentLeaderEpoch, leaderEpoch }] }]
    const handler = createOffsetForLeaderEpochHandler(brokers.parts(node))
    const response = await ask(handler, offsetForLeaderEpoch, 4, { topics })
    const answer = response.topics[0]!.partitions[0]!
    return [errorName(answer.errorCode), answer.leaderEpoch, answer.endOffset]
  }
  t.strictSame(await end(0), ['NONE', 0, 8])
  t.strictSame(await end(5), ['NONE', -1, -1])
  t.strictSame(await end(0, { currentLeaderEpoch: 1 }), ['UNKNOWN_LEADER_EPOCH', -1, -1])
  t.strictSame(await end(0, { node: 1 }), ['NOT_LEADER_OR_FOLLOWER', -1, -1])
  t.strictSame(await end(0, { name: 'nobody' }), ['UNKNOWN_TOPIC_OR_PARTITION', -1, -1])
  brokers.change(topic, { leader: 1 })
  brokers.change(topic, { leader: 0 })
  await send(topic, batch(2))
  t.strictSame(await end(0), ['NONE', 0, 8])
  t.strictSame(await end(1), ['NONE', 0, 8], 'an epoch in which nothing was written is none')
  t.strictSame(await end(2, { currentLeaderEpoch: 2 }), ['NONE', 2, 10])
  t.strictSame(await end(0, { currentLeaderEpoch: 1 }), ['FENCED_LEADER_EPOCH', -1, -1])
})

t.test('InitProducerId', async (t) => {
  const { brokers, parts } = setUp([null, null])
  const handlers = [createInitProducerIdHandler(parts), createInitProducerIdHandler(brokers.parts(1))]
  const init = async (more: object = {}, node = 0) => {
    const request = {
      transactionalId: null,
      transactionTimeoutMs: 0,
      producerId: -1,
      producerEpoch: -1,
      ...more,
    }
    const response = await ask(handlers[node]!, initProducerId, 5, request)
    return [errorName(response.errorCode), response.producerId, response.producerEpoch]
  }
  t.strictSame(await init(), ['NONE', 0, 0])
  t.strictSame(await init({ producerId: 0, producerEpoch: 3 }), ['NONE', 1, 0])
  t.strictSame(await init({}, 1), ['NONE', 1000, 0], 'each broker has a block of its own')
  t.equal(brokers.metadata.image.nextProducerId, 2000)
  t.strictSame(await init({ producerId: 5 }), ['INVALID_REQUEST', -1, -1])
  t.strictSame(await init({ producerEpoch: 5 }), ['INVALID_REQUEST', -1, -1])
  t.strictSame(await init({ transactionalId: '' }), ['INVALID_REQUEST', -1, -1])
  t.strictSame(await init({ transactionalId: 'id' }), ['INVALID_TRANSACTION_TIMEOUT', -1, -1])
  const transactional = { transactionalId: 'id', transactionTimeoutMs: 1000 }
  t.strictSame(await init(transactional), ['NOT_COORDINATOR', -1, -1])
  for (let i = 2; i < 1000; i++) await init()
  t.strictSame(await init(), ['NONE', 2000, 0])
  t.ok(overTheWire(initProducerId.response, 0, { producerId: 1 }))
})
