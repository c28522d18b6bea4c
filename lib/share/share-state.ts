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

/** A state with whose it is, and the highest epoch of a leader that has read it. */
export interface KeyedState {
  readonly key: SharePartitionKey
  readonly state: ShareState
  readonly fencedBelow: number
}

/**
 * Does to the states what a record of the log says; passes over what a newer broker wrote.
 *
 * @returns whose snapshot (or tombstone) it is, undefined where it is neither
 */
export function replayState(
  record: Pick<KafkaRecord, 'key' | 'value'>,
  states: Map<string, KeyedState>,
): string | undefined {
  const decoded = record.key === null ? undefined : decodeRecordKey(shareGroupStateRecords, record.key)
  if (!decoded) return undefined
  const { groupId, topicId, partition } = decoded.key
  const key = { groupId, topicId, partition }
  const text = keyText(key)
  const known = states.get(text)
  if (record.value === null) {
    states.delete(text)
    return text
  }
  if (decoded.record === shareSnapshot) {
    const { value } = decodeVersioned(shareSnapshot.value, record.value)
    const fencedBelow = Math.max(known?.fencedBelow ?? -1, value.leaderEpoch)
    const createTimestamp = Number(value.createTimestamp)
    const state = { ...value, createTimestamp, writeTimestamp: Number(value.writeTimestamp), updates: 0 }
    states.set(text, { key, state, fencedBelow })
    return text
  }
  if (!known) return undefined
  const { value } = decodeVersioned(shareUpdate.value, record.value)
  const fencedBelow = Math.max(known.fencedBelow, value.leaderEpoch)
  states.set(text, { key, state: updated(known.state, value), fencedBelow })
  return undefined
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

/** An update with what is not known to its writer: starts and counts only rise. */
export function forwards(known: ShareState, update: ShareUpdate): ShareUpdate {
  let { deliveryCompleteCount } = update
  if (update.startOffset < known.startOffset) deliveryCompleteCount = known.deliveryCompleteCount
  else if (update.startOffset === known.startOffset) {
    deliveryCompleteCount = Math.max(deliveryCompleteCount, known.deliveryCompleteCount)
  }
  const startOffset = Math.max(update.startOffset, known.startOffset)
  return { ...update, startOffset, deliveryCompleteCount }
}

export type ShareUpdate = Pick<
  ShareState,
  'leaderEpoch' | 'startOffset' | 'deliveryCompleteCount' | 'stateBatches'
>
