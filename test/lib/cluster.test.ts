import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { Cluster, type ClusterOptions, ManualClock, OptionError, SeededRandom } from '../../lib/index.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { describeCluster } from '../../protocol/messages/describe-cluster.ts'
import { fetch } from '../../protocol/messages/fetch.ts'
import { listOffsets } from '../../protocol/messages/list-offsets.ts'
import { metadata } from '../../protocol/messages/metadata.ts'
import { produce } from '../../protocol/messages/produce.ts'
import { encodeBatch } from '../../protocol/records/encode-batch.ts'
import { plainCommand } from '../helpers/plain-environment.ts'
import { ConnectionClosed, RawClient } from '../helpers/raw-client.ts'

async function start(t: Test, options: ClusterOptions): Promise<Cluster> {
  const cluster = await Cluster.start(options)
  t.teardown(() => cluster.stop())
  return cluster
}

async function connect(t: Test, address: string): Promise<RawClient> {
  const client = await RawClient.connect(address)
  t.teardown(() => client.close())
  return client
}

function batch(...values: string[]): Buffer {
  return encodeBatch({
    records: values.map((value) => ({ timestamp: 1, key: null, value: Buffer.from(value) })),
  })
}

async function append(client: RawClient, topic: string, ...values: string[]) {
  const response = await client.send(produce, 9, {
    acks: -1,
    timeoutMs: 1_000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records: batch(...values) }] }],
  })
  return response.responses[0]?.partitionResponses[0]
}

async function endOffset(client: RawClient, topic: string): Promise<number | undefined> {
  const { topics } = await client.send(listOffsets, 6, {
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
  })
  return topics[0]?.partitions[0]?.offset
}

t.test('what the options say is what clients see', async (t) => {
  const cluster = await start(t, {
    clusterId: 'my-cluster',
    brokers: [
      {
        nodeId: 5,
        rack: 'a',
        listeners: [{ name: 'IN' }, { name: 'OUT', advertisedHost: 'kafka.test', advertisedPort: 7 }],
      },
      {
        rack: 'b',
        listeners: [{ name: 'IN' }, { name: 'OUT', advertisedHost: 'kafka.test', advertisedPort: 8 }],
      },
    ],
    topics: ['plain', { name: 'wide', partitions: 7, replicationFactor: 2, config: { 'retention.ms': 5 } }],
    config: { 'num.partitions': 2 },
  })
  t.equal(cluster.clusterId, 'my-cluster')
  t.same(
    cluster.topics().map(({ name, partitions }) => [name, partitions]),
    [
      ['plain', 2],
      ['wide', 7],
    ],
  )
  const inside = await connect(t, cluster.bootstrapServers)
  const { brokers, topics } = await inside.send(metadata, 12, { topics: null })
  t.same(
    brokers.map(({ nodeId, host, rack }) => ({ nodeId, host, rack })),
    [
      { nodeId: 5, host: '127.0.0.1', rack: 'a' },
      { nodeId: 6, host: '127.0.0.1', rack: 'b' },
    ],
    'each client is told the endpoints of the listener it came in by',
  )
  t.equal(topics.find(({ name }) => name === 'wide')?.partitions[0]?.replicaNodes.length, 2)
  t.equal((await inside.send(describeCluster, 0, {})).clusterId, 'my-cluster')
  t.match(cluster.brokers[0]?.listeners, [{ name: 'IN' }, { name: 'OUT', address: 'kafka.test:7' }])
})

t.test('wrong options and topics are refused by name, and nothing is left listening', async (t) => {
  await t.rejects(Cluster.start({ prot: 1 } as ClusterOptions), {
    name: 'OptionError',
    message: /unknown option prot/,
  })
  await t.rejects(Cluster.start({ config: { 'no.such.config': 1 } }), OptionError)
  await t.rejects(Cluster.start({ config: { 'num.partitions': 'x' } }), {
    name: 'OptionError',
    message: /Invalid value x for configuration num\.partitions/,
  })
  await t.rejects(Cluster.start({ brokers: [{ nodeId: 1 }, { nodeId: 1 }] }), /brokers\[1\]\.nodeId/)
  await t.rejects(Cluster.start({ listeners: [{}, {}] }), /different names/)
  await t.rejects(Cluster.start({ topics: [{ name: 'a', replicationFactor: 2 }] }), {
    name: 'KafkaError',
    code: 'INVALID_REPLICATION_FACTOR',
  })

  const cluster = await start(t, {})
  await cluster.createTopic('orders')
  await t.rejects(cluster.createTopic('orders'), {
    name: 'KafkaError',
    code: 'TOPIC_ALREADY_EXISTS',
  })
  await t.rejects(cluster.createTopic({ name: 'b', config: { 'retention.ms': 'soon' } }), {
    code: 'INVALID_CONFIG',
  })
})

t.test('a taken port is named, and the other brokers let go of theirs', async (t) => {
  const squatter = createServer()
  await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve))
  t.teardown(() => squatter.close())
  const { port } = squatter.address() as { port: number }
  await t.rejects(Cluster.start({ port }), {
    code: 'EADDRINUSE',
    message: `cannot listen on 127.0.0.1:${port}: the port is already in use`,
  })
  const brokers = [{}, { listeners: [{ port }] }]
  await t.rejects(Cluster.start({ brokers }), { code: 'EADDRINUSE' })
})

t.test('a broker that stops hands over what it leads, and comes back where it was', async (t) => {
  const cluster = await start(t, {
    brokers: 3,
    topics: [{ name: 'orders', partitions: 1, replicationFactor: 3 }],
  })
  const leaderOf = async (client: RawClient) =>
    (await client.send(metadata, 12, { topics: [{ name: 'orders' }] })).topics[0]?.partitions[0]?.leaderId
  const first = await leaderOf(await connect(t, cluster.bootstrapServers))
  const leader = cluster.brokers.find(({ nodeId }) => nodeId === first)
  const other = cluster.brokers.find(({ nodeId }) => nodeId !== first)
  if (!leader || !other) throw new Error('a leader and another broker are expected')
  const { address } = leader
  const doomed = await connect(t, leader.address)
  t.match(await append(doomed, 'orders', 'one'), { errorCode: 0, baseOffset: 0 })

  await leader.stop()
  t.equal(leader.running, false)
  await t.rejects(doomed.send(metadata, 12, {}), ConnectionClosed)
  const survivor = await connect(t, other.address)
  const second = await leaderOf(survivor)
  t.not(second, first)
  const heir = await connect(t, cluster.brokers.find(({ nodeId }) => nodeId === second)?.address as string)
  t.match(await append(heir, 'orders', 'two'), { errorCode: 0, baseOffset: 1 })

  await leader.start()
  t.equal(leader.address, address, 'on the port it had')
  const back = await connect(t, leader.address)
  t.match(await append(back, 'orders', 'no'), { errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER })

  await cluster.brokers.find(({ nodeId }) => nodeId === second)?.kill()
  const third = await leaderOf(await connect(t, leader.address))
  const client = await connect(t, cluster.brokers.find(({ nodeId }) => nodeId === third)?.address as string)
  t.equal(await endOffset(client, 'orders'), 2, 'nothing is lost')
})

t.test('a broker that starts again has forgotten its fetch sessions', async (t) => {
  const cluster = await start(t, { topics: ['orders'] })
  const [broker] = cluster.brokers
  const request = (sessionId: number, sessionEpoch: number) => ({
    maxWaitMs: 0,
    sessionId,
    sessionEpoch,
    topics: [{ topic: 'orders', partitions: [{ partition: 0, partitionMaxBytes: 1_000 }] }],
  })
  const before = await connect(t, cluster.bootstrapServers)
  const { sessionId } = await before.send(fetch, 12, request(0, 0))
  t.match(await before.send(fetch, 12, request(sessionId, 1)), { errorCode: 0, sessionId })
  await broker?.stop()
  await broker?.start()
  const after = await connect(t, cluster.bootstrapServers)
  t.match(await after.send(fetch, 12, request(sessionId, 2)), {
    errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
  })
})

t.test('two clusters in one process share nothing', async (t) => {
  const options = { topics: ['orders'], clock: new ManualClock() }
  const [one, two] = await Promise.all([
    start(t, options),
    start(t, { ...options, clock: new ManualClock() }),
  ])
  t.not(one.clusterId, two.clusterId)
  const [toOne, toTwo] = [await connect(t, one.bootstrapServers), await connect(t, two.bootstrapServers)]
  await append(toOne, 'orders', 'a', 'b')
  await one.createTopic('only-in-one')
  ;(one.clock as ManualClock).advance(60_000)
  t.equal(await endOffset(toOne, 'orders'), 2)
  t.equal(await endOffset(toTwo, 'orders'), 0)
  t.same(two.topics().length, 1)
  t.equal(one.clock.now() - two.clock.now(), 60_000)
  await one.stop()
  t.match(await append(toTwo, 'orders', 'c'), { errorCode: 0, baseOffset: 0 }, 'one stops, the other goes on')
})

t.test('a cluster stops once, however often and by however many it is told to', async (t) => {
  for (const options of [{}, { dataDir: t.testdir() }]) {
    const cluster = await Cluster.start({ ...options, topics: ['orders'] })
    await Promise.all([cluster.stop(), cluster.stop()])
    await cluster[Symbol.asyncDispose]()
  }
})

t.test('a seed and a manual clock make a run repeat exactly', async (t) => {
  const run = async () => {
    await using cluster = await Cluster.start({
      brokers: 3,
      random: new SeededRandom(7),
      clock: new ManualClock(0),
      topics: [{ name: 'a', partitions: 5, replicationFactor: 2 }, 'b'],
    })
    await using client = await RawClient.connect(cluster.bootstrapServers)
    const { topics, clusterId } = await client.send(metadata, 12, { topics: null })
    return { topics, clusterId }
  }
  t.same(await run(), await run())
})

t.test('100 clusters leave no handle, timer or memory behind', { timeout: 120_000 }, async (t) => {
  const script = new URL('../helpers/hundred-clusters.js', import.meta.url).pathname
  const { stdout } = await promisify(execFile)(...plainCommand(process.execPath, ['--expose-gc', script]), {
    timeout: 100_000,
  })
  const { grown, resources } = JSON.parse(stdout) as { grown: number; resources: string[] }
  t.same(resources, [], 'nothing keeps the process alive')
  t.ok(grown < 1_500_000, `${grown} bytes more than before: a cluster that stayed would be much more`)
})
