import type { ErrorCode } from '../../protocol/errors.ts'
import type { Clock, Timer } from '../lab/clock.ts'
import { type AcknowledgementBatch, acknowledgeRecords } from './acknowledgement.ts'
import { type AcquiredRecords, type Acquisition, acquireRecords, type OffsetRange } from './acquisition.ts'
import { without } from './offset-ranges.ts'
import { ShareRecords } from './share-records.ts'
import { persisterRefusal, type ShareRefusal } from './share-refusal.ts'
import { RecordState, type StateBatch } from './state-batches.ts'
import { StateChanges } from './state-changes.ts'

export interface ShareLimits {
  readonly shareRecordLockDurationMs: number
  readonly shareDeliveryCountLimit: number
  readonly sharePartitionMaxRecordLocks: number
  readonly shareRenewAcknowledgeEnable: boolean
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

/**
 * A partition as a share group consumes it: the state of each record between the start offset and the end of what has
 * been handed out (KIP-932, `SharePartition`).
 *
 *     AVAILABLE --acquire--> ACQUIRED --accept--> ACKNOWLEDGED
 *     ACQUIRED --release, lock expires, session ends--> AVAILABLE, or ARCHIVED once delivered too often
 *     ACQUIRED --reject, gap--> ARCHIVED
 *
 * The start that is kept is the one before a change: it is the next change that keeps where it moved to, as Kafka has it.
 */
export class SharePartition {
  readonly #options: SharePartitionOptions
  readonly #records: ShareRecords
  #timer: Timer | undefined
  #timerDue = Number.POSITIVE_INFINITY

  constructor(options: SharePartitionOptions) {
    this.#options = options
    this.#records = new ShareRecords(options.startOffset, options.stateBatches)
  }

  get startOffset(): number {
    return this.#records.startOffset
  }

  /** The last offset that has been handed out; where the next one will be, while none is in flight. */
  get endOffset(): number {
    return this.#records.endOffset
  }

  /** Where the next records to hand out are. */
  get nextFetchOffset(): number {
    return this.#records.nextFetchOffset()
  }

  get canAcquire(): boolean {
    if (this.nextFetchOffset !== this.#records.endOffset + 1) return true
    return this.#records.inFlight < this.#options.limits().sharePartitionMaxRecordLocks
  }

  /** All that is known of each record in flight, in order. */
  states(): StateBatch[] {
    return [...this.#records.fates()].map(([firstOffset, lastOffset, { state, deliveryCount }]) => {
      return { firstOffset, lastOffset, deliveryState: state, deliveryCount }
    })
  }

  /** Records before the offset were deleted. */
  onDeletedBelow(offset: number): void {
    this.#records.onDeletedBelow(offset)
  }

  /**
   * Hands out what is to be had of the batches, locked for the member.
   *
   * @param aborted batches of transactions that were aborted, which nobody shall get
   */
  acquire(request: Acquisition, aborted: readonly OffsetRange[]): AcquiredRecords[] {
    const limits = this.#options.limits()
    const lockedUntil = this.#options.clock.monotonic() + limits.shareRecordLockDurationMs
    const acquired = acquireRecords(this.#records, request, {
      lockedUntil,
      maxRecordLocks: limits.sharePartitionMaxRecordLocks,
      deliveryCountLimit: limits.shareDeliveryCountLimit,
    })
    if (acquired.length > 0) this.#schedule(lockedUntil)
    for (const { firstOffset, lastOffset } of aborted) {
      this.#records.archive(firstOffset, lastOffset + 1, RecordState.ACQUIRED)
    }
    return aborted.length > 0 ? without(acquired, aborted) : acquired
  }

  /** All of it or nothing; but locks that were renewed before it was refused stay renewed, as in Kafka. */
  acknowledge(memberId: string, batches: readonly AcknowledgementBatch[]): ShareRefusal | undefined {
    const { shareRecordLockDurationMs, shareRenewAcknowledgeEnable } = this.#options.limits()
    const until = this.#options.clock.monotonic() + shareRecordLockDurationMs
    const renewedUntil = shareRenewAcknowledgeEnable ? until : undefined
    const changes = this.#changes()
    const refused = acknowledgeRecords(this.#records, batches, { memberId, renewedUntil }, changes)
    if (refused) {
      changes.undo()
      return refused
    }
    return this.#keep(changes)
  }

  /** The member's session is over: what it has not answered for others may have (`releaseAcquiredRecords`). */
  release(memberId: string): ShareRefusal | undefined {
    return this.#keep(this.#ended((fate) => fate.memberId === memberId))
  }

  /** Locks do not outlive their time, even where that cannot be kept. */
  #expireLocks(): void {
    const now = this.#options.clock.monotonic()
    const changes = this.#ended(({ lockedUntil }) => lockedUntil <= now)
    if (!changes.isEmpty) {
      this.#write(changes)
      this.#onChanged(changes)
    }
    for (const [, , { state, lockedUntil }] of this.#records.fates()) {
      if (state === RecordState.ACQUIRED) this.#schedule(lockedUntil)
    }
  }

  /** Those that are acquired and so are available again; what was deleted meanwhile is not. */
  #ended(isSo: (fate: { readonly memberId: string; readonly lockedUntil: number }) => boolean): StateChanges {
    const changes = this.#changes()
    const { startOffset } = this.#records
    for (const batch of this.#records.batches.all()) {
      const { whole } = batch
      if (whole && (whole.state !== RecordState.ACQUIRED || !isSo(whole))) continue
      if (batch.firstOffset < startOffset && startOffset <= batch.lastOffset) batch.part()
      for (const [firstOffset, lastOffset, fate] of batch.fates()) {
        if (fate.state !== RecordState.ACQUIRED || !isSo(fate)) continue
        const isDeleted = lastOffset < startOffset
        changes.end(firstOffset, lastOffset, fate, isDeleted ? RecordState.ARCHIVED : RecordState.AVAILABLE)
      }
    }
    return changes
  }

  #changes(): StateChanges {
    return new StateChanges(this.#options.limits().shareDeliveryCountLimit)
  }

  #keep(changes: StateChanges): ShareRefusal | undefined {
    if (changes.isEmpty) return undefined
    const errorCode = this.#write(changes)
    if (errorCode !== 0) {
      changes.undo()
      return persisterRefusal(errorCode)
    }
    this.#onChanged(changes)
    return undefined
  }

  #write(changes: StateChanges): ErrorCode {
    const { startOffset, deliveryComplete: deliveryCompleteCount } = this.#records
    return this.#options.write({ startOffset, deliveryCompleteCount, stateBatches: changes.batches() })
  }

  #onChanged(changes: StateChanges): void {
    if (changes.hasAvailable) this.#records.mayHaveAvailable = true
    this.#records.moveStart()
    this.#options.onAvailable()
  }

  /** One timer, for the lock that may end first. */
  #schedule(due: number): void {
    if (due >= this.#timerDue) return
    this.#timer?.cancel()
    this.#timerDue = due
    const { clock } = this.#options
    this.#timer = clock.setTimer(Math.max(1, due - clock.monotonic()), () => {
      this.#timerDue = Number.POSITIVE_INFINITY
      this.#expireLocks()
    })
  }

  close(): void {
    this.#timer?.cancel()
    this.#timerDue = Number.NEGATIVE_INFINITY
  }
}
