import { codecOf } from '../../protocol/codec.ts'
import { ProtocolError } from '../../protocol/error.ts'
import { groupMetadata } from '../../protocol/formats/consumer-offsets/group-metadata.ts'
import { offsetCommit } from '../../protocol/formats/consumer-offsets/offset-commit.ts'
import { consumerOffsetsRecords } from '../../protocol/formats/consumer-offsets.ts'
import { type CoordinatorRecord, decodeRecordKey } from '../../protocol/formats/coordinator-record.ts'
import { decodeVersioned } from '../../protocol/formats/versioned.ts'
import { Writer } from '../../protocol/primitives/writer.ts'
import type { KafkaRecord, RecordInput } from '../../protocol/records/record.ts'
import type { Decoded } from '../../protocol/schema.ts'

/** One kind of `GroupRecord`. */
export type GroupRecordOf<R extends CoordinatorRecord> = R extends CoordinatorRecord
  ? { readonly record: R; readonly key: Decoded<R['key']>; readonly value: Decoded<R['value']> | null }
  : never

/** One record of `__consumer_offsets`; one without a value takes away what an earlier one with its key said. */
export type GroupRecord = GroupRecordOf<(typeof consumerOffsetsRecords)[number]>

/** Whether the record is of that kind: the kinds cannot be told apart by a literal. */
export function isOfKind<R extends GroupRecord['record']>(
  record: GroupRecord,
  kind: R,
): record is GroupRecordOf<R> & GroupRecord {
  return record.record === kind
}

type OffsetCommitValue = Decoded<(typeof offsetCommit)['value']>

const writer = new Writer()

/** The record as it lies in the log, in the version that Kafka 4.4 writes. */
export function encodeGroupRecord({ record, key, value }: GroupRecord): RecordInput {
  writer.int16(record.type)
  codecOf(record.key, 0).encode(writer, key as never)
  const keyBytes = taken()
  if (value === null) return { key: keyBytes, value: null }
  const version = valueVersion(record, value)
  writer.int16(version)
  codecOf(record.value as CoordinatorRecord['value'], version).encode(writer, value as never)
  return { key: keyBytes, value: taken() }
}

function taken(): Buffer {
  const slices = writer.take()
  return slices.length === 1 ? (slices[0] as Buffer) : Buffer.concat(slices)
}

/** Older brokers shall be able to read what newer ones write, so the newest version is not always it. */
function valueVersion(record: GroupRecord['record'], value: NonNullable<GroupRecord['value']>): number {
  if (record === offsetCommit) return (value as OffsetCommitValue).expireTimestamp === -1 ? 4 : 1
  return record === groupMetadata ? 3 : record.value.versions.max
}

/**
 * What a record of the log says; undefined where it is of a kind that is not known here.
 * @throws ProtocolError when it is not what its key announces
 */
export function decodeGroupRecord({ key, value }: KafkaRecord): GroupRecord | undefined {
  if (key === null) throw new ProtocolError('a record of __consumer_offsets has no key')
  const decoded = decodeRecordKey(consumerOffsetsRecords, key)
  if (!decoded) return undefined
  const message: CoordinatorRecord['value'] = decoded.record.value
  return { ...decoded, value: value === null ? null : decodeVersioned(message, value).value } as GroupRecord
}
