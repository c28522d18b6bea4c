import { ErrorCode } from '../../protocol/errors.ts'
import type { RecordError } from '../../protocol/records/records-failure.ts'
import type { AbortedTransaction } from './transaction-index.ts'

const NO_ERRORS: readonly RecordError[] = []

/** What became of an append, in the words of Produce's response. */
export class AppendResult {
  errorCode: ErrorCode = ErrorCode.NONE
  errorMessage: string | null = null
  recordErrors: readonly RecordError[] = NO_ERRORS
  /** Of the first record, also when the batch was there already; -1 when nothing was appended. */
  baseOffset = -1
  /** ms; -1 unless the topic's timestamps are append times. */
  logAppendTimeMs = -1
  logStartOffset = -1
  /** The batch was there already (idempotent producers). */
  isDuplicate = false
}

/** Which records a reader may see. */
export type Isolation = 'log-end' | 'high-watermark' | 'committed'

/** What a read yields. */
export class LogRead {
  errorCode: ErrorCode = ErrorCode.NONE
  /** Batches, in order, as they lie in the log; the first one may begin before the offset asked for. */
  records: Buffer[] = []
  /** Bytes of `records`. */
  size = 0
  /** There is a batch, but the limit lets none through. */
  isFirstTooLarge = false
  /** There is more in later segments, which has to be asked for again. */
  isBehind = false
  /** null unless only committed records were asked for. */
  abortedTransactions: AbortedTransaction[] | null = null
}

/** An offset found by time; timestamp and epoch are -1 where unknown. */
export interface TimestampAndOffset {
  readonly timestamp: number
  readonly offset: number
  readonly leaderEpoch: number
}
