import { type Fate, InFlightBatch } from './in-flight-batch.ts'
import { InFlightBatches } from './in-flight-batches.ts'
import { isTerminal, RecordState, type StateBatch } from './state-batches.ts'

/** Between batches that were kept lie offsets of which nothing was: those from `startOffset` up to `endOffset` are looked for. */
interface Gap {
  readonly endOffset: number
  startOffset: number
}

const STATES: readonly number[] = Object.values(RecordState)

/** The records between where a group begins and the last one that was handed out (`SharePartition`'s cached state). */
export class ShareRecords {
  readonly batches = new InFlightBatches()
  #startOffset: number
  /** The last that was handed out; where the next one will be, while there is none. */
  endOffset: number
  /** Some that were handed out may be to be had again. */
  mayHaveAvailable = false
  #gap: Gap | undefined

  /** As it was kept. Who had acquired records is not: their locks ended with the leader that knew. */
  constructor(startOffset: number, kept: readonly StateBatch[]) {
    this.#startOffset = startOffset
    this.endOffset = startOffset
    let next = startOffset
    let gapStart: number | undefined
    for (const { firstOffset, lastOffset, deliveryState, deliveryCount } of kept) {
      const state = (STATES.includes(deliveryState) ? deliveryState : RecordState.ARCHIVED) as RecordState
      if (firstOffset > next) gapStart ??= next
      next = lastOffset + 1
      const fate = { state, deliveryCount, memberId: '', lockedUntil: 0 }
      this.batches.add(new InFlightBatch(firstOffset, lastOffset, fate))
    }
    const { last } = this.batches
    if (!last) return
    this.endOffset = last.lastOffset
    this.mayHaveAvailable = true
    if (gapStart !== undefined) this.#gap = { endOffset: this.endOffset, startOffset: gapStart }
    this.moveStart()
  }

  get startOffset(): number {
    return this.#startOffset
  }

  /** As soon as something was handed out behind the last that was kept, gaps before it are no longer looked for. */
  get hasGap(): boolean {
    return this.#gap?.endOffset === this.endOffset
  }

  get #isFresh(): boolean {
    const { last } = this.batches
    return !last || this.#startOffset > last.lastOffset
  }

  /** Where the next records to hand out are. */
  nextFetchOffset(): number {
    if (this.#isFresh) {
      this.mayHaveAvailable = false
      return this.endOffset
    }
    const available = this.mayHaveAvailable ? this.#firstAvailable() : undefined
    if (available !== undefined) return available
    this.mayHaveAvailable = false
    return this.endOffset + 1
  }

  #firstAvailable(): number | undefined {
    let gapStart = this.hasGap ? (this.#gap as Gap).startOffset : undefined
    for (const batch of this.batches.all()) {
      if (gapStart !== undefined) {
        if (batch.firstOffset > gapStart) return gapStart
        gapStart = Math.max(batch.lastOffset + 1, gapStart)
      }
      for (const [firstOffset, , { state }] of batch.fates()) {
        if (state === RecordState.AVAILABLE) return firstOffset
      }
    }
    return undefined
  }

  /** From the start to the end, whatever became of those in between. */
  get inFlight(): number {
    return this.batches.isEmpty ? 0 : this.endOffset - this.#startOffset + 1
  }

  /** Those that are done with, behind the start. */
  get deliveryComplete(): number {
    let count = 0
    for (const batch of this.batches.all()) {
      for (const [firstOffset, lastOffset, { state }] of batch.fates()) {
        if (isTerminal(state)) count += Math.max(0, lastOffset - Math.max(firstOffset, this.#startOffset) + 1)
      }
    }
    return count
  }

  /** Batches were handed out; those that are new begin there. */
  onNew(firstOffset: number, lastOffset: number): void {
    if (this.batches.first?.firstOffset === firstOffset) this.#startOffset = firstOffset
    this.endOffset = Math.max(this.endOffset, lastOffset)
  }

  /** What lies before the offset has been looked for. */
  onSearched(offset: number): void {
    if (!this.#gap) return
    if (this.hasGap && offset <= this.#gap.endOffset) this.#gap.startOffset = offset
    else this.#gap = undefined
  }

  /** Puts an end to records in that state from `from` on and before `to`. */
  archive(from: number, to: number, initial: RecordState): boolean {
    let isAny = false
    const floor = this.batches.floor(from)
    for (const batch of this.batches.between(floor ? floor.firstOffset : from, to - 1)) {
      const isFull = batch.firstOffset >= from && batch.lastOffset < to
      if (batch.whole && batch.whole.state !== initial) continue
      if (!isFull) batch.part()
      for (const [firstOffset, lastOffset, fate] of batch.fates()) {
        if (firstOffset < from || lastOffset >= to || fate.state !== initial) continue
        Object.assign(fate, { state: RecordState.ARCHIVED, memberId: '' })
        isAny = true
      }
    }
    return isAny
  }

  /** What was asked for lies before what is there: compaction took it. */
  archiveStale(fetchOffset: number, firstOffset: number): void {
    if (this.batches.isEmpty || fetchOffset >= firstOffset) return
    if (this.archive(fetchOffset, firstOffset, RecordState.AVAILABLE)) this.mayHaveAvailable = true
  }

  /** Records before the offset were deleted. Those that somebody holds stay until they are answered for. */
  onDeletedBelow(offset: number): void {
    if (offset <= this.#startOffset) return
    if (!this.batches.isEmpty && this.archive(this.#startOffset, offset, RecordState.AVAILABLE)) {
      this.mayHaveAvailable = true
    }
    this.#startOffset = offset
    this.endOffset = this.batches.isEmpty ? offset : Math.max(this.endOffset, offset)
  }

  /** The start moves behind what is done with. @returns whether it did */
  moveStart(): boolean {
    if (!this.#canMoveStart()) return false
    const done = this.#lastDone()
    const last = this.batches.last as InFlightBatch
    if (done === undefined) return false
    if (done === last.lastOffset) {
      this.#startOffset = Math.max(this.#startOffset, done + 1)
      this.endOffset = this.#startOffset
      this.batches.clear()
      return true
    }
    const batch = this.batches.floor(done) as InFlightBatch
    if (done === batch.lastOffset) {
      const next = this.batches.higher(done) as InFlightBatch
      this.#startOffset = Math.max(this.#startOffset, next.firstOffset)
      if (this.hasGap) this.#startOffset = Math.min((this.#gap as Gap).startOffset, this.#startOffset)
      this.batches.dropBefore(batch.firstOffset + 1)
    } else {
      this.#startOffset = Math.max(this.#startOffset, done + 1)
      this.batches.dropBefore(batch.firstOffset)
    }
    return true
  }

  #canMoveStart(): boolean {
    const batch = this.batches.floor(this.#startOffset)
    if (!batch) return false
    const fate = batch.at(this.#startOffset) ?? batch.whole
    // Deleted records that somebody held were the last: nothing is left of them once their locks have ended.
    return fate ? isTerminal(fate.state) : this.#isFresh
  }

  /** The end of those done with at the front. */
  #lastDone(): number | undefined {
    let done: number | undefined
    for (const batch of this.batches.all()) {
      if (this.hasGap && batch.lastOffset >= (this.#gap as Gap).startOffset) return done
      for (const [, lastOffset, { state }] of batch.fates()) {
        if (!isTerminal(state)) return done
        done = lastOffset
      }
    }
    return done
  }

  /** All that is known of each offset. */
  *fates(): Generator<readonly [firstOffset: number, lastOffset: number, fate: Fate]> {
    for (const batch of this.batches.all()) yield* batch.fates()
  }
}
