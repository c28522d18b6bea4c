// What clients may have the controller do (KIP-599): refused in newer versions, slowed down in older ones.
import t from 'tap'
import { ErrorCode } from '../../../protocol/errors.ts'
import { createPartitions } from '../../../protocol/messages/create-partitions.ts'
import { createTopics } from '../../../protocol/messages/create-topics.ts'
import { deleteTopics } from '../../../protocol/messages/delete-topics.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { isSilent, type Peer, quotaCluster } from '../../helpers/quota-cluster.ts'

const { NONE, THROTTLING_QUOTA_EXCEEDED: EXCEEDED } = ErrorCode
const WINDOWS = { 'controller.quota.window.num': 10, 'controller.quota.window.size.seconds': 1 }

/** A client that may have one partition made or deleted a second, ten at once. */
async function setUp(t: Parameters<typeof quotaCluster>[0]) {
  const rig = await quotaCluster(t, { config: WINDOWS, topics: ['orders', { name: 'old', partitions: 30 }] })
  await rig.set({ 'client-id': 'c' }, { controller_mutation_rate: 1 })
  return { ...rig, peer: rig.connect() }
}

async function create(
  peer: Peer,
  version: number,
  names: readonly string[],
  numPartitions = 30,
  validateOnly = false,
) {
  const topics = names.map((name) => ({ name, numPartitions, replicationFactor: 1 }))
  const answer = await peer.ask(createTopics, version, { topics, validateOnly, timeoutMs: 1_000 })
  return { ...answer, codes: answer.topics.map(({ errorCode }) => errorCode) }
}

async function grow(peer: Peer, version: number, count: number) {
  const body = {
    topics: [{ name: 'orders', count, assignments: null }],
    timeoutMs: 1_000,
    validateOnly: false,
  }
  const { throttleTimeMs, results } = await peer.ask(createPartitions, version, body)
  return { throttleTimeMs, ...results[0] }
}

t.test('CreateTopics refuses once the quota is used up, and has the client wait', async (t) => {
  const { clock, cluster, connect, peer } = await setUp(t)
  const first = await create(peer, 7, ['a', 'b'])
  t.same(first.codes, [NONE, EXCEEDED], 'what is left is enough for whatever comes next, however much it is')
  t.match(first.topics[1], { name: 'b', errorMessage: null })
  t.equal(first.throttleTimeMs, 20_000, '30 of the 10 that there were')
  peer.send(metadata, 12, { topics: [{ name: 'a' }], allowAutoTopicCreation: true })
  clock.advance(19_999)
  t.ok(await isSilent(peer))
  clock.advance(1)
  t.equal((await peer.receive(metadata, 12)).throttleTimeMs, 0)
  t.same((await create(peer, 6, ['b'], 1)).codes, [NONE])
  t.same((await create(connect('other'), 6, ['d'], 100)).codes, [NONE])
  const averages = cluster.metrics.find('throttle-time', { 'client-id': 'c' })
  t.match(
    averages,
    [{ group: 'Request', value: 20_000 }],
    'the broker has it among what it measures of requests',
  )
})

t.test(
  'what is only asked for counts as much, and what is refused for another reason does not',
  async (t) => {
    const { peer } = await setUp(t)
    t.same((await create(peer, 7, ['old', '?'])).codes, [
      ErrorCode.TOPIC_ALREADY_EXISTS,
      ErrorCode.INVALID_TOPIC_EXCEPTION,
    ])
    t.same((await create(peer, 7, ['a'], 11, true)).codes, [NONE])
    t.same((await create(peer, 7, ['a'], 1)).codes, [EXCEEDED])
  },
)

t.test('older versions of CreateTopics know no such error', async (t) => {
  const { clock, peer } = await setUp(t)
  const { codes, throttleTimeMs } = await create(peer, 5, ['a', 'b'])
  t.same(codes, [NONE, NONE])
  t.equal(throttleTimeMs, 50_000)
  clock.advance(throttleTimeMs)
  t.equal((await create(peer, 5, ['c'], 0)).throttleTimeMs, 0)
})

t.test('CreatePartitions', async (t) => {
  const { clock, peer } = await setUp(t)
  t.match(await grow(peer, 3, 21), { errorCode: NONE, throttleTimeMs: 0 }, '20 more')
  t.match(await grow(peer, 3, 20), { errorCode: ErrorCode.INVALID_PARTITIONS })
  t.match(await grow(peer, 3, 22), { errorCode: EXCEEDED, errorMessage: null, throttleTimeMs: 10_000 })
  clock.advance(10_000)
  t.match(await grow(peer, 2, 31), { errorCode: NONE, throttleTimeMs: 10_000 })
  clock.advance(9_999)
  peer.send(metadata, 12, {})
  t.ok(await isSilent(peer))
})

t.test('DeleteTopics', async (t) => {
  const { clock, cluster, peer } = await setUp(t)
  const remove = async (version: number, name: string) => {
    const body = version < 6 ? { topicNames: [name] } : { topics: [{ name }] }
    const { throttleTimeMs, responses } = await peer.ask(deleteTopics, version, { ...body, timeoutMs: 1_000 })
    return { throttleTimeMs, ...responses[0] }
  }
  t.match(await remove(6, 'old'), { name: 'old', errorCode: NONE, throttleTimeMs: 0 })
  t.match(await remove(6, 'orders'), {
    name: 'orders',
    errorCode: EXCEEDED,
    errorMessage: null,
    throttleTimeMs: 20_000,
  })
  clock.advance(10_000)
  t.same(
    cluster.topics().map(({ name }) => name),
    ['orders'],
  )
  clock.advance(10_000)
  t.match(await remove(5, 'orders'), { errorCode: NONE, throttleTimeMs: 0 })
  await cluster.createTopic({ name: 'more', partitions: 2 })
  t.match(await remove(5, 'more'), { errorCode: EXCEEDED, throttleTimeMs: 1_000 })
  clock.advance(1_000)
  t.match(await remove(4, 'more'), { errorCode: NONE, throttleTimeMs: 2_000 })
})

t.test('topics that are created because somebody named them', async (t) => {
  const { cluster, peer } = await setUp(t)
  const name = async (topic: string) => {
    const body = { topics: [{ name: topic }], allowAutoTopicCreation: true }
    const { throttleTimeMs, topics } = await peer.ask(metadata, 12, body)
    return [throttleTimeMs, topics[0]?.errorCode]
  }
  const names = () => cluster.topics().map((topic) => topic.name)
  t.same(await name('auto'), [0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION])
  t.ok(names().includes('auto'))
  await create(peer, 7, ['a'])
  t.same(await name('never'), [0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION], 'nobody waits')
  t.notOk(names().includes('never'))
})
