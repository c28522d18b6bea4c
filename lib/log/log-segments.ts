import { lastOffset, maxTimestamp } from '../../protocol/records/batch.ts'
import type { Clock } from '../lab/clock.ts'
import type { Random } from '../lab/random.ts'
import type { LogConfig } from './log-config.ts'
import type { KeptLog, LogState, LogStorage } from './log-storage.ts'
import { Segment } from './segment.ts'
import type { SegmentBytes } from './segment-bytes.ts'

/** `Random.below` takes at most this. */
const LONGEST_JITTER_MS = 2 ** 31

export interface LogSegmentsOptions {
  readonly clock: Clock
  readonly random: Random
  readonly storage: LogStorage
  readonly config: () => LogConfig
  readonly state: () => LogState
}

/** The segments of one log, in order of their offsets; there is always one, and the last one is written to. */
export class LogSegments {
  readonly #options: LogSegmentsOptions
  readonly #segments: Segment[]
  /** What was there before, if anything can be. */
  readonly kept: KeptLog | undefined

  constructor(options: LogSegmentsOptions) {
    this.#options = options
    this.kept = options.storage.load((baseOffset, bytes) => this.#make(baseOffset, bytes))
    this.#segments = [...(this.kept?.segments ?? [this.#create(0)])]
  }

  get all(): readonly Segment[] {
    return this.#segments
  }

  get active(): Segment {
    return this.#segments[this.#segments.length - 1]!
  }

  #make(baseOffset: number, bytes: SegmentBytes): Segment {
    const { clock, random, config } = this.#options
    const { segmentJitterMs, segmentMs, indexIntervalBytes } = config()
    const jitter = Math.min(segmentJitterMs, segmentMs, LONGEST_JITTER_MS)
    const rollJitterMs = jitter === 0 ? 0 : random.below(jitter)
    return new Segment({ baseOffset, bytes, now: clock.now(), indexIntervalBytes, rollJitterMs })
  }

  #create(baseOffset: number): Segment {
    return this.#make(baseOffset, this.#options.storage.createBytes(baseOffset))
  }

  /** For compaction to write to; not among the log's segments before `replace`. */
  createCleaned(baseOffset: number): Segment {
    return this.#make(baseOffset, this.#options.storage.createCleanedBytes(baseOffset))
  }

  /** The segment that the batch, which has its offsets already, is to be appended to. */
  forAppend(batch: Buffer, baseOffset: number, now: number): Segment {
    const { active } = this
    const timestamp = maxTimestamp(batch, 0)
    if (!active.shouldRoll(batch.length, timestamp, lastOffset(batch, 0), now, this.#options.config()))
      return active
    this.roll(baseOffset)
    return this.active
  }

  /** Begins another segment at `offset`, unless the active one is still empty. */
  roll(offset: number): void {
    if (this.active.size === 0) return
    this.#options.storage.segmentClosed(this.active, this.#options.state())
    this.#segments.push(this.#create(offset))
  }

  /** Index of the last segment that begins at or before `offset`. */
  indexOf(offset: number): number {
    let low = 0
    let high = this.#segments.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#segments[middle]!.baseOffset <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  /** Removes the segments that hold nothing from `offset` on, and what can be given back of the one it lies in. */
  dropBefore(offset: number): void {
    this.#options.storage.remove(this.#segments.splice(0, this.indexOf(offset)))
    this.#segments[0]!.dropBefore(offset)
  }

  replace(cleaned: Segment, old: readonly Segment[]): void {
    this.#segments.splice(this.#segments.indexOf(old[0]!), old.length, cleaned)
    this.#options.storage.replace(cleaned, old, this.#options.state())
  }
}
