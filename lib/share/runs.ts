import { RecordState, type StateBatch } from './state-batches.ts'

/** Consecutive offsets of which the same is known. */
export interface Run {
  first: number
  last: number
  state: RecordState
  deliveryCount: number
  /** Who has acquired them, '' for nobody. */
  memberId: string
  /** When their lock ends, ms of the monotonic clock. */
  lockedUntil: number
}

const UNLOCKED = { memberId: '', lockedUntil: 0 }
const STATES: readonly number[] = Object.values(RecordState)

/** The states of all offsets from a start on, without gaps, as few runs as there can be. */
export class Runs {
  #runs: Run[] = []
  #startOffset: number

  /** Of what was kept; what is not told of in between has never been delivered. */
  constructor(startOffset: number, batches: readonly StateBatch[]) {
    this.#startOffset = startOffset
    for (const { firstOffset, lastOffset, deliveryState, deliveryCount } of batches) {
      const first = Math.max(firstOffset, this.endOffset + 1)
      if (lastOffset < first) continue
      if (first > this.endOffset + 1) {
        this.push({ first: this.endOffset + 1, last: first - 1, state: 0, deliveryCount: 0, ...UNLOCKED })
      }
      const state = (STATES.includes(deliveryState) ? deliveryState : RecordState.ARCHIVED) as RecordState
      // Who had acquired them is not kept: their locks ended with the leader that knew.
      const kept = state === RecordState.ACQUIRED ? RecordState.AVAILABLE : state
      this.push({ first, last: lastOffset, state: kept, deliveryCount, ...UNLOCKED })
    }
  }

  get startOffset(): number {
    return this.#startOffset
  }

  get endOffset(): number {
    return this.#runs.at(-1)?.last ?? this.#startOffset - 1
  }

  get isEmpty(): boolean {
    return this.#runs.length === 0
  }

  /** Records that are done with, behind one that is not. */
  get deliveryComplete(): number {
    let count = 0
    for (const { first, last, state } of this.#runs) if (isDone(state)) count += last - first + 1
    return count
  }

  get inFlight(): number {
    return this.endOffset - this.#startOffset + 1 - this.deliveryComplete
  }

  all(): readonly Run[] {
    return this.#runs
  }

  firstAvailable(): number | undefined {
    return this.#runs.find(({ state }) => state === RecordState.AVAILABLE)?.first
  }

  nextExpiry(): number | undefined {
    let next: number | undefined
    for (const { state, lockedUntil } of this.#runs) {
      if (state === RecordState.ACQUIRED && (next === undefined || lockedUntil < next)) next = lockedUntil
    }
    return next
  }

  /** The first part of that range that nobody has. */
  nextAvailable(from: number, to: number): { readonly first: number; readonly last: number } | undefined {
    const run = this.#runs.find(
      ({ first, last, state }) => state === RecordState.AVAILABLE && last >= from && first <= to,
    )
    return run && { first: Math.max(run.first, from), last: run.last }
  }

  push(run: Run): void {
    this.#runs.push(run)
  }

  /** The runs of that range and no offset besides: those at its ends are cut in two. */
  between(first: number, last: number): Run[] {
    if (last < first) return []
    this.#cut(first)
    this.#cut(last + 1)
    return this.#runs.filter((run) => run.first >= first && run.last <= last)
  }

  #cut(offset: number): void {
    const index = this.#runs.findIndex((run) => run.first < offset && run.last >= offset)
    const run = this.#runs[index]
    if (!run) return
    this.#runs.splice(index, 1, { ...run, last: offset - 1 }, { ...run, first: offset })
  }

  dropBefore(offset: number): void {
    if (offset <= this.#startOffset) return
    this.#cut(offset)
    this.#runs = this.#runs.filter(({ first }) => first >= offset)
    this.#startOffset = offset
    this.trim()
  }

  /** The start moves behind what is done with; neighbours of which the same is known become one. */
  trim(): void {
    const firstOpen = this.#runs.findIndex(({ state }) => !isDone(state))
    const done = firstOpen < 0 ? this.#runs.length : firstOpen
    if (done > 0) {
      this.#startOffset = this.#runs[done - 1]!.last + 1
      this.#runs.splice(0, done)
    }
    const joined: Run[] = []
    for (const run of this.#runs) {
      const last = joined.at(-1)
      if (last && isSame(last, run)) last.last = run.last
      else joined.push(run)
    }
    this.#runs = joined
  }

  copy(): { readonly startOffset: number; readonly runs: Run[] } {
    return { startOffset: this.#startOffset, runs: this.#runs.map((run) => ({ ...run })) }
  }

  restore({ startOffset, runs }: ReturnType<Runs['copy']>): void {
    this.#startOffset = startOffset
    this.#runs = runs
  }

  batches(): StateBatch[] {
    return this.batchesOf(this.#runs)
  }

  batchesOf(ranges: readonly { readonly first: number; readonly last: number }[]): StateBatch[] {
    const batches: StateBatch[] = []
    for (const run of [...ranges].sort((a, b) => a.first - b.first) as Run[]) {
      batches.push({
        firstOffset: run.first,
        lastOffset: run.last,
        deliveryState: run.state,
        deliveryCount: run.deliveryCount,
      })
    }
    return batches
  }
}

function isDone(state: RecordState): boolean {
  return state === RecordState.ACKNOWLEDGED || state === RecordState.ARCHIVED
}

function isSame(a: Run, b: Run): boolean {
  return (
    a.state === b.state &&
    a.deliveryCount === b.deliveryCount &&
    a.memberId === b.memberId &&
    (a.state !== RecordState.ACQUIRED || a.lockedUntil === b.lockedUntil)
  )
}
