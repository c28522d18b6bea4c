// An unmodified @platformatic/kafka, whose requests are of newer versions than kafkajs's.
import { once } from 'node:events'
import {
  Admin,
  Consumer,
  type Message,
  MessagesStreamModes,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka'
import t from 'tap'
import { Cluster } from '../../lib/index.ts'

t.test('@platformatic/kafka: topics, records, groups', async (t) => {
  const cluster = await Cluster.start({ brokers: 3, config: { 'group.initial.rebalance.delay.ms': 0 } })
  t.teardown(() => cluster.stop())
  const bootstrapBrokers = cluster.bootstrapServers.split(',')

  const admin = new Admin({ clientId: 'admin', bootstrapBrokers })
  t.teardown(() => admin.close())
  await admin.createTopics({ topics: ['orders'], partitions: 4, replicas: 3 })
  t.same(cluster.topics().find(({ name }) => name === 'orders')?.partitions, 4)

  const producer = new Producer({
    clientId: 'producer',
    bootstrapBrokers,
    serializers: stringSerializers,
    idempotent: true,
  })
  t.teardown(() => producer.close())
  const sent = new Map<string, number>()
  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    // zstd is part of Node's own zlib from 22.15 on only, and this client takes it from there.
    if (compression === 'zstd' && !('zstdCompressSync' in (await import('node:zlib')))) continue
    const messages = Array.from({ length: 100 }, (_, i) => ({
      topic: 'orders',
      key: `${compression}-${i}`,
      value: `value of ${i} `.repeat(i),
      headers: { compression },
    }))
    for (const { key, value } of messages) sent.set(`${compression} ${key} ${value}`, 0)
    await producer.send({ messages, compression, acks: -1 })
  }

  const consumer = new Consumer({
    clientId: 'consumer',
    groupId: 'readers',
    bootstrapBrokers,
    deserializers: stringDeserializers,
  })
  t.teardown(() => consumer.close(true))
  const stream = await consumer.consume({
    topics: ['orders'],
    mode: MessagesStreamModes.EARLIEST,
    autocommit: false,
  })
  let last: Message<string, string, string, string> | undefined
  let count = 0
  stream.on('data', (message: Message<string, string, string, string>) => {
    const what = `${message.headers.get('compression')} ${message.key} ${message.value}`
    sent.set(what, (sent.get(what) ?? 100) + 1)
    last = message
    if (++count === sent.size) stream.emit('all')
  })
  await once(stream, 'all')
  t.same([...new Set(sent.values())], [1], 'each record arrived once, as it was sent')

  await last?.commit()
  const group = (await admin.describeGroups({ groups: ['readers'] })).get('readers')
  t.equal(group?.state, 'STABLE')
  const partition = last?.partition as number
  const committed = await admin.listConsumerGroupOffsets({
    groups: [{ groupId: 'readers', topics: [{ name: 'orders', partitionIndexes: [partition] }] }],
  })
  t.equal(committed[0]?.topics[0]?.partitions[0]?.committedOffset, (last?.offset as bigint) + 1n)
})
