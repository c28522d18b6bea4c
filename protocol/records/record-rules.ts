import { NO_TIMESTAMP, type TimestampType } from './batch.ts'
import type { RecordError, RecordsFailure } from './records-failure.ts'

/** What the topic asks of each record; times in ms. */
export interface RecordRules {
  /** `cleanup.policy` has `compact`: every record needs a key. */
  compacted: boolean
  /** `message.timestamp.type` */
  timestampType: TimestampType
  now: number
  /** `message.timestamp.before.max.ms` */
  timestampBeforeMaxMs: number
  /** `message.timestamp.after.max.ms` */
  timestampAfterMaxMs: number
  /** The most that a batch may decompress to; this memory is ours, Kafka streams. */
  maxBytes: number
  /** `max.decompressed.message.bytes`: the most that one compressed record may take (Kafka 4.4). */
  maxDecompressedRecordBytes: number
}

/** Holds records of one batch against the rules and keeps the refusals (LogValidator's validateKey, validateTimestamp). */
export class RecordChecker {
  readonly #rules: RecordRules
  readonly #oldest: number
  readonly #newest: number
  #errors: RecordError[] | undefined
  #timestampRefused = false

  constructor(rules: RecordRules) {
    this.#rules = rules
    this.#oldest = rules.now - rules.timestampBeforeMaxMs
    this.#newest = rules.now + rules.timestampAfterMaxMs
  }

  check(batchIndex: number, hasKey: boolean, timestamp: number, batchIsLogAppendTime: boolean): void {
    if (!hasKey && this.#rules.compacted) {
      this.refuse(batchIndex, 'a record without a key cannot be in a compacted topic')
    } else if (timestamp !== NO_TIMESTAMP && this.#rules.timestampType === 'CreateTime') {
      if (timestamp < this.#oldest || timestamp > this.#newest) {
        this.#timestampRefused = true
        this.refuse(
          batchIndex,
          `the timestamp ${timestamp} is not between ${this.#oldest} and ${this.#newest}`,
        )
      }
    } else if (batchIsLogAppendTime) {
      this.#timestampRefused = true
      this.refuse(batchIndex, 'a producer may not set the timestamp type LogAppendTime')
    }
  }

  refuse(batchIndex: number, message: string): void {
    this.#errors ??= []
    this.#errors.push({ batchIndex, message })
  }

  failure(): RecordsFailure | null {
    const recordErrors = this.#errors
    if (recordErrors === undefined) return null
    return {
      error: this.#timestampRefused ? 'INVALID_TIMESTAMP' : 'INVALID_RECORD',
      message: `${recordErrors.length} records were refused`,
      recordErrors,
    }
  }
}
