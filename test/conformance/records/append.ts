import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import * as batch from '../../../protocol/records/batch.ts'
import { BatchCursor } from '../../../protocol/records/batch-cursor.ts'
import { encodeBatch } from '../../../protocol/records/encode-batch.ts'
import { encodeMessageSet } from '../../../protocol/records/message-set.ts'
import type { RecordRules } from '../../../protocol/records/record-rules.ts'
import type { RecordsFailure } from '../../../protocol/records/records-failure.ts'
import { type UpConversion, upConvert } from '../../../protocol/records/up-convert.ts'
import { ensureValid, validateClientBatch } from '../../../protocol/records/validate-batch.ts'
import { validateRecords } from '../../../protocol/records/validate-records.ts'
import { anyBatch, anyMessageSet, MAX_BYTES } from '../../helpers/records/arbitraries.ts'

/** As FIXED_TIME, the first offset and the leader epoch of RecordVectors.java. */
const NOW = 1_700_000_050_000
const FIRST_OFFSET = 100
const LEADER_EPOCH = 3

/** What a producer sent, and the topic it was sent to. */
export interface Produced {
  kind: string
  bytes: Buffer
  rules: RecordRules
  compressionType: UpConversion['compressionType']
}

const rules: fc.Arbitrary<RecordRules> = fc.record({
  compacted: fc.constantFrom(false, false, false, true),
  timestampType: fc.constantFrom('CreateTime', 'CreateTime', 'LogAppendTime'),
  now: fc.constant(NOW),
  timestampBeforeMaxMs: fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 20_000),
  timestampAfterMaxMs: fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 20_000),
  maxBytes: fc.constant(MAX_BYTES),
  maxDecompressedRecordBytes: fc.constantFrom(2147483639, 2147483639, 60),
})

/** Batches that clients may send, each with the offsets 0, 1, 2, ... */
const clientBatch = anyBatch.map(({ deleteHorizonMs: _, ...input }) => ({
  ...input,
  baseOffset: 0,
  isControl: false,
  records: input.records.map((record, index) => ({
    ...record,
    offset: index,
    timestamp: around(record.timestamp ?? -1),
  })),
}))

function around(timestamp: number): number {
  return timestamp < 0 ? timestamp : NOW - 30_000 + (timestamp % 60_000)
}

const good = clientBatch.map((input) => ({ kind: 'batch', bytes: encodeBatch(input) }))

const odd = fc
  .tuple(
    clientBatch,
    fc.constantFrom('count', 'offset', 'control', 'sequence', 'negative'),
    fc.integer({ min: -2, max: 2 }),
  )
  .map(([input, kind, by]) => {
    const bytes = encodeBatch({ ...input, ...(kind === 'control' ? { isControl: true } : {}) })
    if (kind === 'count') bytes.writeInt32BE(input.records.length + by, 57)
    if (kind === 'offset') bytes.writeInt32BE(input.records.length - 1 + by, 23)
    if (kind === 'negative') bytes.writeInt32BE(-by, 57)
    if (kind === 'sequence') {
      batch.setBaseOffset(bytes, 43, by)
      bytes.writeInt32BE(by, 53)
    }
    batch.setCrc(bytes, 0, batch.computeCrc(bytes, 0))
    return { kind, bytes }
  })

/** A byte of the records changed, and the CRC made right again, so that only the records can tell. */
const bent = fc.tuple(clientBatch, fc.nat(), fc.nat({ max: 255 })).map(([input, at, byte]) => {
  const bytes = encodeBatch(input)
  bytes[61 + (at % (bytes.length - 61))] = byte
  batch.setCrc(bytes, 0, batch.computeCrc(bytes, 0))
  return { kind: 'bent', bytes }
})

const torn = fc.tuple(clientBatch, fc.nat(), fc.integer({ min: 1, max: 255 })).map(([input, at, bits]) => {
  const bytes = encodeBatch(input)
  bytes[17 + (at % (bytes.length - 17))]! ^= bits
  return { kind: 'torn', bytes }
})

const messages = anyMessageSet.map((input) => ({
  kind: 'messages',
  bytes: encodeMessageSet({
    ...input,
    records: input.records.map((record, index) => ({
      ...record,
      offset: index,
      timestamp: around(record.timestamp ?? -1),
    })),
  }),
}))

const bentMessages = fc.tuple(messages, fc.nat(), fc.nat({ max: 255 })).map(([{ bytes }, at, byte]) => {
  const size = batch.sizeInBytes(bytes, 0)
  bytes[17 + (at % (size - 17))] = byte
  bytes.writeUInt32BE(crc32(bytes.subarray(16, size)), 12)
  return { kind: 'bent messages', bytes }
})

const mixed = fc.array(messages, { minLength: 2, maxLength: 3 }).map((sets) => ({
  kind: 'mixed messages',
  bytes: Buffer.concat(sets.map((set) => set.bytes)),
}))

const topicCompression = fc.constantFrom<Produced['compressionType']>(
  'producer',
  'producer',
  'none',
  'gzip',
  'lz4',
  'zstd',
)

export const produced: fc.Arbitrary<Produced> = fc
  .tuple(
    fc.oneof(
      { weight: 5, arbitrary: good },
      { weight: 3, arbitrary: odd },
      { weight: 3, arbitrary: bent },
      { weight: 1, arbitrary: torn },
      { weight: 4, arbitrary: messages },
      { weight: 3, arbitrary: bentMessages },
      { weight: 1, arbitrary: mixed },
    ),
    rules,
    topicCompression,
  )
  .map(([sent, topic, compression]) => ({
    ...sent,
    rules: topic,
    // Recompressing a batch of v2 is the log's business, not that of the record formats.
    compressionType: sent.bytes[batch.MAGIC_POSITION] === 2 ? 'producer' : compression,
  }))

interface Outcome {
  error: string
  message: string
  batchIndexes: number[]
  maxTimestamp: number | null
  bytes: Buffer | null
}

/** What a log does with it: validate, give offsets, epoch and append time. */
export function appendOurs({ bytes, rules, compressionType }: Produced): Outcome {
  if (bytes[batch.MAGIC_POSITION] !== 2) {
    const conversion = {
      ...rules,
      compressionType,
      baseOffset: FIRST_OFFSET,
      partitionLeaderEpoch: LEADER_EPOCH,
    }
    const converted = upConvert(bytes, 0, bytes.length, conversion)
    if (converted.failure !== null) return refused(converted.failure)
    return accepted(rules, converted.maxTimestamp, converted.batch)
  }
  const cursor = new BatchCursor(bytes)
  if (!cursor.next())
    return refused({ error: 'CORRUPT_MESSAGE', message: cursor.corruption ?? 'cut', recordErrors: [] })
  const header = ensureValid(bytes, 0) ?? validateClientBatch(bytes, 0)
  if (header !== null) return refused(header)
  const { failure, maxTimestamp } = validateRecords(bytes, 0, rules)
  if (failure !== null) return refused(failure)
  const appended = Buffer.from(bytes)
  batch.setBaseOffset(appended, 0, FIRST_OFFSET)
  batch.setPartitionLeaderEpoch(appended, 0, LEADER_EPOCH)
  const timestamp = rules.timestampType === 'LogAppendTime' ? rules.now : maxTimestamp
  batch.setMaxTimestamp(appended, 0, rules.timestampType, timestamp)
  return accepted(rules, maxTimestamp, appended)
}

function refused({ error, message, recordErrors }: RecordsFailure): Outcome {
  const batchIndexes = recordErrors.map((recordError) => recordError.batchIndex)
  return { error, message, batchIndexes, maxTimestamp: null, bytes: null }
}

function accepted(rules: RecordRules, maxTimestamp: number, bytes: Buffer | null): Outcome {
  const timestamp = rules.timestampType === 'LogAppendTime' ? rules.now : maxTimestamp
  return { error: 'NONE', message: '', batchIndexes: [], maxTimestamp: timestamp, bytes }
}
