import { ProtocolError } from '../error.ts'
import { batchLength, LOG_OVERHEAD, magic, NO_TIMESTAMP } from './batch.ts'
import { BatchCursor } from './batch-cursor.ts'
import { type CompressionName, CompressionType, compressionName } from './compression/codecs.ts'
import { encodeBatch } from './encode-batch.ts'
import {
  ensureMessageValid,
  messageCompressionCode,
  messageContent,
  messageIsLogAppendTime,
} from './message.ts'
import { decodeMessage, decodeWrapped, wrappedSet } from './message-set.ts'
import type { KafkaRecord } from './record.ts'
import { RecordChecker, type RecordRules } from './record-rules.ts'
import { type RecordsErrorName, type RecordsFailure, recordsFailure } from './records-failure.ts'

export interface UpConversion extends RecordRules {
  /** The topic's `compression.type`; `producer` keeps what the messages came with. */
  compressionType: CompressionName | 'producer'
  /** The offset that the first record gets; the others follow. */
  baseOffset: number
  partitionLeaderEpoch: number
}

/** The batch that messages became, or why they were refused. */
export type UpConverted =
  | { failure: RecordsFailure; batch: null }
  | {
      failure: null
      /** One v2 batch, ready to be appended; empty where no whole message was sent. */
      batch: Buffer
      recordCount: number
      /** `NO_TIMESTAMP` where no record has one. */
      maxTimestamp: number
      /** Of the first record with that timestamp, counted from the batch's first; -1 where there is none. */
      maxTimestampDelta: number
    }

/**
 * Makes one v2 batch of the v0 or v1 messages in `buffer[start, end)`, as a producer sends them with Produce v0-v2,
 * and holds them against the topic's rules: what Kafka's LogValidator does. The messages' own offsets are not kept; a
 * partial message at the end is left out.
 */
export function upConvert(buffer: Buffer, start: number, end: number, options: UpConversion): UpConverted {
  const cursor = new BatchCursor(buffer, start, end)
  let messages = 0
  let sourceCode: number = CompressionType.none
  for (; cursor.next(); messages++) {
    if (cursor.magic > 1) return refuse('INVALID_RECORD', `magic ${cursor.magic} in a message set`)
    const invalid = ensureMessageValid(buffer, cursor.position)
    if (invalid !== null) return { failure: invalid, batch: null }
    const code = messageCompressionCode(buffer, cursor.position)
    if (compressionName(code) === undefined) {
      return refuse('UNKNOWN_SERVER_ERROR', `compression type ${code} does not exist`)
    }
    if (code !== CompressionType.none) sourceCode = code
  }
  if (cursor.corruption !== null) return refuse('CORRUPT_MESSAGE', cursor.corruption)
  if (sourceCode !== CompressionType.none && messages > 1) {
    return refuse('INVALID_RECORD', 'other messages stand beside a compressed one')
  }

  const records: KafkaRecord[] = []
  let firstMagic = -1
  cursor.reset(buffer, start, end)
  while (cursor.next()) {
    if (firstMagic < 0) firstMagic = cursor.magic
    if (cursor.magic !== firstMagic) {
      return refuse('INVALID_RECORD', `magic ${cursor.magic} after magic ${firstMagic}`)
    }
    const failure = takeMessage(buffer, cursor.position, options, records)
    if (failure !== null) return { failure, batch: null }
  }
  return convert(records, sourceCode, options)
}

function refuse(error: RecordsErrorName, message: string): UpConverted {
  return { failure: recordsFailure(error, message), batch: null }
}

/** Adds the records of the message, wrapped or not, to `records`. */
function takeMessage(
  buffer: Buffer,
  position: number,
  options: UpConversion,
  records: KafkaRecord[],
): RecordsFailure | null {
  const checker = new RecordChecker(options)
  // What Kafka answers to bytes that it cannot make sense of, though their CRC is right.
  let error: RecordsErrorName = 'UNKNOWN_SERVER_ERROR'
  let taken: KafkaRecord[]
  try {
    const code = messageCompressionCode(buffer, position)
    if (code === CompressionType.none) taken = decodeMessage(buffer, position, options.maxBytes)
    else {
      const hasNoSet = code === CompressionType.zstd || messageContent(buffer, position)?.value === null
      if (hasNoSet) error = 'INVALID_RECORD'
      const inner = wrappedSet(buffer, position, options.maxBytes)
      error = 'INVALID_RECORD'
      const corrupt = checkInner(inner, magic(buffer, position), options.maxDecompressedRecordBytes, checker)
      if (corrupt !== null) return corrupt
      taken = decodeWrapped(buffer, position, inner)
    }
  } catch (thrown) {
    if (!(thrown instanceof ProtocolError)) throw thrown
    return recordsFailure(error, thrown.message)
  }
  const appendTime = messageIsLogAppendTime(buffer, position)
  for (let index = 0; index < taken.length; index++) {
    const record = taken[index]!
    checker.check(index, record.key !== null, record.timestamp, appendTime)
    records.push(record)
  }
  return checker.failure()
}

/** Messages inside a wrapper must have its magic and may not be too large; their CRCs are checked nowhere else. */
function checkInner(
  inner: Buffer,
  magic: number,
  largest: number,
  checker: RecordChecker,
): RecordsFailure | null {
  const cursor = new BatchCursor(inner)
  for (let index = 0; cursor.nextPosition + LOG_OVERHEAD <= inner.length; index++) {
    // Before `next`, so that a partial message is held against it too.
    const length = batchLength(inner, cursor.nextPosition)
    if (length > largest) {
      return recordsFailure('INVALID_RECORD', `a message of ${length} bytes, more than ${largest}`)
    }
    if (!cursor.next()) break
    if (cursor.magic !== magic) checker.refuse(index, `magic ${cursor.magic} inside magic ${magic}`)
    else {
      const invalid = ensureMessageValid(inner, cursor.position)
      if (invalid !== null) return invalid
    }
  }
  return cursor.corruption === null ? null : recordsFailure('CORRUPT_MESSAGE', cursor.corruption)
}

function convert(records: KafkaRecord[], sourceCode: number, options: UpConversion): UpConverted {
  let maxTimestamp = NO_TIMESTAMP
  let maxTimestampDelta = -1
  for (let index = 0; index < records.length; index++) {
    const record = records[index]!
    record.offset = options.baseOffset + index
    // MemoryRecordsBuilder takes no other negative timestamp than -1.
    if (record.timestamp < NO_TIMESTAMP)
      return refuse('UNKNOWN_SERVER_ERROR', `the timestamp ${record.timestamp}`)
    if (record.timestamp > maxTimestamp) {
      maxTimestamp = record.timestamp
      maxTimestampDelta = index
    }
  }
  const compression =
    options.compressionType === 'producer' ? compressionName(sourceCode)! : options.compressionType
  const batch =
    records.length === 0
      ? Buffer.alloc(0)
      : encodeBatch({
          records,
          baseOffset: options.baseOffset,
          compression,
          partitionLeaderEpoch: options.partitionLeaderEpoch,
          ...(options.timestampType === 'LogAppendTime' ? { logAppendTime: options.now } : {}),
        })
  return { failure: null, batch, recordCount: records.length, maxTimestamp, maxTimestampDelta }
}
