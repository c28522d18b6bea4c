import { ProtocolError } from '../error.ts'
import {
  BATCH_HEADER_BYTES,
  baseTimestamp,
  compressionCode,
  isLogAppendTime,
  maxTimestamp,
  NO_TIMESTAMP,
  recordCount,
  sizeInBytes,
} from './batch.ts'
import { CompressionType, compressionName } from './compression/codecs.ts'
import { recordsBytes } from './decode-batch.ts'
import { RecordCursor } from './record-cursor.ts'
import { RecordChecker, type RecordRules } from './record-rules.ts'
import { type RecordsFailure, recordsFailure } from './records-failure.ts'

/** What came out of the walk; the log sets the batch's largest timestamp to what the records truly have. */
export interface ValidatedRecords {
  failure: RecordsFailure | null
  /** `NO_TIMESTAMP` where no record has one. */
  maxTimestamp: number
  /** Of the first record with that timestamp, counted from the batch's first; -1 where there is none. */
  maxTimestampDelta: number
}

/**
 * Walks over the records of a v2 batch that a client sent and holds each against the rules of its topic (Kafka's
 * LogValidator). The header must have passed `validateClientBatch`.
 */
export function validateRecords(buffer: Buffer, position: number, rules: RecordRules): ValidatedRecords {
  const result: ValidatedRecords = {
    failure: null,
    maxTimestamp: NO_TIMESTAMP,
    maxTimestampDelta: -1,
  }
  const cursor = openRecords(buffer, position, rules.maxBytes, result)
  if (cursor === null) return result

  const count = recordCount(buffer, position)
  const firstTimestamp = baseTimestamp(buffer, position)
  const batchIsLogAppendTime = isLogAppendTime(buffer, position)
  const appendTime = maxTimestamp(buffer, position)
  const checker = new RecordChecker(rules)
  let sequential = true
  let index = 0
  const compressed = compressionCode(buffer, position) !== CompressionType.none
  const largest = compressed ? rules.maxDecompressedRecordBytes : Number.POSITIVE_INFINITY
  for (; index < count && cursor.next(); index++) {
    if (cursor.bodySize > largest) {
      const message = `record ${index} takes ${cursor.bodySize} bytes, more than ${largest}`
      result.failure = recordsFailure('INVALID_RECORD', message)
      return result
    }
    const timestamp = batchIsLogAppendTime ? appendTime : firstTimestamp + cursor.timestampDelta
    checker.check(index, cursor.keyLength >= 0, timestamp, batchIsLogAppendTime)
    if (timestamp > result.maxTimestamp) {
      result.maxTimestamp = timestamp
      result.maxTimestampDelta = index
    }
    if (cursor.offsetDelta !== index) sequential = false
  }

  if (cursor.failure !== null) result.failure = recordsFailure('INVALID_RECORD', cursor.failure)
  else if (index < count) {
    result.failure = recordsFailure('INVALID_RECORD', `the batch says ${count} records and holds ${index}`)
  } else if (cursor.position !== cursor.end) {
    result.failure = recordsFailure('INVALID_RECORD', `bytes follow the ${count} records of the batch`)
  } else result.failure = checker.failure()
  if (result.failure === null && compressed && !sequential) {
    // Kafka means to write such a batch anew, but has skipped over its keys and values by then and fails (4.4.0).
    result.failure = recordsFailure(
      'UNKNOWN_SERVER_ERROR',
      'the offsets in a compressed batch are not 0, 1, 2, ...',
    )
  }
  return result
}

function openRecords(
  buffer: Buffer,
  position: number,
  maxBytes: number,
  result: ValidatedRecords,
): RecordCursor | null {
  const code = compressionCode(buffer, position)
  if (compressionName(code) === undefined) {
    result.failure = recordsFailure('UNKNOWN_SERVER_ERROR', `compression type ${code} does not exist`)
    return null
  }
  try {
    // A view of what is not compressed would cost as much as a record or two.
    if (code === CompressionType.none) {
      return new RecordCursor(buffer, position + BATCH_HEADER_BYTES, position + sizeInBytes(buffer, position))
    }
    return new RecordCursor(recordsBytes(buffer, position, maxBytes))
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    result.failure = recordsFailure('UNKNOWN_SERVER_ERROR', error.message)
    return null
  }
}
