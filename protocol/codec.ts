import { generateDecoder } from './codegen/decoder.ts'
import { generateEncoder } from './codegen/encoder.ts'
import { ProtocolError } from './error.ts'
import type { Reader } from './primitives/reader.ts'
import type { Writer } from './primitives/writer.ts'
import { type Decoded, type Encodable, includes, type Message } from './schema.ts'

/** One message in one version: bytes to value, value to bytes. */
export interface Codec<M extends Message = Message> {
  /** @throws ProtocolError when the bytes are not this message */
  decode(reader: Reader): Decoded<M>
  /** @throws ProtocolError when the value cannot be sent in this version */
  encode(writer: Writer, value: Encodable<M>): void
}

const compiled = new WeakMap<Message, (Codec | undefined)[]>()

/**
 * The codec of a message in one version, compiled on first use: a walk over the declaration at every message costs ten
 * times what straight code does.
 *
 * @throws RangeError when the message has no such version
 */
export function codecOf<M extends Message>(message: M, version: number): Codec<M> {
  let versions = compiled.get(message)
  if (!versions) {
    versions = []
    compiled.set(message, versions)
  }
  let codec = versions[version]
  if (!codec) {
    codec = compile(message, version)
    versions[version] = codec
  }
  return codec as unknown as Codec<M>
}

function compile(message: Message, version: number): Codec {
  if (!includes(message.versions, version)) {
    throw new RangeError(
      `${message.name} has versions ${message.versions.min} to ${message.versions.max}, not ${version}`,
    )
  }
  let decoder: ((reader: Reader) => unknown) | undefined
  let encoder: ((writer: Writer, value: unknown) => void) | undefined
  return {
    decode(reader) {
      decoder ??= generateDecoder(message, version)
      let value: Decoded<Message>
      try {
        value = decoder(reader) as Decoded<Message>
      } catch (error) {
        if (error instanceof RangeError) throw cutShort(message, version)
        throw error
      }
      // Another frame may lie behind this one.
      if (reader.offset > reader.end) throw cutShort(message, version)
      return value
    },
    encode(writer, value) {
      encoder ??= generateEncoder(message, version)
      encoder(writer, value)
    },
  }
}

function cutShort({ name }: Message, version: number): ProtocolError {
  return new ProtocolError(`${name} v${version} is cut short`)
}
