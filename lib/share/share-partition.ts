import { ErrorCode } from '../../protocol/errors.ts'
import type { Clock, Timer } from '../lab/clock.ts'
import { Runs } from './runs.ts'
import { RecordState, type StateBatch } from './state-batches.ts'

/** How a consumer answers for a record (`AcknowledgeType`). */
export const AcknowledgeType = { GAP: 0, ACCEPT: 1, RELEASE: 2, REJECT: 3, RENEW: 4 } as const

/** Offsets with what their consumer says of them: one type for all, or one for each. */
export interface AcknowledgementBatch {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly acknowledgeTypes: readonly number[]
}

export interface AcquiredRecords {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly deliveryCount: number
}

export interface ShareLimits {
  readonly shareRecordLockDurationMs: number
  readonly shareDeliveryCountLimit: number
  readonly sharePartitionMaxRecordLocks: number
}

export interface SharePartitionOptions {
  readonly clock: Clock
  readonly limits: () => ShareLimits
  readonly startOffset: number
  readonly stateBatches: readonly StateBatch[]
  /** Keeps what changed; what is not kept has not happened. */
  readonly write: (change: {
    readonly startOffset: number
    readonly deliveryCompleteCount: number
    readonly stateBatches: readonly StateBatch[]
  }) => ErrorCode
  /** There may be records to take that were not there before. */
  readonly onAvailable: () => void
}

/** What a member asks for, of the batches that were read for it. */
export interface Acquisition {
  readonly memberId: string
  /** Where reading began: `nextFetchOffset`. */
  readonly fetchOffset: number
  /** First and last offsets of the batches read, in order. */
  readonly batches: readonly { readonly firstOffset: number; readonly lastOffset: number }[]
  readonly maxRecords: number
  /** How many records shall stand together in one acquisition. */
  readonly batchSize: number
  /** Batches may be torn so that no record more than `maxRecords` is acquired (KIP-1206). */
  readonly isStrict: boolean
}

/**
 * A partition as a share group consumes it: the state of each record between the start offset and the end of what has
 * been handed out (KIP-932, `SharePartition`).
 *
 *     AVAILABLE --acquire--> ACQUIRED --accept--> ACKNOWLEDGED
 *     ACQUIRED --release, lock expires, session ends--> AVAILABLE, or ARCHIVED once delivered too often
 *     ACQUIRED --reject, gap--> ARCHIVED
 */
export class SharePartition {
  readonly #options: SharePartitionOptions
  readonly #runs: Runs
  #timer: Timer | undefined

  constructor(options: SharePartitionOptions) {
    this.#options = options
    this.#runs = new Runs(options.startOffset, options.stateBatches)
    this.#runs.trim()
  }

  get startOffset(): number {
    return this.#runs.startOffset
  }

  /** The last offset that has been handed out; one below the start where there is none. */
  get endOffset(): number {
    return this.#runs.endOffset
  }

  /** Where the next records to hand out are. */
  get nextFetchOffset(): number {
    return this.#runs.firstAvailable() ?? this.endOffset + 1
  }

  get canAcquire(): boolean {
    return this.#runs.firstAvailable() !== undefined || this.#roomForNew > 0
  }

  get #roomForNew(): number {
    return this.#options.limits().sharePartitionMaxRecordLocks - this.#runs.inFlight
  }

  states(): StateBatch[] {
    return this.#runs.batches()
  }

  /** Records that were deleted are nobody's any more. */
  onLogStartOffset(offset: number): void {
    this.#runs.dropBefore(offset)
  }

  /** Hands out what is to be had of the batches, locked for the member (`SharePartition.acquire`). */
  acquire(request: Acquisition): AcquiredRecords[] {
    const { memberId, batches, maxRecords } = request
    const [first] = batches
    const last = batches.at(-1)
    if (!first || !last) return []
    const from = Math.max(request.fetchOffset, this.startOffset)
    // Between what was asked for and what is there lies nothing: compaction took it.
    if (first.firstOffset > from) this.#archiveGap(from, first.firstOffset - 1)
    const lock = { memberId, lockedUntil: this.#options.clock.monotonic() + this.#lockMs }
    const acquired: AcquiredRecords[] = []
    let room = maxRecords
    while (room > 0) {
      const run = this.#runs.nextAvailable(from, last.lastOffset)
      if (!run) break
      const end = this.#lastToAcquire(request, run.first, Math.min(run.last, last.lastOffset), room)
      const [taken] = this.#runs.between(run.first, end)
      if (!taken) break
      Object.assign(taken, lock, { state: RecordState.ACQUIRED, deliveryCount: taken.deliveryCount + 1 })
      acquired.push({ firstOffset: taken.first, lastOffset: taken.last, deliveryCount: taken.deliveryCount })
      room -= taken.last - taken.first + 1
    }
    const next = this.endOffset + 1
    const roomForNew = Math.min(room, this.#roomForNew)
    if (roomForNew > 0 && last.lastOffset >= next) {
      const end = this.#lastToAcquire(request, next, last.lastOffset, roomForNew)
      this.#runs.push({ first: next, last: end, state: RecordState.ACQUIRED, deliveryCount: 1, ...lock })
      acquired.push(...inPieces(request, next, end))
    }
    this.#runs.trim()
    this.#schedule()
    return acquired
  }

  /** The batch that exceeds the limit is handed out whole, unless the member wants no record more. */
  #lastToAcquire({ batches, isStrict }: Acquisition, first: number, last: number, room: number): number {
    const limit = first + room - 1
    if (limit >= last) return last
    if (isStrict) return limit
    return Math.min(batches.find(({ lastOffset }) => lastOffset >= limit)?.lastOffset ?? last, last)
  }

  #archiveGap(first: number, last: number): void {
    for (const run of this.#runs.between(first, Math.min(last, this.endOffset))) {
      if (run.state === RecordState.AVAILABLE) run.state = RecordState.ARCHIVED
    }
    if (last <= this.endOffset) return
    const gap = {
      first: Math.max(first, this.endOffset + 1),
      last,
      deliveryCount: 0,
      memberId: '',
      lockedUntil: 0,
    }
    this.#runs.push({ ...gap, state: RecordState.ARCHIVED })
  }

  /** Nobody shall get these: they are of transactions that were aborted. */
  archive(ranges: readonly { readonly firstOffset: number; readonly lastOffset: number }[]): ErrorCode {
    return this.#change((changed) => {
      for (const { firstOffset, lastOffset } of ranges) {
        for (const run of this.#runs.between(firstOffset, lastOffset)) {
          if (isTerminal(run.state)) continue
          Object.assign(run, { state: RecordState.ARCHIVED, memberId: '' })
          changed(run)
        }
      }
    })
  }

  /** All of it or nothing (`SharePartition.acknowledge`). */
  acknowledge(memberId: string, batches: readonly AcknowledgementBatch[]): ErrorCode {
    for (const batch of batches) {
      const errorCode = this.#checkAcknowledgement(memberId, batch)
      if (errorCode !== ErrorCode.NONE) return errorCode
    }
    return this.#change((changed) => {
      for (const batch of batches) {
        for (const { first, last, type } of this.#byType(batch)) {
          for (const run of this.#runs.between(first, last)) {
            if (type === AcknowledgeType.RENEW) {
              run.lockedUntil = this.#options.clock.monotonic() + this.#lockMs
              continue
            }
            run.state = this.#stateAfter(type, run.deliveryCount)
            run.memberId = ''
            changed(run)
          }
        }
      }
    })
  }

  #checkAcknowledgement(memberId: string, { firstOffset, lastOffset }: AcknowledgementBatch): ErrorCode {
    if (lastOffset < this.startOffset) return ErrorCode.NONE
    if (this.#runs.isEmpty) return ErrorCode.INVALID_RECORD_STATE
    if (lastOffset > this.endOffset) return ErrorCode.INVALID_REQUEST
    const isTheirs = this.#runs
      .between(Math.max(firstOffset, this.startOffset), lastOffset)
      .every((run) => run.state === RecordState.ACQUIRED && run.memberId === memberId)
    return isTheirs ? ErrorCode.NONE : ErrorCode.INVALID_RECORD_STATE
  }

  *#byType({ firstOffset, lastOffset, acknowledgeTypes }: AcknowledgementBatch) {
    const typeOf = (offset: number) =>
      (acknowledgeTypes.length === 1 ? acknowledgeTypes[0] : acknowledgeTypes[offset - firstOffset]) as number
    let first = Math.max(firstOffset, this.startOffset)
    while (first <= lastOffset) {
      const type = typeOf(first)
      let last = acknowledgeTypes.length === 1 ? lastOffset : first
      while (last < lastOffset && typeOf(last + 1) === type) last++
      yield { first, last, type }
      first = last + 1
    }
  }

  #stateAfter(type: number, deliveryCount: number): RecordState {
    if (type === AcknowledgeType.ACCEPT) return RecordState.ACKNOWLEDGED
    if (type !== AcknowledgeType.RELEASE) return RecordState.ARCHIVED
    return this.#stateWhenReleased(deliveryCount)
  }

  #stateWhenReleased(deliveryCount: number): RecordState {
    const isTooOften = deliveryCount >= this.#options.limits().shareDeliveryCountLimit
    return isTooOften ? RecordState.ARCHIVED : RecordState.AVAILABLE
  }

  /** The member's session is over: what it has not answered for has not been delivered (`releaseAcquiredRecords`). */
  release(memberId: string): ErrorCode {
    return this.#change((changed) => {
      for (const run of this.#runs.all()) {
        if (run.state !== RecordState.ACQUIRED || run.memberId !== memberId) continue
        Object.assign(run, {
          state: RecordState.AVAILABLE,
          memberId: '',
          deliveryCount: run.deliveryCount - 1,
        })
        changed(run)
      }
    })
  }

  #expireLocks(): void {
    const now = this.#options.clock.monotonic()
    this.#change((changed) => {
      for (const run of this.#runs.all()) {
        if (run.state !== RecordState.ACQUIRED || run.lockedUntil > now) continue
        Object.assign(run, { state: this.#stateWhenReleased(run.deliveryCount), memberId: '' })
        changed(run)
      }
    }, true)
  }

  /** @param isForced what happens even where it cannot be written: locks do not outlive their time */
  #change(
    apply: (changed: (run: { first: number; last: number }) => void) => void,
    isForced = false,
  ): ErrorCode {
    const before = this.#runs.copy()
    const ranges: { first: number; last: number }[] = []
    apply((run) => ranges.push(run))
    let errorCode: ErrorCode = ErrorCode.NONE
    if (ranges.length > 0) {
      const stateBatches = this.#runs.batchesOf(ranges)
      const after = this.#runs.copy()
      this.#runs.trim()
      const { startOffset, deliveryComplete: deliveryCompleteCount } = this.#runs
      errorCode = this.#options.write({ startOffset, deliveryCompleteCount, stateBatches })
      if (errorCode !== ErrorCode.NONE) this.#runs.restore(isForced ? after : before)
    }
    this.#schedule()
    if (ranges.length > 0) this.#options.onAvailable()
    return errorCode
  }

  get #lockMs(): number {
    return this.#options.limits().shareRecordLockDurationMs
  }

  /** One timer, for the lock that ends first. */
  #schedule(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const next = this.#runs.nextExpiry()
    if (next === undefined) return
    const { clock } = this.#options
    this.#timer = clock.setTimer(Math.max(1, next - clock.monotonic()), () => this.#expireLocks())
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}

export function isTerminal(state: RecordState): boolean {
  return state === RecordState.ACKNOWLEDGED || state === RecordState.ARCHIVED
}

/** New records, in as many acquisitions as their batches and the wanted size make. */
function* inPieces(
  { batches, batchSize }: Acquisition,
  first: number,
  last: number,
): Generator<AcquiredRecords> {
  let from = first
  for (const { lastOffset } of batches) {
    if (lastOffset < from || lastOffset >= last || lastOffset - from + 1 < batchSize) continue
    yield { firstOffset: from, lastOffset, deliveryCount: 1 }
    from = lastOffset + 1
  }
  yield { firstOffset: from, lastOffset: last, deliveryCount: 1 }
}
