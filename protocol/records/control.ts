import { ProtocolError } from '../error.ts'
import { controlRecordType } from '../formats/control-record-type.ts'
import { endTxnMarker } from '../formats/end-txn-marker.ts'
import { decodeVersioned, encodeVersioned } from '../formats/versioned.ts'
import { encodeBatch } from './encode-batch.ts'

/*
 * Control records: written by brokers and controllers, never shown to applications. The key says which kind, the value
 * is a message of that kind (Kafka's ControlRecordUtils). What newer versions of either may add comes behind.
 */

export const ControlRecordType = {
  ABORT: 0,
  COMMIT: 1,
  LEADER_CHANGE: 2,
  SNAPSHOT_HEADER: 3,
  SNAPSHOT_FOOTER: 4,
  KRAFT_VERSION: 5,
  KRAFT_VOTERS: 6,
} as const

export type ControlRecordName = keyof typeof ControlRecordType

const NAMES = Object.keys(ControlRecordType) as ControlRecordName[]
const KEY_VERSION = 0
const END_TXN_MARKER_VERSION = 0

/** `UNKNOWN` for a type of the future, which Kafka's readers pass over. Throws `ProtocolError` for what is no key. */
export function controlRecordName(key: Buffer | null): ControlRecordName | 'UNKNOWN' {
  if (key === null) throw new ProtocolError('a control record without a key')
  return NAMES[decodeVersioned(controlRecordType, key, 'as-newest').value.type] ?? 'UNKNOWN'
}

export function controlRecordKey(name: ControlRecordName): Buffer {
  return encodeVersioned(controlRecordType, KEY_VERSION, { type: ControlRecordType[name] })
}

/** Ends a transaction in one partition (KIP-98). */
export interface EndTxnMarker {
  type: 'COMMIT' | 'ABORT'
  coordinatorEpoch: number
}

/** Throws `ProtocolError` for another control record, and for what is none. */
export function decodeEndTxnMarker(key: Buffer | null, value: Buffer | null): EndTxnMarker {
  const type = controlRecordName(key)
  if (type !== 'COMMIT' && type !== 'ABORT')
    throw new ProtocolError(`${type} is not the end of a transaction`)
  if (value === null) throw new ProtocolError('the end of a transaction without a value')
  const { coordinatorEpoch } = decodeVersioned(endTxnMarker, value, 'as-newest').value
  return { type, coordinatorEpoch }
}

export interface EndTxnMarkerBatch extends EndTxnMarker {
  producerId: number
  producerEpoch: number
  timestamp: number
  baseOffset?: number
  partitionLeaderEpoch?: number
}

/** The control batch that WriteTxnMarkers appends to a partition: one record, no sequence number. */
export function encodeEndTxnMarkerBatch(marker: EndTxnMarkerBatch): Buffer {
  return encodeBatch({
    baseOffset: marker.baseOffset ?? 0,
    partitionLeaderEpoch: marker.partitionLeaderEpoch ?? -1,
    producerId: marker.producerId,
    producerEpoch: marker.producerEpoch,
    isTransactional: true,
    isControl: true,
    records: [
      {
        timestamp: marker.timestamp,
        key: controlRecordKey(marker.type),
        value: encodeVersioned(endTxnMarker, END_TXN_MARKER_VERSION, marker),
      },
    ],
  })
}
