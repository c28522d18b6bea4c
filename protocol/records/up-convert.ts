import { ProtocolError } from '../error.ts'
import { MAGIC_POSITION, NO_TIMESTAMP } from './batch.ts'
import { BatchCursor } from './batch-cursor.ts'
import { type CompressionName, CompressionType, compressionName } from './compression/codecs.ts'
import { encodeBatch } from './encode-batch.ts'
import { ensureMessageValid, messageCompressionCode, messageIsLogAppendTime } from './message.ts'
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
  let magic = -1
  cursor.reset(buffer, start, end)
  while (cursor.next()) {
    if (magic < 0) magic = cursor.magic
    if (cursor.magic !== magic) return refuse('INVALID_RECORD', `magic ${cursor.magic} after magic ${magic}`)
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
  let taken: KafkaRecord[]
  try {
    if (messageCompressionCode(buffer, position) === CompressionType.none)
      taken = decodeMessage(buffer, position, options.maxBytes)
    else {
      const inner = wrappedSet(buffer, position, options.maxBytes)
      const corrupt = checkInner(inner, buffer[position + MAGIC_POSITION]!, checker)
      if (corrupt !== null) return corrupt
      taken = decodeWrapped(buffer, position, inner)
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return recordsFailure('INVALID_RECORD', error.message)
  }
  const appendTime = messageIsLogAppendTime(buffer, position)
  for (let index = 0; index < taken.length; index++) {
    const record = taken[index]!
    checker.check(index, record.key !== null, record.timestamp, appendTime)
    records.push(record)
  }
  return checker.failure()
}

/** Messages inside a wrapper must have its magic, and their CRCs are checked nowhere else. */
function checkInner(inner: Buffer, magic: number, checker: RecordChecker): RecordsFailure | null {
  const cursor = new BatchCursor(inner)
  for (let index = 0; cursor.next(); index++) {
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
