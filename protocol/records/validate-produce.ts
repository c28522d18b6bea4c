import { compressionCode } from './batch.ts'
import { BatchCursor, isOneBatch } from './batch-cursor.ts'
import { CompressionType } from './compression/codecs.ts'
import { type RecordsFailure, recordsFailure } from './records-failure.ts'

/** From this version of Produce on, records come as exactly one batch of v2. */
const FIRST_VERSION_WITH_BATCHES = 3
const FIRST_VERSION_WITH_ZSTD = 7

/**
 * May this `records` field come with this version of Produce (Kafka's ProduceRequest.validateRecords)? `null` when it
 * may. Nothing is asked of versions before 3, whose message sets `upConvert` checks.
 */
export function validateProduceRecords(records: Buffer, apiVersion: number): RecordsFailure | null {
  if (apiVersion < FIRST_VERSION_WITH_BATCHES) return null
  const isZstdEarly =
    apiVersion < FIRST_VERSION_WITH_ZSTD && compressionCode(records, 0) === CompressionType.zstd
  if (isOneBatch(records) && !isZstdEarly) return null
  const cursor = new BatchCursor(records)
  if (!cursor.next()) {
    if (cursor.corruption !== null) return recordsFailure('CORRUPT_MESSAGE', cursor.corruption)
    return recordsFailure('INVALID_RECORD', `Produce v${apiVersion} without a record batch`)
  }
  if (cursor.magic !== 2) {
    return recordsFailure(
      'INVALID_RECORD',
      `Produce v${apiVersion} takes batches of magic 2, not ${cursor.magic}`,
    )
  }
  if (isZstdEarly) {
    return recordsFailure('UNSUPPORTED_COMPRESSION_TYPE', `Produce v${apiVersion} cannot carry zstd`)
  }
  if (cursor.next()) {
    return recordsFailure('INVALID_RECORD', `Produce v${apiVersion} takes one batch, not more`)
  }
  return cursor.corruption === null ? null : recordsFailure('CORRUPT_MESSAGE', cursor.corruption)
}
