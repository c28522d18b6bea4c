import {
  baseOffset,
  lastOffset,
  maxTimestamp,
  NO_TIMESTAMP,
  sizeInBytes,
} from '../../protocol/records/batch.ts'
import type { Loans } from '../memory/read-buffers.ts'
import { type LogConfig, maxSegmentBytes, maxSegmentMs } from './log-config.ts'
import { Place, type SegmentBytes } from './segment-bytes.ts'
import { SegmentIndex } from './segment-index.ts'

/** Kafka's files of times have entries of 12 bytes, those of offsets of 8; full when the next roll has no room (TimeIndex). */
const INDEX_ENTRY_BYTES = 12
const MAX_OFFSET_DELTA = 0x7fff_ffff

/** What is known of a segment that was closed before, without having looked into it. */
export interface ClosedSegment {
  readonly nextOffset: number
  readonly firstTimestamp: number
  readonly maxTimestamp: number
  /** Wall clock, ms. */
  readonly lastModified: number
}

export interface SegmentOptions {
  readonly baseOffset: number
  readonly bytes: SegmentBytes
  /** Wall clock, ms. */
  readonly now: number
  readonly indexIntervalBytes: number
  /** ms by which it is closed before its time, so that not all are at once (`segment.jitter.ms`). */
  readonly rollJitterMs: number
}

/** A stretch of a log: bytes, and an index of them. */
export class Segment {
  readonly baseOffset: number
  readonly bytes: SegmentBytes
  readonly #createdAt: number
  readonly #rollJitterMs: number
  readonly #indexIntervalBytes: number
  /** Offset after the last batch. */
  nextOffset: number
  /** The largest timestamp of all batches ever appended, or `NO_TIMESTAMP`. */
  maxTimestamp = NO_TIMESTAMP
  /** The largest timestamp of the first batch, which the age of a segment is counted from. */
  firstTimestamp = NO_TIMESTAMP
  /** Wall clock, ms. */
  lastModified: number
  /** undefined: to be made when it is needed. */
  #index: SegmentIndex | undefined

  constructor({ baseOffset: firstOffset, bytes, now, indexIntervalBytes, rollJitterMs }: SegmentOptions) {
    this.baseOffset = firstOffset
    this.nextOffset = firstOffset
    this.bytes = bytes
    this.#createdAt = now
    this.lastModified = now
    this.#rollJitterMs = rollJitterMs
    this.#indexIntervalBytes = indexIntervalBytes
    this.#index = new SegmentIndex(indexIntervalBytes)
  }

  /** The bytes are there from an earlier time, and this is what they hold. */
  restore({ nextOffset, firstTimestamp, maxTimestamp: largest, lastModified }: ClosedSegment): void {
    this.nextOffset = nextOffset
    this.firstTimestamp = firstTimestamp
    this.maxTimestamp = largest
    this.lastModified = lastModified
    this.#index = undefined
  }

  get index(): SegmentIndex {
    if (this.#index === undefined) {
      const index = new SegmentIndex(this.#indexIntervalBytes)
      this.forEachHeader((buffer, offset, position) => index.add(buffer, offset, position))
      this.#index = index
    }
    return this.#index
  }

  get size(): number {
    return this.bytes.size
  }

  /** Bytes that are still held. */
  get heldBytes(): number {
    return this.bytes.size - this.bytes.start
  }

  /** @throws Error where the bytes cannot be stored; nothing has changed then */
  append(batch: Buffer, keep: boolean, now: number): void {
    const position = this.bytes.size
    this.bytes.append(batch, keep)
    this.noteBatch(batch, 0, position)
    this.lastModified = now
  }

  /** Takes note of a batch that lies at `position` already, behind all that it knows; its header is at `offset` in `buffer`. */
  noteBatch(buffer: Buffer, offset: number, position: number): void {
    const timestamp = maxTimestamp(buffer, offset)
    this.index.add(buffer, offset, position)
    if (position === 0) this.firstTimestamp = timestamp
    if (timestamp > this.maxTimestamp) this.maxTimestamp = timestamp
    this.nextOffset = lastOffset(buffer, offset) + 1
  }

  /** What the age of the segment's records is counted from, ms (LogSegment.largestTimestamp). */
  get largestTimestamp(): number {
    return this.maxTimestamp >= 0 ? this.maxTimestamp : this.lastModified
  }

  /** Does a batch of `length` bytes, with these timestamp and last offset, belong into another segment? */
  shouldRoll(length: number, timestamp: number, offset: number, now: number, config: LogConfig): boolean {
    if (this.size === 0) return false
    if (this.size + length > maxSegmentBytes(config)) return true
    const age = this.firstTimestamp >= 0 ? timestamp - this.firstTimestamp : now - this.#createdAt
    if (age > maxSegmentMs(config) - this.#rollJitterMs) return true
    if ((this.index.positions.length + 1) * INDEX_ENTRY_BYTES >= config.segmentIndexBytes) return true
    return offset - this.baseOffset > MAX_OFFSET_DELTA
  }

  /** Calls `visit` with the header of each batch that is held, in order; it is there until `visit` returns. */
  forEachHeader(visit: (buffer: Buffer, offset: number, position: number) => void): void {
    const place = new Place()
    for (let position = this.bytes.start; position < this.bytes.size; ) {
      this.bytes.locate(position, place)
      const next = position + sizeInBytes(place.buffer, place.offset)
      visit(place.buffer, place.offset, position)
      position = next
    }
  }

  /** Calls `visit` with each batch that is held, whole, in order. */
  forEachBatch(visit: (batch: Buffer) => void): void {
    const place = new Place()
    for (let position = this.bytes.start; position < this.bytes.size; ) {
      this.bytes.locate(position, place)
      const next = position + sizeInBytes(place.buffer, place.offset)
      visit(this.#view(position, next))
      position = next
    }
  }

  /** One batch, whole. */
  #view(from: number, to: number): Buffer {
    const views: Buffer[] = []
    this.bytes.slice(from, to, views)
    return views[0]!
  }

  /** Position of the first batch that holds `offset` or a later one; `size` where there is none. */
  positionOf(offset: number): number {
    if (offset >= this.nextOffset) return this.bytes.size
    const place = new Place()
    let position = this.#startOf(this.index.blockOfOffset(offset))
    for (; position < this.bytes.size; position += sizeInBytes(place.buffer, place.offset)) {
      this.bytes.locate(position, place)
      if (lastOffset(place.buffer, place.offset) >= offset) break
    }
    return position
  }

  /**
   * Where to end a read that begins at `from` and may go to `limit` at most: the last border of a batch within
   * `maxBytes`, or the first one of all with `minOne`.
   */
  endOfRead(from: number, limit: number, maxBytes: number, minOne: boolean): number {
    if (limit - from <= maxBytes) return limit
    const place = new Place()
    const target = from + maxBytes
    // The block may begin before `from`: then the walk begins there.
    let position = Math.max(from, this.#startOf(this.index.blockOfPosition(target)))
    for (;;) {
      this.bytes.locate(position, place)
      const next = position + sizeInBytes(place.buffer, place.offset)
      if (next > target) return position === from && minOne ? next : position
      position = next
    }
  }

  slice(from: number, to: number, views: Buffer[]): void {
    this.bytes.slice(from, to, views)
  }

  /**
   * Views, good until `loans` end, of what lies between `from` and `limit`: `maxBytes` of it, even if that cuts a batch
   * off, but nothing where not even the first one fits; that is whole with `minOne` in any case (LogSegment.read).
   * @returns where they end
   */
  lend(
    from: number,
    limit: number,
    maxBytes: number,
    minOne: boolean,
    views: Buffer[],
    loans: Loans,
  ): number {
    const place = new Place()
    this.bytes.locate(from, place)
    const firstEnd = from + sizeInBytes(place.buffer, place.offset)
    if (from + maxBytes < firstEnd && !minOne) return from
    const to = Math.min(limit, Math.max(firstEnd, from + maxBytes))
    const end = this.bytes.lend(from, minOne ? firstEnd : from, to, views, loans)
    if (end >= firstEnd) return end
    views.length = 0
    return from
  }

  /** Base offset of the batch at `position`, or the next offset at the end. */
  offsetAt(position: number): number {
    if (position >= this.bytes.size) return this.nextOffset
    const place = new Place()
    this.bytes.locate(position, place)
    return baseOffset(place.buffer, place.offset)
  }

  /**
   * Calls `visit` with each batch from `offset` on whose largest timestamp is at least `timestamp`, until it says that
   * it found what it looks for. Blocks without such a batch are passed over.
   */
  visitFromTime(timestamp: number, offset: number, visit: (batch: Buffer) => boolean): boolean {
    const place = new Place()
    let position = this.positionOf(offset)
    const { positions, timestamps } = this.index
    let block = this.index.blockOfPosition(position)
    while (position < this.bytes.size) {
      const blockEnd = positions[block + 1] ?? this.bytes.size
      if (timestamps[block]! < timestamp) position = blockEnd
      while (position < blockEnd) {
        this.bytes.locate(position, place)
        const next = position + sizeInBytes(place.buffer, place.offset)
        const isCandidate = maxTimestamp(place.buffer, place.offset) >= timestamp
        if (isCandidate && visit(this.#view(position, next))) return true
        position = next
      }
      block++
    }
    return false
  }

  /** The largest timestamp of the batches that hold `offset` or later ones. */
  maxTimestampFrom(offset: number): number {
    if (offset <= this.baseOffset) return this.maxTimestamp
    let largest = NO_TIMESTAMP
    const place = new Place()
    let position = this.positionOf(offset)
    const { positions, timestamps } = this.index
    const block = this.index.blockOfPosition(position)
    const blockEnd = positions[block + 1] ?? this.bytes.size
    while (position < blockEnd) {
      this.bytes.locate(position, place)
      largest = Math.max(largest, maxTimestamp(place.buffer, place.offset))
      position += sizeInBytes(place.buffer, place.offset)
    }
    for (let next = block + 1; next < timestamps.length; next++)
      largest = Math.max(largest, timestamps[next]!)
    return largest
  }

  /** Gives back what memory it can of the batches before the one that holds `offset`. */
  dropBefore(offset: number): void {
    this.bytes.dropBefore(this.positionOf(offset))
    // Blocks wholly before what is held would point at nothing.
    this.index.dropBefore(this.bytes.start, this.bytes.size)
  }

  #startOf(block: number): number {
    return Math.max(this.bytes.start, this.index.positions[block] ?? 0)
  }
}
