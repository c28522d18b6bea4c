import type { PartitionLog } from './partition-log.ts'
import type { Segment } from './segment.ts'

/**
 * Removes the oldest segments as far as `retention.ms` and `retention.bytes` say, where the topic's `cleanup.policy` has
 * `delete` (UnifiedLog.deleteOldSegments). What not all replicas have stays.
 *
 * @param now wall clock, ms
 * @returns whether anything was removed
 */
export function applyRetention(log: PartitionLog, now: number): boolean {
  if (!log.config.cleanupPolicy.includes('delete')) return false
  const { retentionMs, retentionBytes } = log.config
  const byTime =
    retentionMs >= 0 && removeWhile(log, (segment) => now - segment.largestTimestamp > retentionMs)
  if (retentionBytes < 0) return byTime
  let excess = log.size - retentionBytes
  const bySize = removeWhile(log, (segment) => {
    excess -= segment.heldBytes
    return excess >= 0
  })
  return byTime || bySize
}

function removeWhile(log: PartitionLog, isDue: (segment: Segment) => boolean): boolean {
  const { segments, logStartOffset } = log
  let start = logStartOffset
  for (const [index, segment] of segments.entries()) {
    const isActive = index === segments.length - 1
    const end = isActive ? log.logEndOffset : segments[index + 1]!.baseOffset
    if ((isActive && segment.size === 0) || log.highWatermark < end || !isDue(segment)) break
    start = end
  }
  if (start === logStartOffset) return false
  // All of it is due: what is written to must be closed before it can go.
  if (start === log.logEndOffset) log.roll()
  return log.advanceLogStartOffset(start)
}
