import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from './varint.ts'

export interface RecordHeader {
  key: string
  value: Buffer | null
}

/**
 * A record as it is read, of any format: v0 and v1 have no headers, v0 has no timestamp (-1). Keys and values are
 * views of the bytes they were read from. Offsets and timestamps (ms) are exact to 2^53.
 */
export interface KafkaRecord {
  offset: number
  timestamp: number
  key: Buffer | null
  value: Buffer | null
  headers: readonly RecordHeader[]
}

/** A record to be written; what is left out is null, empty, or decided by the batch. */
export interface RecordInput {
  offset?: number
  timestamp?: number
  key?: Uint8Array | null
  value?: Uint8Array | null
  headers?: readonly { key: string; value: Uint8Array | null }[]
}

export const NO_HEADERS: readonly RecordHeader[] = []

/** Bytes of the record behind its length field. */
export function recordBodySize(record: RecordInput, offsetDelta: number, timestampDelta: number): number {
  const headers = record.headers ?? NO_HEADERS
  let size = 1 + sizeOfVarlong(timestampDelta) + sizeOfVarint(offsetDelta) + sizeOfVarint(headers.length)
  size += sizeOfBytes(record.key) + sizeOfBytes(record.value)
  for (const header of headers) {
    const keySize = Buffer.byteLength(header.key)
    size += sizeOfVarint(keySize) + keySize + sizeOfBytes(header.value)
  }
  return size
}

/** Writes a record of format v2 and returns the position behind it. `bodySize` is what `recordBodySize` said. */
export function writeRecord(
  buffer: Buffer,
  position: number,
  record: RecordInput,
  offsetDelta: number,
  timestampDelta: number,
  bodySize: number,
): number {
  const headers = record.headers ?? NO_HEADERS
  let next = writeVarint(buffer, position, bodySize)
  buffer[next++] = 0 // attributes: none are assigned
  next = writeVarlong(buffer, next, timestampDelta)
  next = writeVarint(buffer, next, offsetDelta)
  next = writeBytes(buffer, next, record.key)
  next = writeBytes(buffer, next, record.value)
  next = writeVarint(buffer, next, headers.length)
  for (const header of headers) {
    next = writeVarint(buffer, next, Buffer.byteLength(header.key))
    next += buffer.write(header.key, next)
    next = writeBytes(buffer, next, header.value)
  }
  return next
}

function sizeOfBytes(bytes: Uint8Array | null | undefined): number {
  return bytes == null ? 1 : sizeOfVarint(bytes.length) + bytes.length
}

function writeBytes(buffer: Buffer, position: number, bytes: Uint8Array | null | undefined): number {
  if (bytes == null) return writeVarint(buffer, position, -1)
  const next = writeVarint(buffer, position, bytes.length)
  buffer.set(bytes, next)
  return next + bytes.length
}
