import t from 'tap'
import { ManualClock } from '../../../lib/lab/clock.ts'
import { Metadata } from '../../../lib/metadata/metadata.ts'
import { BrokerQuotas } from '../../../lib/quotas/broker-quotas.ts'
import { MutationQuotas } from '../../../lib/quotas/mutation-quotas.ts'
import { clusterLimits } from '../../../lib/quotas/quota-limits.ts'
import type { RateQuota } from '../../../lib/quotas/rate-quota.ts'
import { client, setQuota, type Whose } from '../../helpers/quotas.ts'

const HOUR_MS = 3_600_000

function setUp(windows = { count: 11, seconds: 1 }) {
  const clock = new ManualClock()
  const metadata = new Metadata('cluster')
  const limits = clusterLimits(metadata)
  const mutations = new MutationQuotas(limits.controller_mutation_rate, clock, windows)
  const quotas = new BrokerQuotas({ nodeId: 1, clock, metadata, limits, windows, mutations })
  const set = (whose: Whose, value: number | null, key = 'producer_byte_rate') =>
    setQuota(metadata, whose, key, value)
  const { produce } = quotas
  const record = (bytes: number, who = client('alice')) => produce.record(who, bytes, clock.monotonic())
  return { clock, metadata, quotas, produce, set, record }
}

/** Who has a sensor, and since when nothing was recorded. */
function sensors(quota: RateQuota, now: number): string[] {
  return [...quota.sensors.all(now)].map(({ tags }) => `${tags.user}:${tags['client-id']}`)
}

t.test('nobody is counted where there are no quotas', async (t) => {
  const { quotas, produce, set, record } = setUp()
  const request = { ...client('alice'), throttle: () => {} }
  t.equal(record(2 ** 40), 0)
  t.equal(produce.mostAtOnce(client('alice'), 0), 2 ** 31 - 1)
  t.equal(quotas.begin(request), undefined)
  t.same(sensors(produce, 0), [])
  for (const key of [
    'producer_byte_rate',
    'consumer_byte_rate',
    'request_percentage',
    'controller_mutation_rate',
  ]) {
    set({ user: 'bob' }, 1, key)
    t.ok(quotas.begin(request), key)
    set({ user: 'bob' }, null, key)
    t.equal(quotas.begin(request), undefined)
  }
})

t.test('a change counts at once, for what was recorded before too', async (t) => {
  const { set, record, produce } = setUp()
  const alice = client('alice')
  set({ user: 'alice' }, 1_000)
  t.equal(record(10_000, alice), 0, 'ten seconds at 1000 a second')
  t.equal(record(1_000, alice), 1_000)
  t.equal(produce.mostAtOnce(alice, 0), 10_000)
  set({ user: 'alice' }, 500)
  t.equal(record(0, alice), 12_000)
  t.equal(produce.mostAtOnce(alice, 0), 5_000)
  set({ user: 'alice' }, 2_000)
  t.equal(record(0, alice), 0)
  set({ user: null, 'client-id': null }, 100)
  set({ user: 'alice' }, null)
  t.equal(record(2_000, alice), 10_000, 'counted together with others now')
})

t.test('whoever shares a quota waits for what the others had', async (t) => {
  const { set, record } = setUp()
  set({ user: 'alice' }, 100)
  t.equal(record(1_000, client('alice', 'a')), 0)
  t.equal(record(1_000, client('alice', 'b')), 10_000)
  t.equal(record(1_000, client('bob', 'a')), 0)
  set({ 'client-id': 'a' }, 10)
  t.equal(record(100, client('bob', 'a')), 0)
  t.equal(record(100, client('carol', 'a')), 10_000)
  t.equal(record(100, client('alice', 'a')), 11_000)
})

t.test('a connection that is somebody else now has the quota of that one', async (t) => {
  const { set, record } = setUp()
  set({ user: null }, 100)
  const session = { principal: { principalType: 'User', name: 'alice' } }
  t.equal(record(1_100, { session, clientId: 'c' }), 1_000)
  session.principal = { principalType: 'User', name: 'bob' }
  t.equal(record(1_000, { session, clientId: 'c' }), 0)
  set({ 'client-id': null }, 100)
  set({ user: null }, null)
  t.equal(record(1_100, { session, clientId: 'd' }), 1_000)
  t.equal(record(1_000, { session, clientId: 'c' }), 0)
})

t.test('waits of more than an int can say', async (t) => {
  const { set, record } = setUp()
  set({ user: null }, 1)
  t.equal(record(2_147_483 + 10), 2_147_483_000)
  t.ok(record(1) < 0, 'as in Java, and so no wait at all')
})

t.test('windows are as the configs have them', async (t) => {
  const { clock, set, record, produce } = setUp({ count: 3, seconds: 2 })
  set({ user: null }, 100)
  t.equal(produce.mostAtOnce(client('alice'), 0), 400)
  t.equal(record(500), 1_000)
  clock.advance(5_999)
  t.not(record(200), 0)
  clock.advance(6_000)
  t.equal(record(400), 0)
})

t.test('who is not seen for an hour is forgotten, and all when the broker starts anew', async (t) => {
  const { clock, metadata, produce, set, record } = setUp()
  set({ user: null }, 100)
  const [alice, bob] = [client('alice'), client('bob')]
  record(1, alice)
  clock.advance(HOUR_MS / 2)
  record(1, bob)
  t.same(sensors(produce, clock.monotonic()), ['alice:', 'bob:'])
  clock.advance(HOUR_MS / 2 + 1)
  t.same(sensors(produce, clock.monotonic()), ['bob:'])
  record(1, alice)
  t.same(sensors(produce, clock.monotonic()), ['bob:', 'alice:'], 'nobody records where nobody looks')
  const registration = { brokerEpoch: 1, endPoints: [], rack: null, fenced: false }
  metadata.commit([{ type: 'RegisterBrokerRecord', brokerId: 2, ...registration }])
  t.equal(sensors(produce, clock.monotonic()).length, 2)
  metadata.commit([{ type: 'RegisterBrokerRecord', brokerId: 1, ...registration }])
  t.same(sensors(produce, clock.monotonic()), [])
})
