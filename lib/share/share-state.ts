import { decodeRecordKey, encodeRecordKey } from '../../protocol/formats/coordinator-record.ts'
import { shareSnapshot } from '../../protocol/formats/share-group-state/share-snapshot.ts'
import { shareUpdate } from '../../protocol/formats/share-group-state/share-update.ts'
import { shareGroupStateRecords } from '../../protocol/formats/share-group-state.ts'
import { decodeVersioned, encodeVersioned } from '../../protocol/formats/versioned.ts'
import type { KafkaRecord, RecordInput } from '../../protocol/records/record.ts'
import { keyText, type SharePartitionKey } from './share-partition-key.ts'
import { combineBatches, type StateBatch } from './state-batches.ts'

/** The start offset of a share partition that nobody has read yet. */
export const UNINITIALIZED_OFFSET = -1

/** What is kept of a share partition (`ShareGroupOffset`). Never changed: replaced. */
export interface ShareState {
  readonly snapshotEpoch: number
  /** Rises when the group's offsets are set anew: who still writes by the old one is fenced. */
  readonly stateEpoch: number
  /** Of the leader that wrote last; -1 before the first. */
  readonly leaderEpoch: number
  readonly startOffset: number
  /** How many records from the start on are done with; -1 where that is not known. */
  readonly deliveryCompleteCount: number
  readonly stateBatches: readonly StateBatch[]
  readonly createTimestamp: number
  readonly writeTimestamp: number
  /** Updates written since the last snapshot. */
  readonly updates: number
}

const VERSION = 0

/** All there is to say. */
export function snapshotRecord(key: SharePartitionKey, state: ShareState): RecordInput {
  return {
    key: encodeRecordKey(shareSnapshot, key),
    value: encodeVersioned(shareSnapshot.value, VERSION, state),
  }
}

/** What is new since what was written last. */
export function updateRecord(
  key: SharePartitionKey,
  state: Pick<
    ShareState,
    'snapshotEpoch' | 'leaderEpoch' | 'startOffset' | 'deliveryCompleteCount' | 'stateBatches'
  >,
): RecordInput {
  return { key: encodeRecordKey(shareUpdate, key), value: encodeVersioned(shareUpdate.value, VERSION, state) }
}

export function stateTombstone(key: SharePartitionKey): RecordInput {
  return { key: encodeRecordKey(shareSnapshot, key), value: null }
}

/** Does to the states what a record of the log says; passes over what a newer broker wrote. */
export function replayState(record: KafkaRecord, states: Map<string, ShareState>): void {
  const decoded = record.key === null ? undefined : decodeRecordKey(shareGroupStateRecords, record.key)
  if (!decoded) return
  const text = keyText(decoded.key)
  if (record.value === null) {
    states.delete(text)
    return
  }
  if (decoded.record === shareSnapshot) {
    const { value } = decodeVersioned(shareSnapshot.value, record.value)
    states.set(text, {
      ...value,
      createTimestamp: Number(value.createTimestamp),
      writeTimestamp: Number(value.writeTimestamp),
      updates: 0,
    })
    return
  }
  const known = states.get(text)
  if (!known) return
  const { value } = decodeVersioned(shareUpdate.value, record.value)
  states.set(text, updated(known, value))
}

/** The state with what an update says. */
export function updated(
  known: ShareState,
  { leaderEpoch, startOffset, deliveryCompleteCount, stateBatches }: ShareUpdate,
): ShareState {
  const start = startOffset === UNINITIALIZED_OFFSET ? known.startOffset : startOffset
  return {
    ...known,
    leaderEpoch: leaderEpoch === -1 ? known.leaderEpoch : leaderEpoch,
    startOffset: start,
    deliveryCompleteCount,
    stateBatches: combineBatches(known.stateBatches, stateBatches, start),
    updates: known.updates + 1,
  }
}

export type ShareUpdate = Pick<
  ShareState,
  'leaderEpoch' | 'startOffset' | 'deliveryCompleteCount' | 'stateBatches'
>
