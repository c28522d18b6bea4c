import fc from 'fast-check'
import t from 'tap'
import { Metadata } from '../../../lib/metadata/metadata.ts'
import { QuotaLimits, UNLIMITED } from '../../../lib/quotas/quota-limits.ts'
import { setQuota, type Whose } from '../../helpers/quotas.ts'

const KEY = 'producer_byte_rate'

/** In the order of precedence (KIP-55), as they concern alice's client c. */
const LEVELS: readonly Whose[] = [
  { user: 'alice', 'client-id': 'c' },
  { user: 'alice', 'client-id': null },
  { user: 'alice' },
  { user: null, 'client-id': 'c' },
  { user: null, 'client-id': null },
  { user: null },
  { 'client-id': 'c' },
  { 'client-id': null },
]

function setUp() {
  const metadata = new Metadata('cluster')
  const limits = new QuotaLimits(metadata, KEY)
  const set = (whose: Whose, value: number | null) => setQuota(metadata, whose, KEY, value)
  const of = (user: string, clientId: string) => {
    const tags = limits.tagsOf(user, clientId)
    return [`${tags.user}:${tags['client-id']}`, limits.limitOf(tags)]
  }
  return { metadata, limits, set, of }
}

t.test('the most special quota counts, and those it is for share it', async (t) => {
  const { limits, set, of } = setUp()
  t.notOk(limits.isEnabled)
  for (const [level, whose] of LEVELS.entries()) set(whose, 100 + level)
  const expected = [
    ['alice:c', 100],
    ['alice:c', 101],
    ['alice:', 102],
    ['alice:c', 103],
    ['alice:c', 104],
    ['alice:', 105],
    [':c', 106],
    [':c', 107],
  ]
  for (const [level, whose] of LEVELS.entries()) {
    t.same(of('alice', 'c'), expected[level])
    t.ok(limits.isEnabled)
    set(whose, null)
  }
  t.notOk(limits.isEnabled)
  t.same(of('alice', 'c'), [':c', UNLIMITED])
})

t.test('of any quotas there may be, the first in order counts', async (t) => {
  const quotas = fc.subarray([...LEVELS], { minLength: 2 })
  fc.assert(
    fc.property(quotas, (chosen) => {
      const { set, of } = setUp()
      for (const whose of chosen) set(whose, 1 + LEVELS.indexOf(whose))
      const names = new Set(chosen.map((whose) => Object.keys(whose).join()))
      const first = LEVELS.findIndex((whose) => chosen.includes(whose))
      if (of('alice', 'c')[1] !== 1 + first) throw new Error(`${[...names]}: ${of('alice', 'c')}`)
    }),
  )
  t.pass('never another')
})

t.test('where all quotas are of one level, all are counted at it', async (t) => {
  const { set, of } = setUp()
  set({ user: 'alice' }, 1)
  t.same(of('alice', 'c'), ['alice:', 1])
  t.same(of('bob', 'c'), ['bob:', UNLIMITED])
  set({ 'client-id': 'c' }, 2)
  t.same(of('bob', 'c'), [':c', 2], 'and else at the one that concerns them')
  t.same(of('bob', 'd'), [':d', UNLIMITED])
  set({ user: 'alice' }, null)
  t.same(of('alice', 'c'), [':c', 2])
  set({ 'client-id': 'c' }, null)
  set({ user: 'alice', 'client-id': 'c' }, 3)
  t.same(of('bob', 'd'), ['bob:d', UNLIMITED])
})

t.test('a client without an id has no quota of client ids', async (t) => {
  const { set, of } = setUp()
  set({ 'client-id': null }, 1)
  t.same(of('alice', ''), [':', UNLIMITED])
  set({ user: 'alice', 'client-id': null }, 2)
  t.same(of('alice', ''), ['alice:', UNLIMITED], 'that of the pair is none of the user alone')
})

t.test('names are no words of ours, and written as Kafka writes them', async (t) => {
  const { set, of } = setUp()
  set({ user: '<default>' }, 1)
  set({ 'client-id': '<default>' }, 2)
  t.same(of('alice', 'c'), [':c', UNLIMITED])
  t.same(of('<default>', 'c'), ['%3Cdefault%3E:', 1])
  t.same(of('bob', '<default>'), [':<default>', 2])
  set({ user: null }, 3)
  t.same(of("CN=a b*,O=(é~!')", 'c')[0], 'CN%3Da%20b%2A%2CO%3D%28%C3%A9%7E%21%27%29:')
})

t.test('quotas of another name change nothing', async (t) => {
  const { metadata, limits, set } = setUp()
  let changes = 0
  limits.onChange(() => changes++)
  setQuota(metadata, { user: 'alice' }, 'consumer_byte_rate', 1)
  t.equal(changes, 0)
  t.notOk(limits.isEnabled)
  set({ user: 'alice' }, 1)
  t.equal(changes, 1)
})
