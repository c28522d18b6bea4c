import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { ManualClock } from '../../../lib/lab/clock.ts'
import { offsetByTime } from '../../../lib/log/offset-by-time.ts'
import { PartitionLog } from '../../../lib/log/partition-log.ts'
import { encodeEndTxnMarkerBatch } from '../../../protocol/records/control.ts'
import { decodeBatch } from '../../../protocol/records/decode-batch.ts'
import { encodeBatch } from '../../../protocol/records/encode-batch.ts'
import { LOG_CONFIG } from '../../helpers/log/log-broker.ts'

const MAX_BYTES = 10_000_000

interface ModelRecord {
  offset: number
  timestamp: number
  value: string
  epoch: number
  /** Bytes of its batch, and the batch's first and last offset. */
  batch: { size: number; first: number; last: number }
}

interface ModelTransaction {
  producerId: number
  first: number
  /** Of the marker; undefined while open. */
  last?: number
  isAborted?: boolean
}

/** A log as an array of records: no segments, no index, nothing that could be wrong in an interesting way. */
class Model {
  records: ModelRecord[] = []
  transactions: ModelTransaction[] = []
  start = 0
  end = 0
  highWatermark = 0
  epoch = 0

  lastStableOffset(): number {
    const undecided = this.transactions.filter(({ last }) => last === undefined || last >= this.highWatermark)
    return Math.min(this.highWatermark, ...undecided.map(({ first }) => Math.max(first, this.start)))
  }

  /** Batches from the one that holds `offset` on, as far as `maxBytes` and `endOffset` allow. */
  read(offset: number, maxBytes: number, endOffset: number): ModelRecord[] {
    const found: ModelRecord[] = []
    let size = 0
    const batches = new Set(
      this.records.filter(({ batch }) => batch.last >= offset).map(({ batch }) => batch),
    )
    if (offset >= endOffset) return found
    for (const batch of batches) {
      if (batch.last >= endOffset || (found.length > 0 && size + batch.size > maxBytes)) break
      size += batch.size
      found.push(...this.records.filter((record) => record.batch === batch))
    }
    return found
  }
}

const timestamps = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 6 })
const producer = fc.integer({ min: 0, max: 3 })

type Step =
  | { kind: 'append'; timestamps: number[]; bytes: number; compressed: boolean }
  | { kind: 'transactional'; producerId: number; timestamps: number[] }
  | { kind: 'end'; producerId: number; abort: boolean }
  | { kind: 'read'; at: number; maxBytes: number; committed: boolean }
  | { kind: 'delete'; at: number }
  | { kind: 'time'; timestamp: number }
  | { kind: 'watermark'; at: number }
  | { kind: 'epoch'; by: number }

const bytes = fc.oneof({ weight: 8, arbitrary: fc.nat({ max: 100 }) }, fc.nat({ max: 150_000 }))
/** A place between two offsets: not a double, nearly all of which are tiny. */
const at = fc.oneof(
  { weight: 4, arbitrary: fc.nat({ max: 1000 }).map((thousandths) => thousandths / 1000) },
  fc.constantFrom(0, 1),
)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      timestamps,
      bytes,
      compressed: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('transactional' as const), producerId: producer, timestamps }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('end' as const), producerId: producer, abort: fc.boolean() }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      at,
      maxBytes: fc.oneof(fc.nat({ max: 1000 }), fc.nat({ max: 500_000 })),
      committed: fc.boolean(),
    }),
  },
  fc.record({ kind: fc.constant('delete' as const), at }),
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('time' as const), timestamp: fc.nat({ max: 5500 }) }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('watermark' as const), at }) },
  fc.record({ kind: fc.constant('epoch' as const), by: fc.integer({ min: 0, max: 2 }) }),
)

const offsetsOf = (record: { offset: number; value: string }) => `${record.offset}:${record.value}`

class Run {
  readonly model = new Model()
  readonly log: PartitionLog
  readonly #sequences = new Map<number, number>()
  #values = 0

  constructor(segmentBytes: number) {
    const config = { ...LOG_CONFIG, segmentBytes }
    this.log = new PartitionLog({
      clock: new ManualClock(10_000),
      config,
      producerIdExpirationMs: () => 1e12,
    })
  }

  apply(step: Step): void {
    const { model, log } = this
    const span = (fraction: number, from: number, to: number) => from + Math.round(fraction * (to - from))
    switch (step.kind) {
      case 'append':
        this.#append(step.timestamps, step.bytes, { compression: step.compressed ? 'gzip' : 'none' })
        return
      case 'transactional':
        this.#appendTransactional(step.producerId, step.timestamps)
        return
      case 'end':
        this.#end(step.producerId, step.abort)
        return
      case 'read':
        // Beyond either end too.
        this.#read(span(step.at, model.start - 2, model.end + 2), step.maxBytes, step.committed)
        return
      case 'delete': {
        const offset = span(step.at ** 2, model.start - 1, model.highWatermark + 2)
        const isPossible = offset <= model.highWatermark
        assert.equal(log.advanceLogStartOffset(offset), isPossible)
        if (isPossible) model.start = Math.max(model.start, offset)
        model.records = model.records.filter(({ batch }) => batch.last >= model.start)
        return
      }
      case 'time':
        this.#findTime(step.timestamp)
        return
      case 'watermark': {
        const offset = span(step.at, model.highWatermark, model.end)
        // Replicas have whole batches.
        const inside = model.records.find(({ batch }) => batch.first < offset && batch.last >= offset)
        const border = inside?.batch.first ?? offset
        model.highWatermark = Math.max(model.highWatermark, border)
        log.advanceHighWatermark(border)
        return
      }
      case 'epoch':
        model.epoch += step.by
        log.epochs.assign(model.epoch, log.logEndOffset)
    }
  }

  #append(timestamps: number[], size: number, more: object): number {
    const { model, log } = this
    const records = timestamps.map((timestamp) => ({
      timestamp,
      value: Buffer.from(`${this.#values++}`.padEnd(size, '.')),
    }))
    const buffer = encodeBatch({ records, ...more })
    const batch = { size: buffer.length, first: model.end, last: model.end + records.length - 1 }
    const result = log.append(buffer, model.epoch)
    assert.equal(result.errorCode, 0)
    assert.equal(result.baseOffset, model.end)
    for (const { timestamp, value } of records) {
      model.records.push({
        offset: model.end++,
        timestamp,
        value: value.toString(),
        epoch: model.epoch,
        batch,
      })
    }
    return batch.first
  }

  #appendTransactional(producerId: number, timestamps: number[]): void {
    const baseSequence = this.#sequences.get(producerId) ?? 0
    this.#sequences.set(producerId, baseSequence + timestamps.length)
    const first = this.#append(timestamps, 10, {
      producerId,
      producerEpoch: 0,
      baseSequence,
      isTransactional: true,
    })
    if (!this.#open(producerId)) this.model.transactions.push({ producerId, first })
  }

  #open(producerId: number): ModelTransaction | undefined {
    return this.model.transactions.find((one) => one.producerId === producerId && one.last === undefined)
  }

  #end(producerId: number, isAborted: boolean): void {
    const { model, log } = this
    const type = isAborted ? 'ABORT' : 'COMMIT'
    const marker = { producerId, producerEpoch: 0, type, coordinatorEpoch: 0, timestamp: 0 } as const
    const buffer = encodeEndTxnMarkerBatch(marker)
    assert.equal(log.appendAsCoordinator(buffer, model.epoch).errorCode, 0)
    const open = this.#open(producerId)
    if (open) Object.assign(open, { last: model.end, isAborted })
    const batch = { size: buffer.length, first: model.end, last: model.end }
    const value = buffer.toString('latin1', buffer.length - 7, buffer.length - 1)
    model.records.push({ offset: model.end++, timestamp: 0, value, epoch: model.epoch, batch })
  }

  #read(offset: number, maxBytes: number, committed: boolean): void {
    const { model, log } = this
    const read = log.read(offset, maxBytes, committed ? 'committed' : 'high-watermark', true)
    if (offset < model.start || offset > model.end) {
      assert.equal(read.errorCode, 1)
      return
    }
    assert.equal(read.errorCode, 0)
    const endOffset = committed ? model.lastStableOffset() : model.highWatermark
    const expected = model.read(offset, maxBytes, endOffset)
    const bytes = Buffer.concat(read.records)
    const records: string[] = []
    for (let position = 0; position < bytes.length; ) {
      const batch = decodeBatch(bytes, position, MAX_BYTES)
      for (const record of batch.records) {
        records.push(offsetsOf({ offset: record.offset, value: record.value?.toString('latin1') ?? '' }))
      }
      position += batch.sizeInBytes
    }
    assert.deepEqual(records, expected.map(offsetsOf))
    assert.equal(read.size, bytes.length)
    if (!committed) return
    const upTo = (expected.at(-1)?.offset ?? -1) + 1
    const aborted = model.transactions.filter(
      ({ first, last, isAborted }) => isAborted && first < upTo && (last as number) >= offset,
    )
    const firstOffsets = (list: { firstOffset: number }[] | null) =>
      list?.map(({ firstOffset }) => firstOffset).sort()
    assert.deepEqual(firstOffsets(read.abortedTransactions), aborted.map(({ first }) => first).sort())
  }

  #findTime(timestamp: number): void {
    const { model, log } = this
    const live = model.records.filter(({ offset }) => offset >= model.start)
    const expected = live.find((record) => record.timestamp >= timestamp)
    const found = offsetByTime(log, timestamp)
    assert.deepEqual(
      found && [found.offset, found.timestamp],
      expected && [expected.offset, expected.timestamp],
    )
    const largest = Math.max(-1, ...live.map((record) => record.timestamp))
    const ofLargest = live.find((record) => record.timestamp === largest)
    assert.equal(offsetByTime(log, -3)?.offset, ofLargest?.offset)
  }

  check(): void {
    const { model, log } = this
    assert.equal(log.logStartOffset, model.start)
    assert.equal(log.logEndOffset, model.end)
    assert.equal(log.highWatermark, model.highWatermark)
    assert.equal(log.lastStableOffset, model.lastStableOffset())
    const live = model.records.filter(({ offset }) => offset >= model.start)
    for (const epoch of new Set(live.map((record) => record.epoch))) {
      const last = live.findLast((record) => record.epoch === epoch) as ModelRecord
      if (epoch === log.epochs.latest) continue
      assert.equal(log.epochs.endOffsetFor(epoch, log.logEndOffset).endOffset, last.offset + 1)
    }
  }
}

t.test('a log does what an array of records does', async (t) => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 10, maxLength: 80, size: 'max' }),
      fc.constantFrom(1_000_000, 100_000_000),
      (steps, segmentBytes) => {
        const run = new Run(segmentBytes)
        for (const one of steps) {
          run.apply(one)
          run.check()
        }
      },
    ),
    { numRuns: 300 },
  )
  t.pass('in every run')
})
