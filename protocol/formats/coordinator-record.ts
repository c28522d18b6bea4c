import { codecOf } from '../codec.ts'
import { ExactReader } from '../primitives/reader.ts'
import { Writer } from '../primitives/writer.ts'
import {
  type Decoded,
  type Encodable,
  type Fields,
  type Message,
  type MessageVersions,
  message,
} from '../schema.ts'
import { joined, leadingInt16 } from './versioned.ts'

/**
 * One kind of record that a coordinator keeps in its log. The key begins with the int16 of its type, the value with the
 * int16 of its version (`encodeVersioned`); a record without a value deletes.
 */
export interface CoordinatorRecord<K extends Fields = Fields, V extends Fields = Fields> {
  readonly type: number
  readonly name: string
  readonly key: Message<K>
  readonly value: Message<V>
}

export interface CoordinatorRecordDeclaration<K extends Fields, V extends Fields> extends MessageVersions {
  readonly type: number
  readonly name: string
  readonly key: K
  /** `versions` and `flexible` are the value's; a key never changes. */
  readonly value: V
}

export function coordinatorRecord<const K extends Fields, const V extends Fields>(
  declaration: CoordinatorRecordDeclaration<K, V>,
): CoordinatorRecord<K, V> {
  const { type, name } = declaration
  return {
    type,
    name,
    key: message(`${name}Key`, { versions: '0', flexible: 'none' }, declaration.key),
    value: message(`${name}Value`, declaration, declaration.value),
  }
}

/** The bytes of a record's key: its type, then the key. */
export function encodeRecordKey<R extends CoordinatorRecord>(record: R, key: Encodable<R['key']>): Buffer {
  const writer = new Writer(256)
  writer.int16(record.type)
  codecOf(record.key, 0).encode(writer, key)
  return joined(writer)
}

type DecodedKeyOf<R extends CoordinatorRecord> = R extends CoordinatorRecord
  ? { readonly record: R; readonly key: Decoded<R['key']> }
  : never

/**
 * Which record of the log the key belongs to, and the key; undefined for a type the log does not declare (a broker
 * newer than this wrote it).
 *
 * @throws ProtocolError when the bytes are not the key that their type announces
 */
export function decodeRecordKey<R extends CoordinatorRecord>(
  log: readonly R[],
  bytes: Buffer,
): DecodedKeyOf<R> | undefined {
  const reader = new ExactReader(bytes)
  const type = leadingInt16(reader, 'a coordinator record key')
  const record = log.find((candidate) => candidate.type === type)
  if (!record) return undefined
  return { record, key: codecOf(record.key, 0).decode(reader) } as DecodedKeyOf<R>
}
