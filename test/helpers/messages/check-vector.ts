import { isDeepStrictEqual } from 'node:util'
import { codecOf } from '../../../protocol/codec.ts'
import { ExactReader } from '../../../protocol/primitives/reader.ts'
import { Writer } from '../../../protocol/primitives/writer.ts'
import type { Message } from '../../../protocol/schema.ts'
import { render } from './render.ts'

/** What is wrong with how ours reads and writes a message that Kafka wrote; undefined when nothing is. */
export function checkVector(
  message: Message,
  version: number,
  bytes: Buffer,
  json: string,
): string | undefined {
  try {
    return differenceIn(message, version, bytes, json)
  } catch (error) {
    return `${error} for ${bytes.toString('base64')}, ${json}`
  }
}

function differenceIn(message: Message, version: number, bytes: Buffer, json: string): string | undefined {
  const codec = codecOf(message, version)
  const reader = new ExactReader(bytes)
  const value = codec.decode(reader)
  if (reader.remaining !== 0)
    return `${reader.remaining} bytes of ${bytes.toString('base64')} are left unread`
  const rendered = render(message, version, value)
  const expected: unknown = JSON.parse(json)
  if (!isDeepStrictEqual(rendered, expected)) {
    return `decoded ${JSON.stringify(rendered)}, Kafka says ${json}`
  }
  const again = encoded(message, version, value)
  if (!again.equals(bytes))
    return `${bytes.toString('base64')} became ${again.toString('base64')} for ${json}`
  return undefined
}

const writer = new Writer()

/** The value's bytes, in one buffer of its own. */
export function encoded(message: Message, version: number, value: unknown): Buffer {
  codecOf(message, version).encode(writer, value as never)
  return Buffer.concat(writer.take())
}
