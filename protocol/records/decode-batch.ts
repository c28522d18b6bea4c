import { ProtocolError } from '../error.ts'
import {
  BATCH_HEADER_BYTES,
  baseOffset,
  baseSequence,
  baseTimestamp,
  compressionCode,
  crc,
  deleteHorizonMs,
  hasDeleteHorizon,
  isControlBatch,
  isLogAppendTime,
  isTransactional,
  lastOffset,
  maxTimestamp,
  partitionLeaderEpoch,
  producerEpoch,
  producerId,
  recordCount,
  sizeInBytes,
  type TimestampType,
  timestampType,
} from './batch.ts'
import { CompressionType, compressionName, decompress } from './compression/codecs.ts'
import type { KafkaRecord } from './record.ts'
import { RecordCursor } from './record-cursor.ts'

/** A v2 batch as a value, for those who look at every part of it: observers, tools, tests. */
export interface DecodedBatch {
  baseOffset: number
  lastOffset: number
  sizeInBytes: number
  partitionLeaderEpoch: number
  crc: number
  compression: string
  timestampType: TimestampType
  isTransactional: boolean
  isControl: boolean
  deleteHorizonMs: number | null
  baseTimestamp: number
  maxTimestamp: number
  producerId: number
  producerEpoch: number
  baseSequence: number
  records: KafkaRecord[]
}

/**
 * The records' bytes of the v2 batch at `position`, decompressed: a view where nothing is compressed. Throws
 * `ProtocolError` for what cannot be decompressed within `maxBytes`.
 */
export function recordsBytes(buffer: Buffer, position: number, maxBytes: number): Buffer {
  const bytes = buffer.subarray(position + BATCH_HEADER_BYTES, position + sizeInBytes(buffer, position))
  const code = compressionCode(buffer, position)
  return code === CompressionType.none ? bytes : decompress(code, bytes, maxBytes)
}

/** The records of the v2 batch at `position`. Throws `ProtocolError` where it does not hold what its header says. */
export function decodeRecords(buffer: Buffer, position: number, maxBytes: number): KafkaRecord[] {
  const count = recordCount(buffer, position)
  if (count < 0) throw new ProtocolError(`a batch of ${count} records`)
  // An empty batch that compaction left behind: Kafka does not look at its bytes either.
  if (count === 0) return []
  const cursor = new RecordCursor(recordsBytes(buffer, position, maxBytes))
  const firstOffset = baseOffset(buffer, position)
  const firstTimestamp = baseTimestamp(buffer, position)
  const appendTime = isLogAppendTime(buffer, position) ? maxTimestamp(buffer, position) : null
  const records: KafkaRecord[] = []
  while (records.length < count && cursor.next()) {
    records.push({
      offset: firstOffset + cursor.offsetDelta,
      timestamp: appendTime ?? firstTimestamp + cursor.timestampDelta,
      key: cursor.key(),
      value: cursor.value(),
      headers: cursor.headers(),
    })
  }
  if (cursor.failure !== null) throw new ProtocolError(cursor.failure)
  if (records.length < count) {
    throw new ProtocolError(`a batch says ${count} records and holds ${records.length}`)
  }
  if (cursor.position !== cursor.end) throw new ProtocolError(`bytes follow the ${count} records of a batch`)
  return records
}

/** The v2 batch at `position`, whole. Throws `ProtocolError`; the CRC is not checked (`validate-batch.ts` does). */
export function decodeBatch(buffer: Buffer, position: number, maxBytes: number): DecodedBatch {
  const size = buffer.length - position >= BATCH_HEADER_BYTES ? sizeInBytes(buffer, position) : 0
  if (size < BATCH_HEADER_BYTES || size > buffer.length - position)
    throw new ProtocolError('a batch is cut off')
  const code = compressionCode(buffer, position)
  return {
    baseOffset: baseOffset(buffer, position),
    lastOffset: lastOffset(buffer, position),
    sizeInBytes: size,
    partitionLeaderEpoch: partitionLeaderEpoch(buffer, position),
    crc: crc(buffer, position),
    compression: compressionName(code) ?? `unknown(${code})`,
    timestampType: timestampType(buffer, position),
    isTransactional: isTransactional(buffer, position),
    isControl: isControlBatch(buffer, position),
    deleteHorizonMs: hasDeleteHorizon(buffer, position) ? deleteHorizonMs(buffer, position) : null,
    baseTimestamp: baseTimestamp(buffer, position),
    maxTimestamp: maxTimestamp(buffer, position),
    producerId: producerId(buffer, position),
    producerEpoch: producerEpoch(buffer, position),
    baseSequence: baseSequence(buffer, position),
    records: decodeRecords(buffer, position, maxBytes),
  }
}
