import type { EpochEntry } from './leader-epochs.ts'
import type { LogMemory } from './log-memory.ts'
import { type KeptLog, MemoryStorage, type SegmentMaker } from './log-storage.ts'
import { MemoryBytes } from './memory-bytes.ts'
import type { PartitionLog } from './partition-log.ts'
import type { ProducerRow } from './producer-entry.ts'
import { ProducerState } from './producer-state.ts'
import type { ClosedSegment, Segment } from './segment.ts'
import type { AbortedEntry } from './transaction-index.ts'

interface SegmentSnapshot extends ClosedSegment {
  readonly baseOffset: number
  /** How many bytes it has, behind those of the segments before it. */
  readonly size: number
}

/** A log as plain values, without the bytes of its batches. */
export interface LogSnapshot {
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly cleanedTo: number | null
  readonly epochs: readonly EpochEntry[]
  readonly producers: readonly ProducerRow[]
  readonly aborted: readonly AbortedEntry[]
  readonly segments: readonly SegmentSnapshot[]
}

/**
 * The log as it is now.
 *
 * @param views gets the bytes of its batches, in order, as they lie
 */
export function snapshotOf(log: PartitionLog, views: Buffer[]): LogSnapshot {
  const { logStartOffset, logEndOffset, cleanedTo = null, epochs, producers } = log.state
  return {
    logStartOffset,
    logEndOffset,
    cleanedTo,
    epochs,
    producers: producers?.rows() ?? [],
    aborted: producers?.abortedEndingBetween(0, logEndOffset) ?? [],
    segments: log.segments.map((segment) => {
      const {
        bytes,
        baseOffset,
        nextOffset,
        firstTimestamp,
        maxTimestamp,
        lastModified,
        heldBytes: size,
      } = segment
      if (size > 0) segment.slice(bytes.start, bytes.size, views)
      return { baseOffset, nextOffset, firstTimestamp, maxTimestamp, lastModified, size }
    }),
  }
}

/** Memory that a log begins in with what a snapshot says of it. The snapshot's bytes become the log's own. */
export class SnapshotStorage extends MemoryStorage {
  readonly #memory: LogMemory
  readonly #snapshot: LogSnapshot
  readonly #bytes: Buffer
  readonly #now: number

  /** @param bytes of the batches, as `snapshotOf` gave them; `now` is the wall clock, ms */
  constructor(memory: LogMemory, snapshot: LogSnapshot, bytes: Buffer, now: number) {
    super(memory)
    this.#memory = memory
    this.#snapshot = snapshot
    this.#bytes = bytes
    this.#now = now
  }

  override load(makeSegment: SegmentMaker): KeptLog {
    const { logStartOffset, logEndOffset, cleanedTo, epochs } = this.#snapshot
    return {
      segments: this.#segments(makeSegment),
      logStartOffset,
      logEndOffset,
      cleanedTo: cleanedTo ?? undefined,
      epochs,
      producers: this.#producers(),
    }
  }

  #segments(makeSegment: SegmentMaker): Segment[] {
    let position = 0
    return this.#snapshot.segments.map(({ baseOffset, size, ...closed }) => {
      const bytes = new MemoryBytes(this.#memory)
      if (size > 0) bytes.append(this.#bytes.subarray(position, position + size), true)
      position += size
      const segment = makeSegment(baseOffset, bytes)
      segment.restore(closed)
      return segment
    })
  }

  #producers(): ProducerState | undefined {
    const { producers: rows, aborted } = this.#snapshot
    if (rows.length === 0 && aborted.length === 0) return undefined
    const producers = new ProducerState(this.#now)
    producers.restore(rows)
    producers.restoreAborted(aborted)
    return producers
  }
}
