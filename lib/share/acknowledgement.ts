import { ErrorCode } from '../../protocol/errors.ts'
import type { Fate, InFlightBatch } from './in-flight-batch.ts'
import type { ShareRecords } from './share-records.ts'
import { refusal, type ShareRefusal } from './share-refusal.ts'
import { RecordState } from './state-batches.ts'
import type { StateChanges } from './state-changes.ts'

/** How a consumer answers for a record (`AcknowledgeType`). */
export const AcknowledgeType = { GAP: 0, ACCEPT: 1, RELEASE: 2, REJECT: 3, RENEW: 4 } as const

/** Offsets with what their consumer says of them: one type for all, or one for each. */
export interface AcknowledgementBatch {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly acknowledgeTypes: readonly number[]
}

export interface AcknowledgementTerms {
  readonly memberId: string
  /** Until when what is renewed is locked; undefined where the group may not renew. */
  readonly renewedUntil: number | undefined
}

const { INVALID_RECORD_STATE, INVALID_REQUEST } = ErrorCode
const NOT_ACQUIRED = refusal(INVALID_RECORD_STATE, 'A record is answered for that nobody has acquired.')
const NOT_THEIRS = refusal(INVALID_RECORD_STATE, 'A record is answered for that another member has acquired.')
const NOT_IN_FLIGHT = refusal(INVALID_RECORD_STATE, 'The first record answered for is not in flight.')
const BEYOND_THE_END = refusal(INVALID_REQUEST, 'Records are answered for that have not been handed out.')
const MAY_NOT_RENEW = refusal(INVALID_RECORD_STATE, 'Members of this group may not renew locks.')

/**
 * Does what a member says of records it has acquired (`SharePartition.acknowledge`); the changes are the caller's to keep,
 * or to undo where this is refused.
 */
export function acknowledgeRecords(
  records: ShareRecords,
  batches: readonly AcknowledgementBatch[],
  terms: AcknowledgementTerms,
  changes: StateChanges,
): ShareRefusal | undefined {
  for (const batch of batches) {
    if (batch.lastOffset < records.startOffset) continue
    const refused = acknowledgeBatch(records, batch, terms, changes)
    if (refused) return refused
  }
  return undefined
}

function acknowledgeBatch(
  records: ShareRecords,
  said: AcknowledgementBatch,
  terms: AcknowledgementTerms,
  changes: StateChanges,
): ShareRefusal | undefined {
  const inFlight = inFlightBatches(records, said)
  if ('errorCode' in inFlight) return inFlight
  for (const batch of inFlight) {
    if (batch.lastOffset < records.startOffset) continue
    const refused = acknowledgeInFlight(records, said, batch, terms, changes)
    if (refused) return refused
  }
  return undefined
}

function inFlightBatches(
  { batches, startOffset }: ShareRecords,
  { firstOffset, lastOffset }: AcknowledgementBatch,
): readonly InFlightBatch[] | ShareRefusal {
  const hasStartWithin = firstOffset < startOffset && startOffset <= lastOffset
  const floor = batches.floor(firstOffset) ?? (hasStartWithin ? batches.floor(startOffset) : undefined)
  if (!floor) return NOT_IN_FLIGHT
  const found = batches.between(floor.firstOffset, lastOffset)
  const last = found.at(-1) as InFlightBatch
  return last.lastOffset < lastOffset ? BEYOND_THE_END : found
}

function acknowledgeInFlight(
  { startOffset }: ShareRecords,
  said: AcknowledgementBatch,
  batch: InFlightBatch,
  terms: AcknowledgementTerms,
  changes: StateChanges,
): ShareRefusal | undefined {
  const { whole } = batch
  if (whole?.memberId === '') return NOT_ACQUIRED
  if (whole && whole.memberId !== terms.memberId) return NOT_THEIRS
  const isFull = batch.firstOffset >= said.firstOffset && batch.lastOffset <= said.lastOffset
  const hasStartWithin = batch.firstOffset < startOffset
  if (!isFull || said.acknowledgeTypes.length > 1 || hasStartWithin) batch.part()
  for (const [firstOffset, lastOffset, fate] of batch.fates()) {
    if (firstOffset < Math.max(said.firstOffset, startOffset)) continue
    if (firstOffset > said.lastOffset) break
    const { acknowledgeTypes } = said
    const isOne = acknowledgeTypes.length === 1
    const type = (isOne ? acknowledgeTypes[0] : acknowledgeTypes[firstOffset - said.firstOffset]) as number
    const refused = acknowledgeFate(firstOffset, lastOffset, fate, type, terms, changes)
    if (refused) return refused
  }
  return undefined
}

function acknowledgeFate(
  firstOffset: number,
  lastOffset: number,
  fate: Fate,
  type: number,
  { memberId, renewedUntil }: AcknowledgementTerms,
  changes: StateChanges,
): ShareRefusal | undefined {
  if (fate.state !== RecordState.ACQUIRED) return NOT_ACQUIRED
  if (fate.memberId !== memberId) return NOT_THEIRS
  if (type === AcknowledgeType.RENEW) {
    if (renewedUntil === undefined) return MAY_NOT_RENEW
    fate.lockedUntil = renewedUntil
  } else changes.end(firstOffset, lastOffset, fate, stateAfter(type))
  return undefined
}

function stateAfter(type: number): RecordState {
  if (type === AcknowledgeType.ACCEPT) return RecordState.ACKNOWLEDGED
  return type === AcknowledgeType.RELEASE ? RecordState.AVAILABLE : RecordState.ARCHIVED
}
