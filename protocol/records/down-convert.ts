import { compressionCode, isControlBatch, isLogAppendTime, maxTimestamp } from './batch.ts'
import { BatchCursor } from './batch-cursor.ts'
import { CompressionType, compressionName } from './compression/codecs.ts'
import { decodeRecords } from './decode-batch.ts'
import { messageCompressionCode } from './message.ts'
import { decodeMessage, encodeMessageSet } from './message-set.ts'
import { type RecordsFailure, recordsFailure } from './records-failure.ts'

/** The messages that batches became; both parts may be there when the failure came after the first batch. */
export interface DownConverted {
  messages: Buffer
  failure: RecordsFailure | null
}

/**
 * Writes the batches in `buffer[start, end)` as messages of v0 or v1, for consumers with Fetch v0-v3 (Kafka's
 * RecordsUtil.downConvert, removed in 4.0). Control batches are left out, headers too, and timestamps in v0. Batches
 * that are old enough already stay as they are; a partial batch at the end is left out.
 *
 * Uncompressed messages stand alone, so those below `firstOffset` are left out: some librdkafka versions need that.
 * Inside a wrapper they stay.
 *
 * There is no zstd in old messages. Where the first batch to convert has it, that is the failure; where a later one
 * has it, the messages before are returned, so that the consumer comes back for it and sees the error then.
 *
 * Throws `ProtocolError` for batches that cannot be read or decompress to more than `maxBytes`.
 */
export function downConvert(
  buffer: Buffer,
  start: number,
  end: number,
  toMagic: 0 | 1,
  firstOffset: number,
  maxBytes: number,
): DownConverted {
  const parts: Buffer[] = []
  const cursor = new BatchCursor(buffer, start, end)
  while (cursor.next()) {
    const { position, size, magic } = cursor
    if (magic <= toMagic) {
      parts.push(buffer.subarray(position, position + size))
      continue
    }
    if (magic === 2 && isControlBatch(buffer, position)) continue
    if (compressionCode(buffer, position) === CompressionType.zstd && magic === 2) {
      if (parts.length > 0) break
      const message = 'batches compressed with zstd cannot be converted to old messages'
      return { messages: Buffer.alloc(0), failure: recordsFailure('UNSUPPORTED_COMPRESSION_TYPE', message) }
    }
    const converted = convertBatch(buffer, position, magic, toMagic, firstOffset, maxBytes)
    if (converted.length > 0) parts.push(converted)
  }
  return { messages: Buffer.concat(parts), failure: null }
}

function convertBatch(
  buffer: Buffer,
  position: number,
  magic: number,
  toMagic: 0 | 1,
  firstOffset: number,
  maxBytes: number,
): Buffer {
  const isBatch = magic === 2
  const code = isBatch ? compressionCode(buffer, position) : messageCompressionCode(buffer, position)
  let records = isBatch
    ? decodeRecords(buffer, position, maxBytes)
    : decodeMessage(buffer, position, maxBytes)
  if (code === CompressionType.none) records = records.filter((record) => record.offset >= firstOffset)
  const compression = compressionName(code) ?? 'none'
  if (!isBatch || !isLogAppendTime(buffer, position)) {
    return encodeMessageSet({ magic: toMagic, records, compression })
  }
  const logAppendTime = maxTimestamp(buffer, position)
  return encodeMessageSet({ magic: toMagic, records, compression, logAppendTime })
}
