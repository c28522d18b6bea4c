// An unmodified kafkajs, over TCP and over the in-memory duplex.
import { createHash } from 'node:crypto'
import kafkajs, { type Admin, type Consumer, type KafkaConfig } from 'kafkajs'
import t, { type Test } from 'tap'
import { Cluster } from '../../lib/index.ts'
import { CompressionType, compress, decompress } from '../../protocol/records/compression/codecs.ts'
import { zstdReady } from '../../protocol/records/compression/zstd.ts'

const { CompressionCodecs, CompressionTypes, ConfigResourceTypes, Kafka, logLevel } = kafkajs

const ways: [string, (cluster: Cluster) => Partial<KafkaConfig>][] = [
  ['over TCP', () => ({})],
  ['in memory', (cluster) => ({ socketFactory: cluster.socketFactory })],
]

// kafkajs brings gzip alone and takes other codecs from its user: here, ours.
for (const [type, name] of [
  [CompressionTypes.Snappy, 'snappy'],
  [CompressionTypes.LZ4, 'lz4'],
  [CompressionTypes.ZSTD, 'zstd'],
] as const) {
  CompressionCodecs[type] = () => ({
    compress: async (encoder: { buffer: Buffer }) =>
      zstdReady().then(() => compress(CompressionType[name], encoder.buffer)),
    decompress: async (buffer: Buffer) => decompress(CompressionType[name], buffer, 1 << 24),
  })
}

async function start(t: Test, way: (cluster: Cluster) => Partial<KafkaConfig>) {
  const cluster = await Cluster.start({
    config: { 'group.initial.rebalance.delay.ms': 0 },
    topics: [{ name: 'events', partitions: 3 }],
  })
  t.teardown(() => cluster.stop())
  const kafka = new Kafka({
    clientId: 'kafkajs',
    brokers: cluster.bootstrapServers.split(','),
    logLevel: logLevel.NOTHING,
    ...way(cluster),
  })
  return { cluster, kafka }
}

interface Seen {
  readonly partition: number
  readonly offset: string
  readonly digest: string
}

function digest(key: unknown, value: unknown, headers: unknown, timestamp: string): string {
  return createHash('sha1')
    .update(JSON.stringify([String(key), String(value), headers, timestamp]))
    .digest('hex')
}

async function consume(consumer: Consumer, topic: string, count: number): Promise<Seen[]> {
  const seen: Seen[] = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachMessage: async ({ partition, message }) => {
          const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)])
          const { key, value, timestamp, offset } = message
          seen.push({ partition, offset, digest: digest(key, value, headers, timestamp) })
          if (seen.length === count) resolve()
        },
      })
      .catch(reject)
  })
  return seen
}

for (const [name, way] of ways) {
  t.test(`kafkajs ${name}: every compression, every byte`, async (t) => {
    const { kafka } = await start(t, way)
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const sent = new Map<string, number>()
    const now = Date.now()
    const compressions = ['None', 'GZIP', 'Snappy', 'LZ4', 'ZSTD'] as const
    for (const compression of compressions) {
      const messages = Array.from({ length: 200 }, (_, i) => ({
        key: `${compression}-${i}`,
        value: `value ${i} `.repeat(1 + (i % 50)),
        headers: { compression, number: String(i) },
        timestamp: String(now + i),
      }))
      for (const { key, value, headers, timestamp } of messages) {
        sent.set(digest(key, value, Object.entries(headers), timestamp), 0)
      }
      await producer.send({ topic: 'events', acks: -1, compression: CompressionTypes[compression], messages })
    }
    await producer.disconnect()

    const consumer = kafka.consumer({ groupId: 'readers' })
    t.teardown(() => consumer.disconnect())
    const seen = await consume(consumer, 'events', compressions.length * 200)
    for (const { digest } of seen) sent.set(digest, (sent.get(digest) ?? 100) + 1)
    t.same([...new Set(sent.values())], [1], 'each record arrived once, as it was sent')
    for (const partition of [0, 1, 2]) {
      const offsets = seen
        .filter((record) => record.partition === partition)
        .map(({ offset }) => Number(offset))
      t.same(offsets, [...offsets.keys()], `partition ${partition} is in order, without gaps`)
    }
  })

  t.test(`kafkajs ${name}: a group goes on from its committed offsets`, async (t) => {
    const { kafka } = await start(t, way)
    const producer = kafka.producer()
    await producer.connect()
    const send = (from: number, to: number) =>
      producer.send({
        topic: 'events',
        messages: Array.from({ length: to - from }, (_, i) => ({
          value: String(from + i),
          partition: i % 3,
        })),
      })
    await send(0, 30)
    const first = kafka.consumer({ groupId: 'workers' })
    await consume(first, 'events', 30)
    await first.disconnect()
    await send(30, 60)
    await producer.disconnect()
    const second = kafka.consumer({ groupId: 'workers' })
    const seen = await consume(second, 'events', 30)
    await second.disconnect()
    t.same(new Set(seen.map(({ offset }) => Number(offset) >= 10)), new Set([true]), 'nothing is read twice')

    const admin = kafka.admin()
    await admin.connect()
    t.teardown(() => admin.disconnect())
    const [offsets] = await admin.fetchOffsets({ groupId: 'workers', topics: ['events'] })
    t.same(offsets?.partitions.map(({ offset }) => offset).sort(), ['20', '20', '20'])
    t.same((await admin.describeGroups(['workers'])).groups[0]?.state, 'Empty')
    await admin.deleteGroups(['workers'])
    t.same((await admin.listGroups()).groups, [])
  })

  t.test(`kafkajs ${name}: what an administrator does`, async (t) => {
    const { cluster, kafka } = await start(t, way)
    const admin = kafka.admin()
    await admin.connect()
    t.teardown(() => admin.disconnect())
    await administer(t, admin, cluster)
  })
}

async function administer(t: Test, admin: Admin, cluster: Cluster): Promise<void> {
  t.equal((await admin.describeCluster()).clusterId, cluster.clusterId)
  t.equal(await admin.createTopics({ topics: [{ topic: 'made', numPartitions: 2 }] }), true)
  t.equal(await admin.createTopics({ topics: [{ topic: 'made' }] }), false, 'it is there already')
  await admin.createPartitions({ topicPartitions: [{ topic: 'made', count: 4 }] })
  const { topics } = await admin.fetchTopicMetadata({ topics: ['made'] })
  t.equal(topics[0]?.partitions.length, 4)

  const resource = { type: ConfigResourceTypes.TOPIC, name: 'made' }
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ ...resource, configEntries: [{ name: 'retention.ms', value: '1234' }] }],
  })
  const described = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ ...resource, configNames: ['retention.ms', 'cleanup.policy'] }],
  })
  const entries = described.resources[0]?.configEntries.map(({ configName, configValue }) => [
    configName,
    configValue,
  ])
  t.same(Object.fromEntries(entries ?? []), { 'retention.ms': '1234', 'cleanup.policy': 'delete' })

  await admin.deleteTopics({ topics: ['made'] })
  t.notOk((await admin.listTopics()).includes('made'))
}
