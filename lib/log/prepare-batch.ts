import { ErrorCode } from '../../protocol/errors.ts'
import {
  baseSequence,
  compressionCode,
  isTransactional,
  producerEpoch,
  producerId,
  setMaxTimestamp,
} from '../../protocol/records/batch.ts'
import { BatchCursor, isOneBatch } from '../../protocol/records/batch-cursor.ts'
import {
  type CompressionName,
  CompressionType,
  compressionName,
} from '../../protocol/records/compression/codecs.ts'
import { decodeRecords } from '../../protocol/records/decode-batch.ts'
import { encodeBatch } from '../../protocol/records/encode-batch.ts'
import type { RecordRules } from '../../protocol/records/record-rules.ts'
import type { RecordError, RecordsFailure } from '../../protocol/records/records-failure.ts'
import { upConvert } from '../../protocol/records/up-convert.ts'
import { ensureValid, validateClientBatch } from '../../protocol/records/validate-batch.ts'
import { type ValidatedRecords, validateRecords } from '../../protocol/records/validate-records.ts'
import { isCompacted, type LogConfig, MAX_DECOMPRESSED_BATCH_BYTES } from './log-config.ts'

/** A batch that may be appended once it has its offset, or why there is none. */
export interface PreparedBatch {
  readonly errorCode: ErrorCode
  readonly errorMessage: string | null
  readonly recordErrors: readonly RecordError[]
  /** null with an error, and where no whole batch was sent. */
  readonly batch: Buffer | null
  /** False: the bytes are the sender's. True: they were written anew, so nobody else holds them. */
  readonly isRewritten: boolean
}

const NO_ERRORS: readonly RecordError[] = []

/**
 * What a leader does with the `records` of a Produce request before it assigns offsets (Kafka's LogValidator and
 * UnifiedLog.analyzeAndValidateRecords): checks them, sets the timestamps that the topic wants, converts what is old
 * and compresses anew what is to be compressed in another way. A batch that needs none of it stays where it lies.
 */
export function prepareClientBatch(records: Buffer, config: LogConfig, now: number): PreparedBatch {
  const rules = rulesOf(config, now)
  if (isOneBatch(records)) return refusalOf(records, config) ?? prepareBatch(records, config, rules)
  const cursor = new BatchCursor(records)
  if (!cursor.next()) {
    return cursor.corruption === null ? ready(null, false) : refused('CORRUPT_MESSAGE', cursor.corruption)
  }
  if (cursor.magic < 2) return prepareMessages(records, config, rules)

  const batch = records.subarray(0, cursor.size)
  const refusal = refusalOf(batch, config)
  if (refusal !== null) return refusal
  if (cursor.next()) return refused('INVALID_RECORD', 'only one batch can be appended at a time')
  if (cursor.corruption !== null) return refused('CORRUPT_MESSAGE', cursor.corruption)
  return prepareBatch(batch, config, rules)
}

/** Why the batch cannot be, before its records are looked at. */
function refusalOf(batch: Buffer, config: LogConfig): PreparedBatch | null {
  if (batch.length > config.maxMessageBytes) return tooLarge(batch.length, config)
  const fault = ensureValid(batch, 0) ?? validateClientBatch(batch, 0)
  return fault === null ? null : failed(fault)
}

function prepareBatch(batch: Buffer, config: LogConfig, rules: RecordRules): PreparedBatch {
  const validated = validateRecords(batch, 0, rules)
  if (validated.failure !== null) return failed(validated.failure)
  return finishBatch(batch, validated, config, rules)
}

function finishBatch(
  batch: Buffer,
  validated: ValidatedRecords,
  config: LogConfig,
  rules: RecordRules,
): PreparedBatch {
  const source = compressionCode(batch, 0)
  const target = targetCompression(config, source)
  if (source !== target) {
    const rewritten = rewrite(batch, target, config, rules)
    if (rewritten.length > config.maxMessageBytes) return tooLarge(rewritten.length, config)
    return ready(rewritten, true)
  }
  // The producer's own word for the largest timestamp is not trusted: the time index is built from it.
  const type = config.messageTimestampType
  setMaxTimestamp(batch, 0, type, type === 'LogAppendTime' ? rules.now : validated.maxTimestamp)
  return ready(batch, false)
}

/** The one place where records are compressed anew because the topic's `compression.type` says so. */
function rewrite(batch: Buffer, target: number, config: LogConfig, rules: RecordRules): Buffer {
  const compression = compressionName(target)!
  const records = decodeRecords(batch, 0, rules.maxBytes)
  for (let index = 0; index < records.length; index++) records[index]!.offset = index
  const level = compressionLevel(compression, config)
  return encodeBatch({
    records,
    compression,
    producerId: producerId(batch, 0),
    producerEpoch: producerEpoch(batch, 0),
    baseSequence: baseSequence(batch, 0),
    isTransactional: isTransactional(batch, 0),
    ...(level === undefined ? {} : { compressionLevel: level }),
    ...(config.messageTimestampType === 'LogAppendTime' ? { logAppendTime: rules.now } : {}),
  })
}

function prepareMessages(records: Buffer, config: LogConfig, rules: RecordRules): PreparedBatch {
  const cursor = new BatchCursor(records)
  while (cursor.next()) if (cursor.size > config.maxMessageBytes) return tooLarge(cursor.size, config)
  const { compressionType } = config
  const converted = upConvert(records, 0, records.length, {
    ...rules,
    compressionType: compressionType === 'uncompressed' ? 'none' : compressionType,
    baseOffset: 0,
    partitionLeaderEpoch: -1,
  })
  if (converted.failure !== null) return failed(converted.failure)
  if (converted.batch.length > config.maxMessageBytes) return tooLarge(converted.batch.length, config)
  return ready(converted.batch.length === 0 ? null : converted.batch, true)
}

function rulesOf(config: LogConfig, now: number): RecordRules {
  return {
    compacted: isCompacted(config),
    timestampType: config.messageTimestampType,
    now,
    timestampBeforeMaxMs: config.messageTimestampBeforeMaxMs,
    timestampAfterMaxMs: config.messageTimestampAfterMaxMs,
    maxBytes: MAX_DECOMPRESSED_BATCH_BYTES,
    maxDecompressedRecordBytes: config.maxDecompressedMessageBytes,
  }
}

function targetCompression(config: LogConfig, source: number): number {
  if (config.compressionType === 'producer') return source
  return config.compressionType === 'uncompressed'
    ? CompressionType.none
    : CompressionType[config.compressionType]
}

/** Will `prepareClientBatch` compress these records with zstd, if nothing is wrong with them? */
export function needsZstd(records: Buffer, config: LogConfig): boolean {
  if (config.compressionType !== 'zstd') return false
  const cursor = new BatchCursor(records)
  return (
    cursor.next() && (cursor.magic < 2 || compressionCode(records, cursor.position) !== CompressionType.zstd)
  )
}

function compressionLevel(compression: CompressionName, config: LogConfig): number | undefined {
  switch (compression) {
    case 'gzip':
      return config.compressionGzipLevel
    case 'lz4':
      return config.compressionLz4Level
    case 'zstd':
      return config.compressionZstdLevel
    default:
      return undefined
  }
}

function ready(batch: Buffer | null, isRewritten: boolean): PreparedBatch {
  return { errorCode: ErrorCode.NONE, errorMessage: null, recordErrors: NO_ERRORS, batch, isRewritten }
}

function failed({ error, message, recordErrors }: RecordsFailure): PreparedBatch {
  return { errorCode: ErrorCode[error], errorMessage: message, recordErrors, batch: null, isRewritten: false }
}

function refused(error: RecordsFailure['error'], message: string): PreparedBatch {
  return failed({ error, message, recordErrors: [] })
}

function tooLarge(size: number, config: LogConfig): PreparedBatch {
  const { maxMessageBytes } = config
  return refused(
    'MESSAGE_TOO_LARGE',
    `a batch of ${size} bytes where max.message.bytes is ${maxMessageBytes}`,
  )
}
