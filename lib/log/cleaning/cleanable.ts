import type { PartitionLog } from '../partition-log.ts'
import type { Segment } from '../segment.ts'

/** What of a log could be compacted now (Kafka's LogToClean). */
export interface Cleanable {
  readonly log: PartitionLog
  readonly firstDirtyOffset: number
  readonly firstUncleanableOffset: number
  readonly cleanableBytes: number
  /** Share of the bytes that could be cleaned in all that would be read for it. */
  readonly cleanableRatio: number
  /** A record has waited for longer than `max.compaction.lag.ms`. */
  readonly isOverdue: boolean
}

/** The part that may be cleaned: closed segments whose records are all old enough and decided (LogCleanerManager). */
export function cleanableOf(log: PartitionLog, now: number): Cleanable {
  const closed = log.segments.slice(0, -1)
  const active = log.segments.at(-1)!
  const firstDirtyOffset = firstDirty(log)
  const dirty = closed.filter((_, index) => (closed[index + 1] ?? active).baseOffset > firstDirtyOffset)
  const isTooYoung = (segment: Segment) => segment.largestTimestamp > now - log.config.minCompactionLagMs
  const young = log.config.minCompactionLagMs > 0 ? dirty.find(isTooYoung) : undefined
  const uncleanable = Math.min(log.lastStableOffset, young?.baseOffset ?? active.baseOffset)
  // Whole segments only: the one that the first record that must stay lies in is left alone.
  const holding = log.segments.findLast(({ baseOffset }) => baseOffset <= uncleanable)
  const firstUncleanableOffset = holding?.baseOffset ?? uncleanable
  const cleanableBytes = bytesOf(dirty.filter(({ baseOffset }) => baseOffset < firstUncleanableOffset))
  const cleanBytes = bytesOf(closed.filter(({ baseOffset }) => baseOffset < firstDirtyOffset))
  const total = cleanBytes + cleanableBytes
  return {
    log,
    firstDirtyOffset,
    firstUncleanableOffset,
    cleanableBytes,
    cleanableRatio: total === 0 ? 0 : cleanableBytes / total,
    isOverdue: oldest(dirty) < now - log.config.maxCompactionLagMs,
  }
}

/** A log that was cut in the meantime is dirty from its start. */
function firstDirty({ cleanedTo, logStartOffset, logEndOffset }: PartitionLog): number {
  return cleanedTo === undefined || cleanedTo < logStartOffset || cleanedTo > logEndOffset
    ? logStartOffset
    : cleanedTo
}

function bytesOf(segments: readonly Segment[]): number {
  return segments.reduce((total, { heldBytes }) => total + heldBytes, 0)
}

function oldest(segments: readonly Segment[]): number {
  const times = segments.map(({ firstTimestamp }) => firstTimestamp).filter((time) => time > 0)
  return Math.min(...times)
}
