import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { throttleTimeMs, WindowedRate } from '../../../lib/quotas/windowed-rate.ts'

const MB = 1024 * 1024

/** The same arithmetic over a list of windows that only ever grows. */
class NaiveRate {
  readonly #count: number
  readonly #windowMs: number
  #windows: { start: number; last: number; sum: number }[] = []

  constructor(count: number, windowMs: number) {
    this.#count = count
    this.#windowMs = windowMs
  }

  record(value: number, now: number): void {
    const newest = this.#windows.at(-1)
    if (newest === undefined || now - newest.start >= this.#windowMs) {
      this.#windows.push({ start: now, last: now, sum: value })
      return
    }
    newest.sum += value
    newest.last = now
  }

  measure(now: number): { rate: number; span: number } {
    const isLive = ({ last }: { last: number }) => now - last < this.#count * this.#windowMs
    // One that is out of date begins again as soon as somebody looks at it.
    const newest = this.#windows.at(-1)
    if (newest === undefined || !isLive(newest)) this.#windows.push({ start: now, last: now, sum: 0 })
    this.#windows = this.#windows.filter(isLive)
    const elapsed = now - Math.min(...this.#windows.map(({ start }) => start))
    const full = Math.floor(elapsed / this.#windowMs)
    const span = Math.max(1, elapsed + Math.max(0, this.#count - 1 - full) * this.#windowMs)
    const sum = this.#windows.reduce((total, window) => total + window.sum, 0)
    return { rate: sum / (span / 1000), span }
  }
}

t.test('a rate is what a naive model says', async (t) => {
  const step = fc.record({
    waitMs: fc.oneof(fc.nat(300), fc.nat(3_000), fc.nat(30_000), fc.constantFrom(999, 1_000, 1_001, 11_000)),
    value: fc.oneof(fc.nat(MB), fc.constant(0)),
    measures: fc.boolean(),
  })
  const steps = fc.array(step, { minLength: 1, maxLength: 60 })
  const windows = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.constantFrom(1_000, 2_000, 30_000))
  fc.assert(
    fc.property(windows, steps, fc.integer({ min: 1, max: MB }), ([count, windowMs], steps, bound) => {
      const [ours, naive] = [new WindowedRate(count, windowMs), new NaiveRate(count, windowMs)]
      let now = 0
      for (const { waitMs, value, measures } of steps) {
        now += waitMs
        ours.record(value, now)
        naive.record(value, now)
        if (!measures) continue
        const { rate, span } = naive.measure(now)
        const wait = rate <= bound ? 0 : Math.round(((rate - bound) / bound) * span)
        assert.deepEqual([ours.rate(now), ours.span(now)], [rate, span])
        assert.equal(throttleTimeMs(ours, bound, now), wait)
      }
    }),
    { numRuns: 300 },
  )
  t.pass('always')
})

t.test("a burst, and how long it counts, as in Kafka's own test", async (t) => {
  const rate = new WindowedRate(11, 1_000)
  const record = (value: number, now: number) => {
    rate.record(value, now)
    return throttleTimeMs(rate, 500, now)
  }
  let now = 0
  for (let second = 0; second < 10; second++, now += 1_000) t.equal(record(400, now), 0)
  now += 500
  // 400 * 10 + 2300 in 10.5 seconds are 600 a second; (600 - 500) / 500 * 10.5 seconds bring them down to 500.
  t.equal(record(2_300, now), 2_100)
  t.equal(rate.rate(now), 600)
  for (let second = 0; second < 10; second++, now += 1_000) record(400, now)
  t.not(record(0, now), 0, 'it counts for as long as its window does')
  t.equal(record(0, now + 1_000), 0)
})

t.test('the first value is no outburst, and what is taken back leaves nothing', async (t) => {
  const rate = new WindowedRate(11, 1_000)
  rate.record(1_000, 5)
  t.equal(rate.rate(5), 100, 'ten windows count from the beginning')
  rate.record(-1_000, 5)
  t.equal(rate.rate(5), 0)
  const single = new WindowedRate(1, 1_000)
  single.record(1, 0)
  t.equal(single.rate(0), 1_000, 'of one window, a millisecond counts at least')
})
