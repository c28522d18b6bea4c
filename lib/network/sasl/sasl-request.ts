import { apiOf } from '../../../protocol/apis.ts'
import { type RequestHeader, requestHeaderCodec } from '../../../protocol/header.ts'
import { Reader, type StringSource } from '../../../protocol/primitives/reader.ts'
import type { Api } from '../../../protocol/schema.ts'

/** A request of which the header has been read. */
export interface OpenedRequest {
  readonly api: Api
  readonly version: number
  readonly header: RequestHeader
  /** Stands at the body. */
  readonly body: Reader
}

/** API key and version. */
const KEY_AND_VERSION = 4

/** Reads the header of a frame; undefined where it has none, or names an API that Kafka does not know. */
export function openRequest(frame: Buffer, strings: StringSource): OpenedRequest | undefined {
  if (frame.length < KEY_AND_VERSION) return undefined
  const api = apiOf(frame.readInt16BE(0))
  if (api === undefined) return undefined
  const version = frame.readInt16BE(2)
  const body = new Reader(frame, 0, strings)
  try {
    return { api, version, header: requestHeaderCodec(api, version).decode(body), body }
  } catch {
    return undefined
  }
}
