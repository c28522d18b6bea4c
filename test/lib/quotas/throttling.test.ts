// Clients that use up a quota, over connections: answered at once, and not heard until the clock has moved (KIP-219).
import t from 'tap'
import { throttled } from '../../../lib/api/throttled.ts'
import { ManualClock } from '../../../lib/lab/clock.ts'
import { Metadata } from '../../../lib/metadata/metadata.ts'
import { type Handler, handler, NO_RESPONSE } from '../../../lib/network/handler.ts'
import { BrokerQuotas } from '../../../lib/quotas/broker-quotas.ts'
import { MutationQuotas } from '../../../lib/quotas/mutation-quotas.ts'
import { clusterLimits } from '../../../lib/quotas/quota-limits.ts'
import { fetch } from '../../../protocol/messages/fetch.ts'
import { findCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { heartbeat } from '../../../protocol/messages/heartbeat.ts'
import { joinGroup } from '../../../protocol/messages/join-group.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { produce } from '../../../protocol/messages/produce.ts'
import { shareFetch } from '../../../protocol/messages/share-fetch.ts'
import { shareGroupHeartbeat } from '../../../protocol/messages/share-group-heartbeat.ts'
import { writeTxnMarkers } from '../../../protocol/messages/write-txn-markers.ts'
import { requestBytes } from '../../helpers/network.ts'
import { memoryServer } from '../../helpers/network-server.ts'
import { turns, until } from '../../helpers/network-turns.ts'
import { batch, isSilent, Peer, quotaCluster } from '../../helpers/quota-cluster.ts'
import { setQuota } from '../../helpers/quotas.ts'

/** Of a request with one batch, beyond the batch's value: what a frame of Produce v9 takes. */
const AROUND = 128

function records(size: number, acks = -1) {
  const partitionData = [{ index: 0, records: batch(size) }]
  return { acks, timeoutMs: 1_000, topicData: [{ name: 'orders', partitionData }] }
}

/** A fetch of all there is; in no session. */
function reading(topicId: string, more: object = {}, partition: object = {}) {
  return {
    maxWaitMs: 0,
    minBytes: 1,
    topics: [
      { topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 2 ** 20, ...partition }] },
    ],
    ...more,
  }
}

t.test('a producer that brings too much is answered at once, and then not heard for a while', async (t) => {
  const { clock, connect, set } = await quotaCluster(t)
  await set({ 'client-id': 'c' }, { producer_byte_rate: 1_000 })
  const [peer, other, stranger] = [connect(), connect(), connect('stranger')]
  const first = await peer.ask(produce, 9, records(9_000))
  t.equal(first.throttleTimeMs, 0, 'ten seconds of 1000 bytes each')
  const second = await peer.ask(produce, 9, records(2_000))
  t.equal(second.responses[0]?.partitionResponses[0]?.baseOffset, 1)
  const waitMs = second.throttleTimeMs
  t.ok(waitMs > 1_000 && waitMs < 1_500, `${waitMs} ms`)
  peer.send(metadata, 12, {})
  peer.send(metadata, 12, {})
  clock.advance(waitMs - 1)
  t.ok(await isSilent(peer))
  t.equal((await stranger.ask(produce, 9, records(20_000))).throttleTimeMs, 0)
  await other.ask(metadata, 12, {})
  t.ok((await other.ask(produce, 9, records(1))).throttleTimeMs > 0, 'connections share the quota')
  clock.advance(1)
  await peer.receive(metadata, 12)
  await peer.receive(metadata, 12)
})

t.test('without acknowledgement, too', async (t) => {
  const { clock, connect, set } = await quotaCluster(t)
  await set({ 'client-id': 'c' }, { producer_byte_rate: 1_000 })
  const peer = connect()
  const who = { clientId: 'c' }
  const unanswered = requestBytes(produce, 9, records(20_000 - AROUND, 0), who)
  // In one piece, so that the second is there when the first is served.
  peer.frames.send(Buffer.concat([unanswered, requestBytes(metadata, 12, {}, who)]))
  t.ok(await isSilent(peer))
  clock.advance(9_500)
  t.ok(await isSilent(peer))
  clock.advance(1_000)
  await peer.receive(metadata, 12)
})

t.test('a client and a broker that go away while it is not heard are not waited for', async (t) => {
  const { clock, cluster, connect, set } = await quotaCluster(t)
  await set({ 'client-id': 'c' }, { producer_byte_rate: 1 })
  const timers = clock.pendingTimers
  const [resetting, ending, staying] = [connect(), connect(), connect()]
  for (const peer of [resetting, ending, staying]) {
    t.ok((await peer.ask(produce, 9, records(1_000))).throttleTimeMs > 60_000)
  }
  t.equal(clock.pendingTimers, timers + 3)
  resetting.frames.socket.destroy()
  await until(() => clock.pendingTimers === timers + 2)
  ending.send(produce, 9, records(1_000))
  ending.send(metadata, 12, {})
  ending.frames.socket.end()
  t.ok((await ending.receive(produce, 9)).throttleTimeMs > 60_000)
  await ending.receive(metadata, 12)
  await ending.frames.ended()
  await until(() => clock.pendingTimers === timers + 1)
  staying.send(metadata, 12, {})
  await turns(5)
  await cluster.stop()
  t.same(await staying.frames.ended(), [])
  t.equal(clock.pendingTimers, 0)
})

t.test('a quota that is taken away, or raised, is so for the next request', async (t) => {
  const { connect, set } = await quotaCluster(t)
  await set({ user: null }, { producer_byte_rate: 1 })
  t.ok((await connect().ask(produce, 9, records(1_000))).throttleTimeMs > 0)
  await set({ user: null }, { producer_byte_rate: 10_000 })
  t.equal((await connect().ask(produce, 9, records(1_000))).throttleTimeMs, 0)
  await set({ user: null }, { producer_byte_rate: 1 })
  t.ok((await connect().ask(produce, 9, records(1_000))).throttleTimeMs > 0)
  await set({ user: null }, { producer_byte_rate: null })
  t.equal((await connect().ask(produce, 9, records(1_000))).throttleTimeMs, 0)
})

t.test('a consumer that has had too much gets nothing, which is not counted', async (t) => {
  const { clock, connect, administrator, set, topicId } = await quotaCluster(t)
  await administrator.ask(produce, 9, records(8_000))
  await set({ 'client-id': 'c' }, { consumer_byte_rate: 1_000 })
  const peer = connect()
  const body = reading(topicId)
  const first = await peer.ask(fetch, 13, body)
  t.equal(first.throttleTimeMs, 0)
  t.ok((first.responses[0]?.partitions[0]?.records?.length ?? 0) > 8_000)
  const second = await peer.ask(fetch, 13, body)
  t.same(second.responses, [])
  const waitMs = second.throttleTimeMs
  t.ok(waitMs > 5_000 && waitMs < 8_000, `${waitMs} ms`)
  peer.send(fetch, 13, body)
  clock.advance(waitMs - 1)
  t.ok(await isSilent(peer))
  clock.advance(1)
  // What was recorded first still counts: its window is not over.
  const third = await peer.receive(fetch, 13)
  t.ok(third.throttleTimeMs > 0 && third.throttleTimeMs <= waitMs)
  clock.advance(third.throttleTimeMs)
  const fourth = await peer.ask(fetch, 13, body)
  t.equal(fourth.throttleTimeMs, 0)
  t.ok(fourth.responses[0]?.partitions[0]?.records?.length)
})

t.test('a consumer gets no more at once than its quota ever allows', async (t) => {
  const { clock, connect, administrator, set, topicId } = await quotaCluster(t)
  for (let i = 0; i < 10; i++) await administrator.ask(produce, 9, records(1_000))
  await set({ 'client-id': 'c' }, { consumer_byte_rate: 300 })
  const peer = connect()
  // The records alone are as much as may be had in ten seconds.
  const { throttleTimeMs } = await peer.ask(fetch, 13, reading(topicId))
  t.ok(throttleTimeMs > 0 && throttleTimeMs < 500, `${throttleTimeMs} ms`)
  clock.advance(throttleTimeMs)
  const answer = await peer.ask(fetch, 13, reading(topicId))
  t.equal(answer.throttleTimeMs, 0)
  const size = answer.responses[0]?.partitions[0]?.records?.length ?? 0
  t.equal(size, 3_000)
  const whole = await connect('other').ask(fetch, 13, reading(topicId))
  t.ok((whole.responses[0]?.partitions[0]?.records?.length ?? 0) > 10_000)
  const followed = await connect().ask(fetch, 13, reading(topicId, { replicaId: 0 }))
  t.ok((followed.responses[0]?.partitions[0]?.records?.length ?? 0) > 10_000, 'brokers have no quota')
  t.equal(followed.throttleTimeMs, 0)
})

t.test('a fetch session that is throttled goes on where it was', async (t) => {
  const { clock, connect, administrator, set, topicId } = await quotaCluster(t)
  const peer = connect()
  const { sessionId } = await peer.ask(fetch, 13, reading(topicId, { sessionEpoch: 0 }))
  await administrator.ask(produce, 9, records(2_000))
  await set({ 'client-id': 'c' }, { consumer_byte_rate: 100 })
  const next = { maxWaitMs: 0, minBytes: 1, sessionId, topics: [] }
  const throttledAnswer = await peer.ask(fetch, 13, { ...next, sessionEpoch: 1 })
  t.match(throttledAnswer, { sessionId, errorCode: 0, responses: [] })
  t.ok(throttledAnswer.throttleTimeMs > 0)
  await set({ 'client-id': 'c' }, { consumer_byte_rate: 1_000 })
  clock.advance(throttledAnswer.throttleTimeMs)
  const told = await peer.ask(fetch, 13, { ...next, sessionEpoch: 2 })
  t.match(told, { sessionId, errorCode: 0, throttleTimeMs: 0 })
  t.ok(told.responses[0]?.partitions[0]?.records?.length, 'nothing was taken for told')
})

t.test('no fetch session begins with nothing', async (t) => {
  const config = { 'max.incremental.fetch.session.cache.slots': 1 }
  const { connect, administrator, set, topicId } = await quotaCluster(t, { config })
  await administrator.ask(produce, 9, records(2_000))
  await set({ 'client-id': 'c' }, { consumer_byte_rate: 10 })
  const body = reading(topicId, { sessionEpoch: 0 })
  const none = await connect().ask(fetch, 13, body)
  t.match(none, { sessionId: 0, errorCode: 0, responses: [] })
  t.ok(none.throttleTimeMs > 0)
  t.not((await connect('other').ask(fetch, 13, body)).sessionId, 0, 'its place is still free')
})

t.test('a member of a share group that has had too much gets nothing', async (t) => {
  const { clock, cluster, connect, administrator, set, topicId } = await quotaCluster(t)
  const peer = connect()
  const who = { groupId: 'g', memberId: Buffer.alloc(16, 65).toString('base64url') }
  const beat = { ...who, subscribedTopicNames: ['orders'] }
  await peer.ask(findCoordinator, 4, { keyType: 0, coordinatorKeys: ['g'] })
  const { memberEpoch } = await peer.ask(shareGroupHeartbeat, 1, { ...beat, memberEpoch: 0 })
  await peer.ask(shareGroupHeartbeat, 1, { ...beat, memberEpoch })
  const body = { ...who, maxWaitMs: 0, minBytes: 0, maxBytes: 2 ** 20, maxRecords: 1, batchSize: 1 }
  const topics = [{ topicId, partitions: [{ partitionIndex: 0 }] }]
  await peer.ask(shareFetch, 1, { ...body, topics, shareSessionEpoch: 0 })
  await administrator.ask(produce, 9, records(2_000))
  await administrator.ask(produce, 9, records(2_000))
  await set({ 'client-id': 'c' }, { consumer_byte_rate: 300 })
  const first = await peer.ask(shareFetch, 1, { ...body, topics: [], shareSessionEpoch: 1 })
  t.equal(first.throttleTimeMs, 0)
  t.equal(first.responses[0]?.partitions[0]?.acquiredRecords.length, 1)
  const acknowledgementBatches = [{ firstOffset: 0, lastOffset: 0, acknowledgeTypes: [1] }]
  const acknowledged = [{ topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches }] }]
  const second = await peer.ask(shareFetch, 1, { ...body, topics: acknowledged, shareSessionEpoch: 2 })
  t.ok(second.throttleTimeMs > 0)
  t.match(second.responses, [{ partitions: [{ acknowledgeErrorCode: 0, acquiredRecords: [] }] }])
  t.equal(second.responses[0]?.partitions[0]?.records?.length ?? 0, 0)
  const [{ value = 0 } = {}] = cluster.metrics.find('throttle-time').filter(({ group }) => group === 'Fetch')
  t.equal(value, second.throttleTimeMs)
  clock.advance(second.throttleTimeMs)
})

/** Handlers of a broker that take as long as they are told to, by a client that may have 10 percent of a thread. */
async function busy(t: Parameters<typeof memoryServer>[0], percentage = 10) {
  const clock = new ManualClock()
  const image = new Metadata('cluster')
  const windows = { count: 11, seconds: 1 }
  const limits = clusterLimits(image)
  const mutations = new MutationQuotas(limits.controller_mutation_rate, clock, windows)
  const quotas = new BrokerQuotas({ nodeId: 0, clock, metadata: image, limits, windows, mutations })
  setQuota(image, { user: null }, 'request_percentage', percentage)
  let [worksMs, waitsMs] = [0, 0]
  const work = () => clock.advance(worksMs)
  const handlers: Handler[] = [
    handler(heartbeat, () => {
      work()
      return { errorCode: 0 }
    }),
    handler(joinGroup, async () => {
      work()
      await turns(1)
      clock.advance(waitsMs)
      return { errorCode: 0 }
    }),
    handler(produce, ({ acks }) => {
      work()
      return acks === 0 ? NO_RESPONSE : { responses: [] }
    }),
    handler(writeTxnMarkers, () => {
      work()
      return { markers: [] }
    }),
  ]
  const throttledHandlers = handlers.map((each) => throttled(each, quotas))
  const server = await memoryServer(t, throttledHandlers, { clock })
  const take = (ms: number, waiting = 0) => {
    worksMs = ms
    waitsMs = waiting
  }
  return { clock, quotas, image, take, connect: () => new Peer(server.connect(), 'c') }
}

t.test('a client that keeps the broker busy for too long waits, but no longer than a window', async (t) => {
  const { clock, quotas, take, connect } = await busy(t)
  const peer = connect()
  take(500)
  t.equal((await peer.ask(heartbeat, 4, {})).throttleTimeMs, 0)
  t.equal((await peer.ask(heartbeat, 4, {})).throttleTimeMs, 0, '1000 ms of 10.5 seconds')
  take(100)
  const { throttleTimeMs } = await peer.ask(heartbeat, 4, {})
  // 1100 ms are 10 percent of 11 seconds; ten windows count from the beginning, and it began 600 ms ago.
  t.equal(throttleTimeMs, 400)
  take(0)
  peer.send(heartbeat, 4, {})
  clock.advance(399)
  t.ok(await isSilent(peer))
  clock.advance(1)
  // As it began a whole window ago, it counts for one of the ten.
  t.equal((await peer.receive(heartbeat, 4)).throttleTimeMs, 1_000)
  take(5_000)
  t.equal((await connect().ask(heartbeat, 4, {})).throttleTimeMs, 1_000)
  t.equal(quotas.exempt.rate(clock.monotonic()), 0)
})

t.test('what a handler waits for is no work', async (t) => {
  const { take, connect } = await busy(t)
  const peer = connect()
  take(100, 60_000)
  t.equal((await peer.ask(joinGroup, 7, {})).throttleTimeMs, 0)
  take(2_000, 0)
  t.ok((await peer.ask(joinGroup, 7, {})).throttleTimeMs > 0)
})

t.test('on a clock that stands still, requests take no time', async (t) => {
  const { take, connect } = await busy(t, 1e-9)
  const peer = connect()
  take(0)
  for (let i = 0; i < 10; i++) t.equal((await peer.ask(heartbeat, 4, {})).throttleTimeMs, 0)
})

t.test('requests of brokers, and those that nobody hears of, are exempt', async (t) => {
  const { clock, quotas, take, connect } = await busy(t)
  const peer = connect()
  take(5_000)
  await peer.ask(writeTxnMarkers, 1, {})
  t.equal(quotas.exempt.rate(clock.monotonic()), 500 / 30)
  peer.send(produce, 9, { acks: 0 })
  await peer.ask(writeTxnMarkers, 1, {})
  t.equal(quotas.exempt.rate(clock.monotonic()), 1500 / 40)
  take(0)
  t.equal((await peer.ask(heartbeat, 4, {})).throttleTimeMs, 0)
  take(5_000)
  t.equal((await peer.ask(produce, 9, { acks: 1 })).throttleTimeMs, 1_000)
})

t.test('of two waits the longer counts, once', async (t) => {
  const { clock, quotas, image, take, connect } = await busy(t)
  setQuota(image, { user: null }, 'producer_byte_rate', 1)
  take(5_000)
  const { throttleTimeMs } = await connect().ask(produce, 9, { acks: 1 })
  t.ok(throttleTimeMs > 10_000)
  const averages = [quotas.produce, quotas.request].map(({ sensors }) =>
    [...sensors.all(clock.monotonic())].map(({ throttleTime }) => throttleTime.average),
  )
  t.same(averages, [[throttleTimeMs], [Number.NaN]])
  t.equal(quotas.produce.queue.size(clock.monotonic()), 1)
  clock.advance(throttleTimeMs)
  t.equal(quotas.produce.queue.size(clock.monotonic()), 0)
})
