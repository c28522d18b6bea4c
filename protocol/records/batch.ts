import { crc32c } from './crc32c.ts'
import { int16At, int32At, int64At, setInt16At, setInt32At, setInt64At } from './integers.ts'

/*
 * The header of a record batch, format v2 (magic 2, KIP-98), read and written in place: `position` is where the batch
 * begins in `buffer`, and the header must lie in the buffer whole. Nothing here looks at the records behind it.
 *
 *   0 baseOffset int64       23 lastOffsetDelta int32   51 producerEpoch int16
 *   8 batchLength int32      27 baseTimestamp int64     53 baseSequence int32
 *  12 partitionLeaderEpoch   35 maxTimestamp int64      57 recordCount int32
 *  16 magic int8             43 producerId int64        61 records
 *  17 crc uint32
 *  21 attributes int16
 */

/** Base offset and length: what comes before the bytes that `batchLength` counts, in every format. */
export const LOG_OVERHEAD = 12
export const BATCH_HEADER_BYTES = 61
export const MAGIC_POSITION = 16
export const CRC_POSITION = 17
/** The CRC covers everything from here to the end: epoch and base offset can change without touching it. */
export const ATTRIBUTES_POSITION = 21

export const NO_TIMESTAMP = -1
export const NO_PRODUCER_ID = -1
export const NO_PRODUCER_EPOCH = -1
export const NO_SEQUENCE = -1
export const NO_PARTITION_LEADER_EPOCH = -1

export const COMPRESSION_MASK = 0x07
export const LOG_APPEND_TIME_FLAG = 0x08
export const TRANSACTIONAL_FLAG = 0x10
export const CONTROL_FLAG = 0x20
/** KIP-534: `baseTimestamp` holds the time from which tombstones and markers of the batch may go. */
export const DELETE_HORIZON_FLAG = 0x40

const MAX_INT32 = 0x7fff_ffff

export type TimestampType = 'CreateTime' | 'LogAppendTime'

export function baseOffset(buffer: Buffer, position: number): number {
  return int64At(buffer, position)
}

/** Bytes after the length field. */
export function batchLength(buffer: Buffer, position: number): number {
  return int32At(buffer, position + 8)
}

/** The batch with all its header; also right for messages of v0 and v1. */
export function sizeInBytes(buffer: Buffer, position: number): number {
  return int32At(buffer, position + 8) + LOG_OVERHEAD
}

export function partitionLeaderEpoch(buffer: Buffer, position: number): number {
  return int32At(buffer, position + 12)
}

/** At the same place in every format: tells batches (2) from messages (0, 1). */
export function magic(buffer: Buffer, position: number): number {
  return (buffer[position + MAGIC_POSITION]! << 24) >> 24
}

export function crc(buffer: Buffer, position: number): number {
  return int32At(buffer, position + CRC_POSITION) >>> 0
}

export function attributes(buffer: Buffer, position: number): number {
  return int16At(buffer, position + ATTRIBUTES_POSITION)
}

/** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd; 5 to 7 are not assigned. */
export function compressionCode(buffer: Buffer, position: number): number {
  return buffer[position + ATTRIBUTES_POSITION + 1]! & COMPRESSION_MASK
}

export function isLogAppendTime(buffer: Buffer, position: number): boolean {
  return (buffer[position + ATTRIBUTES_POSITION + 1]! & LOG_APPEND_TIME_FLAG) !== 0
}

export function timestampType(buffer: Buffer, position: number): TimestampType {
  return isLogAppendTime(buffer, position) ? 'LogAppendTime' : 'CreateTime'
}

export function isTransactional(buffer: Buffer, position: number): boolean {
  return (buffer[position + ATTRIBUTES_POSITION + 1]! & TRANSACTIONAL_FLAG) !== 0
}

export function isControlBatch(buffer: Buffer, position: number): boolean {
  return (buffer[position + ATTRIBUTES_POSITION + 1]! & CONTROL_FLAG) !== 0
}

export function hasDeleteHorizon(buffer: Buffer, position: number): boolean {
  return (buffer[position + ATTRIBUTES_POSITION + 1]! & DELETE_HORIZON_FLAG) !== 0
}

/** Milliseconds, or `NO_TIMESTAMP` where the batch has none. */
export function deleteHorizonMs(buffer: Buffer, position: number): number {
  return hasDeleteHorizon(buffer, position) ? baseTimestamp(buffer, position) : NO_TIMESTAMP
}

export function lastOffsetDelta(buffer: Buffer, position: number): number {
  return int32At(buffer, position + 23)
}

export function lastOffset(buffer: Buffer, position: number): number {
  return int64At(buffer, position) + int32At(buffer, position + 23)
}

/** What the records' timestamp deltas are relative to; kept as sent even where the append time rules. */
export function baseTimestamp(buffer: Buffer, position: number): number {
  return int64At(buffer, position + 27)
}

export function maxTimestamp(buffer: Buffer, position: number): number {
  return int64At(buffer, position + 35)
}

export function producerId(buffer: Buffer, position: number): number {
  return int64At(buffer, position + 43)
}

export function producerEpoch(buffer: Buffer, position: number): number {
  return int16At(buffer, position + 51)
}

export function baseSequence(buffer: Buffer, position: number): number {
  return int32At(buffer, position + 53)
}

/** The sequence of the last record, which wraps from 2^31-1 to 0; `NO_SEQUENCE` where the batch has none. */
export function lastSequence(buffer: Buffer, position: number): number {
  const first = baseSequence(buffer, position)
  return first === NO_SEQUENCE ? NO_SEQUENCE : incrementSequence(first, lastOffsetDelta(buffer, position))
}

export function recordCount(buffer: Buffer, position: number): number {
  return int32At(buffer, position + 57)
}

/** `sequence` moved on by `increment`, wrapping from 2^31-1 to 0 (DefaultRecordBatch.incrementSequence). */
export function incrementSequence(sequence: number, increment: number): number {
  return sequence > MAX_INT32 - increment ? sequence + increment - MAX_INT32 - 1 : sequence + increment
}

/** `sequence` moved back by `decrement`, wrapping from 0 to 2^31-1 (DefaultRecordBatch.decrementSequence). */
export function decrementSequence(sequence: number, decrement: number): number {
  return sequence < decrement ? MAX_INT32 - (decrement - sequence) + 1 : sequence - decrement
}

export function computeCrc(buffer: Buffer, position: number): number {
  return crc32c(buffer, position + ATTRIBUTES_POSITION, position + sizeInBytes(buffer, position))
}

export function setBaseOffset(buffer: Buffer, position: number, offset: number): void {
  setInt64At(buffer, position, offset)
}

export function setPartitionLeaderEpoch(buffer: Buffer, position: number, epoch: number): void {
  setInt32At(buffer, position + 12, epoch)
}

export function setCrc(buffer: Buffer, position: number, value: number): void {
  setInt32At(buffer, position + CRC_POSITION, value)
}

/**
 * Sets the timestamp type and the largest timestamp, and the CRC again, unless nothing would change
 * (DefaultRecordBatch.setMaxTimestamp).
 */
export function setMaxTimestamp(
  buffer: Buffer,
  position: number,
  type: TimestampType,
  timestamp: number,
): void {
  const flags = attributes(buffer, position)
  const changed = type === 'LogAppendTime' ? flags | LOG_APPEND_TIME_FLAG : flags & ~LOG_APPEND_TIME_FLAG
  if (changed === flags && maxTimestamp(buffer, position) === timestamp) return
  setInt16At(buffer, position + ATTRIBUTES_POSITION, changed)
  setInt64At(buffer, position + 35, timestamp)
  setCrc(buffer, position, computeCrc(buffer, position))
}
