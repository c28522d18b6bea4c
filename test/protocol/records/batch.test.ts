import { strict as assert } from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import { ProtocolError } from '../../../protocol/error.ts'
import * as batch from '../../../protocol/records/batch.ts'
import { BatchCursor } from '../../../protocol/records/batch-cursor.ts'
import { CompressionType } from '../../../protocol/records/compression/codecs.ts'
import { zstdReady } from '../../../protocol/records/compression/zstd.ts'
import { decodeBatch, decodeRecords } from '../../../protocol/records/decode-batch.ts'
import { encodeBatch } from '../../../protocol/records/encode-batch.ts'
import { int64At, setInt64At } from '../../../protocol/records/integers.ts'
import { RecordCursor } from '../../../protocol/records/record-cursor.ts'
import type { RecordRules } from '../../../protocol/records/record-rules.ts'
import { ensureValid, validateClientBatch } from '../../../protocol/records/validate-batch.ts'
import { validateProduceRecords } from '../../../protocol/records/validate-produce.ts'
import { validateRecords } from '../../../protocol/records/validate-records.ts'
import { sizeOfVarlong, writeVarint, writeVarlong } from '../../../protocol/records/varint.ts'
import { anyBatch, MAX_BYTES } from '../../helpers/records/arbitraries.ts'
import { type NaiveRecord, naiveRecords } from '../../helpers/records/naive-records.ts'

t.before(() => zstdReady())

/** A timestamp bound as the topic configs have it: no limit. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER

const lenient: RecordRules = {
  compacted: false,
  timestampType: 'CreateTime',
  now: 1_700_000_000_000,
  timestampBeforeMaxMs: NO_LIMIT,
  timestampAfterMaxMs: NO_LIMIT,
  maxBytes: MAX_BYTES,
  maxDecompressedRecordBytes: 2147483639,
}

t.test('every field of the header is read where it was written', async () => {
  fc.assert(
    fc.property(anyBatch, fc.nat({ max: 40 }), (input, shift) => {
      const bytes = Buffer.concat([Buffer.alloc(shift, 0xee), encodeBatch(input), Buffer.alloc(7, 0xee)])
      const timestamps = input.records.map((record) => record.timestamp ?? -1)
      const last = input.records.at(-1)?.offset ?? 0
      fc.pre(input.records.length > 0)
      return (
        batch.baseOffset(bytes, shift) === input.baseOffset &&
        batch.sizeInBytes(bytes, shift) === bytes.length - shift - 7 &&
        batch.batchLength(bytes, shift) === bytes.length - shift - 7 - 12 &&
        batch.partitionLeaderEpoch(bytes, shift) === input.partitionLeaderEpoch &&
        batch.magic(bytes, shift) === 2 &&
        batch.crc(bytes, shift) === batch.computeCrc(bytes, shift) &&
        batch.compressionCode(bytes, shift) === CompressionType[input.compression ?? 'none'] &&
        batch.isLogAppendTime(bytes, shift) === (input.logAppendTime !== undefined) &&
        batch.timestampType(bytes, shift) ===
          (input.logAppendTime === undefined ? 'CreateTime' : 'LogAppendTime') &&
        batch.isTransactional(bytes, shift) === input.isTransactional &&
        batch.isControlBatch(bytes, shift) === input.isControl &&
        batch.hasDeleteHorizon(bytes, shift) === (input.deleteHorizonMs !== undefined) &&
        batch.deleteHorizonMs(bytes, shift) === (input.deleteHorizonMs ?? -1) &&
        batch.lastOffset(bytes, shift) === last &&
        batch.lastOffsetDelta(bytes, shift) === last - (input.baseOffset ?? 0) &&
        batch.baseTimestamp(bytes, shift) === (input.deleteHorizonMs ?? timestamps[0]) &&
        batch.maxTimestamp(bytes, shift) === (input.logAppendTime ?? Math.max(-1, ...timestamps)) &&
        batch.producerId(bytes, shift) === input.producerId &&
        batch.producerEpoch(bytes, shift) === input.producerEpoch &&
        batch.baseSequence(bytes, shift) === input.baseSequence &&
        batch.recordCount(bytes, shift) === input.records.length &&
        ensureValid(bytes, shift) === null
      )
    }),
    { numRuns: 500 },
  )
})

t.test('records come back as they were, with every codec', async () => {
  fc.assert(
    fc.property(anyBatch, (input) => {
      const bytes = encodeBatch(input)
      const { records } = decodeBatch(bytes, 0, MAX_BYTES)
      return (
        records.length === input.records.length &&
        records.every((record, index) => {
          const expected = input.records[index]!
          return (
            record.offset === expected.offset &&
            record.timestamp === (input.logAppendTime ?? expected.timestamp ?? -1) &&
            same(record.key, expected.key) &&
            same(record.value, expected.value) &&
            record.headers.length === (expected.headers?.length ?? 0) &&
            record.headers.every((header, at) => {
              const wanted = expected.headers![at]!
              return header.key === wanted.key && same(header.value, wanted.value)
            })
          )
        })
      )
    }),
    { numRuns: 500 },
  )
})

function same(actual: Buffer | null, expected: Uint8Array | null | undefined): boolean {
  return expected == null ? actual === null : actual?.equals(expected) === true
}

t.test('setters change their field and keep the batch valid', async (t) => {
  fc.assert(
    fc.property(anyBatch, fc.maxSafeNat(), fc.nat(), fc.maxSafeNat(), (input, offset, epoch, now) => {
      const bytes = encodeBatch(input)
      const before = decodeBatch(bytes, 0, MAX_BYTES)
      batch.setBaseOffset(bytes, 0, offset)
      batch.setPartitionLeaderEpoch(bytes, 0, epoch)
      if (ensureValid(bytes, 0) !== null) return false
      batch.setMaxTimestamp(bytes, 0, 'LogAppendTime', now)
      const after = decodeBatch(bytes, 0, MAX_BYTES)
      return (
        ensureValid(bytes, 0) === null &&
        after.baseOffset === offset &&
        after.partitionLeaderEpoch === epoch &&
        after.maxTimestamp === now &&
        after.timestampType === 'LogAppendTime' &&
        after.records.every((record) => record.timestamp === now) &&
        after.compression === before.compression &&
        after.isTransactional === before.isTransactional &&
        after.baseTimestamp === before.baseTimestamp &&
        after.records.length === before.records.length
      )
    }),
  )
  const bytes = encodeBatch({ records: [{ timestamp: 5 }], logAppendTime: 7 })
  batch.setMaxTimestamp(bytes, 0, 'CreateTime', 5)
  t.equal(decodeRecords(bytes, 0, 0)[0]?.timestamp, 5, 'back to the time of creation')
  t.equal(ensureValid(bytes, 0), null)
})

t.test('sequence numbers wrap from 2^31-1 to 0', async (t) => {
  t.equal(batch.incrementSequence(0x7fff_ffff, 1), 0)
  t.equal(batch.incrementSequence(0x7fff_fffe, 1), 0x7fff_ffff)
  t.equal(batch.incrementSequence(0x7fff_ffff, 0x7fff_ffff), 0x7fff_fffe)
  const bytes = encodeBatch({
    records: [{}, {}, {}],
    baseSequence: 0x7fff_ffff,
    producerId: 1,
    producerEpoch: 0,
  })
  t.equal(batch.lastSequence(bytes, 0), 1)
  t.equal(batch.lastSequence(encodeBatch({ records: [{}] }), 0), batch.NO_SEQUENCE)
})

t.test('integers and varints: every number to 2^53, both signs', async () => {
  const buffer = Buffer.alloc(20)
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      setInt64At(buffer, 3, value)
      return int64At(buffer, 3) === value && buffer.readBigInt64BE(3) === BigInt(value)
    }),
    { numRuns: 1000 },
  )
  fc.assert(
    fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.integer({ min: -200, max: 200 })), (value) => {
      // A record whose timestamp delta is the value, and nothing else.
      const body = 1 + sizeOfVarlong(value) + 4
      let next = writeVarint(buffer, 0, body) + 1
      next = writeVarlong(buffer, next, value)
      for (const field of [0, -1, -1, 0]) next = writeVarint(buffer, next, field)
      const cursor = new RecordCursor(buffer, 0, next)
      return cursor.next() && cursor.timestampDelta === value && !cursor.next() && cursor.failure === null
    }),
    { numRuns: 2000 },
  )
})

t.test('a cursor walks over whole batches and leaves a partial one', async () => {
  fc.assert(
    fc.property(fc.array(anyBatch, { maxLength: 5 }), fc.nat(), (inputs, cut) => {
      const batches = inputs.map((input) => encodeBatch(input))
      const whole = Buffer.concat(batches)
      const bytes = whole.subarray(0, cut % (whole.length + 1))
      const cursor = new BatchCursor(bytes)
      let position = 0
      let index = 0
      while (cursor.next()) {
        if (cursor.position !== position || cursor.size !== batches[index]!.length || cursor.magic !== 2)
          return false
        position += cursor.size
        index += 1
      }
      const left = batches[index]
      const fits = left === undefined ? bytes.length === position : bytes.length - position < left.length
      return cursor.corruption === null && cursor.nextPosition === position && fits && !cursor.next()
    }),
    { numRuns: 300 },
  )
})

t.test('a cursor names what cannot be a batch', async (t) => {
  const good = encodeBatch({ records: [{ value: Buffer.from('x') }] })
  for (const [position, value] of [
    [8, 0x80],
    [16, 3],
    [16, 0xff],
  ] as const) {
    const bad = Buffer.concat([good, good])
    bad[good.length + position] = value
    const cursor = new BatchCursor(bad)
    t.ok(cursor.next())
    t.notOk(cursor.next())
    t.type(cursor.corruption, 'string')
    t.notOk(cursor.next(), 'and it stays there')
    cursor.reset(good)
    t.ok(cursor.next())
    t.equal(cursor.corruption, null)
  }
  const small = Buffer.alloc(40)
  small.writeInt32BE(13, 8)
  t.notOk(new BatchCursor(small).next())
  const cursor = new BatchCursor(small)
  cursor.next()
  t.match(cursor.corruption, /shorter/)
})

t.test('what a client may not send, each with its error', async (t) => {
  const good = { records: [{ timestamp: 1 }, { timestamp: 2 }] }
  const producer = { producerId: 9, producerEpoch: 0, baseSequence: 4 }
  t.equal(validateClientBatch(encodeBatch(good), 0), null)
  t.equal(validateClientBatch(encodeBatch({ ...good, ...producer }), 0), null)
  const refused: [string, Buffer][] = [
    ['a base offset', encodeBatch({ ...good, baseOffset: 1 })],
    ['more offsets than records', encodeBatch({ ...good, lastOffset: 4 })],
    ['an offset range below nothing', encodeBatch({ ...good, lastOffset: -1 })],
    ['no records', encodeBatch({ records: [] })],
    ['a control batch', encodeBatch({ ...good, isControl: true })],
    ['a negative sequence', encodeBatch({ ...good, ...producer, baseSequence: -1 })],
  ]
  for (const [name, bytes] of refused) t.equal(validateClientBatch(bytes, 0)?.error, 'INVALID_RECORD', name)
  const old = encodeBatch(good)
  old[16] = 1
  t.equal(validateClientBatch(old, 0)?.error, 'INVALID_RECORD')
  const flipped = encodeBatch(good)
  flipped[flipped.length - 1]! ^= 1
  t.equal(ensureValid(flipped, 0)?.error, 'CORRUPT_MESSAGE')
  const short = encodeBatch({ records: [] })
  short.writeInt32BE(40, 8)
  t.equal(ensureValid(short, 0)?.error, 'CORRUPT_MESSAGE')
})

t.test('one batch of v2 for each partition, from Produce v3 on', async (t) => {
  const one = encodeBatch({ records: [{}] })
  const check = (bytes: Buffer, version: number) => validateProduceRecords(bytes, version)?.error
  t.equal(check(one, 3), undefined)
  t.equal(
    check(Buffer.concat([one, one.subarray(0, 30)]), 3),
    undefined,
    'a partial batch is not a second one',
  )
  t.equal(check(Buffer.alloc(0), 3), 'INVALID_RECORD')
  t.equal(check(Buffer.concat([one, one]), 13), 'INVALID_RECORD')
  const old = Buffer.from(one)
  old[16] = 1
  t.equal(check(old, 3), 'INVALID_RECORD')
  t.equal(check(old, 2), undefined, 'message sets are taken by upConvert')
  old[16] = 9
  t.equal(check(old, 3), 'CORRUPT_MESSAGE')
  t.equal(check(Buffer.concat([one, old]), 3), 'CORRUPT_MESSAGE')
  const zstd = encodeBatch({ records: [{}], compression: 'zstd' })
  t.equal(check(zstd, 6), 'UNSUPPORTED_COMPRESSION_TYPE')
  t.equal(check(Buffer.concat([zstd, one]), 6), 'UNSUPPORTED_COMPRESSION_TYPE', 'before a second batch')
  t.equal(check(zstd, 7), undefined)
})

t.test('records against the rules of their topic', async (t) => {
  const now = lenient.now
  const bytes = encodeBatch({
    records: [{ timestamp: now - 100 }, { timestamp: now + 50, key: Buffer.from('k') }, {}],
  })
  const fine = validateRecords(bytes, 0, lenient)
  t.match(fine, { failure: null, maxTimestamp: now + 50, maxTimestampDelta: 1 })
  const compacted = validateRecords(bytes, 0, { ...lenient, compacted: true })
  t.equal(compacted.failure?.error, 'INVALID_RECORD')
  t.same(
    compacted.failure?.recordErrors.map((error) => error.batchIndex),
    [0, 2],
  )
  const early = validateRecords(bytes, 0, { ...lenient, timestampBeforeMaxMs: 99 })
  t.equal(early.failure?.error, 'INVALID_TIMESTAMP')
  t.same(
    early.failure?.recordErrors.map((error) => error.batchIndex),
    [0],
  )
  const late = validateRecords(bytes, 0, { ...lenient, timestampAfterMaxMs: 49 })
  t.same(
    late.failure?.recordErrors.map((error) => error.batchIndex),
    [1],
  )
  t.equal(
    validateRecords(bytes, 0, { ...lenient, timestampAfterMaxMs: 50, timestampBeforeMaxMs: 100 }).failure,
    null,
  )
  const appendTopic = { ...lenient, timestampType: 'LogAppendTime', timestampBeforeMaxMs: 0 } as const
  t.equal(
    validateRecords(bytes, 0, appendTopic).failure,
    null,
    'where the broker sets the time, any is taken',
  )
  const appendBatch = encodeBatch({ records: [{ timestamp: 1 }], logAppendTime: now })
  t.equal(validateRecords(appendBatch, 0, appendTopic).failure?.error, 'INVALID_TIMESTAMP')
  const gaps = { records: [{ offset: 0 }, { offset: 2 }], lastOffset: 1 }
  t.equal(validateRecords(encodeBatch(gaps), 0, lenient).failure, null)
  const compressedGaps = encodeBatch({ ...gaps, compression: 'gzip' })
  t.equal(validateRecords(compressedGaps, 0, lenient).failure?.error, 'UNKNOWN_SERVER_ERROR')
  const largeRecord = { records: [{}, { value: Buffer.alloc(100) }] }
  const small = { ...lenient, maxDecompressedRecordBytes: 106 }
  t.equal(
    validateRecords(encodeBatch({ ...largeRecord, compression: 'lz4' }), 0, small).failure?.error,
    'INVALID_RECORD',
  )
  t.equal(
    validateRecords(encodeBatch(largeRecord), 0, small).failure,
    null,
    'only where something is decompressed',
  )
})

t.test('a count or a body that does not fit the records', async (t) => {
  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    for (const change of [-1, 1]) {
      const bytes = encodeBatch({ records: [{}, {}, {}], compression })
      bytes.writeInt32BE(3 + change, 57)
      t.equal(validateRecords(bytes, 0, lenient).failure?.error, 'INVALID_RECORD', compression)
      t.throws(() => decodeRecords(bytes, 0, MAX_BYTES), ProtocolError)
    }
    const bytes = encodeBatch({ records: [{ value: Buffer.alloc(1000) }], compression })
    if (compression === 'none') continue
    t.ok(validateRecords(bytes, 0, { ...lenient, maxBytes: 500 }).failure)
    t.throws(() => decodeRecords(bytes, 0, 500), ProtocolError)
  }
  const unknown = encodeBatch({ records: [{}] })
  unknown[22] = 5
  t.ok(validateRecords(unknown, 0, lenient).failure)
  t.throws(() => decodeRecords(unknown, 0, MAX_BYTES), ProtocolError)
  const negative = encodeBatch({ records: [{}] })
  negative.writeInt32BE(-1, 57)
  t.throws(() => decodeRecords(negative, 0, MAX_BYTES), ProtocolError)
})

t.test('mutated and truncated batches: a value, a typed refusal, or the one error', async (t) => {
  const attack = fc.tuple(anyBatch, fc.nat(), fc.nat({ max: 255 }), fc.nat(), fc.boolean())
  let refused = 0
  fc.assert(
    fc.property(attack, ([input, at, byte, cut, truncate]) => {
      let bytes = encodeBatch(input)
      bytes[at % bytes.length] = byte
      if (truncate) bytes = bytes.subarray(0, cut % bytes.length)
      const cursor = new BatchCursor(bytes)
      while (cursor.next()) {
        if (cursor.magic !== 2 || ensureValid(bytes, cursor.position) !== null) refused += 1
        if (cursor.magic !== 2 || cursor.size < batch.BATCH_HEADER_BYTES) continue
        validateClientBatch(bytes, cursor.position)
        validateRecords(bytes, cursor.position, lenient)
      }
      try {
        decodeBatch(bytes, 0, MAX_BYTES)
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
      }
    }),
    { numRuns: 3000 },
  )
  t.ok(refused > 500, `${refused} batches had a wrong CRC`)
})

t.test('a changed byte behind the CRC never goes unseen', async () => {
  fc.assert(
    fc.property(anyBatch, fc.nat(), fc.integer({ min: 1, max: 255 }), (input, at, bits) => {
      const bytes = encodeBatch(input)
      bytes[17 + (at % (bytes.length - 17))]! ^= bits
      return ensureValid(bytes, 0)?.error === 'CORRUPT_MESSAGE'
    }),
    { numRuns: 500 },
  )
})

t.test('record bytes of any kind', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const cursor = new RecordCursor(Buffer.from(bytes))
      let records = 0
      while (cursor.next()) {
        records += 1
        cursor.key()
        cursor.value()
        cursor.headers()
      }
      return records <= bytes.length && cursor.position <= bytes.length + 1
    }),
    { numRuns: 5000 },
  )
})

t.test(
  'records, nearly right ones too, are taken and refused as by a reader that takes its time',
  async () => {
    /** A number as a varint that may be longer than it need be, or lack its end. */
    const varint = fc
      .tuple(fc.oneof(fc.nat(12), fc.nat(300), fc.nat(2 ** 31)), fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 2))
      .map(([number, more]) => {
        const bytes: number[] = []
        let rest = number
        for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
        return [...bytes, rest, ...Array(more).fill(0)].map((byte, i, { length }) =>
          i < length - 1 ? byte | 0x80 : byte,
        )
      })
    const text = fc.nat(150).map((length) => [2 * length, ...Array(length).fill(7)])
    const lengthAndText = text.map(([raw, ...rest]) =>
      raw! < 0x80 ? [raw!, ...rest] : [(raw! & 0x7f) | 0x80, raw! >>> 7, ...rest],
    )
    const field = fc.oneof(
      { weight: 4, arbitrary: lengthAndText },
      { weight: 1, arbitrary: varint },
      fc.constant([1]),
    )
    const body = fc
      .tuple(
        fc.constant([0]),
        varint,
        varint,
        field,
        field,
        fc.oneof({ weight: 6, arbitrary: fc.constant([0]) }, varint),
      )
      .map((fields) => fields.flat())
    const record = fc.tuple(body, fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, -1, 1)).map(([bytes, wrong]) => {
      const size = 2 * (bytes.length + wrong)
      return size < 0x80 ? [size, ...bytes] : [(size & 0x7f) | 0x80, (size >>> 7) & 0x7f, ...bytes]
    })
    fc.assert(
      fc.property(fc.array(record, { maxLength: 5 }), fc.nat(3), (all, cut) => {
        const bytes = Buffer.from(all.flat()).subarray(
          0,
          Math.max(0, all.flat().length - (cut === 3 ? 1 : 0)),
        )
        const expected = naiveRecords(bytes)
        const cursor = new RecordCursor(bytes)
        const found: NaiveRecord[] = []
        while (cursor.next()) {
          const { bodySize, timestampDelta, offsetDelta, keyLength, valueLength, headerCount } = cursor
          found.push({ bodySize, timestampDelta, offsetDelta, keyLength, valueLength, headerCount })
        }
        assert.deepEqual(found, expected.records)
        assert.equal(cursor.failure !== null, expected.isMalformed)
      }),
      { numRuns: 5000 },
    )
  },
)
