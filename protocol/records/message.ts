import { crc32 } from 'node:zlib'
import { LOG_OVERHEAD, NO_TIMESTAMP, sizeInBytes } from './batch.ts'
import { int32At, int64At, setInt32At, setInt64At } from './integers.ts'
import { type RecordsFailure, recordsFailure } from './records-failure.ts'

/*
 * One message of the formats v0 and v1 (magic 0 and 1), in place: `position` is where it begins in `buffer`. Base
 * offset, size and magic lie where a batch of v2 has them too (`batch.ts` reads them, `BatchCursor` walks over both).
 *
 *   0 offset int64   12 crc uint32    16 magic int8     17 attributes int8
 *   8 size int32                      18 timestamp int64, v1 only (KIP-32)
 *  then key and value, each a length (int32, negative for null) and bytes
 */

const CRC_POSITION = 12
const CRC_START = 16
const ATTRIBUTES_POSITION = 17
const TIMESTAMP_POSITION = 18
const COMPRESSION_MASK = 0x07
const LOG_APPEND_TIME_FLAG = 0x08

/** Where the key's length lies; everything before it is the header. */
function keyPosition(magic: number): number {
  return magic === 0 ? TIMESTAMP_POSITION : TIMESTAMP_POSITION + 8
}

export function messageCompressionCode(buffer: Buffer, position: number): number {
  return buffer[position + ATTRIBUTES_POSITION]! & COMPRESSION_MASK
}

/** v0 has no timestamps, so no append time either. */
export function messageIsLogAppendTime(buffer: Buffer, position: number): boolean {
  return (
    buffer[position + CRC_START] === 1 &&
    (buffer[position + ATTRIBUTES_POSITION]! & LOG_APPEND_TIME_FLAG) !== 0
  )
}

export function messageTimestamp(buffer: Buffer, position: number): number {
  return buffer[position + CRC_START] === 1 ? int64At(buffer, position + TIMESTAMP_POSITION) : NO_TIMESTAMP
}

/** Key and value as views; null where lengths reach beyond the message. */
export function messageContent(
  buffer: Buffer,
  position: number,
): { key: Buffer | null; value: Buffer | null } | null {
  const end = position + sizeInBytes(buffer, position)
  const keyAt = position + keyPosition(buffer[position + CRC_START]!)
  if (keyAt + 8 > end) return null
  const keyLength = int32At(buffer, keyAt)
  const valueAt = keyAt + 4 + Math.max(keyLength, 0)
  if (valueAt + 4 > end) return null
  const valueLength = int32At(buffer, valueAt)
  const contentEnd = valueAt + 4 + Math.max(valueLength, 0)
  if (contentEnd > end) return null
  return {
    key: keyLength < 0 ? null : buffer.subarray(keyAt + 4, valueAt),
    value: valueLength < 0 ? null : buffer.subarray(valueAt + 4, contentEnd),
  }
}

/** Is the message what was written (LegacyRecord.ensureValid)? `null` when it is. */
export function ensureMessageValid(buffer: Buffer, position: number): RecordsFailure | null {
  const size = sizeInBytes(buffer, position)
  const smallest = keyPosition(buffer[position + CRC_START]!) + 8
  if (size < smallest) {
    return recordsFailure(
      'CORRUPT_MESSAGE',
      `a message of ${size} bytes is smaller than the least, ${smallest}`,
    )
  }
  const stored = int32At(buffer, position + CRC_POSITION) >>> 0
  const computed = crc32(buffer.subarray(position + CRC_START, position + size))
  if (stored === computed) return null
  return recordsFailure(
    'CORRUPT_MESSAGE',
    `the message says its CRC is ${stored}, its bytes make ${computed}`,
  )
}

export interface MessageInput {
  magic: 0 | 1
  offset: number
  timestamp: number
  isLogAppendTime: boolean
  /** Other than 0: the value is a compressed message set. */
  compressionCode: number
  key: Uint8Array | null
  value: Uint8Array | null
}

export function messageSize(magic: 0 | 1, key: Uint8Array | null, value: Uint8Array | null): number {
  return keyPosition(magic) + 8 + (key?.length ?? 0) + (value?.length ?? 0)
}

/** Writes the message with its CRC and returns the position behind it. */
export function writeMessage(buffer: Buffer, position: number, message: MessageInput): number {
  const { magic, key, value } = message
  const end = position + messageSize(magic, key, value)
  setInt64At(buffer, position, message.offset)
  setInt32At(buffer, position + 8, end - position - LOG_OVERHEAD)
  buffer[position + CRC_START] = magic
  const timeFlag = magic === 1 && message.isLogAppendTime ? LOG_APPEND_TIME_FLAG : 0
  buffer[position + ATTRIBUTES_POSITION] = message.compressionCode | timeFlag
  if (magic === 1) setInt64At(buffer, position + TIMESTAMP_POSITION, message.timestamp)
  const valueAt = writeBytes(buffer, position + keyPosition(magic), key)
  writeBytes(buffer, valueAt, value)
  setInt32At(buffer, position + CRC_POSITION, crc32(buffer.subarray(position + CRC_START, end)))
  return end
}

function writeBytes(buffer: Buffer, position: number, bytes: Uint8Array | null): number {
  setInt32At(buffer, position, bytes === null ? -1 : bytes.length)
  if (bytes !== null) buffer.set(bytes, position + 4)
  return position + 4 + (bytes?.length ?? 0)
}
