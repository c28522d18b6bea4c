/** What Kafka answers to records that it does not take. */
export type RecordsErrorName =
  | 'CORRUPT_MESSAGE'
  | 'INVALID_RECORD'
  | 'INVALID_TIMESTAMP'
  | 'MESSAGE_TOO_LARGE'
  | 'UNKNOWN_SERVER_ERROR'
  | 'UNSUPPORTED_COMPRESSION_TYPE'
  | 'UNSUPPORTED_FOR_MESSAGE_FORMAT'

/** One refused record of a batch, as Produce v8 and newer report it (KIP-467). */
export interface RecordError {
  batchIndex: number
  message: string
}

/** Why records were refused: data, not an exception, because it travels to the client. */
export interface RecordsFailure {
  error: RecordsErrorName
  message: string
  recordErrors: RecordError[]
}

export function recordsFailure(error: RecordsErrorName, message: string): RecordsFailure {
  return { error, message, recordErrors: [] }
}
