import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
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

async function read(peer: FramePeer, version: number): Promise<Buffer> {
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
    topics: [{ topic: 'sent', partitions: [partition] }],
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
  t.match(
    await cluster.metrics.prometheus(),
    /josephk_fetch_records_sent_bytes_total\{.*path="encrypted".*\} \d+/,
  )
})
