import assert from 'node:assert/strict'
import t from 'tap'
import { SILENT } from '../../../lib/lab/logger.ts'
import type { LogConfig } from '../../../lib/log/log-config.ts'
import { LogMaintenance } from '../../../lib/log/log-maintenance.ts'
import { offsetByTime } from '../../../lib/log/offset-by-time.ts'
import type { PartitionLog } from '../../../lib/log/partition-log.ts'
import { computeCrc, setCrc } from '../../../protocol/records/batch.ts'
import type { CompressionName } from '../../../protocol/records/compression/codecs.ts'
import { zstdReady } from '../../../protocol/records/compression/zstd.ts'
import { encodeEndTxnMarkerBatch } from '../../../protocol/records/control.ts'
import { type DecodedBatch, decodeBatch } from '../../../protocol/records/decode-batch.ts'
import { type BatchInput, encodeBatch } from '../../../protocol/records/encode-batch.ts'
import { ensureValid } from '../../../protocol/records/validate-batch.ts'
import { LogBrokers } from '../../helpers/log/log-broker.ts'

const MAX_BYTES = 1_000_000
const DAY = 86_400_000

const CONFIG = {
  logInitialTaskDelayMs: 30_000,
  logRetentionCheckIntervalMs: 300_000,
  logCleanerEnable: true,
  logCleanerBackoffMs: 15_000,
  logCleanerDedupeBufferSize: 134_217_728,
  logCleanerIoBufferLoadFactor: 0.9,
  logFlushSchedulerIntervalMs: 2 ** 63,
  logFlushOffsetCheckpointIntervalMs: 60_000,
}

type Pair = [key: string, value: string | null]

/** One partition of a topic with that config, and what is done to it from time to time. */
function rig(
  t: { teardown(done: () => void): void },
  config: Partial<LogConfig>,
  maintenanceConfig: Partial<typeof CONFIG> = {},
  lines: string[] = [],
) {
  const brokers = new LogBrokers()
  const { clock, logs } = brokers
  const topic = brokers.createTopic('topic', { config })
  const partition = logs.partition(topic.topicId, 0)!
  const { log } = partition
  const maintenance = new LogMaintenance({
    clock,
    logger: { ...SILENT, error: (line) => lines.push(line) },
    logs,
    config: () => ({ ...CONFIG, ...maintenanceConfig }),
  })
  t.teardown(() => {
    maintenance.close()
    logs.close()
    assert.equal(clock.pendingTimers, 0, 'no timer is left')
  })
  const append = (pairs: readonly Pair[], more: Partial<BatchInput> = {}) => {
    const records = pairs.map(([key, value]) => ({
      timestamp: clock.now(),
      key: Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
    }))
    const result = log.append(encodeBatch({ records, ...more }), 0)
    assert.equal(result.errorCode, 0)
    log.advanceHighWatermark()
    return result
  }
  const end = (producerId: number, type: 'COMMIT' | 'ABORT', producerEpoch = 0) => {
    const marker = { producerId, producerEpoch, type, coordinatorEpoch: 0, timestamp: clock.now() }
    log.appendAsCoordinator(encodeEndTxnMarkerBatch(marker), 0)
    log.advanceHighWatermark()
  }
  return { brokers, topic, clock, log, partition, maintenance, append, end }
}

function batchesOf(log: PartitionLog, offset = log.logStartOffset): DecodedBatch[] {
  const bytes = Buffer.concat(log.read(offset, Number.MAX_SAFE_INTEGER, 'log-end', true).records)
  const batches: DecodedBatch[] = []
  for (let position = 0; position < bytes.length; position += batches.at(-1)?.sizeInBytes ?? 0) {
    assert.equal(ensureValid(bytes, position), null)
    batches.push(decodeBatch(bytes, position, MAX_BYTES))
  }
  return batches
}

/** `offset:key=value` of what a consumer would see without looking at transactions. */
function recordsOf(log: PartitionLog): string[] {
  return batchesOf(log)
    .filter(({ isControl }) => !isControl)
    .flatMap(({ records }) => records)
    .map(({ offset, key, value }) => `${offset}:${key}=${value}`)
}

const COMPACT: Partial<LogConfig> = { cleanupPolicy: ['compact'] }

t.test('segments are closed by size, by age and by their index', async (t) => {
  const { log, append, clock } = rig(t, { segmentMs: 1000 })
  append([['a', '1']])
  clock.advance(1000)
  append([['a', '2']])
  t.equal(log.segments.length, 1)
  clock.advance(1)
  append([['a', '3']])
  t.equal(log.segments.length, 2, 'by the timestamps of its records')
  const small = rig(t, { internalSegmentBytes: 200 })
  for (let i = 0; i < 4; i++) small.append([['a', '1']])
  t.same(
    small.log.segments.map(({ baseOffset }) => baseOffset),
    [0, 2],
  )
  const indexed = rig(t, { segmentIndexBytes: 48, indexIntervalBytes: 0 })
  for (let i = 0; i < 7; i++) indexed.append([['a', '1']])
  t.same(
    indexed.log.segments.map(({ baseOffset }) => baseOffset),
    [0, 3, 6],
  )
  const compacted = rig(t, { ...COMPACT, maxCompactionLagMs: 10 })
  compacted.append([['a', '1']])
  compacted.clock.advance(11)
  compacted.append([['a', '2']])
  t.equal(compacted.log.segments.length, 2, 'sooner, where compaction must not wait')
  const jittered = rig(t, { segmentMs: 1000, segmentJitterMs: 900 })
  for (let i = 0; i < 200; i++) {
    jittered.append([['a', '1']])
    jittered.clock.advance(100)
  }
  const sizes = new Set(
    jittered.log.segments.slice(0, -1).map(({ baseOffset, nextOffset }) => nextOffset - baseOffset),
  )
  t.ok(sizes.size > 2 && Math.max(...sizes) <= 11, 'not all at the same age')
})

t.test('retention by time', async (t) => {
  const { log, append, clock, partition } = rig(t, { retentionMs: 1000 * 60 * 60, internalSegmentBytes: 200 })
  for (let i = 0; i < 5; i++) {
    append([['a', String(i)]])
    clock.advance(10 * 60_000)
  }
  t.equal(log.logStartOffset, 0)
  let woken = 0
  partition.wait({ partitionChanged: () => woken++ })
  clock.advance(20 * 60_000)
  t.equal(log.logStartOffset, 0, 'the second record of the segment is not old enough')
  clock.advance(5 * 60_000)
  t.equal(log.logStartOffset, 2)
  t.equal(woken, 1)
  t.equal(log.read(1, MAX_BYTES, 'log-end', true).errorCode, 1)
  clock.advance(DAY)
  t.equal(log.logStartOffset, 5, 'what is written to is closed, and goes too')
  t.equal(log.logEndOffset, 5)
  t.equal(log.size, 0)
  append([['a', 'new']])
  t.same(recordsOf(log), ['5:a=new'])
})

t.test('retention by size, and what it leaves', async (t) => {
  const { log, append, maintenance, brokers } = rig(t, { internalSegmentBytes: 200, retentionBytes: 300 })
  for (let i = 0; i < 9; i++) append([['a', String(i)]])
  const size = log.segments[0]!.heldBytes
  maintenance.applyRetention()
  t.equal(log.logStartOffset, 4)
  t.ok(log.size >= 300 && log.size < 300 + size)
  brokers.configure('topic', { cleanupPolicy: ['compact'], retentionBytes: 0, retentionMs: 0 })
  maintenance.applyRetention()
  t.equal(log.logStartOffset, 4, 'nothing without cleanup.policy=delete')
  brokers.configure('topic', { cleanupPolicy: ['compact', 'delete'], retentionBytes: 0, retentionMs: -1 })
  log.append(encodeBatch({ records: [{ timestamp: 0, key: Buffer.from('a'), value: Buffer.from('b') }] }), 0)
  maintenance.applyRetention()
  t.equal(log.logStartOffset, 8, 'a segment that not every replica has stays')
})

t.test(
  'timestamps in the future keep a segment, segments without timestamps go by when they were written',
  async (t) => {
    const { log, clock, maintenance } = rig(t, { retentionMs: 1000, messageTimestampAfterMaxMs: 2 ** 53 })
    log.append(encodeBatch({ records: [{ timestamp: clock.now() + DAY, value: Buffer.from('x') }] }), 0)
    log.advanceHighWatermark()
    clock.advance(DAY)
    maintenance.applyRetention()
    t.equal(log.logStartOffset, 0)
    const without = rig(t, { retentionMs: 1000 })
    without.log.append(encodeBatch({ records: [{ value: Buffer.from('x') }] }), 0)
    without.log.advanceHighWatermark()
    without.clock.advance(1000)
    without.maintenance.applyRetention()
    t.equal(without.log.logStartOffset, 0)
    without.clock.advance(1)
    without.maintenance.applyRetention()
    t.equal(without.log.logStartOffset, 1)
  },
)

t.test('compaction keeps the last of each key, at its offset', async (t) => {
  const { log, append, maintenance } = rig(t, COMPACT)
  append([
    ['a', '1'],
    ['b', '1'],
    ['a', '2'],
  ])
  append([
    ['c', '1'],
    ['b', '2'],
  ])
  append([['a', '3']])
  const unchanged = batchesOf(log)[2]
  await maintenance.compact()
  t.same(recordsOf(log), ['3:c=1', '4:b=2', '5:a=3'])
  t.match(batchesOf(log)[1], unchanged!)
  t.equal(log.logStartOffset, 0)
  t.equal(log.logEndOffset, 6)
  t.same(recordsOf(log), recordsFrom(log, 1), 'a reader in a gap goes on behind it')
  t.equal(offsetByTime(log, -3)?.offset, 3, 'the record of the largest timestamp')
  append([['c', '2']])
  await maintenance.compact()
  t.same(recordsOf(log), ['4:b=2', '5:a=3', '6:c=2'], 'what is clean already loses what is superseded now')
})

function recordsFrom(log: PartitionLog, offset: number): string[] {
  return batchesOf(log, offset).flatMap(({ records }) =>
    records.map((r) => `${r.offset}:${r.key}=${r.value}`),
  )
}

t.test('every compression, append times and headers come through', async (t) => {
  await zstdReady()
  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] satisfies CompressionName[]) {
    const { log, append, maintenance, clock } = rig(t, { ...COMPACT, messageTimestampType: 'LogAppendTime' })
    append(
      [
        ['a', '1'],
        ['b', 'x'.repeat(100)],
        ['c', '1'],
      ],
      { compression },
    )
    append([['a', '2']], { compression })
    await maintenance.compact()
    const [first] = batchesOf(log)
    t.match(first, { compression, baseOffset: 0, lastOffset: 2, timestampType: 'LogAppendTime' }, compression)
    t.same(
      first?.records.map(({ offset, timestamp }) => [offset, timestamp]),
      [
        [1, clock.now()],
        [2, clock.now()],
      ],
    )
  }
})

t.test('a tombstone stays for delete.retention.ms from its first compaction on', async (t) => {
  const { log, append, maintenance, clock } = rig(t, { ...COMPACT, deleteRetentionMs: 1000 })
  append([
    ['a', '1'],
    ['b', '1'],
  ])
  append([['a', null]])
  append([['c', '1']])
  await maintenance.compact()
  t.same(recordsOf(log), ['1:b=1', '2:a=null', '3:c=1'])
  t.equal(batchesOf(log)[1]?.deleteHorizonMs, clock.now() + 1000)
  clock.advance(999)
  append([['d', '1']])
  await maintenance.compact()
  t.ok(recordsOf(log).includes('2:a=null'))
  clock.advance(1)
  append([['d', '2']])
  await maintenance.compact()
  t.same(recordsOf(log), ['1:b=1', '3:c=1', '5:d=2'])
})

t.test('the cleaner comes by itself where it pays', async (t) => {
  const config = { ...COMPACT, internalSegmentBytes: 200, minCleanableDirtyRatio: 0.5 }
  const { log, append, clock } = rig(t, config)
  for (let i = 0; i < 9; i++) append([['a', String(i)]])
  clock.advance(14_999)
  t.equal(recordsOf(log).length, 9)
  clock.advance(1)
  t.same(recordsOf(log), ['7:a=7', '8:a=8'], 'all but what is being written to')
  const off = rig(t, config, { logCleanerEnable: false })
  for (let i = 0; i < 9; i++) off.append([['a', String(i)]])
  off.clock.advance(DAY)
  t.equal(recordsOf(off.log).length, 9)
  const lazy = rig(t, { ...config, minCleanableDirtyRatio: 1, maxCompactionLagMs: 60_000 })
  for (let i = 0; i < 9; i++) lazy.append([['a', String(i)]])
  lazy.clock.advance(60_000)
  t.equal(recordsOf(lazy.log).length, 9, 'all of it would have to be dirty')
  lazy.clock.advance(15_001)
  t.equal(recordsOf(lazy.log).length, 2, 'max.compaction.lag.ms')
})

t.test('a log that cannot be read is left alone, and others are compacted', async (t) => {
  const lines: string[] = []
  const { log, brokers, clock, append } = rig(t, { ...COMPACT, internalSegmentBytes: 200 }, {}, lines)
  // Its CRC is right: a producer's compression that is broken in itself. A broker looks into it only here.
  const broken = encodeBatch({
    compression: 'gzip',
    records: [{ key: Buffer.from('a'), value: Buffer.alloc(50, 'x') }],
  })
  broken.fill(0, broken.length - 20, broken.length - 10)
  setCrc(broken, 0, computeCrc(broken, 0))
  log.appendAsCoordinator(broken, 0)
  for (let i = 0; i < 9; i++) append([['a', String(i)]])
  const other = brokers.createTopic('other', { config: { ...COMPACT, internalSegmentBytes: 200 } })
  const { log: second } = brokers.logs.partition(other.topicId, 0)!
  for (let i = 0; i < 9; i++) {
    second.append(
      encodeBatch({
        records: [{ timestamp: clock.now(), key: Buffer.from('a'), value: Buffer.from(`${i}`) }],
      }),
      0,
    )
  }
  second.advanceHighWatermark()
  const size = log.size
  clock.advance(60_000)
  t.strictSame(lines, ['a log cannot be compacted'])
  t.equal(log.size, size)
  t.same(recordsOf(second), ['7:a=7', '8:a=8'])
})

t.test('min.compaction.lag.ms keeps young segments as they are', async (t) => {
  const { log, append, maintenance, clock } = rig(t, { ...COMPACT, minCompactionLagMs: 1000 })
  append([
    ['a', '1'],
    ['a', '2'],
  ])
  log.roll()
  clock.advance(600)
  append([
    ['a', '3'],
    ['a', '4'],
  ])
  clock.advance(400)
  await maintenance.compact()
  t.same(recordsOf(log), ['1:a=2', '2:a=3', '3:a=4'])
  clock.advance(600)
  await maintenance.compact()
  t.same(recordsOf(log), ['3:a=4'])
})

t.test('small segments become one, and a map that is full ends the round early', async (t) => {
  const { log, append, maintenance } = rig(
    t,
    { ...COMPACT, internalSegmentBytes: 400 },
    { logCleanerDedupeBufferSize: 24 * 5, logCleanerIoBufferLoadFactor: 1 },
  )
  for (let i = 0; i < 20; i++) append([[`k${i % 4}`, String(i)]])
  const before = log.segments.length
  await maintenance.compact()
  t.equal(log.segments.length, before + 1, 'which segments go together is said by their sizes before')
  append([['k3', '19']])
  await maintenance.compact()
  t.equal(log.segments.length, 2)
  t.same(recordsOf(log), ['16:k0=16', '17:k1=17', '18:k2=18', '20:k3=19'])
  const many = rig(
    t,
    { ...COMPACT, internalSegmentBytes: 400 },
    { logCleanerDedupeBufferSize: 24 * 5, logCleanerIoBufferLoadFactor: 1 },
  )
  for (let i = 0; i < 40; i++) many.append([[`k${i % 10}`, String(i)]])
  for (let i = 0; i < 10; i++) await many.maintenance.compact()
  t.equal(recordsOf(many.log).length, 10)
  t.same(recordsOf(many.log)[0], '30:k0=30')
})

t.test('transactions: aborted records go at once, markers when nothing of theirs is left', async (t) => {
  const { log, append, end, maintenance, clock } = rig(t, { ...COMPACT, deleteRetentionMs: 1000 })
  const transactional = (producerId: number, baseSequence: number) => {
    return { producerId, producerEpoch: 0, baseSequence, isTransactional: true }
  }
  append([
    ['a', '1'],
    ['b', '1'],
  ])
  append(
    [
      ['a', 'aborted'],
      ['c', 'aborted'],
    ],
    transactional(7, 0),
  )
  end(7, 'ABORT')
  append([['b', 'committed']], transactional(8, 0))
  end(8, 'COMMIT')
  append([['x', 'open']], transactional(9, 0))
  append([['a', 'above']])
  await maintenance.compact()
  t.equal(log.lastStableOffset, 7)
  t.same(recordsOf(log), [
    '0:a=1',
    '1:b=1',
    '2:a=aborted',
    '3:c=aborted',
    '5:b=committed',
    '7:x=open',
    '8:a=above',
  ])
  end(9, 'COMMIT')
  append([['z', '1']])
  await maintenance.compact()
  t.same(recordsOf(log), ['5:b=committed', '7:x=open', '8:a=above', '10:z=1'])
  const kept = batchesOf(log)
  // The producer is still known: its last batch stays as a header, for the sequence number.
  t.match(
    kept.find(({ baseOffset }) => baseOffset === 2),
    { lastOffset: 3, producerId: 7, baseSequence: 0, isTransactional: true, records: [] },
  )
  t.match(
    kept.find(({ baseOffset }) => baseOffset === 4),
    { isControl: true, producerId: 7 },
  )
  const read = log.read(0, MAX_BYTES, 'committed', true)
  t.same(
    read.abortedTransactions?.map(({ producerId }) => producerId),
    [7],
  )
  t.match(append([['n', '1']], transactional(7, 2)), { errorCode: 0 }, 'and it goes on from there')
  end(7, 'ABORT')
  // One round takes the empty header away, the next one sees that it has gone, the one after delete.retention.ms acts.
  for (let round = 0; round < 3; round++) {
    clock.advance(2000)
    append([['y', String(round)]])
    await maintenance.compact()
  }
  const markers = batchesOf(log).filter(({ isControl }) => isControl)
  t.notOk(
    markers.some(({ baseOffset }) => baseOffset === 4),
    'the marker of the first one has gone after its records',
  )
})

t.test('producers that are not transactional go on after compaction', async (t) => {
  const { log, append, maintenance } = rig(t, COMPACT)
  append(
    [
      ['a', '1'],
      ['a', '2'],
    ],
    { producerId: 3, producerEpoch: 0, baseSequence: 0 },
  )
  append([['a', '3']])
  await maintenance.compact()
  t.match(batchesOf(log)[0], { baseOffset: 0, lastOffset: 1, records: [], producerId: 3, baseSequence: 0 })
  const repeated = append(
    [
      ['a', '1'],
      ['a', '2'],
    ],
    { producerId: 3, producerEpoch: 0, baseSequence: 0 },
  )
  t.match(repeated, { isDuplicate: true, baseOffset: 0 })
  t.match(append([['a', '4']], { producerId: 3, producerEpoch: 0, baseSequence: 2 }), { baseOffset: 3 })
})

t.test('compact,delete does both', async (t) => {
  const { log, append, maintenance, clock } = rig(t, {
    cleanupPolicy: ['compact', 'delete'],
    retentionMs: 1000,
  })
  append([
    ['a', '1'],
    ['a', '2'],
  ])
  await maintenance.compact()
  clock.advance(600)
  append([
    ['b', '1'],
    ['b', '2'],
  ])
  await maintenance.compact()
  t.same(recordsOf(log), ['1:a=2', '3:b=2'])
  clock.advance(401)
  maintenance.applyRetention()
  t.same(recordsOf(log), ['1:a=2', '3:b=2'], 'they lie in one segment now')
  clock.advance(600)
  maintenance.applyRetention()
  t.same(recordsOf(log), [])
  t.equal(log.logStartOffset, 4)
})

t.test('an interval of 0 leaves idle moments', (t) => {
  let asked = 0
  const config = {
    get logCleanerBackoffMs() {
      if (++asked > 1_000) throw new Error('there is no end to it')
      return 0
    },
  }
  const { clock } = rig(t, COMPACT, config)
  clock.advance(10)
  t.ok(asked >= 10)
  t.end()
})

t.test('a limit of memory refuses producers until there is room again', async (t) => {
  const brokers = new LogBrokers([null], { memoryLimit: 1_000_000 })
  t.teardown(() => brokers.logs.close())
  const topic = brokers.createTopic('topic')
  const other = brokers.createTopic('other')
  const replicas = brokers.replicas()
  const produce = (name: string, bytes: number) => {
    const records = encodeBatch({ records: [{ timestamp: brokers.clock.now(), value: Buffer.alloc(bytes) }] })
    return replicas.append([{ topic: name, partition: 0, records }], -1)[0]
  }
  t.match(produce('topic', 500_000), { errorCode: 0 })
  t.match(produce('other', 500_000), { errorCode: 56, baseOffset: -1 })
  t.match(produce('other', 300_000), { errorCode: 0 })
  const { log } = brokers.logs.partition(topic.topicId, 0)!
  const marker = {
    producerId: 1,
    producerEpoch: 0,
    type: 'ABORT',
    coordinatorEpoch: 0,
    timestamp: 0,
  } as const
  t.match(
    log.appendAsCoordinator(encodeEndTxnMarkerBatch(marker), 0),
    { errorCode: 0 },
    'brokers always have room',
  )
  t.match(produce('topic', 200_000), { errorCode: 56 })
  replicas.deleteRecords('topic', 0, -1)
  t.match(produce('topic', 200_000), { errorCode: 0 })
  t.match(produce('topic', 500_000), { errorCode: 56 })
  brokers.deleteTopic(other)
  t.match(produce('topic', 300_000), { errorCode: 0 })
})
