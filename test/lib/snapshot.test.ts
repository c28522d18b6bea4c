import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Cluster, type ClusterOptions, ManualClock, OptionError } from '../../lib/index.ts'
import { addPartitionsToTxn } from '../../protocol/messages/add-partitions-to-txn.ts'
import { deleteRecords } from '../../protocol/messages/delete-records.ts'
import { fetch } from '../../protocol/messages/fetch.ts'
import { findCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { initProducerId } from '../../protocol/messages/init-producer-id.ts'
import { offsetCommit } from '../../protocol/messages/offset-commit.ts'
import { offsetFetch } from '../../protocol/messages/offset-fetch.ts'
import { produce } from '../../protocol/messages/produce.ts'
import { decodeBatch } from '../../protocol/records/decode-batch.ts'
import { type BatchInput, encodeBatch } from '../../protocol/records/encode-batch.ts'
import { RawClient } from '../helpers/raw-client.ts'

const CLOCK = new ManualClock()
const OPTIONS: ClusterOptions = {
  clock: CLOCK,
  acls: [],
  listeners: [{}, { name: 'LOGIN', securityProtocol: 'SASL_PLAINTEXT' }],
  config: {
    'super.users': 'User:ANONYMOUS',
    'offsets.topic.num.partitions': 3,
    'transaction.state.log.num.partitions': 3,
  },
}

async function started(t: Test, options: ClusterOptions): Promise<[Cluster, RawClient]> {
  const cluster = await Cluster.start(options)
  t.teardown(() => cluster.stop())
  const client = await RawClient.connect(cluster.bootstrapServers)
  t.teardown(() => client.close())
  return [cluster, client]
}

async function append(client: RawClient, topic: string, values: string[], more: Partial<BatchInput> = {}) {
  const records = encodeBatch({
    records: values.map((value) => ({ timestamp: CLOCK.now(), value: Buffer.from(value) })),
    ...more,
  })
  const { responses } = await client.send(produce, 9, {
    transactionalId: more.isTransactional ? 'x' : null,
    acks: -1,
    timeoutMs: 1000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
  })
  return responses[0]?.partitionResponses[0]
}

/** All that there is, and what the last response says of the partition; one never goes beyond a segment. */
async function read(client: RawClient, topic: string, firstOffset = 0, isolationLevel = 0) {
  const values: string[] = []
  const aborted: unknown[] = []
  for (let fetchOffset = firstOffset; ; ) {
    const { responses } = await client.send(fetch, 11, {
      isolationLevel,
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1_000_000,
      topics: [{ topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }] }],
    })
    const { records, abortedTransactions, ...partition } = responses[0]?.partitions[0] ?? {}
    aborted.push(...(abortedTransactions ?? []))
    const bytes = (records ?? Buffer.alloc(0)) as Buffer
    if (bytes.length === 0) return { ...partition, aborted, values }
    for (let position = 0; position < bytes.length; ) {
      const batch = decodeBatch(bytes, position, 1_000_000)
      values.push(...batch.records.map(({ value }) => String(value)))
      position += batch.sizeInBytes
      fetchOffset = batch.lastOffset + 1
    }
  }
}

async function coordinator(client: RawClient, keyType: number, key: string): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if ((await client.send(findCoordinator, 2, { keyType, key })).errorCode === 0) return
  }
  throw new Error('there is no coordinator')
}

async function offsetOf(client: RawClient): Promise<number | undefined> {
  await coordinator(client, 0, 'group')
  const topics = [{ name: 'orders', partitionIndexes: [0] }]
  const answer = await client.send(offsetFetch, 5, { groupId: 'group', topics })
  return answer.topics[0]?.partitions[0]?.committedOffset
}

/** A cluster with some of everything. */
async function prepared(t: Test, options: ClusterOptions = {}) {
  const [cluster, client] = await started(t, {
    ...OPTIONS,
    topics: [{ name: 'orders', partitions: 2, config: { 'internal.segment.bytes': 300 } }, 'kept', 'empty'],
    users: [{ name: 'alice', password: 'open sesame' }],
    ...options,
  })
  const { producerId } = await client.send(initProducerId, 4, { transactionalId: null })
  const producer = { producerId, producerEpoch: 0, baseSequence: 0 }
  await append(client, 'kept', ['once'], producer)
  for (let i = 0; i < 10; i++) await append(client, 'orders', [`a${i}`, `b${i}`])
  await client.send(deleteRecords, 2, {
    timeoutMs: 1000,
    topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, offset: 7 }] }],
  })
  await coordinator(client, 1, 'x')
  const ids = await client.send(initProducerId, 4, { transactionalId: 'x', transactionTimeoutMs: 60_000 })
  const open = { producerId: ids.producerId, producerEpoch: ids.producerEpoch }
  await client.send(addPartitionsToTxn, 3, {
    v3AndBelowTransactionalId: 'x',
    v3AndBelowProducerId: open.producerId,
    v3AndBelowProducerEpoch: open.producerEpoch,
    v3AndBelowTopics: [{ name: 'orders', partitions: [0] }],
  })
  await append(client, 'orders', ['undecided'], { ...open, baseSequence: 0, isTransactional: true })
  await coordinator(client, 0, 'group')
  await client.send(offsetCommit, 5, {
    groupId: 'group',
    topics: [
      { name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: 11, committedMetadata: null }] },
    ],
  })
  const rule = {
    principal: 'User:bob',
    resourceType: 'TOPIC',
    resourceName: 'orders',
    operation: 'READ',
  } as const
  cluster.acls.create(rule as never)
  return { cluster, client, producer }
}

t.test('a cluster goes on in another one, at other ports, as often as one likes', async (t) => {
  const { cluster, client, producer } = await prepared(t)
  const snapshot = cluster.snapshot()
  const untouched = Buffer.from(snapshot)
  const before = { orders: await read(client, 'orders', 7), committed: await read(client, 'orders', 7, 1) }
  t.equal(before.orders.values.length, 14 + 1)
  // Neither knows of the other, nor does the first one of them.
  const others = await Promise.all([1, 2].map(() => started(t, { ...OPTIONS, snapshot })))
  await append(client, 'kept', ['after the snapshot'])
  for (const [other, reader] of others) {
    t.not(other.bootstrapServers, cluster.bootstrapServers)
    t.equal(other.clusterId, cluster.clusterId)
    t.strictSame(other.topics(), cluster.topics())
    t.strictSame(other.acls.list(), cluster.acls.list())
    t.strictSame(
      other.users.list().map(({ name }) => name),
      ['alice'],
    )
    t.strictSame(await read(reader, 'orders', 7), before.orders)
    t.strictSame(await read(reader, 'orders', 7, 1), before.committed)
    t.match(await read(reader, 'orders', 6), { errorCode: 1 }, 'what was deleted is gone')
    t.equal(await offsetOf(reader), 11)
    t.match(await append(reader, 'kept', ['once'], producer), { errorCode: 0, baseOffset: 0 }, 'a duplicate')
    t.match(await append(reader, 'kept', ['two'], { ...producer, baseSequence: 1 }), { baseOffset: 1 })
    t.strictSame((await read(reader, 'kept')).values, ['once', 'two'])
  }
  t.ok(snapshot.equals(untouched), 'who starts from it does not write to it')
  const [third, reader] = await started(t, { ...OPTIONS, snapshot: others[0]![0].snapshot() })
  t.strictSame(
    (await read(reader, 'kept')).values,
    ['once', 'two'],
    'a snapshot of what came from a snapshot',
  )
  await third.compact()
  third.applyRetention()
})

t.test('from a directory, to more brokers, and with topics and users that are new', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'josephk-snapshot-'))
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }))
  const { cluster } = await prepared(t, { dataDir })
  const snapshot = cluster.snapshot()
  const [other, reader] = await started(t, {
    ...OPTIONS,
    brokers: 3,
    snapshot,
    clusterId: 'another',
    topics: ['orders', 'new'],
    users: [
      { name: 'alice', password: 'another' },
      { name: 'carol', password: 'x' },
    ],
  })
  t.equal(other.clusterId, 'another')
  t.strictSame(
    other
      .topics()
      .filter(({ name }) => !name.startsWith('__'))
      .map(({ name, partitions }) => [name, partitions]),
    [
      ['empty', 1],
      ['kept', 1],
      ['new', 1],
      ['orders', 2],
    ],
  )
  t.strictSame(
    other.users.list().map(({ name }) => name),
    ['alice', 'carol'],
  )
  t.equal((await read(reader, 'orders', 7)).values.length, 15)
})

t.test('no password is in it, and it starts in milliseconds', async (t) => {
  const { cluster } = await prepared(t)
  for (let i = 0; i < 50; i++) await cluster.createTopic({ name: `t${i}`, partitions: 10 })
  const snapshot = cluster.snapshot()
  for (const encoding of ['utf8', 'base64'] as const) {
    t.notOk(snapshot.includes(Buffer.from(Buffer.from('open sesame').toString(encoding))))
  }
  const times: number[] = []
  for (let i = 0; i < 5; i++) {
    const begin = performance.now()
    const other = await Cluster.start({ ...OPTIONS, snapshot })
    times.push(performance.now() - begin)
    await other.stop()
  }
  t.comment(`started in ${Math.min(...times).toFixed(1)} ms`)
  t.ok(Math.min(...times) < 500)
})

t.test('anything else is refused', async (t) => {
  const { cluster } = await prepared(t)
  const snapshot = cluster.snapshot()
  const refused = (changed: unknown, what: RegExp) =>
    t.rejects(Cluster.start({ snapshot: changed as Buffer }), { name: OptionError.name, message: what })
  await refused('text', /option snapshot: expected a Buffer that cluster.snapshot\(\) has given/)
  await refused(Buffer.alloc(0), /got something else/)
  await refused(Buffer.alloc(100, 'JKMETA'), /got something else/)
  const newer = Buffer.from(snapshot)
  newer[7] = 9
  await refused(newer, /got one of version 9, not 1/)
  for (const position of [9, 30, 200]) {
    const damaged = Buffer.from(snapshot)
    damaged[position] = (damaged[position] as number) ^ 0xff
    await refused(damaged, /damaged/)
  }
  await refused(snapshot.subarray(0, -1), /damaged/)
  await refused(Buffer.concat([snapshot, Buffer.alloc(1)]), /damaged/)
  await t.rejects(Cluster.start({ snapshot, dataDir: join(tmpdir(), 'josephk-none') }), OptionError)
  const viewed = new Uint8Array(Buffer.concat([Buffer.alloc(3), snapshot])).subarray(3)
  const other = await Cluster.start({ ...OPTIONS, snapshot: viewed })
  t.strictSame(other.topics(), cluster.topics(), 'a plain Uint8Array will do')
  await other.stop()
})
