import { compressionCode, isControlBatch, lastOffset } from '../../../protocol/records/batch.ts'
import { CompressionType } from '../../../protocol/records/compression/codecs.ts'
import { decodeRecords } from '../../../protocol/records/decode-batch.ts'
import { keepsView } from '../keeps-view.ts'
import { MAX_DECOMPRESSED_BATCH_BYTES, maxSegmentBytes } from '../log-config.ts'
import type { PartitionLog } from '../partition-log.ts'
import type { Segment } from '../segment.ts'
import type { Cleanable } from './cleanable.ts'
import { CleanedTransactions } from './cleaned-transactions.ts'
import { type CleaningRound, filterBatch } from './filter-batch.ts'
import { OffsetMap } from './offset-map.ts'

/** `log.cleaner.dedupe.buffer.size` and `log.cleaner.io.buffer.load.factor` */
export interface CleanerConfig {
  readonly logCleanerDedupeBufferSize: number
  readonly logCleanerIoBufferLoadFactor: number
}

/** Offsets of one segment must not lie further apart: its index has 32 bits for them. */
const MAX_OFFSET_DELTA = 0x7fff_ffff

/**
 * Compacts the dirty part of a log, and what of the clean part its keys supersede (Kafka's Cleaner). Nothing else must
 * happen to the log meanwhile, and nothing can: this runs to its end.
 */
export function cleanLog(cleanable: Cleanable, config: CleanerConfig, now: number): void {
  const { log, firstDirtyOffset, firstUncleanableOffset } = cleanable
  const { logCleanerDedupeBufferSize, logCleanerIoBufferLoadFactor } = config
  const offsets = new OffsetMap(logCleanerDedupeBufferSize, logCleanerIoBufferLoadFactor)
  buildOffsetMap(log, firstDirtyOffset, firstUncleanableOffset, offsets)
  const endOffset = offsets.latestOffset + 1
  const round: CleaningRound = {
    offsets,
    transactions: new CleanedTransactions(),
    lastRecords: log.producers.lastRecords(),
    upperBoundOffset: firstUncleanableOffset,
    now,
    deleteRetentionMs: log.config.deleteRetentionMs,
  }
  const toClean = log.segments.slice(0, -1).filter(({ baseOffset }) => baseOffset < endOffset)
  const from = toClean[0]?.baseOffset ?? 0
  const to = toClean.at(-1)?.nextOffset ?? 0
  for (const group of groupsOf(toClean, maxSegmentBytes(log.config))) cleanGroup(log, group, round)
  log.producers.replaceAborted(from, to, round.transactions.kept)
  log.cleanedTo = endOffset
}

/** Does the round have to compress with zstd, which older Nodes must load first? */
export function holdsZstd({ log, firstUncleanableOffset }: Cleanable): boolean {
  let found = false
  for (const segment of log.segments) {
    if (segment.baseOffset >= firstUncleanableOffset) break
    segment.forEachBatch((batch) => {
      found ||= compressionCode(batch, 0) === CompressionType.zstd
    })
  }
  return found
}

/** Puts the keys from `start` to `end` into the map, as far as it has room. Aborted records supersede nothing. */
function buildOffsetMap(log: PartitionLog, start: number, end: number, offsets: OffsetMap): void {
  const transactions = new CleanedTransactions()
  transactions.add(log.producers.abortedOverlapping(start, end))
  const segments = log.segments
  for (const [index, segment] of segments.entries()) {
    if (segment.baseOffset >= end) return
    if ((segments[index + 1]?.baseOffset ?? end) <= start) continue
    let isFull = false
    segment.forEachBatch((batch) => {
      isFull ||= !addBatch(batch, start, offsets, transactions)
    })
    if (isFull) return
  }
}

function addBatch(
  batch: Buffer,
  start: number,
  offsets: OffsetMap,
  transactions: CleanedTransactions,
): boolean {
  const isAborted = transactions.canDiscard(batch)
  if (!isControlBatch(batch, 0) && !isAborted) {
    for (const { offset, key } of decodeRecords(batch, 0, MAX_DECOMPRESSED_BATCH_BYTES)) {
      if (key !== null && offset >= start && !offsets.put(key, offset)) return false
    }
  }
  if (lastOffset(batch, 0) >= start) offsets.latestOffset = lastOffset(batch, 0)
  return true
}

/** Neighbours that together are no larger than one segment may be become one. */
function groupsOf(segments: readonly Segment[], maxBytes: number): Segment[][] {
  const groups: Segment[][] = []
  let bytes = 0
  for (const segment of segments) {
    const group = groups.at(-1)
    const fits = group !== undefined && bytes + segment.heldBytes <= maxBytes
    if (fits && segment.nextOffset - group[0]!.baseOffset <= MAX_OFFSET_DELTA) {
      group.push(segment)
      bytes += segment.heldBytes
    } else {
      groups.push([segment])
      bytes = segment.heldBytes
    }
  }
  return groups
}

function cleanGroup(log: PartitionLog, group: readonly Segment[], round: CleaningRound): void {
  const cleaned = log.cleanedSegment(group[0]!)
  try {
    fill(cleaned, log, group, round)
  } catch (error) {
    cleaned.bytes.delete()
    throw error
  }
  log.replaceSegments(cleaned, group)
}

function fill(cleaned: Segment, log: PartitionLog, group: readonly Segment[], round: CleaningRound): void {
  const { lastModified } = group.at(-1)!
  for (const segment of group) {
    round.transactions.add(log.producers.abortedOverlapping(segment.baseOffset, segment.nextOffset))
    segment.forEachBatch((batch) => {
      const kept = filterBatch(batch, round)
      if (kept !== null) cleaned.append(kept, keepsView(kept, kept.length), lastModified)
    })
  }
  cleaned.lastModified = lastModified
}
