import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { ManualClock } from '../../../lib/lab/clock.ts'
import { SILENT } from '../../../lib/lab/logger.ts'
import { SeededRandom } from '../../../lib/lab/random.ts'
import { cleanLog } from '../../../lib/log/cleaning/clean-log.ts'
import { cleanableOf } from '../../../lib/log/cleaning/cleanable.ts'
import { DataDirectory } from '../../../lib/log/directory/data-directory.ts'
import type { LogConfig } from '../../../lib/log/log-config.ts'
import { LogMemory } from '../../../lib/log/log-memory.ts'
import { type LogStorage, MemoryStorage } from '../../../lib/log/log-storage.ts'
import { offsetByTime } from '../../../lib/log/offset-by-time.ts'
import { PartitionLog } from '../../../lib/log/partition-log.ts'
import { applyRetention } from '../../../lib/log/retention.ts'
import { encodeEndTxnMarkerBatch } from '../../../protocol/records/control.ts'
import { type DecodedBatch, decodeBatch } from '../../../protocol/records/decode-batch.ts'
import { encodeBatch } from '../../../protocol/records/encode-batch.ts'
import type { KafkaRecord } from '../../../protocol/records/record.ts'
import { ensureValid } from '../../../protocol/records/validate-batch.ts'
import { LOG_CONFIG } from '../../helpers/log/log-broker.ts'

const MAX_BYTES = 10_000_000
const DELETE_RETENTION_MS = 1000
const CLEANER = { logCleanerDedupeBufferSize: 1_000_000, logCleanerIoBufferLoadFactor: 0.9 }

interface ModelRecord {
  offset: number
  timestamp: number
  key: string
  /** null: a tombstone. */
  value: string | null
}

interface ModelBatch {
  size: number
  first: number
  last: number
  epoch: number
  records: ModelRecord[]
  isMarker: boolean
  /** The batch is part of that transaction, or its marker. */
  transaction?: ModelTransaction
  /** From when on its tombstones may go. */
  horizon?: number
}

interface ModelTransaction {
  producerId: number
  first: number
  /** Of the marker; undefined while open. */
  last?: number
  isAborted?: boolean
}

/** A log as an array of batches: no segments, no index, nothing that could be wrong in an interesting way. */
class Model {
  batches: ModelBatch[] = []
  transactions: ModelTransaction[] = []
  readonly epochEnds = new Map<number, number>()
  start = 0
  end = 0
  highWatermark = 0
  epoch = 0
  isCompacted = false

  live(): ModelRecord[] {
    return this.batches.flatMap(({ records }) => records).filter(({ offset }) => offset >= this.start)
  }

  lastStableOffset(): number {
    const undecided = this.transactions.filter(({ last }) => last === undefined || last >= this.highWatermark)
    return Math.min(this.highWatermark, ...undecided.map(({ first }) => Math.max(first, this.start)))
  }

  moveStart(offset: number): void {
    this.start = Math.max(this.start, offset)
    this.batches = this.batches.filter(({ last }) => last >= this.start)
  }

  /** Batches from the one that holds `offset` on, as far as `maxBytes` and `endOffset` allow. */
  read(offset: number, maxBytes: number, endOffset: number): ModelBatch[] {
    const found: ModelBatch[] = []
    let size = 0
    if (offset >= endOffset) return found
    for (const batch of this.batches.filter(({ last }) => last >= offset)) {
      if (batch.last >= endOffset || (found.length > 0 && size + batch.size > maxBytes)) break
      size += batch.size
      found.push(batch)
    }
    return found
  }

  /** Forgets what others supersede below `to`, where what is below `from` has been through this before. */
  compact(from: number, to: number, now: number): void {
    this.isCompacted = true
    const below = this.batches.filter(({ first, isMarker }) => first < to && !isMarker)
    const isAborted = ({ transaction }: ModelBatch) => transaction?.isAborted === true
    const last = new Map<string, number>()
    for (const batch of below) {
      if (isAborted(batch)) continue
      for (const { key, offset } of batch.records) if (offset >= from) last.set(key, offset)
    }
    for (const batch of below) {
      const isDue = batch.horizon !== undefined && now >= batch.horizon
      batch.records = batch.records.filter(({ key, offset, value }) => {
        return !isAborted(batch) && offset >= (last.get(key) ?? -1) && (value !== null || !isDue)
      })
      if (batch.records.some(({ value }) => value === null)) batch.horizon ??= now + DELETE_RETENTION_MS
    }
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
  | { kind: 'advance'; ms: number }
  | { kind: 'retain'; ms: number }
  | { kind: 'compact' }
  | { kind: 'repeat'; producerId: number; back: number }
  | { kind: 'reopen'; isKilled: boolean; tornBytes: number }

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
  fc.record({ kind: fc.constant('advance' as const), ms: fc.nat({ max: 1500 }) }),
  fc.record({ kind: fc.constant('retain' as const), ms: fc.integer({ min: 4000, max: 15_000 }) }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('compact' as const) }) },
  fc.record({ kind: fc.constant('repeat' as const), producerId: producer, back: fc.nat({ max: 4 }) }),
)

const reopen: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('reopen' as const),
  isKilled: fc.boolean(),
  tornBytes: fc.nat({ max: 300 }),
})

const shown = ({ offset, key, value }: Omit<ModelRecord, 'timestamp'>) => `${offset}:${key}=${value}`

/** Where the log of a run lies. */
interface Home {
  storage(clock: ManualClock): LogStorage
  /** Leaves the log, in order or as a process that is killed; `storage` is asked again then. */
  leave(log: PartitionLog, isKilled: boolean, torn: Buffer): void
  remove(): void
}

class Memory implements Home {
  storage(): LogStorage {
    return new MemoryStorage(new LogMemory())
  }

  leave(): void {
    throw new Error('nothing outlives it')
  }

  remove(): void {}
}

class Folder implements Home {
  readonly #path = mkdtempSync(join(tmpdir(), 'josephk-log-'))
  #directory: DataDirectory | undefined
  readonly lines: string[] = []

  storage(clock: ManualClock): LogStorage {
    const logger = { ...SILENT, warn: (message: string) => this.lines.push(message) }
    this.#directory = new DataDirectory({ path: this.#path, clock, random: new SeededRandom(1), logger })
    return this.#directory.storageOf({ topic: 'topic', topicId: 'AAAAAAAAAAAAAAAAAAAAAA', index: 0 })
  }

  leave(log: PartitionLog, isKilled: boolean, torn: Buffer): void {
    const directory = this.#directory as DataDirectory
    this.lines.length = 0
    if (!isKilled) log.close()
    directory.checkpoint([{ topic: 'topic', index: 0, log }])
    if (!isKilled) {
      directory.close()
      return
    }
    directory.abandon()
    const folder = join(this.#path, 'topic-0')
    const active = readdirSync(folder)
      .filter((name) => name.endsWith('.log'))
      .sort()
      .at(-1) as string
    appendFileSync(join(folder, active), torn)
  }

  remove(): void {
    this.#directory?.abandon()
    rmSync(this.#path, { recursive: true, force: true })
  }
}

class Run {
  readonly model = new Model()
  log: PartitionLog
  readonly #clock = new ManualClock(10_000)
  readonly #home: Home
  readonly #sequences = new Map<number, number>()
  readonly #sent = new Map<number, { buffer: Buffer; first: number }[]>()
  #values = 0

  constructor(segmentBytes: number, home: Home) {
    this.#home = home
    const cleanupPolicy = ['compact', 'delete']
    this.log = this.#open({
      ...LOG_CONFIG,
      segmentBytes,
      cleanupPolicy,
      deleteRetentionMs: DELETE_RETENTION_MS,
    })
  }

  #open(config: LogConfig): PartitionLog {
    return new PartitionLog({
      clock: this.#clock,
      random: new SeededRandom(1),
      storage: this.#home.storage(this.#clock),
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
        if (isPossible) model.moveStart(offset)
        return
      }
      case 'time':
        this.#findTime(step.timestamp)
        return
      case 'watermark': {
        const offset = span(step.at, model.highWatermark, model.end)
        // Replicas have whole batches.
        const inside = model.batches.find(({ first, last }) => first < offset && last >= offset)
        const border = inside?.first ?? offset
        model.highWatermark = Math.max(model.highWatermark, border)
        log.advanceHighWatermark(border)
        return
      }
      case 'epoch':
        model.epoch += step.by
        log.epochs.assign(model.epoch, log.logEndOffset)
        return
      case 'advance':
        this.#clock.advance(step.ms)
        return
      case 'retain':
        this.#retain(step.ms)
        return
      case 'compact':
        this.#compact()
        return
      case 'repeat':
        this.#repeat(step.producerId, step.back)
        return
      case 'reopen':
        this.#reopen(step.isKilled, step.tornBytes)
    }
  }

  #append(timestamps: number[], size: number, more: object): ModelBatch {
    const { model, log } = this
    const records = timestamps.map((timestamp) => {
      const number = this.#values++
      return {
        timestamp,
        key: Buffer.from(`k${number % 7}`),
        value: number % 5 === 0 ? null : Buffer.from(`${number}`.padEnd(size, '.')),
      }
    })
    const buffer = encodeBatch({ records, ...more })
    const { length } = buffer
    const copy = Buffer.from(buffer)
    const result = log.append(buffer, model.epoch)
    assert.equal(result.errorCode, 0)
    assert.equal(result.baseOffset, model.end)
    const first = model.end
    if ('producerId' in more) {
      const producerId = more.producerId as number
      this.#sent.set(producerId, [...(this.#sent.get(producerId) ?? []), { buffer: copy, first }].slice(-5))
    }
    const stored = records.map(({ timestamp, key, value }, index) => {
      return { offset: first + index, timestamp, key: key.toString(), value: value?.toString() ?? null }
    })
    return this.#add({
      size: length,
      first,
      last: first + records.length - 1,
      records: stored,
      isMarker: false,
    })
  }

  #add(appended: Omit<ModelBatch, 'epoch'>): ModelBatch {
    const { model } = this
    const batch = { ...appended, epoch: model.epoch }
    model.batches.push(batch)
    model.end = batch.last + 1
    model.epochEnds.set(model.epoch, model.end)
    return batch
  }

  #appendTransactional(producerId: number, timestamps: number[]): void {
    const baseSequence = this.#sequences.get(producerId) ?? 0
    this.#sequences.set(producerId, baseSequence + timestamps.length)
    const producer = { producerId, producerEpoch: 0, baseSequence, isTransactional: true }
    const batch = this.#append(timestamps, 10, producer)
    let transaction = this.#transactionOf(producerId)
    if (!transaction) {
      transaction = { producerId, first: batch.first }
      this.model.transactions.push(transaction)
    }
    batch.transaction = transaction
  }

  #transactionOf(producerId: number): ModelTransaction | undefined {
    return this.model.transactions.find((one) => one.producerId === producerId && one.last === undefined)
  }

  #end(producerId: number, isAborted: boolean): void {
    const { model, log } = this
    const type = isAborted ? 'ABORT' : 'COMMIT'
    const marker = { producerId, producerEpoch: 0, type, coordinatorEpoch: 0, timestamp: 0 } as const
    const buffer = encodeEndTxnMarkerBatch(marker)
    assert.equal(log.appendAsCoordinator(buffer, model.epoch).errorCode, 0)
    const transaction = this.#transactionOf(producerId)
    if (transaction) Object.assign(transaction, { last: model.end, isAborted })
    const [record] = decodeBatch(buffer, 0, MAX_BYTES).records
    const { offset, key, value } = record!
    const stored = { offset, timestamp: 0, key: key!.toString(), value: value!.toString() }
    const batch = { size: buffer.length, first: offset, last: offset, records: [stored], isMarker: true }
    this.#add(transaction ? { ...batch, transaction } : batch)
  }

  /** What a producer sends again is known by its sequence number, whatever has happened since. */
  #repeat(producerId: number, back: number): void {
    const sent = this.#sent.get(producerId)?.at(-1 - back)
    if (sent === undefined) return
    const result = this.log.append(Buffer.from(sent.buffer), this.model.epoch)
    assert.deepEqual([result.errorCode, result.isDuplicate, result.baseOffset], [0, true, sent.first])
  }

  #reopen(isKilled: boolean, tornBytes: number): void {
    const { model, log } = this
    const { config } = log
    const torn = encodeBatch({ baseOffset: model.end, records: [{ value: Buffer.alloc(1000, 'torn') }] })
    this.#home.leave(log, isKilled, torn.subarray(0, tornBytes))
    this.log = this.#open(config)
    if (this.#home instanceof Folder) {
      assert.deepEqual(
        this.#home.lines,
        isKilled && tornBytes > 0 ? ['a torn tail was cut off'] : [],
        'what is cut off is told',
      )
    }
    // Whoever leads next says so; replicas have all that the log has.
    this.log.epochs.assign(model.epoch, model.end)
    model.highWatermark = model.end
    this.#adopt()
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
    const batches = batchesOf(read.records)
    assert.deepEqual(
      batches.flatMap(({ records }) => records.map(shownRecord)),
      expected.flatMap(({ records }) => records.map(shown)),
    )
    assert.deepEqual(
      batches.map(({ baseOffset, lastOffset }) => [baseOffset, lastOffset]),
      expected.map(({ first, last }) => [first, last]),
    )
    assert.equal(
      read.size,
      batches.reduce((total, { sizeInBytes }) => total + sizeInBytes, 0),
    )
    if (committed) this.#checkAborted(read.abortedTransactions ?? [], offset, expected)
  }

  #checkAborted(
    told: { producerId: number; firstOffset: number }[],
    from: number,
    batches: ModelBatch[],
  ): void {
    const upTo = (batches.at(-1)?.last ?? -1) + 1
    const aborted = this.model.transactions.filter(
      ({ first, last, isAborted }) => isAborted && first < upTo && (last as number) >= from,
    )
    const actual = told.map(({ firstOffset }) => firstOffset).sort()
    // What compaction left nothing of need not be told.
    const needed = this.model.isCompacted
      ? aborted.filter((one) => batches.some((batch) => batch.transaction === one && !batch.isMarker))
      : aborted
    const ours = aborted.map(({ first }) => first)
    const extra = this.model.isCompacted ? actual.filter((first) => first < upTo) : actual
    assert.ok(extra.every((first) => ours.includes(first)))
    assert.ok(needed.every(({ first }) => actual.includes(first)))
  }

  #findTime(timestamp: number): void {
    const { model, log } = this
    const live = model.live()
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

  #retain(retentionMs: number): void {
    const { model, log } = this
    const borders = [...log.segments.map(({ baseOffset }) => baseOffset), model.end]
    log.config = { ...log.config, retentionMs }
    const now = this.#clock.now()
    const isChanged = applyRetention(log, now)
    const start = log.logStartOffset
    assert.equal(isChanged, start > model.start)
    if (isChanged) assert.ok(borders.includes(start) && start <= model.highWatermark)
    const isOld = ({ timestamp }: ModelRecord) => now - timestamp > retentionMs
    assert.ok(
      model
        .live()
        .filter(({ offset }) => offset < start)
        .every(isOld),
    )
    model.moveStart(start)
    const [first, second] = log.segments
    const end = second?.baseOffset ?? model.end
    const remaining = model.live().filter(({ offset }) => offset < end)
    const isReadable = first!.size > 0 && end <= model.highWatermark
    // Times of records that were deleted from the segment, or compacted away in it, still count; nobody can see them.
    const isWhole = first!.baseOffset === model.start && !model.isCompacted
    if (isReadable && isWhole) assert.ok(remaining.some((record) => !isOld(record)))
  }

  #compact(): void {
    const { model, log } = this
    const now = this.#clock.now()
    log.roll()
    const cleanable = cleanableOf(log, now)
    assert.ok(cleanable.firstUncleanableOffset <= Math.max(model.start, model.lastStableOffset()))
    if (cleanable.cleanableBytes === 0) return
    cleanLog(cleanable, CLEANER, now)
    model.compact(cleanable.firstDirtyOffset, log.cleanedTo as number, now)
    this.#adopt()
  }

  /** Takes over what is left of batches, once it is known that all records that must be there are there. */
  #adopt(): void {
    const { model, log } = this
    const before = new Map(model.batches.map((batch) => [batch.first, batch]))
    const batches = batchesOf(log.read(model.start, Number.MAX_SAFE_INTEGER, 'log-end', true).records)
    const ofData = (list: ModelBatch[]) => list.filter(({ isMarker }) => !isMarker)
    assert.deepEqual(
      batches.filter(({ isControl }) => !isControl).flatMap(({ records }) => records.map(shownRecord)),
      ofData(model.batches).flatMap(({ records }) => records.map(shown)),
    )
    model.batches = batches.map((batch) => {
      const known = before.get(batch.baseOffset)!
      assert.equal(batch.lastOffset, known.last)
      if (batch.deleteHorizonMs !== null && !known.isMarker)
        assert.equal(batch.deleteHorizonMs, known.horizon)
      const records = known.isMarker && batch.records.length === 0 ? [] : known.records
      return { ...known, size: batch.sizeInBytes, records }
    })
    const left = new Set(model.batches.map(({ first }) => first))
    for (const { first, isMarker, transaction } of before.values()) {
      if (left.has(first) || !isMarker || transaction === undefined) continue
      const orphans = ofData(model.batches).filter((batch) => batch.transaction === transaction)
      assert.deepEqual(orphans, [], 'a marker outlives the records of its transaction')
    }
  }

  check(): void {
    const { model, log } = this
    assert.equal(log.logStartOffset, model.start)
    assert.equal(log.logEndOffset, model.end)
    assert.equal(log.highWatermark, model.highWatermark)
    assert.equal(log.lastStableOffset, model.lastStableOffset())
    for (const epoch of new Set(model.batches.map((batch) => batch.epoch))) {
      if (epoch === log.epochs.latest) continue
      assert.equal(log.epochs.endOffsetFor(epoch, log.logEndOffset).endOffset, model.epochEnds.get(epoch))
    }
  }
}

const shownRecord = ({ offset, key, value }: KafkaRecord) => {
  return shown({ offset, key: `${key}`, value: value?.toString() ?? null })
}

function batchesOf(views: readonly Buffer[]): DecodedBatch[] {
  const bytes = Buffer.concat(views)
  const batches: DecodedBatch[] = []
  for (let position = 0; position < bytes.length; position += batches.at(-1)?.sizeInBytes ?? 0) {
    assert.equal(ensureValid(bytes, position), null)
    batches.push(decodeBatch(bytes, position, MAX_BYTES))
  }
  return batches
}

function holds(steps: fc.Arbitrary<Step>, makeHome: () => Home, numRuns: number): void {
  fc.assert(
    fc.property(
      fc.array(steps, { minLength: 10, maxLength: 80, size: 'max' }),
      fc.constantFrom(1_000_000, 100_000_000),
      (steps, segmentBytes) => {
        const home = makeHome()
        try {
          const run = new Run(segmentBytes, home)
          for (const one of steps) {
            run.apply(one)
            run.check()
          }
        } finally {
          home.remove()
        }
      },
    ),
    { numRuns },
  )
}

t.test('a log does what an array of batches does', async (t) => {
  holds(step, () => new Memory(), 300)
  t.pass('in every run')
})

t.test('so does one in a directory, whether it is closed or killed in between', async (t) => {
  const steps = fc.oneof({ weight: 12, arbitrary: step }, { weight: 1, arbitrary: reopen })
  holds(steps, () => new Folder(), 100)
  t.pass('in every run')
})
