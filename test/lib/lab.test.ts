import t from 'tap'
import { ManualClock, RealClock } from '../../lib/lab/clock.ts'
import { RealRandom, randomUuid, SeededRandom } from '../../lib/lab/random.ts'

t.test('the manual clock stands still until it is moved', async (t) => {
  const clock = new ManualClock(1_000)
  t.equal(clock.now(), 1_000)
  t.equal(clock.monotonic(), 0)
  clock.advance(250)
  t.equal(clock.now(), 1_250)
  t.equal(clock.monotonic(), 250)
  t.throws(() => clock.advance(-1), RangeError)
  t.throws(() => clock.advance(Number.NaN), RangeError)
})

t.test('timers fire in the order they are due, each at its own time', async (t) => {
  const clock = new ManualClock(0)
  const seen: [string, number][] = []
  const note = (name: string) => () => seen.push([name, clock.now()])
  clock.setTimer(30, note('c'))
  clock.setTimer(10, note('a'))
  clock.setTimer(10, note('b'))
  const cancelled = clock.setTimer(20, note('never'))
  cancelled.cancel()
  clock.advance(29)
  t.same(seen, [
    ['a', 10],
    ['b', 10],
  ])
  t.equal(clock.pendingTimers, 1)
  clock.advance(1)
  t.same(seen.at(-1), ['c', 30])
  t.equal(clock.pendingTimers, 0)
})

t.test('a timer set by a timer fires within the same step when it falls due in it', async (t) => {
  const clock = new ManualClock(0)
  const seen: number[] = []
  const again = () => {
    seen.push(clock.now())
    if (seen.length < 5) clock.setTimer(10, again)
  }
  clock.setTimer(10, again)
  clock.advance(35)
  t.same(seen, [10, 20, 30])
  clock.advance(100)
  t.same(seen, [10, 20, 30, 40, 50])
})

t.test('a timer without delay needs no moving of the manual clock', async (t) => {
  const clock = new ManualClock()
  const seen: string[] = []
  clock.setTimer(0, () => seen.push('due'))
  clock.setTimer(0, () => seen.push('cancelled')).cancel()
  clock.setTimer(0, () => seen.push('taken by advance'))
  t.same(seen, [], 'but not within setTimer')
  clock.advance(0)
  t.same(seen, ['due', 'taken by advance'])
  clock.setTimer(0, () => seen.push('next turn'))
  await new Promise((resolve) => setImmediate(resolve))
  t.same(seen.at(-1), 'next turn')
  t.equal(seen.length, 3)
  t.equal(clock.pendingTimers, 0)
})

t.test('a timer without delay fires in the next turn by either clock', async (t) => {
  for (const clock of [new RealClock(), new ManualClock()]) {
    let fired = 0
    const timers = [0, -1].map((delayMs) => clock.setTimer(delayMs, () => fired++))
    clock.setTimer(0, () => t.fail('it was cancelled')).cancel()
    t.equal(fired, 0)
    await new Promise((resolve) => setImmediate(resolve))
    t.equal(fired, 2)
    for (const timer of timers) timer.cancel()
  }
})

t.test('the real clock waits, cancels, and does not fire a wait of months at once', async (t) => {
  const clock = new RealClock()
  const before = clock.monotonic()
  await new Promise<void>((resolve) => clock.setTimer(5, resolve))
  t.ok(clock.monotonic() - before >= 4)
  let fired = false
  const timers = [
    clock.setTimer(0, () => {
      fired = true
    }),
    // Node's own timers take more than 2^31 ms for 1 ms.
    clock.setTimer(2 ** 40, () => {
      fired = true
    }),
  ]
  timers[0]?.cancel()
  await new Promise<void>((resolve) => clock.setTimer(5, resolve))
  timers[1]?.cancel()
  t.equal(fired, false)
})

t.test('a seed repeats, another seed does not', async (t) => {
  const draw = (seed: number) => {
    const random = new SeededRandom(seed)
    return [random.bytes(20).toString('hex'), random.below(1_000_000), randomUuid(random)].join()
  }
  t.equal(draw(1), draw(1))
  t.not(draw(1), draw(2))
})

t.test('both sources stay below the limit and make UUIDs that Kafka would', async (t) => {
  for (const random of [new RealRandom(), new SeededRandom(3)]) {
    for (let i = 0; i < 500; i++) {
      const value = random.below(7)
      t.ok(Number.isInteger(value) && value >= 0 && value < 7) || t.bailout(`${value}`)
      const uuid = randomUuid(random)
      const bytes = Buffer.from(uuid, 'base64url')
      const version = (bytes[6] as number) >> 4
      const sound = /^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/.test(uuid) && bytes.length === 16 && version === 4
      if (!sound) t.fail(`${uuid} is not a version 4 UUID`)
    }
  }
})
