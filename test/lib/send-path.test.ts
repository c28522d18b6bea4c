import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import kafkajs from 'kafkajs'
import t from 'tap'
import { Cluster, ManualClock } from '../../lib/index.ts'
import { fetch } from '../../protocol/messages/fetch.ts'
import { produce } from '../../protocol/messages/produce.ts'
import { encodeBatch } from '../../protocol/records/encode-batch.ts'
import { decodeMessageSet } from '../../protocol/records/message-set.ts'
import type { FramePeer } from '../helpers/network.ts'
import { SaslPeer } from '../helpers/security/sasl-rig.ts'

const METRIC = 'records-sent-bytes-total'
const value = Buffer.alloc(5000, 'josephk ')
const batch = encodeBatch({ records: [{ timestamp: Date.now(), key: Buffer.from('k'), value }] })

async function store(peer: FramePeer): Promise<void> {
  const partitionData = [{ index: 0, records: batch }]
  const { body } = await peer.request(produce, 7, {
    acks: -1,
    timeoutMs: 1000,
    topicData: [{ name: 'sent', partitionData }],
  })
  if (body.responses[0]?.partitionResponses[0]?.errorCode !== 0) throw new Error('the records were refused')
}

async function read(peer: FramePeer, version: number, topic = 'sent'): Promise<Buffer> {
  const partition = {
    partition: 0,
    currentLeaderEpoch: -1,
    fetchOffset: 0,
    logStartOffset: -1,
    partitionMaxBytes: 1e6,
  }
  const limits = { replicaId: -1, maxWaitMs: 0, minBytes: 0, maxBytes: 1e6, sessionEpoch: -1 }
  const { body } = await peer.request(fetch, version, {
    ...limits,
    topics: [{ topic, partitions: [partition] }],
  })
  return body.responses[0]?.partitions[0]?.records as Buffer
}

t.test('the way that records took to each client is counted, and the bytes are right', async (t) => {
  await using cluster = await Cluster.start({
    listeners: [
      { name: 'PLAIN' },
      { name: 'SECRET', securityProtocol: 'SSL' },
      { name: 'KNOWN', securityProtocol: 'SASL_PLAINTEXT', saslMechanisms: ['PLAIN'] },
      { name: 'BOTH', securityProtocol: 'SASL_SSL', saslMechanisms: ['PLAIN'] },
      { name: 'WITHIN', transport: 'memory' },
    ],
    users: [{ name: 'alice', password: 'secret' }],
    topics: ['sent'],
  })
  const peerOf = async (name: string): Promise<FramePeer> => {
    const listener = cluster.brokers[0]?.listeners.find((each) => each.name === name)
    const { address = '', securityProtocol = '' } = listener ?? {}
    const [host, port] = address.split(':') as [string, string]
    const target = { host, port: Number(port) }
    const isTls = securityProtocol === 'SSL' || securityProtocol === 'SASL_SSL'
    const within = () => cluster.socketFactory(target) as never
    const socket =
      name === 'WITHIN'
        ? within()
        : isTls
          ? connectTls({ ...target, ca: cluster.certificates.ca })
          : connect(target)
    t.teardown(() => socket.destroy())
    const peer = new SaslPeer(socket, new ManualClock())
    if (securityProtocol.startsWith('SASL')) await peer.loginPlain()
    return peer
  }
  const sent = () => {
    return cluster.metrics
      .find(METRIC)
      .filter(({ value }) => value > 0)
      .map(({ tags: { listener, path }, value }) => `${listener} ${path} ${value}`)
  }
  await store(await peerOf('PLAIN'))
  t.strictSame(sent(), [])
  const expected: string[] = []
  for (const [listener, path] of [
    ['PLAIN', 'as-they-lie'],
    ['SECRET', 'encrypted'],
    ['KNOWN', 'as-they-lie'],
    ['BOTH', 'encrypted'],
    ['WITHIN', 'as-they-lie'],
  ] as const) {
    const records = await read(await peerOf(listener), 11)
    // The base offset and the leader epoch are the broker's; what the producer's checksum covers is its own.
    t.ok(records.subarray(16).equals(batch.subarray(16)), `${listener}: the bytes that were produced`)
    expected.push(`${listener} ${path} ${batch.length}`)
    t.strictSame(sent().sort(), [...expected].sort())
  }
  for (const version of [0, 1, 2, 3]) {
    for (const listener of ['PLAIN', 'SECRET']) {
      const before = cluster.metrics.total(METRIC, { listener, path: 'down-converted' })
      const messages = await read(await peerOf(listener), version)
      const [record] = decodeMessageSet(messages, 0, messages.length, 1e6)
      t.ok(record?.value?.equals(value), `${listener}, Fetch v${version}`)
      const after = cluster.metrics.total(METRIC, { listener, path: 'down-converted' })
      t.equal(after - before, messages.length)
    }
  }
  for (const version of [4, 5, 6, 7, 8, 9, 10, 12]) {
    for (const [listener, path] of [
      ['PLAIN', 'as-they-lie'],
      ['SECRET', 'encrypted'],
    ] as const) {
      const before = cluster.metrics.total(METRIC, { listener, path })
      const records = await read(await peerOf(listener), version)
      t.ok(records.subarray(16).equals(batch.subarray(16)), `${listener}, Fetch v${version}`)
      t.equal(cluster.metrics.total(METRIC, { listener, path }) - before, batch.length)
    }
  }
  t.match(
    await cluster.metrics.prometheus(),
    /josephk_fetch_records_sent_bytes_total\{.*path="encrypted".*\} \d+/,
  )
})

const LISTENERS = [
  { name: 'PLAIN', securityProtocol: 'PLAINTEXT', path: 'as-they-lie' },
  { name: 'KNOWN', securityProtocol: 'SASL_PLAINTEXT', path: 'as-they-lie' },
  { name: 'SECRET', securityProtocol: 'SSL', path: 'encrypted' },
] as const

/** Client and cluster of the second test. */
function clientOf(cluster: Cluster, listener: (typeof LISTENERS)[number]) {
  const { name, securityProtocol } = listener
  const { address = '' } = cluster.brokers[0]?.listeners.find((each) => each.name === name) ?? {}
  return new kafkajs.Kafka({
    brokers: [address],
    logLevel: kafkajs.logLevel.NOTHING,
    ...(securityProtocol === 'SSL' ? { ssl: { ca: cluster.certificates.ca } } : {}),
    ...(securityProtocol === 'SASL_PLAINTEXT'
      ? { sasl: { mechanism: 'plain' as const, username: 'alice', password: 'secret' } }
      : {}),
  })
}

/** What a consumer (read_committed, as kafkajs has it) gets of a topic, up to the value that ends it. */
async function consume(kafka: InstanceType<typeof kafkajs.Kafka>, topic: string, groupId: string) {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 50 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const values: string[] = []
  await new Promise<void>((resolve, reject) => {
    const eachMessage = async ({ message }: { message: { value: Buffer | null } }) => {
      values.push(String(message.value))
      if (values.at(-1) === 'end') resolve()
    }
    consumer.run({ eachMessage }).catch(reject)
  })
  await consumer.disconnect()
  return values
}

t.test('a real client gets what compaction and transactions leave, by the way that is counted', async (t) => {
  await using cluster = await Cluster.start({
    listeners: LISTENERS.map(({ name, securityProtocol }) => ({ name, securityProtocol })),
    users: [{ name: 'alice', password: 'secret' }],
    config: { 'group.initial.rebalance.delay.ms': 0 },
    topics: [
      { name: 'compacted', config: { 'cleanup.policy': 'compact', 'internal.segment.bytes': 1000 } },
      'moved',
    ],
  })
  const kafka = clientOf(cluster, LISTENERS[0])
  const plain = kafka.producer()
  await plain.connect()
  const send = (key: string, value: string) => plain.send({ topic: 'compacted', messages: [{ key, value }] })
  for (let i = 0; i < 30; i++) await send(`k${i % 3}`, `${i}`)
  // Nothing of the last segment is compacted.
  for (let i = 0; i < 12; i++) await send('tail', i < 11 ? 'tail' : 'end')
  await plain.disconnect()
  await cluster.compact()
  const writer = kafka.producer({ transactionalId: 'mover', idempotent: true, maxInFlightRequests: 1 })
  await writer.connect()
  for (const value of ['one', 'aborted', 'two', 'aborted too', 'end']) {
    const transaction = await writer.transaction()
    await transaction.send({ topic: 'moved', messages: [{ key: 'k', value }] })
    if (value.startsWith('aborted')) await transaction.abort()
    else await transaction.commit()
  }
  await writer.disconnect()

  for (const listener of LISTENERS) {
    const { name, path } = listener
    const others = () =>
      cluster.metrics.total(METRIC) - cluster.metrics.total(METRIC, { listener: name, path })
    for (const topic of ['compacted', 'moved']) {
      const [sent, elsewhere] = [cluster.metrics.total(METRIC, { listener: name, path }), others()]
      const values = await consume(clientOf(cluster, listener), topic, `${name}-${topic}`)
      if (topic === 'moved') t.strictSame(values, ['one', 'two', 'end'], name)
      else {
        const kept = values.filter((value) => /^\d+$/.test(value))
        t.strictSame(kept.slice(-3), ['27', '28', '29'], name)
        t.ok(kept.length < 30, `${kept.length} records are left of 30`)
      }
      const bytes = cluster.metrics.total(METRIC, { listener: name, path }) - sent
      t.ok(bytes > 0, `${name}, ${topic}: ${bytes} bytes ${path}`)
      t.equal(others(), elsewhere, 'and none by any other way')
    }
  }

  // Clients from before transactions see no markers, but what was aborted: they know of no isolation.
  const [host = '', port] = cluster.brokers[0]?.listeners[0]?.address.split(':') ?? []
  const socket = connect({ host, port: Number(port) })
  t.teardown(() => socket.destroy())
  const peer = new SaslPeer(socket, new ManualClock())
  for (const version of [0, 1, 2, 3]) {
    const moved = await read(peer, version, 'moved')
    t.strictSame(
      decodeMessageSet(moved, 0, moved.length, 1e6).map(({ value }) => String(value)),
      ['one', 'aborted', 'two', 'aborted too', 'end'],
    )
    const compacted = await read(peer, version, 'compacted')
    const values = decodeMessageSet(compacted, 0, compacted.length, 1e6).map(({ value }) => String(value))
    t.strictSame(values.slice(0, 3), ['27', '28', '29'], `Fetch v${version}`)
    t.equal(values.at(-1), 'end')
  }
  const converted = { listener: 'PLAIN', path: 'down-converted' }
  t.ok(cluster.metrics.total(METRIC, converted) > 0)
})
