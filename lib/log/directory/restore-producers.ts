import { rmSync } from 'node:fs'
import { ProtocolError } from '../../../protocol/error.ts'
import {
  baseOffset,
  isControlBatch,
  NO_PRODUCER_ID,
  producerId,
  sizeInBytes,
} from '../../../protocol/records/batch.ts'
import { markerOf } from '../marker.ts'
import { ProducerState } from '../producer-state.ts'
import type { Segment } from '../segment.ts'
import type { AbortedEntry } from '../transaction-index.ts'
import { readProducerSnapshot } from './producer-snapshot.ts'
import { offsetsOfFiles, SNAPSHOT_SUFFIX, segmentFile, TXN_INDEX_SUFFIX } from './segment-files.ts'
import { readTransactionIndex } from './transaction-index-file.ts'

/**
 * The producers of a log and its aborted transactions: as the newest snapshot says, and as what was appended since says
 * again (ProducerStateManager.truncateAndReload, UnifiedLog.rebuildProducerState). undefined where there are none.
 */
export function restoreProducers(
  folder: string,
  segments: readonly Segment[],
  logEndOffset: number,
  now: number,
): ProducerState | undefined {
  const producers = new ProducerState(now)
  const from = restoreSnapshot(folder, segments, logEndOffset, producers)
  for (const segment of segments) {
    const aborted = abortedBefore(folder, segment, from)
    // An index that is broken can be made again by reading all there is.
    if (aborted === undefined && from > 0) {
      removeSnapshots(folder, offsetsOfFiles(folder, SNAPSHOT_SUFFIX))
      return restoreProducers(folder, segments, logEndOffset, now)
    }
    producers.restoreAborted(aborted ?? [])
    if (segment.nextOffset > from) replay(segment, from, producers)
  }
  producers.onHighWatermark(logEndOffset)
  return producers.isEmpty ? undefined : producers
}

/** Where the newest snapshot that can be read was taken; 0 where there is none. Others are removed where they help nobody. */
function restoreSnapshot(
  folder: string,
  segments: readonly Segment[],
  logEndOffset: number,
  producers: ProducerState,
): number {
  const offsets = offsetsOfFiles(folder, SNAPSHOT_SUFFIX)
  removeSnapshots(
    folder,
    offsets.filter((offset) => offset > logEndOffset),
  )
  const usable = offsets.filter((offset) => offset <= logEndOffset)
  const bases = new Set(segments.map((segment) => segment.baseOffset))
  const newest = usable.at(-1)
  removeSnapshots(
    folder,
    usable.filter((offset) => offset !== newest && !bases.has(offset)),
  )
  for (const offset of usable.reverse()) {
    if (offset !== newest && !bases.has(offset)) continue
    const rows = readProducerSnapshot(segmentFile(folder, offset, SNAPSHOT_SUFFIX))
    if (rows !== undefined) {
      producers.restore(rows)
      return offset
    }
    removeSnapshots(folder, [offset])
  }
  return 0
}

function removeSnapshots(folder: string, offsets: readonly number[]): void {
  for (const offset of offsets) rmSync(segmentFile(folder, offset, SNAPSHOT_SUFFIX), { force: true })
}

/** What the segment's index says of markers before `offset`, behind which they are read again; undefined: it is broken. */
function abortedBefore(
  folder: string,
  { baseOffset: base }: Segment,
  offset: number,
): AbortedEntry[] | undefined {
  if (base >= offset) return []
  try {
    const entries = readTransactionIndex(segmentFile(folder, base, TXN_INDEX_SUFFIX))
    return entries.filter(({ lastOffset }) => lastOffset < offset)
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

function replay(segment: Segment, from: number, producers: ProducerState): void {
  segment.forEachHeader((buffer, offset, position) => {
    if (baseOffset(buffer, offset) < from || producerId(buffer, offset) === NO_PRODUCER_ID) return
    if (!isControlBatch(buffer, offset)) {
      producers.update(buffer.subarray(offset), null)
      return
    }
    const views: Buffer[] = []
    segment.slice(position, position + sizeInBytes(buffer, offset), views)
    producers.update(views[0]!, markerOf(views[0]!))
  })
}
