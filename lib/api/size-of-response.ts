import { codecOf } from '../../protocol/codec.ts'
import { Writer } from '../../protocol/primitives/writer.ts'
import type { Api, ResponseOf } from '../../protocol/schema.ts'

const SIZE_BYTES = 4
const writer = new Writer(1024)

/** Bytes that a response takes, with those that say how many and without its header: what quotas of consumers count. */
export function sizeOfResponse<A extends Api>(api: A, apiVersion: number, response: ResponseOf<A>): number {
  try {
    codecOf(api.response as Api['response'], apiVersion).encode(writer, response as never)
    return SIZE_BYTES + writer.length
  } finally {
    writer.discard()
  }
}
