import { type Fate, InFlightBatch } from './in-flight-batch.ts'
import type { ShareRecords } from './share-records.ts'
import { RecordState } from './state-batches.ts'

export interface AcquiredRecords {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly deliveryCount: number
}

export interface OffsetRange {
  readonly firstOffset: number
  readonly lastOffset: number
}

/** What a member asks for, of the batches that were read for it. */
export interface Acquisition {
  readonly memberId: string
  /** Where reading began: `nextFetchOffset`. */
  readonly fetchOffset: number
  /** First and last offsets of the batches read, in order. */
  readonly batches: readonly OffsetRange[]
  readonly maxRecords: number
  /** How many records shall stand together in one acquisition. */
  readonly batchSize: number
  /** Batches may be torn so that no record more than `maxRecords` is acquired (KIP-1206). */
  readonly isStrict: boolean
}

export interface AcquisitionTerms {
  readonly lockedUntil: number
  readonly maxRecordLocks: number
  readonly deliveryCountLimit: number
}

/** Below that no record is delivered in small company, whatever the limit. */
const LEAST_THROTTLED_DELIVERIES = 2

/** Hands out what is to be had of the batches read, locked for the member (`SharePartition.acquire`). */
export function acquireRecords(
  records: ShareRecords,
  request: Acquisition,
  terms: AcquisitionTerms,
): AcquiredRecords[] {
  return new Acquirer(records, request, terms).run()
}

class Acquirer {
  readonly #records: ShareRecords
  readonly #request: Acquisition
  readonly #terms: AcquisitionTerms
  readonly #acquired: AcquiredRecords[] = []
  #firstOffset = 0
  #lastOffset = 0
  #room = 0
  #count = 0

  constructor(records: ShareRecords, request: Acquisition, terms: AcquisitionTerms) {
    this.#records = records
    this.#request = request
    this.#terms = terms
  }

  run(): AcquiredRecords[] {
    const { batches, fetchOffset } = this.#request
    const [first] = batches
    const last = batches.at(-1)
    if (!first || !last || last.lastOffset < this.#records.startOffset) return []
    this.#firstOffset = first.firstOffset
    this.#limit(last.lastOffset)
    if (this.#room <= 0) return []
    this.#records.archiveStale(fetchOffset, first.firstOffset)
    let from = first.firstOffset
    const floor = this.#records.batches.floor(from)
    if (!floor) from = Math.max(from, this.#records.startOffset)
    else if (floor.lastOffset >= from) from = floor.firstOffset
    const known = this.#records.batches.between(Math.min(first.firstOffset, from), this.#lastOffset)
    if (known.length === 0) this.#takeNew(from, this.#lastOffset)
    else this.#takeKnown(known, from)
    return this.#acquired
  }

  /** Behind the limit of locks nothing new is handed out, but what was handed out before may be again. */
  #limit(lastOffset: number): void {
    const { fetchOffset, maxRecords } = this.#request
    const { inFlight, endOffset } = this.#records
    this.#lastOffset = lastOffset
    this.#room = Math.min(maxRecords, this.#terms.maxRecordLocks - inFlight)
    if (this.#room > 0 || fetchOffset > endOffset) return
    this.#room = Math.min(maxRecords, endOffset - fetchOffset + 1)
    this.#lastOffset = Math.min(lastOffset, endOffset)
  }

  #takeKnown(known: readonly InFlightBatch[], from: number): void {
    let gapStart = from
    for (const batch of known) {
      if (this.#count >= this.#room) break
      if (this.#records.hasGap) {
        if (gapStart < batch.firstOffset) this.#takeNew(gapStart, batch.firstOffset - 1)
        gapStart = batch.lastOffset + 1
        if (this.#count >= this.#room) break
      }
      this.#takeBatch(batch)
    }
    const next = (known.at(-1) as InFlightBatch).lastOffset + 1
    if (this.#count < this.#room && next <= this.#lastOffset) this.#takeNew(next, this.#lastOffset)
    const last = this.#acquired.at(-1)
    if (last) this.#records.onSearched(last.lastOffset + 1)
  }

  #takeBatch(batch: InFlightBatch): void {
    const isThrottled = this.#mostDeliveries(batch) >= this.#throttledFrom
    if (isThrottled && this.#count > 0) {
      this.#room = 0
      return
    }
    const isFull = batch.firstOffset >= this.#firstOffset && batch.lastOffset <= this.#lastOffset
    const isTooLarge = this.#request.isStrict && batch.size > this.#room - this.#count
    const { whole } = batch
    if (whole && whole.state !== RecordState.AVAILABLE) return
    if (!isFull || !whole || isTooLarge || isThrottled) {
      batch.part()
      const count = this.#takeSome(batch)
      if (isThrottled && count > 0) this.#room = 0
      return
    }
    this.#lock(whole)
    this.#acquired.push({ ...batchRange(batch), deliveryCount: whole.deliveryCount })
    this.#count += batch.size
  }

  /** Records that were delivered often come in ever smaller company, and alone for the last time (KIP-1206). */
  #takeSome(batch: InFlightBatch): number {
    const { deliveryCountLimit } = this.#terms
    const taken: AcquiredRecords[] = []
    const most = this.#request.isStrict ? this.#room - this.#count : Number.POSITIVE_INFINITY
    let throttledMost = Number.POSITIVE_INFINITY
    for (const [offset, , fate] of batch.fates()) {
      if (offset < this.#firstOffset) continue
      if (offset > this.#lastOffset) break
      if (fate.state !== RecordState.AVAILABLE) continue
      const isLast =
        deliveryCountLimit > LEAST_THROTTLED_DELIVERIES && fate.deliveryCount === deliveryCountLimit - 1
      if (isLast && taken.length > 0) break
      if (fate.deliveryCount >= this.#throttledFrom && throttledMost === Number.POSITIVE_INFINITY) {
        throttledMost = Math.max(1, batch.size >> (fate.deliveryCount - this.#throttledFrom + 1))
      }
      this.#lock(fate)
      taken.push({ firstOffset: offset, lastOffset: offset, deliveryCount: fate.deliveryCount })
      if (isLast || taken.length >= most || taken.length === throttledMost) break
    }
    this.#acquired.push(...joined(taken))
    this.#count += taken.length
    return taken.length
  }

  get #throttledFrom(): number {
    return Math.max(LEAST_THROTTLED_DELIVERIES, Math.ceil(this.#terms.deliveryCountLimit / 2))
  }

  #mostDeliveries(batch: InFlightBatch): number {
    let most = 0
    for (const [firstOffset, lastOffset, { state, deliveryCount }] of batch.fates()) {
      const isAsked = batch.whole || (firstOffset >= this.#firstOffset && lastOffset <= this.#lastOffset)
      if (isAsked && state === RecordState.AVAILABLE) most = Math.max(most, deliveryCount)
    }
    return most
  }

  #lock(fate: Fate): void {
    fate.state = RecordState.ACQUIRED
    fate.deliveryCount++
    fate.memberId = this.#request.memberId
    fate.lockedUntil = this.#terms.lockedUntil
  }

  /** Records that nobody has had; the batch that exceeds the limit is handed out whole, unless none more is wanted. */
  #takeNew(from: number, to: number): void {
    const { batches, endOffset } = this.#records
    const first = batches.isEmpty ? Math.max(from, endOffset) : from
    const room = this.#room - this.#count
    let last = to
    if (room < to - first + 1) {
      last = this.#endOfBatchWith(first + room - 1)
      if (this.#records.hasGap) last = Math.min(last, to)
    }
    const pieces = this.#request.isStrict ? [this.#oneOf(first, last, room)] : this.#piecesOf(first, last)
    this.#records.onNew(first, last)
    const end = (pieces.at(-1) as OffsetRange).lastOffset
    this.#records.onSearched(end + 1)
    this.#acquired.push(...pieces)
    this.#count += end - first + 1
  }

  #piecesOf(first: number, last: number): AcquiredRecords[] {
    const { batches, batchSize } = this.#request
    const pieces: AcquiredRecords[] = []
    let from = first
    for (const { firstOffset } of last - first + 1 > batchSize ? batches : []) {
      if (firstOffset > last) break
      if (firstOffset - from < batchSize) continue
      pieces.push({ firstOffset: from, lastOffset: firstOffset - 1, deliveryCount: 1 })
      from = firstOffset
    }
    pieces.push({ firstOffset: from, lastOffset: last, deliveryCount: 1 })
    for (const piece of pieces) this.#addNew(piece.firstOffset, piece.lastOffset)
    return pieces
  }

  /** Of a batch that is too large the rest is left for others. */
  #oneOf(first: number, last: number, room: number): AcquiredRecords {
    const batch = this.#addNew(first, last)
    const end = Math.min(last, first + room - 1)
    if (end < last) {
      batch.part()
      for (let offset = end + 1; offset <= last; offset++) {
        const untouched = { state: RecordState.AVAILABLE, deliveryCount: 0, memberId: '', lockedUntil: 0 }
        Object.assign(batch.at(offset) as Fate, untouched)
      }
      this.#records.mayHaveAvailable = true
    }
    return { firstOffset: first, lastOffset: end, deliveryCount: 1 }
  }

  #addNew(first: number, last: number): InFlightBatch {
    const fate = { state: RecordState.AVAILABLE, deliveryCount: 0, memberId: '', lockedUntil: 0 } as Fate
    this.#lock(fate)
    const batch = new InFlightBatch(first, last, fate)
    this.#records.batches.add(batch)
    return batch
  }

  #endOfBatchWith(offset: number): number {
    const batch = this.#request.batches.findLast(({ firstOffset }) => firstOffset <= offset)
    return batch && offset <= batch.lastOffset ? batch.lastOffset : offset
  }
}

function batchRange({ firstOffset, lastOffset }: OffsetRange): OffsetRange {
  return { firstOffset, lastOffset }
}

/** Neighbours that were delivered as often as each other are told as one. */
function joined(taken: readonly AcquiredRecords[]): AcquiredRecords[] {
  const all: AcquiredRecords[] = []
  for (const each of taken) {
    const last = all.at(-1)
    if (last && last.lastOffset + 1 === each.firstOffset && last.deliveryCount === each.deliveryCount) {
      all[all.length - 1] = { ...last, lastOffset: each.lastOffset }
    } else all.push(each)
  }
  return all
}
