import { codecOf } from '../codec.ts'
import { ProtocolError } from '../error.ts'
import { ExactReader } from '../primitives/reader.ts'
import { Writer } from '../primitives/writer.ts'
import type { Decoded, Encodable, Message } from '../schema.ts'

/** A value together with the version it was, or will be, written in. */
export interface Versioned<T> {
  readonly version: number
  readonly value: T
}

/**
 * What to make of a version that is newer than the newest declared: `'refuse'` it, or read it `'as-newest'`, as the
 * protocols that members of a group speak among themselves do (later versions only append).
 */
export type NewerVersions = 'refuse' | 'as-newest'

/** The bytes of a value behind the int16 of its version (`MessageUtil.toVersionPrefixedByteBuffer`). */
export function encodeVersioned<M extends Message>(message: M, version: number, value: Encodable<M>): Buffer {
  const writer = new Writer(256)
  writer.int16(version)
  codecOf(message, version).encode(writer, value)
  return joined(writer)
}

/**
 * An int64 that no number holds (the metadata hash of a group) is a bigint: see `ExactReader`.
 *
 * @throws ProtocolError when the bytes are not this message, or in a version it does not have
 */
export function decodeVersioned<M extends Message>(
  message: M,
  bytes: Buffer,
  newer: NewerVersions = 'refuse',
): Versioned<Decoded<M>> {
  const reader = new ExactReader(bytes)
  const version = leadingInt16(reader, message.name)
  const { min, max } = message.versions
  if (version < min || (version > max && newer === 'refuse')) {
    throw new ProtocolError(`${message.name} has versions ${min} to ${max}, not ${version}`)
  }
  return { version, value: codecOf(message, Math.min(version, max)).decode(reader) }
}

/** @throws ProtocolError when there are not two bytes */
export function leadingInt16(reader: ExactReader, name: string): number {
  if (reader.remaining < 2) throw new ProtocolError(`${name} is cut short`)
  return reader.int16()
}

/** What was written, in one buffer. */
export function joined(writer: Writer): Buffer {
  const slices = writer.take()
  return slices.length === 1 ? (slices[0] as Buffer) : Buffer.concat(slices)
}
