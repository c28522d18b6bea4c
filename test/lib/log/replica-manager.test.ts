import t from 'tap'
import { createFetchHandler } from '../../../lib/api/fetch.ts'
import { FetchPartition, FetchPartitions } from '../../../lib/log/fetch-partition.ts'
import { nextEpoch } from '../../../lib/log/fetch-session.ts'
import { FetchSessionCache } from '../../../lib/log/fetch-session-cache.ts'
import { errorName } from '../../../protocol/errors.ts'
import { fetch } from '../../../protocol/messages/fetch.ts'
import { encodeBatch } from '../../../protocol/records/encode-batch.ts'
import { contextOf, overTheWire } from '../../helpers/handlers.ts'
import { fetchRequest, LogBrokers, type TestTopic } from '../../helpers/log/log-broker.ts'

/** One topic on brokers 0 and 1, led by 0, and what is done with it most. */
function setUp(config = {}) {
  const brokers = new LogBrokers([null, null])
  const topic = brokers.createTopic('topic', { partitions: 3, replicas: [0, 1], config })
  const replicas = brokers.replicas()
  const append = (count = 1, { acks = -1, partitions = [0], size = 10 } = {}) => {
    const records = Array.from({ length: count }, () => ({ timestamp: 1, value: Buffer.alloc(size) }))
    const entries = partitions.map((partition) => ({
      topic: 'topic',
      partition,
      records: encodeBatch({ records }),
    }))
    return replicas.append(entries, acks).map(({ errorCode }) => errorName(errorCode))
  }
  const handlers = [0, 1].map((node) => createFetchHandler(brokers.parts(node)))
  /** A long poll: what has become of it, and how to end its connection. */
  const poll = (partition = {}, request = {}, { version = 17, node = 0, of = topic as TestTopic } = {}) => {
    const { context, close } = contextOf(version)
    const body = fetchRequest(of, partition, { maxWaitMs: 500, ...request })
    const answer = handlers[node]!.handle(body as never, context)
    const polled = {
      response: undefined as ReturnType<typeof overTheWire<typeof fetch.response>> | undefined,
      close,
    }
    const done = (response: object) => {
      polled.response = overTheWire(fetch.response, version, response)
    }
    if (answer instanceof Promise) answer.then(done as never)
    else done(answer as object)
    return polled
  }
  const settled = () => new Promise((resolve) => setImmediate(resolve))
  /** Of its only partition: error, bytes, high watermark; undefined while it waits. */
  const outcome = async (polled: ReturnType<typeof poll>) => {
    await settled()
    const partition = polled.response?.responses[0]?.partitions[0]
    return partition && [errorName(partition.errorCode), partition.records!.length, partition.highWatermark]
  }
  return { brokers, topic, replicas, append, poll, outcome, settled }
}

const SIZE = encodeBatch({ records: [{ timestamp: 1, value: Buffer.alloc(10) }] }).length

t.test('too few replicas in sync', async (t) => {
  const { brokers, topic, append } = setUp({ minInsyncReplicas: 2 })
  const { log } = brokers.logs.partition(topic.topicId, 0)!
  t.strictSame(append(), ['NONE'])
  brokers.change(topic, { isr: [0] })
  t.strictSame(append(), ['NOT_ENOUGH_REPLICAS'])
  t.strictSame(append(1, { acks: 1 }), ['NONE'])
  t.strictSame([log.logEndOffset, log.highWatermark], [2, 1], 'what is on one replica only is not shown')
  brokers.change(topic, { isr: [0, 1] })
  t.equal(log.highWatermark, 2)
  brokers.change(topic, { isr: [0] })
  append(1, { acks: 1 })
  brokers.configure('topic', { minInsyncReplicas: 1 })
  t.equal(log.highWatermark, 3)
  brokers.configure('topic', { minInsyncReplicas: 5 })
  t.equal(brokers.logs.partition(topic.topicId, 0)!.effectiveMinIsr, 2, 'never more than there are')
  brokers.change(topic, { leader: -1 })
  t.strictSame(append(1, { acks: 1 }), ['NOT_LEADER_OR_FOLLOWER'])
})

t.test('a long poll', async (t) => {
  await t.test('wakes on append', async (t) => {
    const { brokers, append, poll, outcome } = setUp()
    const polled = poll()
    t.equal(await outcome(polled), undefined)
    append()
    t.strictSame(await outcome(polled), ['NONE', SIZE, 1])
    t.equal(brokers.clock.pendingTimers, 0)
  })

  await t.test('ends when its time is up', async (t) => {
    const { brokers, topic, poll, outcome } = setUp()
    const polled = poll()
    brokers.clock.advance(499)
    t.equal(await outcome(polled), undefined)
    brokers.clock.advance(1)
    t.strictSame(await outcome(polled), ['NONE', 0, 0])
    t.equal(brokers.logs.partition(topic.topicId, 0)!.waiterCount, 0)
  })

  await t.test('waits for as many bytes as it asks for, of all partitions', async (t) => {
    const { brokers, topic, append, poll, settled } = setUp()
    const [{ partitions }] = fetchRequest(topic).topics as unknown as [{ partitions: object[] }]
    const all = [0, 1].map((partition) => ({ ...partitions[0], partition }))
    const topics = [{ topic: topic.name, topicId: topic.topicId, partitions: all }]
    const polled = poll({}, { topics, minBytes: 4 * SIZE })
    append(1, { partitions: [0] })
    append(1, { partitions: [2] })
    append(1, { partitions: [0, 1] })
    await settled()
    t.equal(polled.response, undefined)
    append(1, { partitions: [1] })
    await settled()
    const sizes = polled.response?.responses[0]?.partitions.map(({ records }) => records!.length)
    t.strictSame(sizes, [2 * SIZE, 2 * SIZE])
    t.equal(brokers.clock.pendingTimers, 0)
  })

  await t.test('sees what one request appends to several partitions at once', async (t) => {
    const { topic, append, poll, settled } = setUp()
    const [{ partitions }] = fetchRequest(topic).topics as unknown as [{ partitions: object[] }]
    const all = [0, 1, 2].map((partition) => ({ ...partitions[0], partition }))
    const polled = poll({}, { topics: [{ topic: topic.name, topicId: topic.topicId, partitions: all }] })
    append(1, { partitions: [2, 0, 1] })
    await settled()
    t.strictSame(
      polled.response?.responses[0]?.partitions.map(({ records }) => records!.length),
      [SIZE, SIZE, SIZE],
    )
  })

  await t.test('does not wake for what it may not see', async (t) => {
    const { brokers, topic, append, poll, outcome } = setUp({ minInsyncReplicas: 2 })
    brokers.change(topic, { isr: [0] })
    const polled = poll()
    append(1, { acks: 1 })
    t.equal(await outcome(polled), undefined)
    brokers.change(topic, { isr: [0, 1] })
    t.strictSame(await outcome(polled), ['NONE', SIZE, 1])
  })

  await t.test('ends when another broker leads, or the epoch is another', async (t) => {
    const { brokers, topic, poll, outcome } = setUp()
    const atLeader = poll({ currentLeaderEpoch: 0 })
    const old = poll({}, {}, { version: 10 })
    const anywhere = poll()
    brokers.change(topic, { leader: 1 })
    t.strictSame(await outcome(atLeader), ['FENCED_LEADER_EPOCH', 0, -1])
    t.strictSame(await outcome(old), ['NOT_LEADER_OR_FOLLOWER', 0, -1])
    t.equal(await outcome(anywhere), undefined, 'a follower answers those who do not care')
    t.match(atLeader.response, {
      responses: [{ partitions: [{ currentLeader: { leaderId: 1, leaderEpoch: 1 } }] }],
    })
    brokers.deleteTopic(topic)
    t.strictSame(await outcome(anywhere), ['UNKNOWN_TOPIC_OR_PARTITION', 0, -1])
    t.equal(brokers.clock.pendingTimers, 0)
  })

  await t.test('is given up with its connection', async (t) => {
    const { brokers, topic, append, poll, outcome } = setUp()
    const polled = poll()
    polled.close()
    t.equal(brokers.clock.pendingTimers, 0)
    t.equal(brokers.logs.partition(topic.topicId, 0)!.waiterCount, 0)
    append()
    t.equal(await outcome(polled), undefined)
  })

  await t.test('at a follower wakes too', async (t) => {
    const { append, poll, outcome } = setUp()
    const polled = poll({}, {}, { node: 1 })
    append()
    t.strictSame(await outcome(polled), ['NONE', SIZE, 1])
  })

  await t.test('does not begin where something is wrong', async (t) => {
    const { brokers, poll, outcome } = setUp()
    t.strictSame(await outcome(poll({ fetchOffset: 5 })), ['OFFSET_OUT_OF_RANGE', 0, -1])
    t.strictSame(await outcome(poll({ partition: 9 })), ['UNKNOWN_TOPIC_OR_PARTITION', 0, -1])
    t.equal(brokers.clock.pendingTimers, 0)
  })
})

t.test('logs come and go with their topics', async (t) => {
  const { brokers, topic, append } = setUp()
  append(3)
  brokers.deleteTopic(topic)
  t.equal(brokers.logs.partition(topic.topicId, 0), undefined)
  t.strictSame(append(), ['UNKNOWN_TOPIC_OR_PARTITION'])
  const again = brokers.createTopic('topic', { replicas: [0, 1] })
  t.equal(brokers.logs.partition(again.topicId, 0)!.log.logEndOffset, 0)
  t.equal([...brokers.logs.partitions()].length, 1)
  brokers.logs.close()
  t.equal([...brokers.logs.partitions()].length, 0)
  brokers.createTopic('later')
  t.equal([...brokers.logs.partitions()].length, 0, 'closed is closed')
})

t.test('a fetch session', async (t) => {
  const { brokers, topic, append, poll, settled } = setUp()
  const ask = async (partition: object | null, request: object, of: TestTopic = topic, version = 17) => {
    const topics = partition === null ? { topics: [] } : {}
    const { response } = poll(partition ?? {}, { maxWaitMs: 0, ...request, ...topics }, { of, version })
    await settled()
    const { errorCode, sessionId, responses } = response!
    const partitions = responses.flatMap((one) => one.partitions)
    const seen = partitions.map((one) => [
      one.partitionIndex,
      errorName(one.errorCode),
      one.records!.length,
      one.highWatermark,
    ])
    return { error: errorName(errorCode), sessionId, seen }
  }
  const forget = (partitions: number[]) => ({
    forgottenTopicsData: [{ topic: topic.name, topicId: topic.topicId, partitions }],
  })
  append(1)
  const { sessionId, seen } = await ask({}, { sessionEpoch: 0 })
  t.not(sessionId, 0)
  t.strictSame(seen, [[0, 'NONE', SIZE, 1]])
  const next = (sessionEpoch: number, more: object = {}) => ({ sessionId, sessionEpoch, ...more })
  t.strictSame((await ask({ fetchOffset: 1 }, next(1))).seen, [], 'nothing has changed')
  append(1)
  t.strictSame((await ask(null, next(2))).seen, [[0, 'NONE', SIZE, 2]], 'what is asked for is remembered')
  t.strictSame((await ask({ partition: 1 }, next(3))).seen, [
    [0, 'NONE', SIZE, 2],
    [1, 'NONE', 0, 0],
  ])
  append(1, { partitions: [1] })
  t.strictSame(
    (await ask(null, next(4))).seen.map(([index]) => index),
    [1, 0],
    'what has had data goes behind the others',
  )
  t.strictSame(
    (await ask(null, next(5))).seen.map(([index]) => index),
    [1, 0],
  )
  t.strictSame(await ask({}, next(9)), { error: 'INVALID_FETCH_SESSION_EPOCH', sessionId: 0, seen: [] })
  t.strictSame(await ask({}, { sessionId: 77, sessionEpoch: 1 }), {
    error: 'FETCH_SESSION_ID_NOT_FOUND',
    sessionId: 0,
    seen: [],
  })
  t.equal((await ask(null, next(6), topic, 12)).error, 'FETCH_SESSION_TOPIC_ID_ERROR')
  t.strictSame((await ask(null, next(6, forget([0])))).seen, [[1, 'NONE', SIZE, 1]])
  const unknown = await ask({ partition: 9 }, next(7, forget([1])))
  t.strictSame(unknown.seen, [[9, 'UNKNOWN_TOPIC_OR_PARTITION', 0, -1]])
  t.strictSame(
    (await ask(null, next(8))).seen,
    [[9, 'UNKNOWN_TOPIC_OR_PARTITION', 0, -1]],
    'errors are told each time',
  )
  t.strictSame(await ask(null, next(9, forget([9]))), { error: 'NONE', sessionId: 0, seen: [] })
  t.equal((await ask(null, next(10))).error, 'FETCH_SESSION_ID_NOT_FOUND', 'an empty session ends')

  const other = (await ask({}, { sessionEpoch: 0 })).sessionId
  t.equal((await ask({}, { sessionId: other, sessionEpoch: -1 })).sessionId, 0)
  t.equal((await ask({}, { sessionId: other, sessionEpoch: 1 })).error, 'FETCH_SESSION_ID_NOT_FOUND')
  t.equal((await ask({}, { sessionEpoch: -1 })).sessionId, 0)

  // The name that an id had when it was first seen is kept (as Kafka does it).
  const late = (await ask({ fetchOffset: 2 }, { sessionEpoch: 0 })).sessionId
  brokers.deleteTopic(topic)
  const gone = await ask(null, { sessionId: late, sessionEpoch: 1 })
  t.strictSame(gone.seen, [[0, 'UNKNOWN_TOPIC_OR_PARTITION', 0, -1]])
  brokers.createTopic('topic', { replicas: [0, 1] })
  const recreated = await ask(null, { sessionId: late, sessionEpoch: 2 })
  t.strictSame(recreated.seen, [[0, 'INCONSISTENT_TOPIC_ID', 0, -1]])
  t.strictSame((await ask({}, { sessionEpoch: -1 })).seen, [[0, 'UNKNOWN_TOPIC_ID', 0, -1]])
})

t.test('a session used twice at a time', async (t) => {
  const { topic, append, poll, settled } = setUp()
  const first = poll({}, { sessionEpoch: 0, maxWaitMs: 0 })
  await settled()
  const { sessionId } = first.response!
  const waiting = poll({}, { sessionId, sessionEpoch: 1 })
  const overtaking = poll({}, { sessionId, sessionEpoch: 2 })
  append()
  await settled()
  t.equal(errorName(waiting.response!.errorCode), 'INVALID_FETCH_SESSION_EPOCH')
  t.match(overtaking.response, { errorCode: 0, sessionId, responses: [{ topicId: topic.topicId }] })
})

t.test('the cache of sessions', async (t) => {
  const brokers = new LogBrokers()
  const { topicId } = brokers.createTopic('topic', { partitions: 9 })
  const cache = new FetchSessionCache(brokers.random)
  const MINUTES = 60_000
  let now = 0
  const create = (size: number, { isPrivileged = false, slots = 2 } = {}) => {
    const partitions = new FetchPartitions()
    for (let i = 0; i < size; i++) partitions.add(topicId, new FetchPartition('topic', topicId, i))
    return cache.create(partitions, isPrivileged, true, slots, now)
  }
  t.equal(create(1, { slots: 0 }), undefined)
  const small = create(1)
  const large = create(5)
  t.equal(create(9), undefined, 'the young are safe')
  now += 2 * MINUTES + 1
  cache.touch(small!, now)
  cache.touch(large!, now)
  t.equal(create(1), undefined, 'no better than what is there')
  const better = create(2)
  t.ok(better, 'more partitions are worth more')
  t.equal(cache.get(small!.id), undefined)
  t.ok(cache.get(large!.id))
  now += 1 * MINUTES
  t.equal(create(4), undefined)
  const follower = create(1, { isPrivileged: true })
  t.ok(follower, 'followers come first')
  t.equal(cache.get(better!.id), undefined)
  now += 1 * MINUTES + 1
  cache.touch(follower!, now)
  const afterStale = create(1)
  t.ok(afterStale, 'what nobody uses goes')
  t.equal(cache.get(large!.id), undefined)
  t.equal(cache.size, 2)
  t.strictSame([0, 1, 0x7fff_ffff, -1].map(nextEpoch), [1, 2, 1, -1])
})
