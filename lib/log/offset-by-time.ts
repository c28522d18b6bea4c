import {
  baseOffset,
  isLogAppendTime,
  maxTimestamp,
  NO_TIMESTAMP,
  partitionLeaderEpoch,
  recordCount,
} from '../../protocol/records/batch.ts'
import { decodeRecords } from '../../protocol/records/decode-batch.ts'
import { MAX_DECOMPRESSED_BATCH_BYTES } from './log-config.ts'
import type { TimestampAndOffset } from './log-results.ts'
import type { PartitionLog } from './partition-log.ts'

/** The timestamps that stand for places in the log (ListOffsets). */
export const ListOffsetsTimestamp = {
  LATEST: -1,
  EARLIEST: -2,
  MAX_TIMESTAMP: -3,
  EARLIEST_LOCAL: -4,
  LATEST_TIERED: -5,
  EARLIEST_PENDING_UPLOAD: -6,
} as const

/** What stands for "no such record". */
const NOT_TIERED: TimestampAndOffset = { timestamp: NO_TIMESTAMP, offset: -1, leaderEpoch: -1 }

/**
 * The first record that has `timestamp` or a later one, or what a negative `timestamp` stands for; undefined where
 * there is none. Nothing is ever tiered here.
 */
export function offsetByTime(log: PartitionLog, timestamp: number): TimestampAndOffset | undefined {
  switch (timestamp) {
    case ListOffsetsTimestamp.EARLIEST:
    case ListOffsetsTimestamp.EARLIEST_LOCAL: {
      const offset = log.logStartOffset
      return { timestamp: NO_TIMESTAMP, offset, leaderEpoch: log.epochs.earliestFor(offset) }
    }
    case ListOffsetsTimestamp.LATEST:
      return { timestamp: NO_TIMESTAMP, offset: log.logEndOffset, leaderEpoch: log.epochs.latest }
    case ListOffsetsTimestamp.LATEST_TIERED:
    case ListOffsetsTimestamp.EARLIEST_PENDING_UPLOAD:
      return NOT_TIERED
    case ListOffsetsTimestamp.MAX_TIMESTAMP:
      return recordOfMaxTimestamp(log)
    default:
      return firstFrom(log, timestamp)
  }
}

function recordOfMaxTimestamp(log: PartitionLog): TimestampAndOffset | undefined {
  const largest = maxTimestampFrom(log, log.logStartOffset)
  if (largest === NO_TIMESTAMP) return undefined
  const found = firstFrom(log, largest)
  if (found !== undefined) return found
  // That timestamp is of a record that is gone: deleted from the batch that the log begins in, or compacted away.
  return bestOfAll(log)
}

function bestOfAll(log: PartitionLog): TimestampAndOffset | undefined {
  let best: TimestampAndOffset | undefined
  for (const segment of log.segments) {
    segment.visitFromTime(NO_TIMESTAMP, log.logStartOffset, (batch) => {
      if (maxTimestamp(batch, 0) <= (best?.timestamp ?? NO_TIMESTAMP)) return false
      const leaderEpoch = partitionLeaderEpoch(batch, 0)
      for (const { timestamp, offset } of decodeRecords(batch, 0, MAX_DECOMPRESSED_BATCH_BYTES)) {
        if (offset < log.logStartOffset || timestamp <= (best?.timestamp ?? NO_TIMESTAMP)) continue
        best = { timestamp, offset, leaderEpoch }
      }
      return false
    })
  }
  return best
}

/** The largest timestamp of the batches that hold `offset` and later ones. */
function maxTimestampFrom(log: PartitionLog, offset: number): number {
  return log.segments.reduce((largest, segment) => {
    return segment.nextOffset <= offset ? largest : Math.max(largest, segment.maxTimestampFrom(offset))
  }, NO_TIMESTAMP)
}

function firstFrom(log: PartitionLog, timestamp: number): TimestampAndOffset | undefined {
  let found: TimestampAndOffset | undefined
  for (const segment of log.segments) {
    if (segment.maxTimestamp < timestamp) continue
    segment.visitFromTime(timestamp, log.logStartOffset, (batch) => {
      found = firstInBatch(batch, timestamp, log)
      return found !== undefined
    })
    if (found !== undefined) break
  }
  return found
}

function firstInBatch(batch: Buffer, timestamp: number, log: PartitionLog): TimestampAndOffset | undefined {
  const leaderEpoch = partitionLeaderEpoch(batch, 0)
  const startOffset = log.logStartOffset
  // A batch that compaction emptied has times but no records.
  if (recordCount(batch, 0) > 0 && isLogAppendTime(batch, 0) && baseOffset(batch, 0) >= startOffset) {
    return { timestamp: maxTimestamp(batch, 0), offset: baseOffset(batch, 0), leaderEpoch }
  }
  for (const record of decodeRecords(batch, 0, MAX_DECOMPRESSED_BATCH_BYTES)) {
    if (record.timestamp >= timestamp && record.offset >= startOffset) {
      return { timestamp: record.timestamp, offset: record.offset, leaderEpoch }
    }
  }
  return undefined
}

/**
 * ListOffsets v0: beginnings of segments last written to before `timestamp`, newest first, `most` at most (Kafka's
 * legacyFetchOffsetsBefore).
 */
export function offsetsBefore(log: PartitionLog, timestamp: number, most: number, now: number): number[] {
  const candidates = log.segments.map((segment) => ({
    offset: Math.max(segment.baseOffset, log.logStartOffset),
    time: segment.lastModified,
  }))
  if (log.segments.at(-1)!.size > 0) candidates.push({ offset: log.logEndOffset, time: now })
  let last = candidates.length - 1
  if (timestamp === ListOffsetsTimestamp.EARLIEST) last = 0
  else if (timestamp !== ListOffsetsTimestamp.LATEST) {
    while (last >= 0 && candidates[last]!.time > timestamp) last--
  }
  return candidates
    .slice(Math.max(0, last + 1 - Math.max(0, most)), last + 1)
    .map(({ offset }) => offset)
    .sort((a, b) => b - a)
}
