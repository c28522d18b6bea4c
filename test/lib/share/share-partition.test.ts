import fc from 'fast-check'
import t from 'tap'
import { ManualClock } from '../../../lib/lab/clock.ts'
import type { OffsetRange } from '../../../lib/share/acquisition.ts'
import { SharePartition } from '../../../lib/share/share-partition.ts'
import { combineBatches, isTerminal, RecordState, type StateBatch } from '../../../lib/share/state-batches.ts'
import { ErrorCode } from '../../../protocol/errors.ts'

/*
 * A share partition beside the simplest thing that could be one: a state for each offset. Members take, answer, stall
 * and leave, records are deleted, the leader is replaced by one that knows only what was written.
 */

const LOCK_MS = 1000
const LIMIT = 3
const MAX_LOCKS = 20
const BATCH = 4
const RECORDS = 40
const LARGEST = 15

interface Known {
  state: RecordState
  count: number
  member: string
  expires: number
}

class World {
  readonly clock = new ManualClock()
  readonly model: Known[] = Array.from({ length: RECORDS }, () => {
    return { state: RecordState.AVAILABLE, count: 0, member: '', expires: 0 }
  })
  #startOffset = 0
  #kept: StateBatch[] = []
  #lowest = 0
  #hasFailedOver = false
  share = this.#open()

  #open(): SharePartition {
    return new SharePartition({
      clock: this.clock,
      startOffset: this.#startOffset,
      stateBatches: this.#kept,
      limits: () => ({
        shareRecordLockDurationMs: LOCK_MS,
        shareDeliveryCountLimit: LIMIT,
        sharePartitionMaxRecordLocks: MAX_LOCKS,
        shareRenewAcknowledgeEnable: true,
      }),
      write: ({ startOffset, stateBatches }) => {
        this.#startOffset = startOffset
        this.#kept = combineBatches(this.#kept, stateBatches, startOffset)
        return ErrorCode.NONE
      },
      onAvailable: () => undefined,
    })
  }

  acquire(memberId: string, maxRecords: number, isStrict: boolean): readonly OffsetRange[] {
    if (!this.share.canAcquire) return []
    const fetchOffset = this.share.nextFetchOffset
    const batches = []
    for (let first = fetchOffset - (fetchOffset % BATCH); first < RECORDS; first += BATCH) {
      batches.push({ firstOffset: first, lastOffset: first + BATCH - 1 })
    }
    const request = { memberId, fetchOffset, batches, maxRecords, batchSize: 6, isStrict }
    let count = 0
    const acquired = this.share.acquire(request, [])
    for (const { firstOffset, lastOffset, deliveryCount } of acquired) {
      for (let offset = firstOffset; offset <= lastOffset; offset++) {
        const known = this.model[offset] as Known
        if (known.state !== RecordState.AVAILABLE) throw new Error(`${offset} was handed out twice`)
        if (deliveryCount !== known.count + 1) throw new Error(`${offset} was delivered ${known.count} times`)
        const expires = this.clock.monotonic() + LOCK_MS
        this.model[offset] = { state: RecordState.ACQUIRED, count: deliveryCount, member: memberId, expires }
        count++
      }
    }
    // What was handed out together comes again together; so does what was written as one run of records of one state.
    const together = this.#hasFailedOver ? RECORDS : LARGEST
    if (count > maxRecords + (isStrict ? 0 : together)) throw new Error(`${count} records for ${maxRecords}`)
    return acquired
  }

  acknowledge(member: string, first: number, last: number, type: number): void {
    const start = this.share.startOffset
    const refused = this.share.acknowledge(member, [
      { firstOffset: first, lastOffset: last, acknowledgeTypes: [type] },
    ])
    if (refused && (type !== 4 || refused.errorCode === ErrorCode.INVALID_REQUEST)) return
    for (const known of this.model.slice(Math.max(first, start), last + 1)) {
      if (type === 4) {
        if (known.state !== RecordState.ACQUIRED || known.member !== member) return
        known.expires = this.clock.monotonic() + LOCK_MS
        continue
      }
      if (known.state !== RecordState.ACQUIRED || known.member !== member) throw new Error('not theirs')
      this.#end(known, type === 1 ? RecordState.ACKNOWLEDGED : RecordState.ARCHIVED, type === 2)
    }
  }

  #end(known: Known, state: RecordState, isReleased: boolean): void {
    const released = known.count >= LIMIT ? RecordState.ARCHIVED : RecordState.AVAILABLE
    Object.assign(known, { state: isReleased ? released : state, member: '' })
  }

  release(member: string): void {
    this.share.release(member)
    for (const known of this.model) {
      if (known.state !== RecordState.ACQUIRED || known.member !== member) continue
      this.#end(known, RecordState.ARCHIVED, true)
    }
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms)
    for (const known of this.model) {
      if (known.state !== RecordState.ACQUIRED || known.expires > this.clock.monotonic()) continue
      this.#end(known, RecordState.ARCHIVED, true)
    }
  }

  /** What members hold is forgotten, and how often it has been delivered this time. */
  failOver(): void {
    this.share.close()
    this.share = this.#open()
    this.#hasFailedOver = true
    const kept = this.#kept
    this.model.forEach((known, offset) => {
      if (offset < this.#startOffset) return
      const batch = kept.find(({ firstOffset, lastOffset }) => firstOffset <= offset && offset <= lastOffset)
      if (known.state === RecordState.ACQUIRED || known.state === RecordState.AVAILABLE) {
        this.model[offset] = {
          state: RecordState.AVAILABLE,
          count: batch?.deliveryCount ?? 0,
          member: '',
          expires: 0,
        }
      }
    })
  }

  check(): void {
    const { startOffset } = this.share
    let previous = -1
    for (const { firstOffset, lastOffset, deliveryState, deliveryCount } of this.share.states()) {
      if (firstOffset <= previous) throw new Error(`${firstOffset} is told of twice`)
      previous = lastOffset
      for (let offset = firstOffset; offset <= lastOffset; offset++) {
        const known = this.model[offset] as Known
        if (known.state !== deliveryState)
          throw new Error(`${offset} is ${deliveryState}, not ${known.state}`)
        if (known.state === RecordState.AVAILABLE && known.count !== deliveryCount) {
          throw new Error(`${offset} was delivered ${known.count} times, not ${deliveryCount}`)
        }
      }
    }
    if (startOffset < this.#lowest) throw new Error(`the start fell from ${this.#lowest} to ${startOffset}`)
    this.#lowest = startOffset
    this.model.slice(0, startOffset).forEach(({ state }, offset) => {
      if (!isTerminal(state)) throw new Error(`${offset} is lost`)
    })
  }

  /** Whoever is left takes and accepts all there is. */
  async end(): Promise<void> {
    await this.advance(LOCK_MS)
    for (let rounds = 0; this.share.startOffset < RECORDS; rounds++) {
      if (rounds > 10 * RECORDS) throw new Error(`it got no further than ${this.share.startOffset}`)
      for (const { firstOffset, lastOffset } of this.acquire('a', 12, false)) {
        this.acknowledge('a', firstOffset, lastOffset, 1)
      }
      this.check()
    }
  }
}

const member = fc.constantFrom('a', 'b', 'c')
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constant('acquire'), member, fc.integer({ min: 1, max: 12 }), fc.boolean()),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(
      fc.constant('acknowledge'),
      member,
      fc.nat(RECORDS - 1),
      fc.nat(6),
      fc.integer({ min: 0, max: 4 }),
    ),
  },
  fc.tuple(fc.constant('release'), member),
  fc.tuple(fc.constant('advance'), fc.integer({ min: 1, max: 1200 })),
  fc.tuple(fc.constant('fail over')),
)

t.test('every record is with one member at a time, and none is lost', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const world = new World()
      for (const [kind, ...rest] of steps as [string, ...unknown[]][]) {
        if (kind === 'acquire') world.acquire(rest[0] as string, rest[1] as number, rest[2] as boolean)
        else if (kind === 'acknowledge') {
          const [by, first, more, type] = rest as [string, number, number, number]
          world.acknowledge(by, first, Math.min(RECORDS - 1, first + more), type)
        } else if (kind === 'release') world.release(rest[0] as string)
        else if (kind === 'advance') await world.advance(rest[0] as number)
        else world.failOver()
        world.check()
      }
      await world.end()
      world.share.close()
    }),
    { numRuns: 500 },
  )
  t.pass()
})

t.test('what others hold, or nobody, cannot be answered for; all of a batch or nothing', async (t) => {
  const world = new World()
  const batches = [{ firstOffset: 0, lastOffset: 3 }]
  const acknowledge = (by: string, firstOffset: number, lastOffset: number, ...acknowledgeTypes: number[]) =>
    world.share.acknowledge(by, [{ firstOffset, lastOffset, acknowledgeTypes }])?.errorCode ?? ErrorCode.NONE
  t.equal(acknowledge('a', 0, 0, 1), ErrorCode.INVALID_RECORD_STATE)
  const request = { memberId: 'a', fetchOffset: 0, batches, maxRecords: 10, batchSize: 10, isStrict: false }
  t.same(world.share.acquire(request, []), [{ firstOffset: 0, lastOffset: 3, deliveryCount: 1 }])
  t.equal(acknowledge('b', 0, 0, 1), ErrorCode.INVALID_RECORD_STATE)
  t.equal(acknowledge('a', 2, 4, 1), ErrorCode.INVALID_REQUEST)
  t.equal(acknowledge('a', 1, 1, 1), ErrorCode.NONE)
  t.equal(acknowledge('a', 0, 3, 1), ErrorCode.INVALID_RECORD_STATE, 'one of them is done with')
  t.equal(world.share.startOffset, 0)
  t.equal(acknowledge('a', 2, 3, 2, 3), ErrorCode.NONE)
  t.equal(acknowledge('a', 0, 0, 0), ErrorCode.NONE)
  t.equal(world.share.startOffset, 2)
  t.equal(world.share.nextFetchOffset, 2)
  world.share.close()
})
