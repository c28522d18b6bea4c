import { readSync, statSync, writeFileSync } from 'node:fs'
import { NO_TIMESTAMP } from '../../../protocol/records/batch.ts'
import { int64At, setInt32At, setInt64At } from '../../../protocol/records/integers.ts'
import type { Segment } from '../segment.ts'
import { INDEX_SUFFIX, segmentFile, TIME_INDEX_SUFFIX } from './segment-files.ts'
import { withFile } from './with-file.ts'

/** An entry of `.index`: offset and position of a batch, the offset counted from the segment's base. */
const ENTRY_BYTES = 8
/** An entry of `.timeindex`: a timestamp that no batch up to that offset is above. */
const TIME_ENTRY_BYTES = 12

/** Writes both indexes of a segment as Kafka does when it closes one (OffsetIndex, TimeIndex). */
export function writeIndexFiles(folder: string, segment: Segment): void {
  const { baseOffset } = segment
  writeFileSync(segmentFile(folder, baseOffset, INDEX_SUFFIX), offsetEntries(segment))
  writeFileSync(segmentFile(folder, baseOffset, TIME_INDEX_SUFFIX), timeEntries(segment))
}

function offsetEntries({ index, baseOffset }: Segment): Buffer {
  // Nobody needs to be told where the first batch lies, and Kafka takes an entry of zeros for the end.
  const entries = Buffer.alloc(Math.max(0, index.positions.length - 1) * ENTRY_BYTES)
  for (let block = 1; block < index.positions.length; block++) {
    setInt32At(entries, (block - 1) * ENTRY_BYTES, index.offsets[block]! - baseOffset)
    setInt32At(entries, (block - 1) * ENTRY_BYTES + 4, index.positions[block]!)
  }
  return entries
}

function timeEntries({ index, baseOffset }: Segment): Buffer {
  const entries = Buffer.alloc(index.positions.length * TIME_ENTRY_BYTES)
  let length = 0
  let largest = NO_TIMESTAMP
  for (let block = 0; block < index.positions.length; block++) {
    if (index.timestamps[block]! <= largest) continue
    largest = index.timestamps[block]!
    setInt64At(entries, length, largest)
    setInt32At(entries, length + 8, index.timestampOffsets[block]! - baseOffset)
    length += TIME_ENTRY_BYTES
  }
  return entries.subarray(0, length)
}

/** The largest timestamp of a closed segment; undefined where its indexes are not there or are no such files. */
export function closedMaxTimestamp(folder: string, baseOffset: number): number | undefined {
  try {
    const { size } = statSync(segmentFile(folder, baseOffset, INDEX_SUFFIX))
    return size % ENTRY_BYTES === 0
      ? lastTimestamp(segmentFile(folder, baseOffset, TIME_INDEX_SUFFIX))
      : undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function lastTimestamp(path: string): number | undefined {
  const { size } = statSync(path)
  if (size === 0) return NO_TIMESTAMP
  if (size % TIME_ENTRY_BYTES !== 0) return undefined
  const entry = Buffer.alloc(TIME_ENTRY_BYTES)
  withFile(path, (fd) => readSync(fd, entry, 0, TIME_ENTRY_BYTES, size - TIME_ENTRY_BYTES))
  return int64At(entry, 0)
}
