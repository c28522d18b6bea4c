import { codecOf } from '../../../protocol/codec.ts'
import { leaderChangeMessage } from '../../../protocol/formats/leader-change-message.ts'
import { Reader } from '../../../protocol/primitives/reader.ts'
import * as batch from '../../../protocol/records/batch.ts'
import { BatchCursor } from '../../../protocol/records/batch-cursor.ts'
import { compressionName } from '../../../protocol/records/compression/codecs.ts'
import { controlRecordName, decodeEndTxnMarker } from '../../../protocol/records/control.ts'
import { decodeRecords } from '../../../protocol/records/decode-batch.ts'
import {
  ensureMessageValid,
  messageCompressionCode,
  messageIsLogAppendTime,
  messageTimestamp,
} from '../../../protocol/records/message.ts'
import { decodeMessage } from '../../../protocol/records/message-set.ts'
import type { KafkaRecord } from '../../../protocol/records/record.ts'
import { ensureValid } from '../../../protocol/records/validate-batch.ts'
import { MAX_BYTES } from './arbitraries.ts'

/** A `records` field in the words of test/conformance/records/RecordVectors.java. */
export function render(bytes: Buffer): Record<string, unknown>[] {
  const cursor = new BatchCursor(bytes)
  const batches: Record<string, unknown>[] = []
  while (cursor.next()) {
    batches.push(cursor.magic === 2 ? renderBatch(bytes, cursor) : renderMessage(bytes, cursor))
  }
  if (cursor.corruption !== null) throw new Error(cursor.corruption)
  return batches
}

function renderBatch(bytes: Buffer, cursor: BatchCursor): Record<string, unknown> {
  const at = cursor.position
  const isControl = batch.isControlBatch(bytes, at)
  return {
    magic: 2,
    baseOffset: batch.baseOffset(bytes, at),
    lastOffset: batch.lastOffset(bytes, at),
    sizeInBytes: cursor.size,
    crc: batch.crc(bytes, at),
    isValid: ensureValid(bytes, at) === null,
    compression: compressionName(batch.compressionCode(bytes, at)),
    isLogAppendTime: batch.isLogAppendTime(bytes, at),
    maxTimestamp: batch.maxTimestamp(bytes, at),
    partitionLeaderEpoch: batch.partitionLeaderEpoch(bytes, at),
    isTransactional: batch.isTransactional(bytes, at),
    isControl,
    deleteHorizonMs: batch.deleteHorizonMs(bytes, at),
    baseTimestamp: batch.baseTimestamp(bytes, at),
    producerId: batch.producerId(bytes, at),
    producerEpoch: batch.producerEpoch(bytes, at),
    baseSequence: batch.baseSequence(bytes, at),
    lastSequence: batch.lastSequence(bytes, at),
    recordCount: batch.recordCount(bytes, at),
    records: decodeRecords(bytes, at, MAX_BYTES).map((record) => renderRecord(record, isControl)),
  }
}

function renderMessage(bytes: Buffer, cursor: BatchCursor): Record<string, unknown> {
  const at = cursor.position
  return {
    magic: cursor.magic,
    lastOffset: batch.baseOffset(bytes, at),
    sizeInBytes: cursor.size,
    crc: bytes.readUInt32BE(at + 12),
    isValid: ensureMessageValid(bytes, at) === null,
    compression: compressionName(messageCompressionCode(bytes, at)),
    isLogAppendTime: messageIsLogAppendTime(bytes, at),
    maxTimestamp: messageTimestamp(bytes, at),
    records: decodeMessage(bytes, at, MAX_BYTES).map((record) => renderRecord(record, false)),
  }
}

function renderRecord(record: KafkaRecord, isControl: boolean): Record<string, unknown> {
  const { offset, timestamp, key, value } = record
  return {
    offset,
    timestamp,
    key: hex(key),
    value: hex(value),
    headers: record.headers.map((header) => [header.key, hex(header.value)]),
    ...(isControl ? { control: renderControl(key, value) } : {}),
  }
}

function renderControl(key: Buffer | null, value: Buffer | null): unknown {
  const type = controlRecordName(key)
  return type === 'LEADER_CHANGE' && value !== null
    ? renderLeaderChange(value)
    : decodeEndTxnMarker(key, value)
}

function renderLeaderChange(value: Buffer): unknown {
  const version = value.readInt16BE()
  const { leaderId, voters, grantingVoters } = codecOf(leaderChangeMessage, version).decode(new Reader(value))
  const voter = ({ voterId, voterDirectoryId }: (typeof voters)[number]) =>
    version > 0 ? { voterId, voterDirectoryId } : { voterId }
  return { version, leaderId, voters: voters.map(voter), grantingVoters: grantingVoters.map(voter) }
}

function hex(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('hex')
}
