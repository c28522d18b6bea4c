import { ErrorCode } from '../../protocol/errors.ts'
import { BatchCursor } from '../../protocol/records/batch-cursor.ts'
import { encodeBatch } from '../../protocol/records/encode-batch.ts'
import type { Clock } from '../lab/clock.ts'
import type { Partition } from '../log/partition.ts'
import { encodeGroupRecord, type GroupRecord } from './group-record.ts'

/** A transactional producer on whose behalf offsets are written. */
export interface OffsetProducer {
  readonly producerId: number
  readonly producerEpoch: number
}

/** The log of one partition of `__consumer_offsets`, as the coordinator that leads it writes and reads it. */
export class CoordinatorLog {
  readonly #partition: Partition
  readonly #leaderEpoch: number
  readonly #clock: Clock

  constructor(partition: Partition, leaderEpoch: number, clock: Clock) {
    this.#partition = partition
    this.#leaderEpoch = leaderEpoch
    this.#clock = clock
  }

  /**
   * Appends the records in one batch; in a producer's transaction where one is given.
   * @returns why that producer may not write
   */
  append(records: readonly GroupRecord[], producer?: OffsetProducer): ErrorCode {
    if (records.length === 0) return ErrorCode.NONE
    const batch = encodeBatch({
      records: records.map(encodeGroupRecord),
      defaultTimestamp: this.#clock.now(),
      ...(producer && { ...producer, isTransactional: true }),
    })
    const { errorCode } = this.#partition.log.appendAsCoordinator(batch, this.#leaderEpoch)
    if (errorCode !== ErrorCode.NONE) return errorCode
    this.#partition.updateHighWatermark()
    this.#partition.wake()
    return ErrorCode.NONE
  }

  /** At each batch in turn, from the first that is kept. */
  *batches(): Generator<BatchCursor> {
    const { log } = this.#partition
    const read = log.read(log.logStartOffset, Number.MAX_SAFE_INTEGER, 'log-end', true)
    const cursor = new BatchCursor(Buffer.concat(read.records))
    while (cursor.next()) yield cursor
  }
}
