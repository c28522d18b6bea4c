import fc from 'fast-check'
import t from 'tap'
import { ProtocolError } from '../../../protocol/error.ts'
import * as batch from '../../../protocol/records/batch.ts'
import { BatchCursor } from '../../../protocol/records/batch-cursor.ts'
import { CompressionType, compressionName } from '../../../protocol/records/compression/codecs.ts'
import { zstdReady } from '../../../protocol/records/compression/zstd.ts'
import { encodeEndTxnMarkerBatch } from '../../../protocol/records/control.ts'
import { decodeBatch, decodeRecords } from '../../../protocol/records/decode-batch.ts'
import { downConvert } from '../../../protocol/records/down-convert.ts'
import { encodeBatch } from '../../../protocol/records/encode-batch.ts'
import {
  ensureMessageValid,
  messageCompressionCode,
  messageIsLogAppendTime,
  messageTimestamp,
  writeMessage,
} from '../../../protocol/records/message.ts'
import {
  decodeMessageSet,
  encodeMessageSet,
  type MessageSetInput,
} from '../../../protocol/records/message-set.ts'
import type { KafkaRecord, RecordInput } from '../../../protocol/records/record.ts'
import { type UpConversion, upConvert } from '../../../protocol/records/up-convert.ts'
import { ensureValid } from '../../../protocol/records/validate-batch.ts'
import { anyBatch, anyMessageSet, MAX_BYTES } from '../../helpers/records/arbitraries.ts'

t.before(() => zstdReady())

const NO_LIMIT = Number.MAX_SAFE_INTEGER

function sameBytes(actual: Buffer | null, expected: Uint8Array | null): boolean {
  return expected === null ? actual === null : actual?.equals(expected) === true
}

function expectedTimestamp(input: MessageSetInput, record: RecordInput): number {
  return input.magic === 0 ? -1 : (input.logAppendTime ?? record.timestamp ?? -1)
}

t.test('messages come back as they were: v0, v1, each codec, wrapped', async () => {
  fc.assert(
    fc.property(anyMessageSet, fc.nat({ max: 20 }), (input, shift) => {
      const set = Buffer.concat([Buffer.alloc(shift, 0xee), encodeMessageSet(input)])
      const decoded = decodeMessageSet(set, shift, set.length, MAX_BYTES)
      // Wrapper offset 0 cannot be told from the relative offsets of old librdkafka; it is only the first message's.
      return (
        decoded.length === input.records.length &&
        decoded.every((record, index) => {
          const wanted = input.records[index]!
          return (
            record.offset === wanted.offset &&
            record.timestamp === expectedTimestamp(input, wanted) &&
            record.headers.length === 0 &&
            sameBytes(record.key, wanted.key) &&
            sameBytes(record.value, wanted.value)
          )
        })
      )
    }),
    { numRuns: 500 },
  )
})

t.test('each message is valid, and not after a byte has changed', async () => {
  fc.assert(
    fc.property(anyMessageSet, fc.nat(), fc.integer({ min: 1, max: 255 }), (input, at, bits) => {
      const set = encodeMessageSet(input)
      const cursor = new BatchCursor(set)
      while (cursor.next()) {
        if (cursor.magic !== input.magic || ensureMessageValid(set, cursor.position) !== null) return false
      }
      const size = batch.sizeInBytes(set, 0)
      set[12 + (at % (size - 12))]! ^= bits
      return ensureMessageValid(set, 0)?.error === 'CORRUPT_MESSAGE'
    }),
    { numRuns: 500 },
  )
})

t.test('the header of a wrapper: last offset, largest timestamp, codec', async (t) => {
  const list = [{ offset: 40, timestamp: 7 }, { offset: 42, timestamp: 9 }, { timestamp: 8 }]
  const v1 = encodeMessageSet({ magic: 1, records: list, compression: 'gzip' })
  t.equal(batch.baseOffset(v1, 0), 43)
  t.equal(messageTimestamp(v1, 0), 9)
  t.equal(messageCompressionCode(v1, 0), CompressionType.gzip)
  t.notOk(messageIsLogAppendTime(v1, 0))
  const stamped = encodeMessageSet({ magic: 1, records: list, compression: 'lz4', logAppendTime: 77 })
  t.ok(messageIsLogAppendTime(stamped, 0))
  t.equal(messageTimestamp(stamped, 0), 77)
  const v0 = encodeMessageSet({ magic: 0, records: list, compression: 'snappy' })
  t.equal(messageTimestamp(v0, 0), -1)
  t.equal(encodeMessageSet({ magic: 1, records: [], compression: 'gzip' }).length, 0)
})

t.test('a wrapper with offset 0 keeps the offsets inside, as old librdkafka sends it', async (t) => {
  const set = encodeMessageSet({ magic: 1, records: [{ offset: 0 }, {}, {}], compression: 'gzip' })
  batch.setBaseOffset(set, 0, 0)
  t.same(
    decodeMessageSet(set, 0, set.length, MAX_BYTES).map((record) => record.offset),
    [0, 1, 2],
  )
  batch.setBaseOffset(set, 0, 1)
  t.throws(() => decodeMessageSet(set, 0, set.length, MAX_BYTES), ProtocolError)
})

function message(magic: 0 | 1, compressionCode: number, value: Buffer | null): Buffer {
  const buffer = Buffer.alloc(200 + (value?.length ?? 0))
  const fields = { magic, offset: 5, timestamp: 1, isLogAppendTime: false, compressionCode, key: null, value }
  return buffer.subarray(0, writeMessage(buffer, 0, fields))
}

t.test('what a message set may not be', async (t) => {
  const plain = encodeMessageSet({ magic: 1, records: [{}] })
  const refused: [string, Buffer][] = [
    ['zstd', message(1, CompressionType.zstd, plain)],
    ['a wrapper without a value', message(1, CompressionType.gzip, null)],
    [
      'a wrapper of nothing',
      message(1, CompressionType.snappy, Buffer.from('82534e41505059000000000100000001', 'hex')),
    ],
    ['a code that is not assigned', message(1, 6, plain)],
    ['a batch of v2', encodeBatch({ records: [{}] })],
  ]
  const wrapper = encodeMessageSet({ magic: 1, records: [{}, {}], compression: 'gzip' })
  const { gzipSync } = await import('node:zlib')
  refused.push(['a wrapper in a wrapper', message(1, CompressionType.gzip, gzipSync(wrapper))])
  refused.push([
    'a batch in a wrapper',
    message(1, CompressionType.gzip, gzipSync(encodeBatch({ records: [{}] }))),
  ])
  for (const [name, bytes] of refused) {
    t.throws(() => decodeMessageSet(bytes, 0, bytes.length, MAX_BYTES), ProtocolError, name)
  }
  t.throws(() => encodeMessageSet({ magic: 1, records: [{}], compression: 'zstd' }), ProtocolError)
})

t.test('mutated and truncated message sets: a value or the one error', async () => {
  fc.assert(
    fc.property(
      anyMessageSet,
      fc.nat(),
      fc.nat({ max: 255 }),
      fc.nat(),
      fc.boolean(),
      (input, at, byte, cut, truncate) => {
        let set = encodeMessageSet(input)
        set[at % set.length] = byte
        if (truncate) set = set.subarray(0, cut % (set.length + 1))
        try {
          decodeMessageSet(set, 0, set.length, MAX_BYTES)
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error
        }
        const { failure } = upConvert(set, 0, set.length, conversion)
        return failure === null || failure.error.length > 0
      },
    ),
    { numRuns: 3000 },
  )
})

const conversion: UpConversion = {
  compacted: false,
  timestampType: 'CreateTime',
  now: 1_000_000,
  timestampBeforeMaxMs: NO_LIMIT,
  timestampAfterMaxMs: NO_LIMIT,
  maxBytes: MAX_BYTES,
  maxDecompressedRecordBytes: 2147483639,
  compressionType: 'producer',
  baseOffset: 100,
  partitionLeaderEpoch: 3,
}

t.test('up: one batch, offsets given anew, the codec kept or the topic’s', async () => {
  const targets = fc.constantFrom<UpConversion['compressionType']>('producer', 'none', 'gzip', 'zstd', 'lz4')
  fc.assert(
    fc.property(anyMessageSet, targets, fc.boolean(), (input, compressionType, appendTime) => {
      fc.pre(input.logAppendTime === undefined)
      const set = encodeMessageSet(input)
      const timestampType = appendTime ? 'LogAppendTime' : 'CreateTime'
      const converted = upConvert(set, 0, set.length, { ...conversion, compressionType, timestampType })
      if (converted.failure !== null) return false
      const decoded = decodeBatch(converted.batch, 0, MAX_BYTES)
      const timestamps = input.records.map((record) => expectedTimestamp(input, record))
      return (
        ensureValid(converted.batch, 0) === null &&
        decoded.sizeInBytes === converted.batch.length &&
        decoded.baseOffset === 100 &&
        decoded.partitionLeaderEpoch === 3 &&
        decoded.producerId === -1 &&
        decoded.compression === (compressionType === 'producer' ? input.compression : compressionType) &&
        decoded.timestampType === timestampType &&
        decoded.maxTimestamp === (appendTime ? conversion.now : Math.max(...timestamps)) &&
        converted.maxTimestamp === Math.max(...timestamps) &&
        converted.recordCount === input.records.length &&
        decoded.records.every((record, index) => {
          const wanted = input.records[index]!
          return (
            record.offset === 100 + index &&
            record.timestamp === (appendTime ? conversion.now : timestamps[index]) &&
            sameBytes(record.key, wanted.key) &&
            sameBytes(record.value, wanted.value)
          )
        })
      )
    }),
    { numRuns: 400 },
  )
})

t.test('up: what is refused, and with which error', async (t) => {
  const v0 = encodeMessageSet({ magic: 0, records: [{}] })
  const v1 = encodeMessageSet({ magic: 1, records: [{ timestamp: 5 }] })
  const gzip = encodeMessageSet({
    magic: 1,
    records: [{ timestamp: 5 }, { timestamp: 6 }],
    compression: 'gzip',
  })
  const refusal = (set: Buffer, options: Partial<UpConversion> = {}) =>
    upConvert(set, 0, set.length, { ...conversion, ...options }).failure
  t.equal(refusal(Buffer.concat([v0, v1]))?.error, 'INVALID_RECORD', 'two magics')
  t.equal(refusal(Buffer.concat([gzip, v1]))?.error, 'INVALID_RECORD', 'a wrapper and another message')
  t.equal(refusal(encodeBatch({ records: [{}] }))?.error, 'INVALID_RECORD', 'a batch')
  t.equal(refusal(v1, { compacted: true })?.error, 'INVALID_RECORD', 'no key')
  t.equal(refusal(v1, { timestampBeforeMaxMs: 10 })?.error, 'INVALID_TIMESTAMP')
  const stamped = encodeMessageSet({ magic: 1, records: [{}], logAppendTime: 5 })
  t.equal(refusal(stamped, { timestampType: 'LogAppendTime' })?.error, 'INVALID_TIMESTAMP')
  const torn = Buffer.concat([v1, v1])
  torn[torn.length - 1]! ^= 1
  t.equal(refusal(torn)?.error, 'CORRUPT_MESSAGE')
  const { gzipSync } = await import('node:zlib')
  const inner = Buffer.from(v1)
  inner[inner.length - 1]! ^= 1
  t.equal(
    refusal(message(1, CompressionType.gzip, gzipSync(inner)))?.error,
    'CORRUPT_MESSAGE',
    'inside a wrapper',
  )
  t.equal(
    refusal(message(1, CompressionType.gzip, gzipSync(v0)))?.error,
    'INVALID_RECORD',
    'another magic inside',
  )
  t.match(refusal(gzip, { compacted: true })?.recordErrors, [{ batchIndex: 0 }, { batchIndex: 1 }])
  const large = encodeMessageSet({ magic: 1, records: [{ value: Buffer.alloc(100) }], compression: 'gzip' })
  t.equal(refusal(large, { maxDecompressedRecordBytes: 121 })?.error, 'INVALID_RECORD')
  t.equal(refusal(large, { maxDecompressedRecordBytes: 122 }), null)
  t.equal(refusal(message(1, CompressionType.zstd, v1))?.error, 'INVALID_RECORD')
  t.equal(refusal(message(1, CompressionType.gzip, v1))?.error, 'UNKNOWN_SERVER_ERROR', 'not gzip')
  t.equal(
    refusal(encodeMessageSet({ magic: 1, records: [{ timestamp: -2 }] }))?.error,
    'UNKNOWN_SERVER_ERROR',
  )
  const nothing = upConvert(v1.subarray(0, 20), 0, 20, conversion)
  t.match(nothing, { failure: null, recordCount: 0, batch: { length: 0 } }, 'no whole message')
  const partial = Buffer.concat([v1, v1.subarray(0, 20)])
  t.match(upConvert(partial, 0, partial.length, conversion), { failure: null, recordCount: 1 })
})

t.test('down: the same records without what old formats cannot say', async () => {
  fc.assert(
    fc.property(
      fc.array(anyBatch, { minLength: 1, maxLength: 4 }),
      fc.constantFrom<0 | 1>(0, 1),
      fc.nat({ max: 100 }),
      (inputs, toMagic, ahead) => {
        fc.pre(inputs.every((input) => input.compression !== 'zstd'))
        const batches = inputs.map((input) => encodeBatch(input))
        const bytes = Buffer.concat([...batches, batches[0]!.subarray(0, 40)])
        const firstOffset = inputs[0]!.records[0]!.offset + ahead
        const { messages, failure } = downConvert(bytes, 0, bytes.length, toMagic, firstOffset, MAX_BYTES)
        const wanted: KafkaRecord[] = []
        for (const [index, input] of inputs.entries()) {
          if (input.isControl) continue
          for (const record of decodeRecords(batches[index]!, 0, MAX_BYTES)) {
            if ((input.compression ?? 'none') !== 'none' || record.offset >= firstOffset) wanted.push(record)
          }
        }
        const decoded = decodeMessageSet(messages, 0, messages.length, MAX_BYTES)
        return (
          failure === null &&
          decoded.length === wanted.length &&
          decoded.every(
            (record, index) =>
              record.offset === wanted[index]!.offset &&
              record.timestamp === (toMagic === 0 ? -1 : wanted[index]!.timestamp) &&
              sameBytes(record.key, wanted[index]!.key) &&
              sameBytes(record.value, wanted[index]!.value),
          )
        )
      },
    ),
    { numRuns: 400 },
  )
})

t.test('down: control batches go, zstd ends it, old messages stay', async (t) => {
  const marker = {
    type: 'COMMIT',
    coordinatorEpoch: 1,
    producerId: 5,
    producerEpoch: 0,
    timestamp: 1,
  } as const
  const control = encodeEndTxnMarkerBatch(marker)
  t.same(downConvert(control, 0, control.length, 1, 0, MAX_BYTES), {
    messages: Buffer.alloc(0),
    failure: null,
  })

  const zstd = encodeBatch({ records: [{ offset: 1 }], compression: 'zstd' })
  t.match(downConvert(zstd, 0, zstd.length, 1, 0, MAX_BYTES).failure, {
    error: 'UNSUPPORTED_COMPRESSION_TYPE',
  })
  const plain = encodeBatch({ records: [{ offset: 0 }] })
  const mixed = Buffer.concat([plain, zstd, plain])
  const { messages, failure } = downConvert(mixed, 0, mixed.length, 1, 0, MAX_BYTES)
  t.equal(failure, null)
  t.equal(decodeMessageSet(messages, 0, messages.length, MAX_BYTES).length, 1)

  for (const compression of ['none', 'gzip'] as const) {
    const v1 = encodeMessageSet({ magic: 1, records: [{ offset: 8, timestamp: 4 }, {}], compression })
    t.same(downConvert(v1, 0, v1.length, 1, 0, MAX_BYTES).messages, v1)
    const v0 = downConvert(v1, 0, v1.length, 0, 0, MAX_BYTES).messages
    const expected = encodeMessageSet({ magic: 0, records: [{ offset: 8 }, {}], compression })
    t.same(v0, expected, `v1 to v0, ${compressionName(CompressionType[compression])}`)
  }
})
