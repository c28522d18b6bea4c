import fc from 'fast-check'
import t from 'tap'
import { ManualClock } from '../../../lib/lab/clock.ts'
import { Metadata } from '../../../lib/metadata/metadata.ts'
import { MutationQuotas } from '../../../lib/quotas/mutation-quotas.ts'
import { QuotaLimits } from '../../../lib/quotas/quota-limits.ts'
import { TokenBucket } from '../../../lib/quotas/token-bucket.ts'
import { client, setQuota } from '../../helpers/quotas.ts'

const KEY = 'controller_mutation_rate'

function setUp(rate = 10, windows = { count: 10, seconds: 1 }) {
  const clock = new ManualClock()
  const metadata = new Metadata('cluster')
  const quotas = new MutationQuotas(new QuotaLimits(metadata, KEY), clock, windows)
  setQuota(metadata, { user: null }, KEY, rate)
  return { clock, metadata, quotas }
}

t.test("a bucket is filled at its rate and no more than full, as in KIP-599's example", async (t) => {
  const bucket = new TokenBucket(100)
  t.equal(bucket.tokens(5, 7), 500, 'full from the beginning')
  bucket.spend(560, 5, 7)
  t.equal(bucket.tokens(5, 7), -60)
  t.equal(bucket.tokens(5, 7 + 12_000), 0)
  t.equal(bucket.tokens(5, 7 + 12_001 + 100_000), 500)
  t.equal(bucket.tokens(1, 7 + 12_001 + 100_000), 100, 'a lower rate has less room')
})

t.test('a bucket is what a naive model says', async (t) => {
  const step = fc.record({ waitMs: fc.nat(5_000), count: fc.nat(40) })
  fc.assert(
    fc.property(fc.array(step), fc.integer({ min: 1, max: 20 }), (steps, rate) => {
      const bucket = new TokenBucket(3)
      // In thousandths, so that nothing is ever rounded.
      let [left, now] = [3_000 * rate, 0]
      for (const { waitMs, count } of steps) {
        now += waitMs
        left = Math.min(3_000 * rate, left + rate * waitMs) - 1_000 * count
        bucket.spend(count, rate, now)
        const difference = Math.abs(bucket.tokens(rate, now) - left / 1_000)
        if (difference > 1e-6) throw new Error(`${difference} too many or too few`)
      }
    }),
  )
  t.pass('never otherwise')
})

t.test(
  'a strict quota lets pass while something is left, and then nothing until nothing is owed',
  async (t) => {
    const { clock, quotas } = setUp()
    const quota = () => quotas.of(client('alice'), true)
    const first = quota()
    t.equal(first?.admit(90), undefined)
    t.equal(first?.admit(90), undefined, '10 are left, which is enough for 90')
    t.equal(first?.throttleTimeMs, 0)
    t.match(first?.admit(1), { errorCode: 89, errorMessage: null })
    t.equal(first?.throttleTimeMs, 8_000, '80 are owed')
    clock.advance(3_000)
    t.equal(first?.throttleTimeMs, 5_000)
    const second = quota()
    t.equal(second?.throttleTimeMs, 0, 'nothing was asked of it yet')
    t.ok(second?.admit(1))
    clock.advance(4_999)
    t.ok(quota()?.admit(1))
    clock.advance(1)
    t.equal(quota()?.admit(1), undefined, 'the refused ones are not counted')
    t.equal(quotas.of(client('bob'), true)?.admit(1), undefined, 'who has a quota of his own')
  },
)

t.test('a permissive quota refuses nothing, and has its client wait', async (t) => {
  const { clock, quotas } = setUp()
  const quota = quotas.of(client('alice'), false)
  t.equal(quota?.admit(100), undefined)
  t.equal(quota?.throttleTimeMs, 0)
  t.equal(quota?.admit(5), undefined)
  t.equal(quota?.throttleTimeMs, 500)
  t.equal(quota?.admit(5), undefined)
  t.equal(quota?.throttleTimeMs, 1_000)
  clock.advance(2_000)
  t.equal(quota?.throttleTimeMs, 0)
})

t.test('without quotas nothing is counted', async (t) => {
  const { metadata, quotas } = setUp()
  t.equal(quotas.of(client('alice'), true)?.admit(1_000), undefined)
  setQuota(metadata, { user: null }, KEY, null)
  t.equal(quotas.of(client('alice'), true), undefined)
})
