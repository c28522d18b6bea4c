import { rmSync, statSync } from 'node:fs'
import {
  baseOffset,
  maxTimestamp,
  NO_TIMESTAMP,
  partitionLeaderEpoch,
} from '../../../protocol/records/batch.ts'
import type { LogFields, Logger } from '../../lab/logger.ts'
import { LeaderEpochs } from '../leader-epochs.ts'
import type { KeptLog, SegmentMaker } from '../log-storage.ts'
import type { Segment } from '../segment.ts'
import { Place } from '../segment-bytes.ts'
import { readEpochs } from './epoch-file.ts'
import { type FileAccess, FileBytes } from './file-bytes.ts'
import { closedMaxTimestamp } from './index-files.ts'
import { finishInterrupted } from './interrupted.ts'
import { restoreProducers } from './restore-producers.ts'
import { scanBatches } from './scan-batches.ts'
import { LOG_SUFFIX, offsetsOfFiles, removeIndexes, segmentFile } from './segment-files.ts'

/** What the files of the directory as a whole say of a log. */
export interface LogCheckpoints {
  readonly logStartOffset: number
  /** Below it everything is known to be on the medium. */
  readonly recoveryPoint: number
  readonly cleanedTo: number | undefined
}

export interface LoadOptions {
  readonly folder: string
  readonly access: FileAccess
  readonly logger: Logger
  /** Which log it is, for lines about it. */
  readonly fields: LogFields
  /** Wall clock, ms. */
  readonly now: number
  /** Whoever had it open before has closed it in order. */
  readonly isClean: boolean
  readonly checkpoints: LogCheckpoints
}

/**
 * Opens a log as it was left, by us or by a broker of Kafka (LogLoader). What may have been torn is read through and cut
 * off at the first batch that is not whole; a closed segment that is known to be on the medium is believed.
 */
export function loadLog(options: LoadOptions, makeSegment: SegmentMaker): KeptLog {
  const { folder, checkpoints, now } = options
  finishInterrupted(folder)
  const epochs = new LeaderEpochs(readEpochs(folder))
  let segments = loadSegments(options, makeSegment, epochs)
  const found = segments.at(-1)?.nextOffset
  if (found !== undefined && found < checkpoints.logStartOffset) {
    // Records that were deleted are all that is left.
    for (const segment of segments) removeSegment(folder, segment)
    segments = []
  }
  const logStartOffset = Math.max(checkpoints.logStartOffset, segments[0]?.baseOffset ?? 0)
  if (segments.length === 0) {
    segments = [
      makeSegment(logStartOffset, FileBytes.create(logFile(folder, logStartOffset), options.access)),
    ]
  }
  const logEndOffset = segments.at(-1)!.nextOffset
  epochs.truncateFromEnd(logEndOffset)
  epochs.truncateFromStart(logStartOffset)
  const producers = restoreProducers(folder, segments, logEndOffset, now)
  producers?.onLogStartOffset(logStartOffset)
  const { cleanedTo } = checkpoints
  return { segments, logStartOffset, logEndOffset, epochs: epochs.entries(), producers, cleanedTo }
}

function logFile(folder: string, baseOffset: number): string {
  return segmentFile(folder, baseOffset, LOG_SUFFIX)
}

function removeSegment(folder: string, { bytes, baseOffset }: Segment): void {
  bytes.delete()
  removeIndexes(folder, baseOffset)
}

function loadSegments(options: LoadOptions, makeSegment: SegmentMaker, epochs: LeaderEpochs): Segment[] {
  const { folder, access, isClean, checkpoints, logger, fields } = options
  const bases = offsetsOfFiles(folder, LOG_SUFFIX)
  const segments: Segment[] = []
  for (const [index, base] of bases.entries()) {
    const path = logFile(folder, base)
    const { size, mtimeMs } = statSync(path)
    const bytes = new FileBytes(path, size, access)
    const segment = makeSegment(base, bytes)
    segment.lastModified = Math.round(mtimeMs)
    segments.push(segment)
    const next = bases[index + 1]
    const isBelieved = next !== undefined && (isClean || next <= checkpoints.recoveryPoint)
    if (isBelieved && restoreClosed(folder, segment, next)) continue
    const fault = recover(segment, bytes, access, epochs)
    if (fault === null) continue
    const { nextOffset } = segment
    logger.warn('a torn tail was cut off', {
      ...fields,
      offset: nextOffset,
      bytes: size - bytes.size,
      why: fault,
    })
    for (const behind of bases.slice(index + 1)) {
      logger.warn('records behind a torn tail were removed', { ...fields, offset: behind })
      rmSync(logFile(folder, behind))
      removeIndexes(folder, behind)
    }
    break
  }
  return segments
}

/** False where its indexes are not there, so that it has to be read. */
function restoreClosed(folder: string, segment: Segment, nextOffset: number): boolean {
  const largest = closedMaxTimestamp(folder, segment.baseOffset)
  if (largest === undefined) return false
  const { lastModified } = segment
  const firstTimestamp = firstTimestampOf(segment)
  segment.restore({ nextOffset, firstTimestamp, maxTimestamp: largest, lastModified })
  return true
}

function firstTimestampOf({ bytes }: Segment): number {
  if (bytes.size === 0) return NO_TIMESTAMP
  const place = new Place()
  bytes.locate(0, place)
  return maxTimestamp(place.buffer, place.offset)
}

/** Reads the segment through and cuts off what is not whole; returns what was wrong with it, null where nothing was. */
function recover(
  segment: Segment,
  bytes: FileBytes,
  { files }: FileAccess,
  epochs: LeaderEpochs,
): string | null {
  const file = { path: bytes.path, fd: files.use(bytes), size: bytes.size }
  const { end, fault } = scanBatches(file, segment.baseOffset, (buffer, offset, position) => {
    segment.noteBatch(buffer, offset, position)
    epochs.assign(partitionLeaderEpoch(buffer, offset), baseOffset(buffer, offset))
  })
  if (fault !== null) bytes.truncate(end)
  return fault
}
