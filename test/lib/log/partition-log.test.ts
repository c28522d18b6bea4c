import t from 'tap'
import { ManualClock } from '../../../lib/lab/clock.ts'
import { SeededRandom } from '../../../lib/lab/random.ts'
import type { LogConfig } from '../../../lib/log/log-config.ts'
import { LogMemory } from '../../../lib/log/log-memory.ts'
import type { AppendResult } from '../../../lib/log/log-results.ts'
import { MemoryStorage } from '../../../lib/log/log-storage.ts'
import { offsetByTime, offsetsBefore } from '../../../lib/log/offset-by-time.ts'
import { PartitionLog } from '../../../lib/log/partition-log.ts'
import { needsZstd } from '../../../lib/log/prepare-batch.ts'
import { Loans } from '../../../lib/memory/read-buffers.ts'
import { errorName } from '../../../protocol/errors.ts'
import { zstdReady } from '../../../protocol/records/compression/zstd.ts'
import { encodeEndTxnMarkerBatch } from '../../../protocol/records/control.ts'
import { type DecodedBatch, decodeBatch } from '../../../protocol/records/decode-batch.ts'
import { type BatchInput, encodeBatch } from '../../../protocol/records/encode-batch.ts'
import { encodeMessageSet } from '../../../protocol/records/message-set.ts'
import { ensureValid } from '../../../protocol/records/validate-batch.ts'
import { LOG_CONFIG } from '../../helpers/log/log-broker.ts'

const MAX_BYTES = 1_000_000
const ALL = Number.MAX_SAFE_INTEGER

function logOf(config: Partial<LogConfig> = {}) {
  const clock = new ManualClock()
  const producerIdExpirationMs = () => 86_400_000
  const log = new PartitionLog({
    clock,
    random: new SeededRandom(1),
    storage: new MemoryStorage(new LogMemory()),
    config: { ...LOG_CONFIG, ...config },
    producerIdExpirationMs,
  })
  const append = (batch: Buffer, leaderEpoch = 0): AppendResult => {
    const result = log.append(batch, leaderEpoch)
    log.advanceHighWatermark()
    return result
  }
  return { clock, log, append }
}

/** A batch of `count` records, now, apart from what is said otherwise. */
function batchOf(clock: ManualClock, count = 1, more: Partial<BatchInput> = {}): Buffer {
  const records = Array.from({ length: count }, (_, i) => ({
    timestamp: clock.now(),
    key: Buffer.from(`k${i}`),
    value: Buffer.from(`v${i}`),
  }))
  return encodeBatch({ records, ...more })
}

function batchesFrom(log: PartitionLog, offset = 0, maxBytes = ALL): DecodedBatch[] {
  const bytes = Buffer.concat(log.read(offset, maxBytes, 'high-watermark', true).records)
  const batches: DecodedBatch[] = []
  for (let position = 0; position < bytes.length; position += batches.at(-1)?.sizeInBytes ?? 0) {
    t.equal(ensureValid(bytes, position), null)
    batches.push(decodeBatch(bytes, position, MAX_BYTES))
  }
  return batches
}

t.test('the leader writes offset and epoch into the batch, and nothing else', async (t) => {
  const { clock, log, append } = logOf()
  t.match(append(batchOf(clock, 2), 3), {
    errorCode: 0,
    baseOffset: 0,
    logAppendTimeMs: -1,
    logStartOffset: 0,
  })
  t.match(append(batchOf(clock, 3), 4), { errorCode: 0, baseOffset: 2 })
  t.equal(log.logEndOffset, 5)
  const [first, second] = batchesFrom(log)
  t.match(first, { baseOffset: 0, lastOffset: 1, partitionLeaderEpoch: 3 })
  t.match(second, { baseOffset: 2, lastOffset: 4, partitionLeaderEpoch: 4 })
  t.strictSame(log.epochs.entries(), [
    { epoch: 3, startOffset: 0 },
    { epoch: 4, startOffset: 2 },
  ])
})

t.test('what is refused', async (t) => {
  const clock = new ManualClock()
  const now = clock.now()
  const corrupt = batchOf(clock)
  corrupt[70] = (corrupt[70] as number) ^ 1
  const keyless = encodeBatch({
    records: [
      { timestamp: now, value: Buffer.from('a') },
      { timestamp: now, key: Buffer.from('k') },
      { timestamp: now },
    ],
  })
  const strange = encodeBatch({
    records: [{ timestamp: now - 2000 }, { timestamp: now }, { timestamp: now + 5000 }],
  })
  const window = { messageTimestampBeforeMaxMs: 1000, messageTimestampAfterMaxMs: 1000 }
  const cases: [string, Buffer, Partial<LogConfig>, string, number[]?, number?][] = [
    ['a CRC that is wrong', corrupt, {}, 'CORRUPT_MESSAGE', [], -1],
    [
      'larger than max.message.bytes',
      batchOf(clock, 9),
      { maxMessageBytes: 100 },
      'MESSAGE_TOO_LARGE',
      [],
      -1,
    ],
    ['larger than a segment', batchOf(clock, 9), { segmentBytes: 100 }, 'RECORD_LIST_TOO_LARGE', [], -1],
    ['two batches', Buffer.concat([batchOf(clock), batchOf(clock)]), {}, 'INVALID_RECORD'],
    ['a base offset', batchOf(clock, 1, { baseOffset: 7 }), {}, 'INVALID_RECORD'],
    ['a control batch', batchOf(clock, 1, { isControl: true }), {}, 'INVALID_RECORD'],
    ['more offsets than records', batchOf(clock, 2, { lastOffset: 5 }), {}, 'INVALID_RECORD'],
    ['a producer without a sequence', batchOf(clock, 1, { producerId: 5 }), {}, 'INVALID_RECORD'],
    ['no key', keyless, { cleanupPolicy: ['compact'] }, 'INVALID_RECORD', [0, 2]],
    [
      'no key, compact and delete',
      keyless,
      { cleanupPolicy: ['compact', 'delete'] },
      'INVALID_RECORD',
      [0, 2],
    ],
    ['timestamps out of range', strange, window, 'INVALID_TIMESTAMP', [0, 2]],
    ['append time from a client', batchOf(clock, 1, { logAppendTime: now }), {}, 'NONE'],
    [
      'the same where the log sets it',
      batchOf(clock, 1, { logAppendTime: now }),
      { messageTimestampType: 'LogAppendTime' },
      'INVALID_TIMESTAMP',
      [0],
    ],
  ]
  for (const [name, batch, config, error, indexes = [], logStartOffset = 0] of cases) {
    const { log } = logOf(config)
    const result = log.append(batch, 0)
    t.equal(errorName(result.errorCode), error, name)
    if (error === 'NONE') continue
    t.strictSame(
      result.recordErrors.map(({ batchIndex }) => batchIndex),
      indexes,
      name,
    )
    t.match(result, { baseOffset: -1, logStartOffset }, name)
    t.equal(log.logEndOffset, 0, name)
    t.equal(log.size, 0, name)
  }
  const { log } = logOf()
  t.match(
    log.append(Buffer.alloc(0), 0),
    { errorCode: 0, baseOffset: -1 },
    'nothing is appended without complaint',
  )
  t.match(log.append(Buffer.concat([batchOf(clock), Buffer.alloc(10)]), 0), { errorCode: 0, baseOffset: 0 })
})

t.test('timestamps', async (t) => {
  const { clock, log, append } = logOf({ messageTimestampType: 'LogAppendTime' })
  clock.advance(1000)
  const result = append(encodeBatch({ records: [{ timestamp: 5 }, { timestamp: 7 }] }))
  t.match(result, { errorCode: 0, logAppendTimeMs: clock.now() })
  const [batch] = batchesFrom(log)
  t.match(batch, { timestampType: 'LogAppendTime', maxTimestamp: clock.now() })
  t.strictSame(
    batch?.records.map(({ timestamp }) => timestamp),
    [clock.now(), clock.now()],
  )

  const other = logOf()
  const lying = encodeBatch({ records: [{ timestamp: 5 }, { timestamp: 7 }], maxTimestamp: 99 })
  t.match(other.append(lying), { errorCode: 0 })
  t.match(batchesFrom(other.log), [{ maxTimestamp: 7, timestampType: 'CreateTime' }])
})

t.test('compression.type', async (t) => {
  await zstdReady()
  for (const compressionType of ['gzip', 'snappy', 'lz4', 'zstd', 'uncompressed'] as const) {
    for (const compression of ['none', 'gzip', 'zstd'] as const) {
      const { clock, log, append } = logOf({ compressionType })
      const producer = { producerId: 8, producerEpoch: 2, baseSequence: 0 }
      t.match(append(batchOf(clock, 3, { compression, ...producer })), { errorCode: 0, baseOffset: 0 })
      const [batch] = batchesFrom(log)
      t.match(batch, {
        compression: compressionType === 'uncompressed' ? 'none' : compressionType,
        ...producer,
      })
      t.strictSame(
        batch?.records.map(({ offset, value }) => `${offset}${value}`),
        ['0v0', '1v1', '2v2'],
      )
    }
  }
  const { clock, log, append } = logOf()
  const gzipped = batchOf(clock, 3, { compression: 'gzip' })
  append(gzipped)
  t.strictSame(batchesFrom(log)[0]?.compression, 'gzip', 'producer keeps it')
})

t.test('it is known beforehand what will be compressed with zstd', async (t) => {
  await zstdReady()
  const clock = new ManualClock()
  const records = [{ timestamp: clock.now(), key: null, value: Buffer.from('old') }]
  const none = batchOf(clock)
  const zstd = batchOf(clock, 1, { compression: 'zstd' })
  const set = encodeMessageSet({ magic: 1, records })
  const needs = (batch: Buffer, compressionType: LogConfig['compressionType']) =>
    needsZstd(batch, { ...LOG_CONFIG, compressionType })
  t.strictSame(
    [none, zstd, set, Buffer.alloc(5)].map((batch) => needs(batch, 'zstd')),
    [true, false, true, false],
  )
  for (const compressionType of ['producer', 'uncompressed', 'gzip'] as const) {
    t.notOk([none, zstd, set].some((batch) => needs(batch, compressionType)))
  }
})

t.test('message sets become batches', async (t) => {
  const { clock, log, append } = logOf()
  const records = [0, 1, 2].map((i) => ({ timestamp: clock.now(), key: null, value: Buffer.from(`old${i}`) }))
  t.match(append(encodeMessageSet({ magic: 1, records })), { errorCode: 0, baseOffset: 0 })
  t.match(append(encodeMessageSet({ magic: 0, records, compression: 'gzip' })), {
    errorCode: 0,
    baseOffset: 3,
  })
  const batches = batchesFrom(log)
  t.strictSame(
    batches.map(({ compression }) => compression),
    ['none', 'gzip'],
  )
  t.strictSame(
    batches.flatMap(({ records }) => records.map(({ offset, value }) => `${offset}:${value}`)),
    ['0:old0', '1:old1', '2:old2', '3:old0', '4:old1', '5:old2'],
  )
})

t.test('where bytes lie', async (t) => {
  const { clock, log, append } = logOf()
  const large = encodeBatch({ records: [{ timestamp: clock.now(), value: Buffer.alloc(100_000) }] })
  append(large)
  const views = log.read(0, ALL, 'high-watermark', true).records
  t.equal(views.length, 1)
  t.equal(views[0]?.buffer, large.buffer, 'a large batch stays where it was received')

  const chunk = Buffer.allocUnsafeSlow(64 * 1024)
  const small = batchOf(clock, 50)
  small.copy(chunk, 1000)
  append(chunk.subarray(1000, 1000 + small.length))
  t.not(
    log.read(1, ALL, 'high-watermark', true).records[0]?.buffer,
    chunk.buffer,
    'a small one does not keep its chunk',
  )
  for (let i = 0; i < 100; i++) append(batchOf(clock, 1))
  t.ok(log.read(1, ALL, 'high-watermark', true).records.length < 10, 'small ones lie one behind the other')

  // Two batches that fill the frame they came in together.
  const pair = [0, 1].map(() =>
    encodeBatch({ records: [{ timestamp: clock.now(), value: Buffer.alloc(50_000) }] }),
  )
  const frame = Buffer.concat(pair as Buffer[])
  const half = frame.length / 2
  const before = log.logEndOffset
  log.append(frame.subarray(0, half), 0, frame.length)
  log.append(frame.subarray(half), 0, half)
  log.advanceHighWatermark()
  const [first, second] = log.read(before, ALL, 'high-watermark', true).records
  t.equal(first?.buffer, frame.buffer, 'kept where the rest of the frame is kept too')
  t.not(second?.buffer, frame.buffer, 'copied where it alone would hold the frame')
})

t.test('reads end at the border of a batch, within the limit but for the first', async (t) => {
  const { clock, log, append } = logOf()
  for (let i = 0; i < 100; i++) append(batchOf(clock, 10))
  const size = batchOf(clock, 10).length
  const offsets = (offset: number, maxBytes: number, minOne = true) => {
    const read = log.read(offset, maxBytes, 'high-watermark', minOne)
    return [read.size / size, read.records[0]?.readBigInt64BE(0)]
  }
  t.strictSame(offsets(0, 1), [1, 0n])
  t.strictSame(offsets(0, 0), [1, 0n])
  t.strictSame(offsets(0, 1, false), [0, undefined])
  t.strictSame(offsets(0, size, false), [1, 0n])
  t.strictSame(offsets(555, 3 * size + 5), [3, 550n])
  t.strictSame(offsets(999, ALL), [1, 990n])
  t.strictSame(offsets(1000, ALL), [0, undefined])
  t.strictSame(offsets(15, ALL), [99, 10n])
  t.equal(log.read(1001, ALL, 'high-watermark', true).errorCode, 1)
  t.equal(log.read(-1, ALL, 'high-watermark', true).errorCode, 1)
})

t.test(
  'what clients are sent ends where the limit is, but for the first batch, and with its segment',
  async (t) => {
    const clock = new ManualClock()
    const size = batchOf(clock, 10).length
    const { log, append } = logOf({ internalSegmentBytes: 50 * size })
    for (let i = 0; i < 100; i++) append(batchOf(clock, 10))
    const bytes = Buffer.concat(log.read(0, ALL, 'high-watermark', true).records)
    const lent = (offset: number, maxBytes: number, minOne = true) => {
      const read = log.lend(offset, maxBytes, 'high-watermark', minOne, new Loans())
      const start = Math.floor(offset / 10) * size
      t.ok(Buffer.concat(read.records).equals(bytes.subarray(start, start + read.size)))
      return [read.size, read.isBehind]
    }
    t.strictSame(lent(0, 0), [size, true])
    t.strictSame(lent(0, size - 1), [size, true])
    t.strictSame(lent(0, size - 1, false), [0, true])
    t.strictSame(lent(0, size, false), [size, true])
    t.strictSame(lent(7, size + 1, false), [size + 1, true], 'a byte of the second one')
    t.strictSame(lent(555, 3 * size + 5), [3 * size + 5, false])
    t.strictSame(lent(480, ALL), [2 * size, true])
    t.strictSame(lent(500, ALL), [50 * size, false])
    t.strictSame(lent(1000, ALL), [0, false])
    t.match(log.lend(1001, ALL, 'high-watermark', true, new Loans()), { errorCode: 1 })
    t.match(log.lend(-1, ALL, 'high-watermark', true, new Loans()), { errorCode: 1 })
    t.ok(log.isBehind(499, 'high-watermark'))
    t.notOk(log.isBehind(500, 'high-watermark'))
    t.notOk(log.isBehind(1000, 'high-watermark'))
  },
)

t.test('nothing above the high watermark is read by a consumer', async (t) => {
  const { clock, log } = logOf()
  log.append(batchOf(clock, 5), 0)
  log.append(batchOf(clock, 5), 0)
  t.equal(log.read(0, ALL, 'high-watermark', true).size, 0)
  t.not(log.read(0, ALL, 'log-end', true).size, 0)
  log.advanceHighWatermark(5)
  t.strictSame(
    batchesFrom(log).map(({ lastOffset }) => lastOffset),
    [4],
  )
  t.match(log.read(7, ALL, 'high-watermark', true), { errorCode: 0, size: 0 })
  t.notOk(log.advanceHighWatermark(3), 'it never goes back')
  t.equal(log.highWatermark, 5)
})

t.test('segments', async (t) => {
  const clock = new ManualClock()
  const size = batchOf(clock, 10).length
  const { log, append } = logOf({ internalSegmentBytes: 3 * size })
  for (let i = 0; i < 10; i++) append(batchOf(clock, 10))
  t.strictSame(
    log.segments.map(({ baseOffset }) => baseOffset),
    [0, 30, 60, 90],
  )
  t.equal(log.read(25, ALL, 'high-watermark', true).size, 8 * size, 'a read goes on from one to the next')
  t.equal(log.bytesFrom(25, 'high-watermark'), 8 * size)
  t.ok(log.advanceLogStartOffset(65))
  t.strictSame(
    log.segments.map(({ baseOffset }) => baseOffset),
    [60, 90],
  )
  t.match(log.read(64, ALL, 'high-watermark', true), { errorCode: 1 })
  t.equal(log.read(65, ALL, 'high-watermark', true).size, 4 * size)
  t.notOk(log.advanceLogStartOffset(101))
  t.ok(log.advanceLogStartOffset(100))
  t.match(log.read(100, ALL, 'high-watermark', true), { errorCode: 0, size: 0 })
  t.strictSame(log.epochs.entries(), [{ epoch: 0, startOffset: 100 }])
  t.match(append(batchOf(clock)), { baseOffset: 100, logStartOffset: 100 })
  t.equal(batchesFrom(log, 100).length, 1)
})

t.test('deleted records give their memory back', async (t) => {
  const { clock, log, append } = logOf()
  for (let i = 0; i < 20; i++) {
    append(encodeBatch({ records: [{ timestamp: clock.now(), value: Buffer.alloc(100_000) }] }))
  }
  const before = log.size
  log.advanceLogStartOffset(15)
  t.equal(log.size, before / 4)
  log.advanceLogStartOffset(20)
  t.equal(log.size, 0)
})

t.test('offsets by time, as Kafka 4.4.0 answered', async (t) => {
  const { log, append, clock } = logOf()
  const at = (timestamp: number) => {
    const found = offsetByTime(log, timestamp)
    return found === undefined ? undefined : [found.timestamp, found.offset, found.leaderEpoch]
  }
  log.epochs.assign(0, 0)
  t.strictSame([-1, -2, -4].map(at), [
    [-1, 0, 0],
    [-1, 0, 0],
    [-1, 0, 0],
  ])
  t.strictSame([-3, 0, 5].map(at), [undefined, undefined, undefined])
  const sent = [
    [100, 300, 200],
    [150, 300, 50],
    [400, 10],
  ]
  for (const timestamps of sent)
    append(encodeBatch({ records: timestamps.map((timestamp) => ({ timestamp })) }))
  t.strictSame([-1, -2, -3, -4, -5, -6].map(at), [
    [-1, 8, 0],
    [-1, 0, 0],
    [400, 6, 0],
    [-1, 0, 0],
    [-1, -1, -1],
    [-1, -1, -1],
  ])
  t.strictSame([0, 100, 101, 200, 300, 301, 400, 401].map(at), [
    [100, 0, 0],
    [100, 0, 0],
    [300, 1, 0],
    [300, 1, 0],
    [300, 1, 0],
    [400, 6, 0],
    [400, 6, 0],
    undefined,
  ])
  log.advanceLogStartOffset(4)
  t.strictSame([-2, -3, 0, 300, 301].map(at), [
    [-1, 4, 0],
    [400, 6, 0],
    [300, 4, 0],
    [300, 4, 0],
    [400, 6, 0],
  ])
  log.advanceLogStartOffset(7)
  t.strictSame([-3, 0, 11].map(at), [[10, 7, 0], [10, 7, 0], undefined])
  t.strictSame(offsetsBefore(log, -1, 10, clock.now()), [8, 7])
  t.strictSame(offsetsBefore(log, -1, 1, clock.now()), [8])
  t.strictSame(offsetsBefore(log, -2, 10, clock.now()), [7])
  t.strictSame(offsetsBefore(log, clock.now() - 1, 10, clock.now()), [])

  const appended = logOf({ messageTimestampType: 'LogAppendTime' })
  appended.append(batchOf(appended.clock, 4))
  appended.clock.advance(10)
  appended.append(batchOf(appended.clock, 4))
  t.match(offsetByTime(appended.log, -3), { offset: 4, timestamp: appended.clock.now() })
  appended.log.advanceLogStartOffset(6)
  t.match(offsetByTime(appended.log, -3), { offset: 6, timestamp: appended.clock.now() })
})

t.test('leader epochs', async (t) => {
  const { log, append, clock } = logOf()
  log.epochs.assign(0, 0)
  append(batchOf(clock, 4), 0)
  log.epochs.assign(2, 4)
  append(batchOf(clock, 4), 2)
  log.epochs.assign(3, 8)
  log.epochs.assign(5, 8)
  const end = (epoch: number) => {
    const { leaderEpoch, endOffset } = log.epochs.endOffsetFor(epoch, log.logEndOffset)
    return [leaderEpoch, endOffset]
  }
  t.strictSame([0, 1, 2, 3, 4, 5, 6, -1].map(end), [
    [0, 4],
    [0, 4],
    [2, 8],
    [2, 8],
    [2, 8],
    [5, 8],
    [-1, -1],
    [-1, -1],
  ])
  log.advanceLogStartOffset(6)
  t.strictSame(
    [0, 2].map(end),
    [
      [0, 6],
      [2, 8],
    ],
    'older epochs end where the log begins',
  )
  t.equal(log.epochs.earliestFor(6), 2)
})

t.test('idempotent producers', async (t) => {
  const { clock, log, append } = logOf()
  const send = (baseSequence: number, { count = 2, producerId = 7, producerEpoch = 0 } = {}) => {
    const result = append(batchOf(clock, count, { producerId, producerEpoch, baseSequence }))
    return [errorName(result.errorCode), result.baseOffset, result.isDuplicate]
  }
  t.strictSame(send(0), ['NONE', 0, false])
  t.strictSame(send(0), ['NONE', 0, true])
  t.equal(
    append(batchOf(clock, 2, { producerId: 7, producerEpoch: 0, baseSequence: 0 })).logAppendTimeMs,
    clock.now(),
  )
  t.strictSame(send(4), ['OUT_OF_ORDER_SEQUENCE_NUMBER', -1, false])
  t.strictSame(send(1), ['OUT_OF_ORDER_SEQUENCE_NUMBER', -1, false])
  t.strictSame(
    send(0, { count: 1 }),
    ['OUT_OF_ORDER_SEQUENCE_NUMBER', -1, false],
    'the same must have the same end',
  )
  for (let i = 1; i < 6; i++) t.strictSame(send(2 * i), ['NONE', 2 * i, false])
  t.strictSame(send(2), ['NONE', 2, true], 'five batches back')
  t.strictSame(send(0), ['OUT_OF_ORDER_SEQUENCE_NUMBER', -1, false], 'six are too many')
  t.equal(log.logEndOffset, 12)

  t.strictSame(
    send(5, { producerId: 8, producerEpoch: 3 }),
    ['NONE', 12, false],
    'an unknown producer begins anywhere',
  )
  t.strictSame(send(7, { producerId: 8, producerEpoch: 2 }), ['INVALID_PRODUCER_EPOCH', -1, false])
  t.strictSame(send(7, { producerId: 8, producerEpoch: 4 }), ['OUT_OF_ORDER_SEQUENCE_NUMBER', -1, false])
  t.strictSame(send(0, { producerId: 8, producerEpoch: 4 }), ['NONE', 14, false], 'a new epoch begins at 0')
  t.strictSame(send(5, { producerId: 8, producerEpoch: 3 }), ['INVALID_PRODUCER_EPOCH', -1, false])

  t.strictSame(send(0x7fff_fffe, { producerId: 9, count: 3 }), ['NONE', 16, false])
  t.strictSame(send(1, { producerId: 9 }), ['NONE', 19, false], 'sequences go on from 0 after 2^31-1')
})

t.test('producers are forgotten a day after their last batch', async (t) => {
  const { clock, log, append } = logOf()
  const send = (baseSequence: number) =>
    errorName(append(batchOf(clock, 1, { producerId: 7, producerEpoch: 0, baseSequence })).errorCode)
  append(batchOf(clock, 1, { producerId: 6, producerEpoch: 0, baseSequence: 0 }))
  clock.advance(100_000)
  t.equal(send(0), 'NONE')
  clock.advance(86_450_000)
  t.equal(send(5), 'OUT_OF_ORDER_SEQUENCE_NUMBER', 'what has expired lives on to the next check')
  clock.advance(450_000)
  t.equal(send(5), 'NONE')
  t.strictSame(
    [...log.producers.entries()].map(({ producerId }) => producerId),
    [7],
  )

  const old = logOf()
  const early = { records: [{ timestamp: 1 }], producerId: 7, producerEpoch: 0 }
  t.match(old.append(encodeBatch({ ...early, baseSequence: 0 })), { isDuplicate: false })
  t.match(old.append(encodeBatch({ ...early, baseSequence: 0 })), { isDuplicate: true, logAppendTimeMs: 1 })
})

t.test('transactions', async (t) => {
  const { clock, log, append } = logOf()
  const sequences = new Map<number, number>()
  const send = (producerId: number, isTransactional = true) => {
    const baseSequence = sequences.get(producerId) ?? 0
    sequences.set(producerId, baseSequence + 2)
    return append(batchOf(clock, 2, { producerId, producerEpoch: 0, baseSequence, isTransactional }))
  }
  const end = (producerId: number, type: 'COMMIT' | 'ABORT', coordinatorEpoch = 0) => {
    const marker = { producerId, producerEpoch: 0, type, coordinatorEpoch, timestamp: clock.now() }
    const result = log.appendAsCoordinator(encodeEndTxnMarkerBatch(marker), 0)
    log.advanceHighWatermark()
    return errorName(result.errorCode)
  }
  const committed = (offset = 0, maxBytes = ALL) => log.read(offset, maxBytes, 'committed', true)
  append(batchOf(clock, 2))
  t.equal(log.lastStableOffset, 2)
  send(1) // 2, 3
  send(2) // 4, 5
  t.equal(log.lastStableOffset, 2, 'the first open transaction holds it')
  t.match(committed(), { abortedTransactions: [] })
  t.equal(committed(3).size, 0)
  t.equal(end(1, 'ABORT'), 'NONE') // 6
  t.equal(log.lastStableOffset, 4)
  t.strictSame(committed().abortedTransactions, [{ producerId: 1, firstOffset: 2 }])
  send(1) // 7, 8
  t.equal(end(2, 'COMMIT'), 'NONE') // 9
  t.equal(log.lastStableOffset, 7)
  t.equal(end(1, 'ABORT'), 'NONE') // 10
  t.equal(log.lastStableOffset, 11)
  t.strictSame(committed().abortedTransactions, [
    { producerId: 1, firstOffset: 2 },
    { producerId: 1, firstOffset: 7 },
  ])
  t.strictSame(committed(7).abortedTransactions, [{ producerId: 1, firstOffset: 7 }])
  t.strictSame(committed(0, 1).abortedTransactions, [], 'none that begins behind what was read')
  const [first = Buffer.alloc(0)] = committed(0, 1).records
  const cut = log.lend(0, first.length + 1, 'committed', true, new Loans())
  t.match(cut, { size: first.length + 1, abortedTransactions: [] }, 'a batch that is cut off cannot be read')
  t.strictSame(
    log.lend(0, ALL, 'committed', true, new Loans()).abortedTransactions,
    committed().abortedTransactions,
  )
  t.equal(log.read(0, ALL, 'high-watermark', true).abortedTransactions, null)

  t.equal(end(1, 'ABORT', 5), 'NONE', 'the end of nothing') // 11
  t.equal(end(1, 'COMMIT', 4), 'TRANSACTION_COORDINATOR_FENCED')
  send(3) // 12, 13
  t.equal(errorName(send(3, false).errorCode), 'INVALID_TXN_STATE')
  log.advanceLogStartOffset(13)
  t.equal(log.lastStableOffset, 13, 'never below the start of the log')
})

t.test('a transaction is stable when its end is on every replica', async (t) => {
  const { clock, log, append } = logOf()
  append(batchOf(clock, 2, { producerId: 1, producerEpoch: 0, baseSequence: 0, isTransactional: true }))
  const marker = {
    producerId: 1,
    producerEpoch: 0,
    type: 'COMMIT' as const,
    coordinatorEpoch: 0,
    timestamp: 1,
  }
  log.appendAsCoordinator(encodeEndTxnMarkerBatch(marker), 0)
  t.equal(log.highWatermark, 2)
  t.equal(log.lastStableOffset, 0)
  log.advanceHighWatermark()
  t.equal(log.lastStableOffset, 3)
})
