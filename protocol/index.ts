/** The wire of Kafka: declarations, codecs, records. Pure: bytes to values and back. */
export { apiOf, apis } from './apis.ts'
export { type Codec, codecOf } from './codec.ts'
export { ProtocolError } from './error.ts'
export { ErrorCode, type ErrorName, errorName, isRetriable } from './errors.ts'
export {
  type RequestHeader,
  requestHeader,
  requestHeaderCodec,
  responseHeader,
  responseHeaderCodec,
} from './header.ts'
export { ExactReader, Reader, type StringSource } from './primitives/reader.ts'
export { StringTable } from './primitives/string-table.ts'
export { Writer } from './primitives/writer.ts'
export type { Api, ApiListener, Decoded, Encodable, Message, RequestOf, ResponseOf } from './schema.ts'
