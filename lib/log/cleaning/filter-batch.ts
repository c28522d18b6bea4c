import {
  baseOffset,
  baseSequence,
  compressionCode,
  deleteHorizonMs,
  hasDeleteHorizon,
  isControlBatch,
  isLogAppendTime,
  isTransactional,
  lastOffset,
  maxTimestamp,
  NO_PRODUCER_ID,
  partitionLeaderEpoch,
  producerEpoch,
  producerId,
} from '../../../protocol/records/batch.ts'
import { compressionName } from '../../../protocol/records/compression/codecs.ts'
import { decodeRecords } from '../../../protocol/records/decode-batch.ts'
import { encodeBatch } from '../../../protocol/records/encode-batch.ts'
import type { KafkaRecord } from '../../../protocol/records/record.ts'
import { MAX_DECOMPRESSED_BATCH_BYTES } from '../log-config.ts'
import type { LastRecord } from '../producer-state.ts'
import type { CleanedTransactions } from './cleaned-transactions.ts'
import type { OffsetMap } from './offset-map.ts'

/** What a round of cleaning goes by. */
export interface CleaningRound {
  readonly offsets: OffsetMap
  readonly transactions: CleanedTransactions
  /** Of the producers that are not forgotten yet. */
  readonly lastRecords: ReadonlyMap<number, LastRecord>
  /** Where the part that is cleaned ends: its last batch stays, if only as a header, so that the end is not lost. */
  readonly upperBoundOffset: number
  readonly now: number
  readonly deleteRetentionMs: number
}

/** What remains of a batch: the very same buffer where nothing is to change, null where nothing is left. */
export function filterBatch(batch: Buffer, round: CleaningRound): Buffer | null {
  const canDiscard = round.transactions.canDiscard(batch)
  const isControl = isControlBatch(batch, 0)
  // A marker waits as long as a tombstone does, so that readers in the middle of the transaction see its end.
  const isHorizonReached = hasDeleteHorizon(batch, 0) && deleteHorizonMs(batch, 0) <= round.now
  const isDiscarded = canDiscard && (!isControl || isHorizonReached)

  const records = decodeRecords(batch, 0, MAX_DECOMPRESSED_BATCH_BYTES)
  const retained = isDiscarded
    ? []
    : isControl
      ? records
      : records.filter((record) => isRetained(batch, record, round))
  if (retained.length === 0) return mustStay(batch, round) ? emptied(batch) : null

  const setsHorizon =
    !hasDeleteHorizon(batch, 0) && ((isControl && canDiscard) || retained.some(({ value }) => value === null))
  if (retained.length === records.length && !setsHorizon) return batch
  return rewritten(
    batch,
    retained,
    setsHorizon ? round.now + round.deleteRetentionMs : deleteHorizonMs(batch, 0),
  )
}

/** The last record of a key stays, a tombstone only until its time has come; one without a key has no place here. */
function isRetained(batch: Buffer, { offset, key, value }: KafkaRecord, round: CleaningRound): boolean {
  const { offsets, now } = round
  if (offset > offsets.latestOffset) return true
  if (key === null || offset < offsets.get(key)) return false
  return value !== null || !hasDeleteHorizon(batch, 0) || now < deleteHorizonMs(batch, 0)
}

/** A producer's last batch carries its sequence number and epoch, without which it could not go on. */
function mustStay(batch: Buffer, { lastRecords, upperBoundOffset }: CleaningRound): boolean {
  const id = producerId(batch, 0)
  const last = id === NO_PRODUCER_ID ? undefined : lastRecords.get(id)
  if (last !== undefined) {
    const isLast =
      last.lastDataOffset >= 0
        ? lastOffset(batch, 0) === last.lastDataOffset
        : isControlBatch(batch, 0) && producerEpoch(batch, 0) === last.producerEpoch
    if (isLast) return true
  }
  return lastOffset(batch, 0) + 1 === upperBoundOffset
}

function headerOf(batch: Buffer) {
  return {
    baseOffset: baseOffset(batch, 0),
    // Kept, so that the sequence number of the last record can still be told.
    lastOffset: lastOffset(batch, 0),
    producerId: producerId(batch, 0),
    producerEpoch: producerEpoch(batch, 0),
    baseSequence: baseSequence(batch, 0),
    partitionLeaderEpoch: partitionLeaderEpoch(batch, 0),
    isTransactional: isTransactional(batch, 0),
    isControl: isControlBatch(batch, 0),
    ...(isLogAppendTime(batch, 0) ? { logAppendTime: maxTimestamp(batch, 0) } : {}),
  }
}

function emptied(batch: Buffer): Buffer {
  return encodeBatch({ ...headerOf(batch), records: [], maxTimestamp: maxTimestamp(batch, 0) })
}

/** @param horizon ms, -1 for none */
function rewritten(batch: Buffer, records: readonly KafkaRecord[], horizon: number): Buffer {
  return encodeBatch({
    ...headerOf(batch),
    records,
    compression: compressionName(compressionCode(batch, 0))!,
    ...(horizon >= 0 ? { deleteHorizonMs: horizon } : {}),
  })
}
