import {
  ATTRIBUTES_POSITION,
  BATCH_HEADER_BYTES,
  CONTROL_FLAG,
  computeCrc,
  DELETE_HORIZON_FLAG,
  LOG_APPEND_TIME_FLAG,
  LOG_OVERHEAD,
  MAGIC_POSITION,
  NO_PARTITION_LEADER_EPOCH,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  NO_TIMESTAMP,
  setCrc,
  TRANSACTIONAL_FLAG,
} from './batch.ts'
import { type CompressionName, CompressionType, compress } from './compression/codecs.ts'
import { setInt16At, setInt32At, setInt64At } from './integers.ts'
import { type RecordInput, recordBodySize, writeRecord } from './record.ts'
import { sizeOfVarint } from './varint.ts'

const MAGIC_V2 = 2

export interface BatchInput {
  /** A record without an offset gets the one after the record before it. */
  records: readonly RecordInput[]
  /** Default: the offset of the first record, or 0. */
  baseOffset?: number
  /** Default: that of the last record. Compaction keeps the original one, for the sequence numbers. */
  lastOffset?: number
  compression?: CompressionName
  /** On the codec's own scale; default Kafka's. */
  compressionLevel?: number
  /** Sets the timestamp type to LogAppendTime and the batch's largest timestamp to this. */
  logAppendTime?: number
  /** What records without a timestamp get; default -1, Kafka's "none". */
  defaultTimestamp?: number
  /** For batches without records, which cannot tell it themselves. */
  maxTimestamp?: number
  /** KIP-534; takes the place of the base timestamp. */
  deleteHorizonMs?: number
  producerId?: number
  producerEpoch?: number
  baseSequence?: number
  isTransactional?: boolean
  isControl?: boolean
  partitionLeaderEpoch?: number
}

/** One batch of format v2, with its CRC. Nothing is checked: tests build invalid ones with it. */
export function encodeBatch(input: BatchInput): Buffer {
  const { records } = input
  const first = records[0]
  const defaultTimestamp = input.defaultTimestamp ?? NO_TIMESTAMP
  const baseOffset = input.baseOffset ?? first?.offset ?? 0
  const baseTimestamp =
    input.deleteHorizonMs ?? (first === undefined ? NO_TIMESTAMP : (first.timestamp ?? defaultTimestamp))

  const offsets: number[] = []
  const sizes: number[] = []
  let recordsBytes = 0
  let lastOffset = baseOffset - 1
  let maxTimestamp = NO_TIMESTAMP
  for (const record of records) {
    const timestamp = record.timestamp ?? defaultTimestamp
    lastOffset = record.offset ?? lastOffset + 1
    maxTimestamp = Math.max(maxTimestamp, timestamp)
    const size = recordBodySize(record, lastOffset - baseOffset, timestamp - baseTimestamp)
    offsets.push(lastOffset)
    sizes.push(size)
    recordsBytes += sizeOfVarint(size) + size
  }

  const code = CompressionType[input.compression ?? 'none']
  const headerBytes = code === CompressionType.none ? BATCH_HEADER_BYTES : 0
  const body = Buffer.allocUnsafe(headerBytes + recordsBytes)
  let position = headerBytes
  for (let index = 0; index < records.length; index++) {
    const record = records[index]!
    const timestampDelta = (record.timestamp ?? defaultTimestamp) - baseTimestamp
    position = writeRecord(
      body,
      position,
      record,
      offsets[index]! - baseOffset,
      timestampDelta,
      sizes[index]!,
    )
  }
  const batch = headerBytes > 0 ? body : compressed(code, body, input.compressionLevel)

  let flags: number = code
  if (input.logAppendTime !== undefined) flags |= LOG_APPEND_TIME_FLAG
  if (input.isTransactional) flags |= TRANSACTIONAL_FLAG
  if (input.isControl) flags |= CONTROL_FLAG
  if (input.deleteHorizonMs !== undefined) flags |= DELETE_HORIZON_FLAG

  setInt64At(batch, 0, baseOffset)
  setInt32At(batch, 8, batch.length - LOG_OVERHEAD)
  setInt32At(batch, 12, input.partitionLeaderEpoch ?? NO_PARTITION_LEADER_EPOCH)
  batch[MAGIC_POSITION] = MAGIC_V2
  setInt16At(batch, ATTRIBUTES_POSITION, flags)
  setInt32At(batch, 23, (input.lastOffset ?? Math.max(lastOffset, baseOffset)) - baseOffset)
  setInt64At(batch, 27, baseTimestamp)
  setInt64At(batch, 35, input.logAppendTime ?? input.maxTimestamp ?? maxTimestamp)
  setInt64At(batch, 43, input.producerId ?? NO_PRODUCER_ID)
  setInt16At(batch, 51, input.producerEpoch ?? NO_PRODUCER_EPOCH)
  setInt32At(batch, 53, input.baseSequence ?? NO_SEQUENCE)
  setInt32At(batch, 57, records.length)
  setCrc(batch, 0, computeCrc(batch, 0))
  return batch
}

function compressed(code: number, records: Buffer, level: number | undefined): Buffer {
  return Buffer.concat([Buffer.allocUnsafe(BATCH_HEADER_BYTES), compress(code, records, MAGIC_V2, level)])
}
