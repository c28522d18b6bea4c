import { ErrorCode } from '../../protocol/errors.ts'
import {
  isControlBatch,
  lastOffset,
  NO_PRODUCER_ID,
  producerId,
  setBaseOffset,
  setPartitionLeaderEpoch,
} from '../../protocol/records/batch.ts'
import type { Clock } from '../lab/clock.ts'
import type { Random } from '../lab/random.ts'
import type { Loans } from '../memory/read-buffers.ts'
import { keepsView } from './keeps-view.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import { type LogConfig, maxSegmentBytes } from './log-config.ts'
import { AppendResult, type Isolation, LogRead } from './log-results.ts'
import { LogSegments } from './log-segments.ts'
import type { LogState, LogStorage } from './log-storage.ts'
import { markerOf } from './marker.ts'
import { prepareClientBatch } from './prepare-batch.ts'
import { type AppendOrigin, ProducerState } from './producer-state.ts'
import type { Segment } from './segment.ts'

export interface PartitionLogOptions {
  readonly clock: Clock
  readonly random: Random
  readonly config: LogConfig
  readonly storage: LogStorage
  /** `producer.id.expiration.ms` */
  readonly producerIdExpirationMs: () => number
}

/**
 * The records of one partition (Kafka's UnifiedLog). It knows nothing of brokers: who may write, and how far replicas
 * are, is told to it.
 */
export class PartitionLog {
  readonly epochs: LeaderEpochs
  config: LogConfig
  /** Up to where compaction has come; undefined before the first time (`cleaner-offset-checkpoint`). */
  cleanedTo: number | undefined
  readonly #clock: Clock
  readonly #storage: LogStorage
  readonly #producerIdExpirationMs: () => number
  readonly #segments: LogSegments
  /** Made when there is a producer to remember: most partitions of a large cluster never see one. */
  #producers: ProducerState | undefined
  #logStartOffset = 0
  #logEndOffset = 0
  #highWatermark = 0
  /** What lies below has been flushed, and when that was, ms of the monotonic clock. */
  #flushedTo = 0
  #flushedAt = 0

  /** What is kept already is opened. */
  constructor({ clock, random, config, storage, producerIdExpirationMs }: PartitionLogOptions) {
    this.config = config
    this.#clock = clock
    this.#storage = storage
    this.#producerIdExpirationMs = producerIdExpirationMs
    this.#segments = new LogSegments({
      clock,
      random,
      storage,
      config: () => this.config,
      state: () => this.state,
    })
    const { kept } = this.#segments
    this.epochs = new LeaderEpochs(kept?.epochs)
    if (kept === undefined) return
    this.cleanedTo = kept.cleanedTo
    this.#producers = kept.producers
    this.#logStartOffset = kept.logStartOffset
    this.#logEndOffset = kept.logEndOffset
    // Replicas share one log: whatever one of them has kept, all have.
    this.#highWatermark = kept.logEndOffset
    this.#flushedTo = kept.logEndOffset
  }

  get state(): LogState {
    return {
      logStartOffset: this.#logStartOffset,
      logEndOffset: this.#logEndOffset,
      highWatermark: this.#highWatermark,
      cleanedTo: this.cleanedTo,
      epochs: this.epochs.entries(),
      producers: this.#producers,
    }
  }

  get producers(): ProducerState {
    this.#producers ??= new ProducerState(this.#clock.now())
    return this.#producers
  }

  get segments(): readonly Segment[] {
    return this.#segments.all
  }

  get logStartOffset(): number {
    return this.#logStartOffset
  }

  /** The offset that the next record gets. */
  get logEndOffset(): number {
    return this.#logEndOffset
  }

  /** What lies below is on all replicas in sync, and may be read. */
  get highWatermark(): number {
    return this.#highWatermark
  }

  /** What lies below, transactional or not, is decided. */
  get lastStableOffset(): number {
    const unstable = this.#producers?.firstUnstableOffset()
    if (unstable === undefined) return this.#highWatermark
    return Math.min(this.#highWatermark, Math.max(unstable, this.#logStartOffset))
  }

  /** Bytes that the log holds. */
  get size(): number {
    return this.#segments.all.reduce((total, segment) => total + segment.heldBytes, 0)
  }

  /**
   * Appends what a client sent. The bytes become the log's own unless they are refused: offset, epoch and, where the
   * topic says so, timestamps are written into them.
   *
   * @param storedTogether bytes of the same memory that are stored with these ones: what a request's frame is kept for
   */
  append(records: Buffer, leaderEpoch: number, storedTogether = records.length): AppendResult {
    const now = this.#clock.now()
    const prepared = prepareClientBatch(records, this.config, now)
    if (prepared.batch === null) {
      const result = new AppendResult()
      result.errorCode = prepared.errorCode
      result.errorMessage = prepared.errorMessage
      result.recordErrors = prepared.recordErrors
      // Kafka leaves the log start offset out where it cannot have been the producer's fault, and here.
      const { errorCode } = prepared
      const isBare = errorCode === ErrorCode.MESSAGE_TOO_LARGE || errorCode === ErrorCode.CORRUPT_MESSAGE
      result.logStartOffset = isBare ? -1 : this.#logStartOffset
      return result
    }
    const keep = prepared.isRewritten || keepsView(prepared.batch, storedTogether)
    return this.#append(prepared.batch, keep, leaderEpoch, 'client', 0, now)
  }

  /**
   * Appends a batch that a coordinator of this cluster made: a transaction's marker, an internal topic's records.
   *
   * @param transactionVersion where it is a marker: of the protocol that the transaction is made in, 0 or 2
   */
  appendAsCoordinator(batch: Buffer, leaderEpoch: number, transactionVersion = 0): AppendResult {
    return this.#append(batch, false, leaderEpoch, 'coordinator', transactionVersion, this.#clock.now())
  }

  #append(
    batch: Buffer,
    keep: boolean,
    leaderEpoch: number,
    origin: AppendOrigin,
    transactionVersion: number,
    now: number,
  ): AppendResult {
    const result = new AppendResult()
    if (batch.length > maxSegmentBytes(this.config)) {
      result.errorCode = ErrorCode.RECORD_LIST_TOO_LARGE
      return result
    }
    result.logStartOffset = this.#logStartOffset
    // What brokers write themselves, they must: a marker that is refused would leave its transaction open for ever.
    if (origin === 'client' && !this.#storage.hasRoomFor(batch.length)) {
      result.errorCode = ErrorCode.KAFKA_STORAGE_ERROR
      return result
    }
    setBaseOffset(batch, 0, this.#logEndOffset)
    setPartitionLeaderEpoch(batch, 0, leaderEpoch)
    const hasProducerId = producerId(batch, 0) !== NO_PRODUCER_ID
    const marker = hasProducerId && isControlBatch(batch, 0) ? markerOf(batch) : null
    if (hasProducerId) {
      this.producers.expire(now, this.#producerIdExpirationMs())
      const duplicate = origin === 'client' ? this.producers.duplicateOf(batch) : undefined
      if (duplicate !== undefined) {
        result.baseOffset = duplicate.firstOffset
        result.logAppendTimeMs = duplicate.timestamp
        result.isDuplicate = true
        return result
      }
      result.errorCode = this.producers.check(batch, origin, marker, transactionVersion)
      if (result.errorCode !== ErrorCode.NONE) return result
    }
    result.baseOffset = this.#logEndOffset
    if (this.config.messageTimestampType === 'LogAppendTime') result.logAppendTimeMs = now
    try {
      this.#store(batch, keep, leaderEpoch, now)
    } catch (error) {
      this.#storage.failed(error)
      const failed = new AppendResult()
      failed.errorCode = ErrorCode.KAFKA_STORAGE_ERROR
      return failed
    }
    this.#logEndOffset = lastOffset(batch, 0) + 1
    if (hasProducerId) this.producers.update(batch, marker)
    const mustFlush = this.#logEndOffset - this.#flushedTo >= this.config.flushMessages
    if (mustFlush && !this.#tryFlush()) result.errorCode = ErrorCode.KAFKA_STORAGE_ERROR
    return result
  }

  #store(batch: Buffer, keep: boolean, leaderEpoch: number, now: number): void {
    this.epochs.assign(leaderEpoch, this.#logEndOffset)
    if (this.epochs.isChanged) {
      this.#storage.epochsChanged(this.epochs.entries())
      this.epochs.isChanged = false
    }
    this.#segments.forAppend(batch, this.#logEndOffset, now).append(batch, keep, now)
  }

  /** Has the medium take what was appended more than `flush.ms` after the last time. */
  flushIfDue(): void {
    if (this.#clock.monotonic() - this.#flushedAt >= this.config.flushMs) this.#tryFlush()
  }

  #tryFlush(): boolean {
    if (this.#flushedTo === this.#logEndOffset) return true
    try {
      this.#storage.flush(this.#segments.active, this.#logEndOffset)
    } catch (error) {
      this.#storage.failed(error)
      return false
    }
    this.#flushedTo = this.#logEndOffset
    this.#flushedAt = this.#clock.monotonic()
    return true
  }

  /** Says how far the replicas in sync are: as far as the leader, in a cluster whose replicas share one log. */
  advanceHighWatermark(offset = this.#logEndOffset): boolean {
    const advanced = Math.min(offset, this.#logEndOffset)
    if (advanced <= this.#highWatermark) return false
    this.#highWatermark = advanced
    this.#producers?.onHighWatermark(advanced)
    return true
  }

  /** The end of what may be read under `isolation`. */
  endOffset(isolation: Isolation): number {
    if (isolation === 'committed') return this.lastStableOffset
    return isolation === 'high-watermark' ? this.#highWatermark : this.#logEndOffset
  }

  /**
   * Whole batches from the one that holds `offset` on, `maxBytes` at most; with `minOne` the first one may be larger
   * (KIP-74). OFFSET_OUT_OF_RANGE for an offset before the log's start or after its end.
   */
  read(offset: number, maxBytes: number, isolation: Isolation, minOne: boolean): LogRead {
    const result = new LogRead()
    if (offset < this.#logStartOffset || offset > this.#logEndOffset) {
      result.errorCode = ErrorCode.OFFSET_OUT_OF_RANGE
      return result
    }
    if (isolation === 'committed') result.abortedTransactions = []
    const endOffset = this.endOffset(isolation)
    if (offset >= endOffset) return result
    let readTo = offset
    const segments = this.#segments.all
    for (let index = this.#segments.indexOf(offset); index < segments.length; index++) {
      const segment = segments[index]!
      const from = segment.positionOf(readTo)
      const limit = segment.positionOf(endOffset)
      const isFirst = minOne && result.size === 0
      const to = segment.endOfRead(from, limit, maxBytes - result.size, isFirst)
      if (to > from) segment.slice(from, to, result.records)
      else if (limit > from && result.size === 0) result.isFirstTooLarge = true
      result.size += to - from
      readTo = segment.offsetAt(to)
      if (to < segment.size || result.size >= maxBytes) break
    }
    if (isolation === 'committed' && result.size > 0 && this.#producers !== undefined) {
      result.abortedTransactions = this.#producers.abortedBetween(offset, readTo)
    }
    return result
  }

  /**
   * What to answer a client with, as Kafka does: bytes of one segment, good until `loans` end, `maxBytes` of them even
   * if that cuts a batch off; with `minOne` the first batch is whole in any case (KIP-74). Errors as those of `read`.
   */
  lend(offset: number, maxBytes: number, isolation: Isolation, minOne: boolean, loans: Loans): LogRead {
    const result = new LogRead()
    if (offset < this.#logStartOffset || offset > this.#logEndOffset) {
      result.errorCode = ErrorCode.OFFSET_OUT_OF_RANGE
      return result
    }
    if (isolation === 'committed') result.abortedTransactions = []
    const endOffset = this.endOffset(isolation)
    const segment = this.#firstWith(offset, endOffset)
    if (segment === undefined) return result
    const from = segment.positionOf(offset)
    const limit = segment.positionOf(endOffset)
    const to = segment.lend(from, limit, maxBytes, minOne, result.records, loans)
    result.size = to - from
    result.isFirstTooLarge = to === from
    result.isBehind = segment.nextOffset < endOffset
    if (isolation === 'committed' && result.size > 0 && this.#producers !== undefined) {
      const lastBorder = segment.endOfRead(from, limit, to - from, minOne)
      result.abortedTransactions = this.#producers.abortedBetween(offset, segment.offsetAt(lastBorder))
    }
    return result
  }

  /** Whether what a reader at `offset` gets next lies in a segment that is followed by another one. */
  isBehind(offset: number, isolation: Isolation): boolean {
    const endOffset = this.endOffset(isolation)
    const segment = this.#firstWith(offset, endOffset)
    return segment !== undefined && segment.nextOffset < endOffset
  }

  /** The segment that has the first batch from `offset` on, if that begins before `endOffset`. */
  #firstWith(offset: number, endOffset: number): Segment | undefined {
    if (offset >= endOffset) return undefined
    const segments = this.#segments.all
    for (let index = this.#segments.indexOf(offset); index < segments.length; index++) {
      const segment = segments[index]!
      // Compaction may have left nothing at a segment's end.
      if (segment.positionOf(offset) < segment.positionOf(endOffset)) return segment
    }
    return undefined
  }

  /** Bytes that a reader at `offset` could get under `isolation`. */
  bytesFrom(offset: number, isolation: Isolation): number {
    const endOffset = this.endOffset(isolation)
    if (offset >= endOffset) return 0
    let bytes = 0
    const segments = this.#segments.all
    for (let index = this.#segments.indexOf(offset); index < segments.length; index++) {
      const segment = segments[index]!
      bytes += segment.positionOf(endOffset) - segment.positionOf(offset)
    }
    return bytes
  }

  /** Closes the segment that is written to, unless it is empty, so that it may be deleted or compacted. */
  roll(): void {
    this.#segments.roll(this.#logEndOffset)
  }

  /** An empty segment to write what compaction keeps of `first` and the ones behind it to. */
  cleanedSegment(first: Segment): Segment {
    return this.#segments.createCleaned(first.baseOffset)
  }

  /** What compaction kept takes the place of what it was kept from. */
  replaceSegments(cleaned: Segment, old: readonly Segment[]): void {
    this.#segments.replace(cleaned, old)
  }

  /**
   * Records below `offset` are gone (DeleteRecords, retention). False, and nothing happens, above the high watermark:
   * OFFSET_OUT_OF_RANGE.
   */
  advanceLogStartOffset(offset: number): boolean {
    if (offset > this.#highWatermark) return false
    if (offset <= this.#logStartOffset) return true
    this.#logStartOffset = offset
    this.#segments.dropBefore(offset)
    this.epochs.truncateFromStart(offset)
    this.#producers?.onLogStartOffset(offset)
    return true
  }

  /** The log is used no more in this process. */
  close(): void {
    this.#storage.close(this.#segments.all, this.state)
  }

  /** The partition is gone, and its records with it. */
  delete(): void {
    this.#storage.delete(this.#segments.all)
  }
}
