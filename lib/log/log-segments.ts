import { lastOffset, maxTimestamp } from '../../protocol/records/batch.ts'
import type { Clock } from '../lab/clock.ts'
import type { Random } from '../lab/random.ts'
import { type LogConfig, maxSegmentBytes, maxSegmentMs } from './log-config.ts'
import type { LogMemory } from './log-memory.ts'
import { MemoryBytes } from './memory-bytes.ts'
import { Segment } from './segment.ts'

/** `Random.below` takes at most this. */
const LONGEST_JITTER_MS = 2 ** 31

export interface LogSegmentsOptions {
  readonly clock: Clock
  readonly random: Random
  readonly memory: LogMemory
  readonly config: () => LogConfig
}

/** The segments of one log, in order of their offsets; there is always one, and the last one is written to. */
export class LogSegments {
  readonly #random: Random
  readonly #memory: LogMemory
  readonly #config: () => LogConfig
  readonly #segments: Segment[]

  constructor({ clock, random, memory, config }: LogSegmentsOptions) {
    this.#random = random
    this.#memory = memory
    this.#config = config
    this.#segments = [this.create(0, clock.now())]
  }

  get all(): readonly Segment[] {
    return this.#segments
  }

  get active(): Segment {
    return this.#segments.at(-1)!
  }

  /** A segment that is not among the log's yet. */
  create(baseOffset: number, now: number): Segment {
    const { segmentJitterMs, segmentMs, indexIntervalBytes } = this.#config()
    const jitter = Math.min(segmentJitterMs, segmentMs, LONGEST_JITTER_MS)
    const rollJitterMs = jitter === 0 ? 0 : this.#random.below(jitter)
    return new Segment({
      baseOffset,
      bytes: new MemoryBytes(this.#memory),
      now,
      indexIntervalBytes,
      rollJitterMs,
    })
  }

  /** The segment that the batch, which has its offsets already, is to be appended to. */
  forAppend(batch: Buffer, baseOffset: number, now: number): Segment {
    const config = this.#config()
    const rules = {
      maxBytes: maxSegmentBytes(config),
      maxMs: maxSegmentMs(config),
      maxIndexBytes: config.segmentIndexBytes,
    }
    const mustRoll = this.active.shouldRoll(
      batch.length,
      maxTimestamp(batch, 0),
      lastOffset(batch, 0),
      now,
      rules,
    )
    if (mustRoll) this.roll(baseOffset, now)
    return this.active
  }

  /** Begins another segment at `offset`, unless the active one is still empty. */
  roll(offset: number, now: number): void {
    if (this.active.size > 0) this.#segments.push(this.create(offset, now))
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
    for (const segment of this.#segments.splice(0, this.indexOf(offset))) segment.bytes.delete()
    this.#segments[0]!.dropBefore(offset)
  }

  replace(cleaned: Segment, old: readonly Segment[]): void {
    this.#segments.splice(this.#segments.indexOf(old[0]!), old.length, cleaned)
    for (const segment of old) segment.bytes.delete()
  }
}
