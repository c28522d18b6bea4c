import { codecOf } from '../../../protocol/codec.ts'
import { responseHeaderCodec } from '../../../protocol/header.ts'
import type { Writer } from '../../../protocol/primitives/writer.ts'
import type { Api, Message, ResponseOf } from '../../../protocol/schema.ts'
import type { Reply } from '../gate.ts'

/** A response of Kafka's. */
export function response<A extends Api>(
  api: A,
  version: number,
  correlationId: number,
  body: ResponseOf<A>,
): Reply {
  return (writer: Writer) => {
    writer.beginFrame()
    responseHeaderCodec(api, version).encode(writer, { correlationId })
    codecOf<Message>(api.response, version).encode(writer, body)
    writer.endFrame()
  }
}

/** A mechanism's token with nothing around it but its size: what clients get that began by SaslHandshake v0. */
export function bareToken(token: Uint8Array | null): Reply {
  return (writer: Writer) => {
    if (token === null) return
    writer.beginFrame()
    writer.raw(token)
    writer.endFrame()
  }
}
