import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Cluster, type ClusterOptions, ManualClock, OptionError } from '../../lib/index.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { addPartitionsToTxn } from '../../protocol/messages/add-partitions-to-txn.ts'
import { createTopics } from '../../protocol/messages/create-topics.ts'
import { deleteTopics } from '../../protocol/messages/delete-topics.ts'
import { describeConfigs } from '../../protocol/messages/describe-configs.ts'
import { endTxn } from '../../protocol/messages/end-txn.ts'
import { fetch } from '../../protocol/messages/fetch.ts'
import { findCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { initProducerId } from '../../protocol/messages/init-producer-id.ts'
import { listOffsets } from '../../protocol/messages/list-offsets.ts'
import { metadata } from '../../protocol/messages/metadata.ts'
import { offsetCommit } from '../../protocol/messages/offset-commit.ts'
import { offsetFetch } from '../../protocol/messages/offset-fetch.ts'
import { produce } from '../../protocol/messages/produce.ts'
import { decodeBatch } from '../../protocol/records/decode-batch.ts'
import { type BatchInput, encodeBatch } from '../../protocol/records/encode-batch.ts'
import { RawClient } from '../helpers/raw-client.ts'

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'josephk-data-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A cluster on that directory and a client of it, for as long as `use` takes. */
async function during<T>(
  options: ClusterOptions,
  use: (client: RawClient, cluster: Cluster) => Promise<T>,
): Promise<T> {
  const cluster = await Cluster.start(options)
  try {
    const client = await RawClient.connect(cluster.bootstrapServers)
    try {
      return await use(client, cluster)
    } finally {
      client.close()
    }
  } finally {
    await cluster.stop()
  }
}

async function append(client: RawClient, topic: string, value: string, more: Partial<BatchInput> = {}) {
  const records = encodeBatch({ records: [{ timestamp: Date.now(), value: Buffer.from(value) }], ...more })
  const response = await client.send(produce, 9, {
    acks: -1,
    timeoutMs: 1000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
  })
  return response.responses[0]?.partitionResponses[0]
}

/** Finds out who coordinates, which brings the coordinators' topic about. */
async function coordinator(client: RawClient, keyType: number, key: string): Promise<void> {
  const deadline = Date.now() + 5000
  while ((await client.send(findCoordinator, 2, { keyType, key })).errorCode !== 0) {
    if (Date.now() > deadline) throw new Error('there is no coordinator')
  }
}

/** All that there is; one response never goes beyond a segment. */
async function valuesOf(client: RawClient, topic: string): Promise<string[]> {
  const values: string[] = []
  for (let fetchOffset = 0; ; ) {
    const { responses } = await client.send(fetch, 11, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1_000_000,
      topics: [{ topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }] }],
    })
    const bytes = (responses[0]?.partitions[0]?.records ?? Buffer.alloc(0)) as Buffer
    if (bytes.length === 0) return values
    for (let position = 0; position < bytes.length; ) {
      const batch = decodeBatch(bytes, position, 1_000_000)
      values.push(...batch.records.map(({ value }) => String(value)))
      position += batch.sizeInBytes
      fetchOffset = batch.lastOffset + 1
    }
  }
}

t.test('all that was stored is there again: topics, configs, records, producers, users, rules', async (t) => {
  const dataDir = folderOf(t)
  const options: ClusterOptions = {
    dataDir,
    topics: [{ name: 'orders', partitions: 3, config: { 'retention.ms': 1234 } }, 'audit'],
    acls: [],
    config: { 'super.users': 'User:ANONYMOUS' },
    listeners: [{}, { name: 'LOGIN', securityProtocol: 'SASL_PLAINTEXT' }],
    users: [{ name: 'alice', password: 'secret' }],
  }
  const producer = { producerId: 0, producerEpoch: 0, baseSequence: 0 }
  const before = await during(options, async (client, cluster) => {
    const { producerId } = await client.send(initProducerId, 4, { transactionalId: null })
    producer.producerId = producerId
    t.match(await append(client, 'orders', 'one', producer), { errorCode: 0, baseOffset: 0 })
    cluster.acls.create({
      principal: 'User:bob',
      resourceType: 'TOPIC',
      resourceName: 'orders',
      operation: 'READ',
    } as never)
    await client.send(createTopics, 5, {
      timeoutMs: 1000,
      topics: [{ name: 'late', numPartitions: 1, replicationFactor: 1 }],
    })
    await client.send(deleteTopics, 3, { timeoutMs: 1000, topicNames: ['audit'] })
    return { clusterId: cluster.clusterId, topics: cluster.topics(), acls: cluster.acls.list() }
  })
  t.notOk(existsSync(join(dataDir, 'audit-0')), 'a topic that was deleted has left nothing')
  await during({ ...options, topics: ['orders'], clusterId: before.clusterId }, async (client, cluster) => {
    t.strictSame(
      { clusterId: cluster.clusterId, topics: cluster.topics(), acls: cluster.acls.list() },
      before,
    )
    t.strictSame(
      cluster.users.list().map(({ name }) => name),
      ['alice'],
    )
    const { results } = await client.send(describeConfigs, 1, {
      resources: [{ resourceType: 2, resourceName: 'orders', configurationKeys: ['retention.ms'] }],
    })
    t.match(results[0]?.configs[0], { value: '1234' })
    t.strictSame(await valuesOf(client, 'orders'), ['one'])
    t.match(
      await append(client, 'orders', 'one', producer),
      { errorCode: 0, baseOffset: 0 },
      'a batch sent again',
    )
    t.match(await append(client, 'orders', 'two', { ...producer, baseSequence: 1 }), {
      errorCode: 0,
      baseOffset: 1,
    })
    const { producerId } = await client.send(initProducerId, 4, { transactionalId: null })
    t.ok(producerId > producer.producerId, 'no producer id is given twice')
  })
})

t.test('partitions are led by whom they were laid out for; brokers that are gone are told', async (t) => {
  const dataDir = folderOf(t)
  const lines: string[] = []
  const logger = { debug() {}, info() {}, warn: (line: string) => lines.push(line), error() {} }
  const leaders = async (client: RawClient) => {
    const { topics } = await client.send(metadata, 7, { topics: [{ name: 'orders' }] })
    return topics[0]?.partitions
      .toSorted((a, b) => a.partitionIndex - b.partitionIndex)
      .map(({ leaderId, leaderEpoch, isrNodes }) => ({ leaderId, leaderEpoch, isr: isrNodes.length }))
  }
  const topics = [{ name: 'orders', partitions: 6, replicationFactor: 2 }]
  const before = await during({ dataDir, brokers: 3, topics }, leaders)
  const after = await during({ dataDir, brokers: 3, logger }, leaders)
  t.strictSame(
    after?.map(({ leaderId, isr }) => [leaderId, isr]),
    before?.map(({ leaderId, isr }) => [leaderId, isr]),
  )
  t.ok(after?.every(({ leaderEpoch }, index) => leaderEpoch > (before?.[index]?.leaderEpoch as number)))
  t.strictSame(lines, [])
  await during({ dataDir, brokers: [{ nodeId: 1 }], logger }, async (client) => {
    const led = (await leaders(client))?.filter(({ leaderId }) => leaderId === 1)
    t.equal(led?.length, 4)
  })
  t.strictSame(lines, ['partitions have no replica on any broker there is'])
})

t.test('groups go on from where they had committed', async (t) => {
  const options = { dataDir: folderOf(t), topics: ['orders'], config: { 'offsets.topic.num.partitions': 3 } }
  const group = { groupId: 'g', topics: [{ name: 'orders', partitionIndexes: [0] }] }
  await during(options, async (client) => {
    await coordinator(client, 0, 'g')
    const partitions = [{ partitionIndex: 0, committedOffset: 42, committedMetadata: 'note' }]
    const { topics } = await client.send(offsetCommit, 5, {
      groupId: 'g',
      topics: [{ name: 'orders', partitions }],
    })
    t.match(topics[0]?.partitions[0], { errorCode: 0 })
  })
  await during(options, async (client) => {
    await coordinator(client, 0, 'g')
    const { topics } = await client.send(offsetFetch, 5, group)
    t.match(topics[0]?.partitions[0], { committedOffset: 42, metadata: 'note' })
  })
})

t.test('a transaction that was open when the cluster stopped is open still', async (t) => {
  const dataDir = folderOf(t)
  const clock = new ManualClock(Date.now())
  const config = { 'transaction.state.log.num.partitions': 2 }
  const options = { dataDir, clock, topics: ['orders'], config }
  const producer = await during(options, async (client) => {
    await coordinator(client, 1, 'x')
    const ids = await client.send(initProducerId, 4, { transactionalId: 'x', transactionTimeoutMs: 60_000 })
    t.equal(ids.errorCode, 0)
    const { producerId, producerEpoch } = ids
    await client.send(addPartitionsToTxn, 3, {
      v3AndBelowTransactionalId: 'x',
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: [{ name: 'orders', partitions: [0] }],
    })
    const records = encodeBatch({
      records: [{ timestamp: clock.now(), value: Buffer.from('open') }],
      producerId,
      producerEpoch,
      baseSequence: 0,
      isTransactional: true,
    })
    const sent = await client.send(produce, 9, {
      transactionalId: 'x',
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ name: 'orders', partitionData: [{ index: 0, records }] }],
    })
    t.match(sent.responses[0]?.partitionResponses[0], { errorCode: 0 })
    return { producerId, producerEpoch }
  })
  await during(options, async (client) => {
    const ends = async (isolationLevel: number) => {
      const { topics } = await client.send(listOffsets, 6, {
        replicaId: -1,
        isolationLevel,
        topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
      })
      return topics[0]?.partitions[0]?.offset
    }
    t.equal(await ends(0), 1)
    t.equal(await ends(1), 0, 'not yet for those who read what is committed')
    await coordinator(client, 1, 'x')
    const { errorCode } = await client.send(endTxn, 3, { transactionalId: 'x', ...producer, committed: true })
    t.equal(errorCode, 0)
    t.equal(await ends(1), 2, 'and it ends as ever')
  })
})

t.test('a directory serves one cluster at a time, and always the same', async (t) => {
  const dataDir = folderOf(t)
  await during({ dataDir, clusterId: 'first' }, async () => {
    await t.rejects(Cluster.start({ dataDir }), /is in use by process/)
  })
  await t.rejects(Cluster.start({ dataDir, clusterId: 'second' }), OptionError)
  await t.rejects(
    Cluster.start({ dataDir, port: 1, host: '203.0.113.1' }),
    'a start that fails lets go of it',
  )
  writeFileSync(join(dataDir, '.lock'), '1 0\n')
  await during({ dataDir }, async (_, cluster) =>
    t.equal(cluster.clusterId, 'first', 'a lock of a process that is gone'),
  )
  const file = join(dataDir, 'a-file')
  writeFileSync(file, '')
  await t.rejects(Cluster.start({ dataDir: join(file, 'below') }), { code: 'ENOTDIR' })
})

t.test(
  "without its metadata, a directory tells its topics; folders that are nobody's are set aside",
  async (t) => {
    const dataDir = folderOf(t)
    const topics = [{ name: 'orders', partitions: 2 }]
    const before = await during({ dataDir, topics }, async (client, cluster) => {
      await append(client, 'orders', 'one', { producerId: 5123, producerEpoch: 0, baseSequence: 0 })
      return cluster.topics()
    })
    for (const name of readdirSync(dataDir)) if (name.startsWith('josephk-')) rmSync(join(dataDir, name))
    await during({ dataDir }, async (client, cluster) => {
      t.strictSame(cluster.topics(), before)
      t.strictSame(await valuesOf(client, 'orders'), ['one'])
      const { producerId } = await client.send(initProducerId, 4, { transactionalId: null })
      t.equal(producerId, 7000, 'behind all that the logs know')
    })
    const metadataFile = join(dataDir, 'orders-1', 'partition.metadata')
    writeFileSync(
      metadataFile,
      readFileSync(metadataFile, 'utf8').replace(/topic_id: .*/, 'topic_id: AAAAAAAAAAAAAAAAAAAAAQ'),
    )
    const lines: string[] = []
    const logger = { debug() {}, info() {}, warn: (line: string) => lines.push(line), error() {} }
    await during({ dataDir, logger }, async (client) => {
      t.strictSame(await valuesOf(client, 'orders'), ['one'])
    })
    t.strictSame(lines, ['a folder that no topic claims was set aside'])
    t.equal(readdirSync(dataDir).filter((name) => /^orders-1\.[0-9a-f]{32}-stray$/.test(name)).length, 1)
  },
)

t.test('files that were damaged while nobody looked', async (t) => {
  const dataDir = folderOf(t)
  const topics = ['orders']
  await during({ dataDir, topics }, async (client) => {
    for (const value of ['one', 'two', 'three']) await append(client, 'orders', value)
  })
  const folder = join(dataDir, 'orders-0')
  const log = join(folder, '00000000000000000000.log')
  const bytes = readFileSync(log)
  bytes[bytes.length - 2] = (bytes.at(-2) as number) ^ 1
  writeFileSync(log, bytes)
  appendFileSync(join(folder, '00000000000000000003.snapshot'), 'x')
  const lines: string[] = []
  const logger = { debug() {}, info() {}, warn: (line: string) => lines.push(line), error() {} }
  await during({ dataDir, logger }, async (client) => {
    t.strictSame(await valuesOf(client, 'orders'), ['one', 'two'])
    t.match(await append(client, 'orders', 'again'), { errorCode: 0, baseOffset: 2 })
  })
  t.strictSame(lines, ['a torn tail was cut off'])
  bytes[16] = 1
  writeFileSync(log, bytes)
  await t.rejects(
    Cluster.start({ dataDir }),
    /holds messages of format v1: only record batches, v2, are read/,
  )
  writeFileSync(join(folder, 'leader-epoch-checkpoint'), 'what?')
  await t.rejects(Cluster.start({ dataDir }), /leader-epoch-checkpoint is no checkpoint file/)
})

t.test('records that a disk cannot take are refused, and nothing is half there', async (t) => {
  const dataDir = folderOf(t)
  const lines: string[] = []
  const logger = { debug() {}, info() {}, warn() {}, error: (line: string) => lines.push(line) }
  const topics = [{ name: 'orders', config: { 'internal.segment.bytes': 100 } }]
  await during({ dataDir, logger, topics }, async (client) => {
    t.match(await append(client, 'orders', 'one'), { errorCode: 0 })
    // The next segment cannot be made: something has its name.
    const inTheWay = join(dataDir, 'orders-0', '00000000000000000001.log')
    mkdirSync(inTheWay)
    t.match(await append(client, 'orders', 'two'), {
      errorCode: ErrorCode.KAFKA_STORAGE_ERROR,
      baseOffset: -1,
    })
    t.strictSame(lines, ['a log could not be read or written'])
    t.strictSame(await valuesOf(client, 'orders'), ['one'])
    rmdirSync(inTheWay)
    t.match(await append(client, 'orders', 'two'), { errorCode: 0, baseOffset: 1 })
    t.strictSame(await valuesOf(client, 'orders'), ['one', 'two'])
  })
  await during({ dataDir }, async (client) => t.strictSame(await valuesOf(client, 'orders'), ['one', 'two']))
})
