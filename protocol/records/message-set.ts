import { ProtocolError } from '../error.ts'
import { baseOffset, magic, NO_TIMESTAMP } from './batch.ts'
import { BatchCursor } from './batch-cursor.ts'
import { type CompressionName, CompressionType, compress, decompress } from './compression/codecs.ts'
import {
  messageCompressionCode,
  messageContent,
  messageIsLogAppendTime,
  messageSize,
  messageTimestamp,
  writeMessage,
} from './message.ts'
import { type KafkaRecord, NO_HEADERS, type RecordInput } from './record.ts'

/*
 * Message sets, formats v0 and v1: what Produce v0-v2 and Fetch v0-v3 carry. Messages stand one after the other;
 * compression wraps a whole set into the value of one message, whose offset is that of the last message inside. The
 * messages inside have absolute offsets in v0 and relative ones in v1 (KIP-31).
 */

/**
 * The records of the messages in `buffer[start, end)`, wrapped ones unwrapped; a partial message at the end is left
 * out. `maxBytes` bounds what each wrapper may decompress to. Throws `ProtocolError`. CRCs are not checked.
 */
export function decodeMessageSet(
  buffer: Buffer,
  start: number,
  end: number,
  maxBytes: number,
): KafkaRecord[] {
  const records: KafkaRecord[] = []
  const cursor = new BatchCursor(buffer, start, end)
  while (cursor.next()) {
    if (cursor.magic > 1) throw new ProtocolError(`magic ${cursor.magic} in a message set`)
    for (const record of decodeMessage(buffer, cursor.position, maxBytes)) records.push(record)
  }
  if (cursor.corruption !== null) throw new ProtocolError(cursor.corruption)
  return records
}

/** The one record of the message at `position`, or those that it wraps. Throws `ProtocolError`. */
export function decodeMessage(buffer: Buffer, position: number, maxBytes: number): KafkaRecord[] {
  if (messageCompressionCode(buffer, position) === CompressionType.none)
    return [decodePlain(buffer, position)]
  return decodeWrapped(buffer, position, wrappedSet(buffer, position, maxBytes))
}

/** The set inside the wrapper at `position`, decompressed. Throws `ProtocolError`. */
export function wrappedSet(buffer: Buffer, position: number, maxBytes: number): Buffer {
  const code = messageCompressionCode(buffer, position)
  const value = messageContent(buffer, position)?.value ?? null
  if (code === CompressionType.zstd) throw new ProtocolError('zstd in a message set')
  if (value === null) throw new ProtocolError('a compressed message without a value')
  return decompress(code, value, maxBytes, magic(buffer, position))
}

/** The records of `inner`, which is what `wrappedSet` found at `position`. Throws `ProtocolError`. */
export function decodeWrapped(buffer: Buffer, position: number, inner: Buffer): KafkaRecord[] {
  const appendTime = messageIsLogAppendTime(buffer, position) ? messageTimestamp(buffer, position) : null
  const records: KafkaRecord[] = []
  const cursor = new BatchCursor(inner)
  while (cursor.next()) {
    if (cursor.magic > 1) throw new ProtocolError(`magic ${cursor.magic} in a message set`)
    if (messageCompressionCode(inner, cursor.position) !== CompressionType.none) {
      throw new ProtocolError('a compressed message inside a compressed message')
    }
    const record = decodePlain(inner, cursor.position)
    if (appendTime !== null && cursor.magic === 1) record.timestamp = appendTime
    records.push(record)
  }
  if (cursor.corruption !== null) throw new ProtocolError(cursor.corruption)
  const last = records.at(-1)
  if (last === undefined) throw new ProtocolError('a compressed message with no messages inside')
  if (magic(buffer, position) === 1) makeAbsolute(records, baseOffset(buffer, position), last.offset)
  return records
}

function decodePlain(buffer: Buffer, position: number): KafkaRecord {
  const content = messageContent(buffer, position)
  if (content === null) throw new ProtocolError('key and value reach beyond their message')
  return {
    offset: baseOffset(buffer, position),
    timestamp: messageTimestamp(buffer, position),
    key: content.key,
    value: content.value,
    headers: NO_HEADERS,
  }
}

/** Wrapper offset 0 with relative offsets inside is what certain versions of librdkafka produce: Kafka lets it be. */
function makeAbsolute(records: KafkaRecord[], wrapperOffset: number, lastInnerOffset: number): void {
  if (wrapperOffset === 0) return
  if (wrapperOffset < lastInnerOffset) {
    throw new ProtocolError(
      `a wrapper's offset ${wrapperOffset} is below that of its last message, ${lastInnerOffset}`,
    )
  }
  const first = wrapperOffset - lastInnerOffset
  for (const record of records) record.offset += first
}

export interface MessageSetInput {
  magic: 0 | 1
  /** Headers are dropped, and timestamps in v0. A record without an offset gets the one after the record before it. */
  records: readonly RecordInput[]
  /** zstd cannot be in a message set. */
  compression?: CompressionName
  compressionLevel?: number
  /** v1: sets the timestamp type to LogAppendTime and each timestamp to this. */
  logAppendTime?: number
}

/** A message set as Kafka's MemoryRecordsBuilder writes it; one wrapper where there is compression. */
export function encodeMessageSet(input: MessageSetInput): Buffer {
  const { magic: format, logAppendTime } = input
  const code = CompressionType[input.compression ?? 'none']
  if (code === CompressionType.zstd) throw new ProtocolError('zstd in a message set')
  const compressed = code !== CompressionType.none
  const isLogAppendTime = logAppendTime !== undefined
  const first = input.records[0]?.offset ?? 0
  const innerBase = compressed && format === 1 ? first : 0

  let size = 0
  for (const record of input.records) size += messageSize(format, record.key ?? null, record.value ?? null)
  const messages = Buffer.allocUnsafe(size)
  let position = 0
  let offset = first - 1
  let maxTimestamp = NO_TIMESTAMP
  for (const record of input.records) {
    const timestamp = logAppendTime ?? record.timestamp ?? NO_TIMESTAMP
    offset = record.offset ?? offset + 1
    maxTimestamp = Math.max(maxTimestamp, timestamp)
    position = writeMessage(messages, position, {
      magic: format,
      offset: offset - innerBase,
      timestamp,
      isLogAppendTime,
      compressionCode: CompressionType.none,
      key: record.key ?? null,
      value: record.value ?? null,
    })
  }
  if (!compressed || input.records.length === 0) return messages

  const value = compress(code, messages, format, input.compressionLevel)
  const wrapper = Buffer.allocUnsafe(messageSize(format, null, value))
  writeMessage(wrapper, 0, {
    magic: format,
    offset,
    timestamp: maxTimestamp,
    isLogAppendTime,
    compressionCode: code,
    key: null,
    value,
  })
  return wrapper
}
