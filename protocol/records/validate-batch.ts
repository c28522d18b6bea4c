import {
  BATCH_HEADER_BYTES,
  baseOffset,
  baseSequence,
  computeCrc,
  crc,
  isControlBatch,
  lastOffsetDelta,
  magic,
  NO_PRODUCER_ID,
  producerId,
  recordCount,
  sizeInBytes,
} from './batch.ts'
import { type RecordsFailure, recordsFailure } from './records-failure.ts'

/**
 * Is the v2 batch whole and what was written: its size covers its header, and its CRC matches
 * (DefaultRecordBatch.ensureValid). `null` when it is. The batch must lie in the buffer, as a cursor found it.
 */
export function ensureValid(buffer: Buffer, position: number): RecordsFailure | null {
  const size = sizeInBytes(buffer, position)
  if (size < BATCH_HEADER_BYTES) {
    return recordsFailure(
      'CORRUPT_MESSAGE',
      `a batch of ${size} bytes is smaller than its header of ${BATCH_HEADER_BYTES}`,
    )
  }
  const computed = computeCrc(buffer, position)
  const stored = crc(buffer, position)
  if (stored === computed) return null
  return recordsFailure('CORRUPT_MESSAGE', `the batch says its CRC is ${stored}, its bytes make ${computed}`)
}

/**
 * The rules for the header of a v2 batch that a client sends (LogValidator.validateBatch and UnifiedLog, append origin
 * CLIENT). `null` when it keeps them. The records are not looked at: see `validate-records.ts`.
 */
export function validateClientBatch(buffer: Buffer, position: number): RecordsFailure | null {
  const format = magic(buffer, position)
  if (format !== 2) return recordsFailure('INVALID_RECORD', `magic ${format} where 2 is expected`)
  const first = baseOffset(buffer, position)
  if (first !== 0) {
    return recordsFailure('INVALID_RECORD', `the base offset of a produced batch must be 0, not ${first}`)
  }
  const delta = lastOffsetDelta(buffer, position)
  const count = recordCount(buffer, position)
  if (delta < 0) return recordsFailure('INVALID_RECORD', `the last offset is ${delta} from the first`)
  if (count <= 0) return recordsFailure('INVALID_RECORD', `the batch says that it has ${count} records`)
  if (delta + 1 !== count) {
    return recordsFailure('INVALID_RECORD', `the batch spans ${delta + 1} offsets but says ${count} records`)
  }
  if (isControlBatch(buffer, position)) {
    return recordsFailure('INVALID_RECORD', 'clients may not write control batches')
  }
  const id = producerId(buffer, position)
  const sequence = baseSequence(buffer, position)
  if (id > NO_PRODUCER_ID && sequence < 0) {
    return recordsFailure('INVALID_RECORD', `producer ${id} sent the sequence number ${sequence}`)
  }
  return null
}
