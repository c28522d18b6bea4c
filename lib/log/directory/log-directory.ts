import { close, fdatasyncSync, fsync, fsyncSync, open, renameSync, rm, rmSync, utimesSync } from 'node:fs'
import type { LogFields, Logger } from '../../lab/logger.ts'
import type { EpochEntry } from '../leader-epochs.ts'
import type { KeptLog, LogState, LogStorage, SegmentMaker } from '../log-storage.ts'
import type { Segment } from '../segment.ts'
import type { SegmentBytes } from '../segment-bytes.ts'
import { writeEpochs } from './epoch-file.ts'
import { type FileAccess, FileBytes } from './file-bytes.ts'
import { writeIndexFiles } from './index-files.ts'
import { type LogCheckpoints, loadLog } from './load-log.ts'
import { writeProducerSnapshot } from './producer-snapshot.ts'
import {
  CLEANED_SUFFIX,
  LOG_SUFFIX,
  removeIndexes,
  SNAPSHOT_SUFFIX,
  SWAP_SUFFIX,
  segmentFile,
  TXN_INDEX_SUFFIX,
} from './segment-files.ts'
import { writeTransactionIndex } from './transaction-index-file.ts'

export interface LogDirectoryOptions {
  /** It exists. */
  readonly folder: string
  readonly access: FileAccess
  readonly logger: Logger
  /** Which log it is, for lines about it. */
  readonly fields: LogFields
  readonly now: () => number
  readonly isClean: boolean
  readonly checkpoints: LogCheckpoints
  /** Where the folder is moved to when the log is deleted, before it is emptied. */
  readonly nameOfDeleted: () => string
  /** The log is no more of this directory. */
  readonly onDeleted: () => void
}

/** One log in a folder, `<topic>-<partition>`, in the files that Kafka keeps it in. */
export class LogDirectory implements LogStorage {
  readonly #options: LogDirectoryOptions
  /** Below it everything is known to be on the medium. */
  recoveryPoint: number
  /** Closed segments that the operating system may still hold back, and where they end. */
  readonly #unflushed = new Map<FileBytes, number>()

  constructor(options: LogDirectoryOptions) {
    this.#options = options
    this.recoveryPoint = options.checkpoints.recoveryPoint
  }

  load(makeSegment: SegmentMaker): KeptLog {
    const kept = loadLog({ ...this.#options, now: this.#options.now() }, makeSegment)
    this.recoveryPoint = Math.min(this.recoveryPoint, kept.logEndOffset)
    return kept
  }

  /** The medium says so itself when it is full. */
  hasRoomFor(): boolean {
    return true
  }

  createBytes(baseOffset: number): SegmentBytes {
    return FileBytes.create(this.#file(baseOffset, LOG_SUFFIX), this.#options.access)
  }

  createCleanedBytes(baseOffset: number): SegmentBytes {
    return FileBytes.create(this.#file(baseOffset, LOG_SUFFIX + CLEANED_SUFFIX), this.#options.access)
  }

  segmentClosed(segment: Segment, state: LogState): void {
    this.#writeIndexes(segment, state)
    this.#writeSnapshot(segment.nextOffset, state)
    const bytes = segment.bytes as FileBytes
    this.#unflushed.set(bytes, segment.nextOffset)
    // Behind everybody's back: on a busy medium this takes seconds.
    open(bytes.path, 'r+', (failure, fd) => {
      if (failure) return
      fsync(fd, (error) => {
        close(fd)
        if (!error) this.#flushed(bytes)
      })
    })
  }

  #flushed(bytes: FileBytes): void {
    const end = this.#unflushed.get(bytes)
    const [oldest] = this.#unflushed.keys()
    this.#unflushed.delete(bytes)
    // One that is behind another that is not flushed yet must be read through all the same.
    if (end !== undefined && oldest === bytes) this.recoveryPoint = Math.max(this.recoveryPoint, end)
  }

  replace(cleaned: Segment, old: readonly Segment[], state: LogState): void {
    const bytes = cleaned.bytes as FileBytes
    const { baseOffset } = cleaned
    fsyncSync(this.#options.access.files.use(bytes))
    // From here on a crash leaves the new segment: see `finishInterrupted`.
    bytes.rename(this.#file(baseOffset, LOG_SUFFIX + SWAP_SUFFIX))
    this.remove(old, baseOffset)
    bytes.rename(this.#file(baseOffset, LOG_SUFFIX))
    this.#writeIndexes(cleaned, state)
    const modified = cleaned.lastModified / 1000
    utimesSync(bytes.path, modified, modified)
  }

  /** @param snapshot one that is to stay */
  remove(segments: readonly Segment[], snapshot?: number): void {
    for (const { bytes, baseOffset } of segments) {
      this.#unflushed.delete(bytes as FileBytes)
      bytes.delete()
      removeIndexes(this.#options.folder, baseOffset)
      if (baseOffset !== snapshot) rmSync(this.#file(baseOffset, SNAPSHOT_SUFFIX), { force: true })
    }
  }

  epochsChanged(entries: readonly EpochEntry[]): void {
    writeEpochs(this.#options.folder, entries)
  }

  flush(active: Segment, logEndOffset: number): void {
    const { files } = this.#options.access
    for (const bytes of [...this.#unflushed.keys(), active.bytes as FileBytes])
      fdatasyncSync(files.use(bytes))
    this.#unflushed.clear()
    this.recoveryPoint = logEndOffset
  }

  failed(error: unknown): void {
    this.#options.logger.error('a log could not be read or written', { ...this.#options.fields, error })
  }

  close(segments: readonly Segment[], state: LogState): void {
    const active = segments.at(-1)!
    if (this.recoveryPoint < state.logEndOffset) this.flush(active, state.logEndOffset)
    this.#writeIndexes(active, state)
    this.#writeSnapshot(state.logEndOffset, state)
    writeEpochs(this.#options.folder, state.epochs)
    this.#closeFiles(segments)
  }

  delete(segments: readonly Segment[]): void {
    const { folder, nameOfDeleted, onDeleted } = this.#options
    this.#closeFiles(segments)
    this.#unflushed.clear()
    const deleted = nameOfDeleted()
    renameSync(folder, deleted)
    // Nobody waits for it: what is left when the process ends is removed when it starts.
    rm(deleted, { recursive: true, force: true }, () => {})
    onDeleted()
  }

  #closeFiles(segments: readonly Segment[]): void {
    for (const { bytes } of segments) (bytes as FileBytes).close()
  }

  #file(offset: number, suffix: string): string {
    return segmentFile(this.#options.folder, offset, suffix)
  }

  #writeIndexes(segment: Segment, { producers }: LogState): void {
    const { folder } = this.#options
    const { baseOffset, nextOffset } = segment
    writeIndexFiles(folder, segment)
    const aborted = producers?.abortedEndingBetween(baseOffset, nextOffset) ?? []
    writeTransactionIndex(this.#file(baseOffset, TXN_INDEX_SUFFIX), aborted)
  }

  #writeSnapshot(offset: number, { producers }: LogState): void {
    writeProducerSnapshot(this.#file(offset, SNAPSHOT_SUFFIX), producers?.rows() ?? [])
  }
}
