/** The wire of Kafka: declarations, codecs, records. Pure: bytes to values and back. */
export { apiOf, apis } from './apis.ts'
export { type Codec, codecOf } from './codec.ts'
export { ProtocolError } from './error.ts'
export { ErrorCode, type ErrorName, errorName, isRetriable } from './errors.ts'
export { connectAssignment, connectWorkerState } from './formats/connect-protocol.ts'
export { consumerOffsetsRecords } from './formats/consumer-offsets.ts'
export { consumerProtocolAssignment } from './formats/consumer-protocol-assignment.ts'
export { consumerProtocolSubscription } from './formats/consumer-protocol-subscription.ts'
export { type CoordinatorRecord, decodeRecordKey, encodeRecordKey } from './formats/coordinator-record.ts'
export { shareGroupStateRecords } from './formats/share-group-state.ts'
export { transactionStateRecords } from './formats/transaction-state.ts'
export {
  decodeVersioned,
  encodeVersioned,
  type NewerVersions,
  type Versioned,
} from './formats/versioned.ts'
export {
  type RequestHeader,
  requestHeader,
  requestHeaderCodec,
  responseHeader,
  responseHeaderCodec,
} from './header.ts'
export { ExactReader, Reader, type StringSource } from './primitives/reader.ts'
export { type Known, StringTable } from './primitives/string-table.ts'
export { Writer } from './primitives/writer.ts'
export type { Api, ApiListener, Decoded, Encodable, Message, RequestOf, ResponseOf } from './schema.ts'
