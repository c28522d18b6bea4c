import type { EpochEntry } from './leader-epochs.ts'
import type { LogMemory } from './log-memory.ts'
import { MemoryBytes } from './memory-bytes.ts'
import type { ProducerState } from './producer-state.ts'
import type { Segment } from './segment.ts'
import type { SegmentBytes } from './segment-bytes.ts'

/** What was kept of a log since it was last open. */
export interface KeptLog {
  /** In order, at least one. */
  readonly segments: readonly Segment[]
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly epochs: readonly EpochEntry[]
  /** undefined: there is none to remember. */
  readonly producers: ProducerState | undefined
  /** Up to where it was compacted; undefined: not yet. */
  readonly cleanedTo: number | undefined
}

/** Makes the segment whose bytes these are, empty as far as it knows yet. */
export type SegmentMaker = (baseOffset: number, bytes: SegmentBytes) => Segment

/** The state of a log beside its segments that must outlive it, as it is now. */
export interface LogState {
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly highWatermark: number
  readonly cleanedTo: number | undefined
  readonly epochs: readonly EpochEntry[]
  readonly producers: ProducerState | undefined
}

/**
 * Where one log lies: in memory (`MemoryStorage`), or in a directory (`directory/log-directory.ts`). Whatever throws
 * here could not be stored.
 */
export interface LogStorage {
  /** What is there already; undefined where nothing can be. */
  load(makeSegment: SegmentMaker): KeptLog | undefined
  /** Whether what a client sends may be stored. */
  hasRoomFor(bytes: number): boolean
  /** Bytes of a new segment. */
  createBytes(baseOffset: number): SegmentBytes
  /** Bytes of a segment that compaction writes: not the log's until `replace`. */
  createCleanedBytes(baseOffset: number): SegmentBytes
  /** The segment is written to no more: the next one begins where it ends. */
  segmentClosed(segment: Segment, state: LogState): void
  /** `cleaned` takes the place of `old`, whose first one it begins with. After a crash it is all of the one or all of the other. */
  replace(cleaned: Segment, old: readonly Segment[], state: LogState): void
  remove(segments: readonly Segment[]): void
  /** There are other leader epochs, and records are about to be appended in the newest one. */
  epochsChanged(entries: readonly EpochEntry[]): void
  /** Has the medium take what was appended: until now that was up to the operating system. */
  flush(active: Segment, logEndOffset: number): void
  /** Something could not be read or written: who tried it answers with an error, and a person should know. */
  failed(error: unknown): void
  /** The log is used no more in this process; it may be opened again. */
  close(segments: readonly Segment[], state: LogState): void
  /** The log is gone for good. */
  delete(segments: readonly Segment[]): void
}

/** Nothing outlives the log, so there is nothing to do but to keep count. */
export class MemoryStorage implements LogStorage {
  readonly #memory: LogMemory

  constructor(memory: LogMemory) {
    this.#memory = memory
  }

  load(_makeSegment: SegmentMaker): KeptLog | undefined {
    return undefined
  }

  hasRoomFor(bytes: number): boolean {
    return this.#memory.hasRoomFor(bytes)
  }

  createBytes(): SegmentBytes {
    return new MemoryBytes(this.#memory)
  }

  createCleanedBytes(): SegmentBytes {
    return new MemoryBytes(this.#memory)
  }

  segmentClosed(): void {}

  replace(_cleaned: Segment, old: readonly Segment[]): void {
    this.remove(old)
  }

  remove(segments: readonly Segment[]): void {
    for (const { bytes } of segments) bytes.delete()
  }

  epochsChanged(): void {}

  flush(): void {}

  /** Memory does not fail: this is a mistake of ours, and must not pass for one of a disk. */
  failed(error: unknown): void {
    throw error
  }

  close(segments: readonly Segment[]): void {
    this.remove(segments)
  }

  delete(segments: readonly Segment[]): void {
    this.remove(segments)
  }
}
