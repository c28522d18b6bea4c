import { ProtocolError } from '../error.ts'
import { encodeBatch } from './encode-batch.ts'
import { int16At, int32At, setInt16At, setInt32At } from './integers.ts'

/*
 * Control records: written by brokers and controllers, never shown to applications. The key says which kind, as
 * version (int16) and type (int16); the value is a message of that kind (Kafka's ControlRecordUtils).
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

/** `UNKNOWN` for a type of the future, which Kafka's readers pass over. */
export function controlRecordType(key: Buffer | null): ControlRecordName | 'UNKNOWN' {
  if (key === null || key.length < 4) throw new ProtocolError('the key of a control record has 4 bytes')
  const version = int16At(key, 0)
  if (version < 0) throw new ProtocolError(`version ${version} of a control record's key`)
  return NAMES[int16At(key, 2)] ?? 'UNKNOWN'
}

export function controlRecordKey(type: ControlRecordName): Buffer {
  const key = Buffer.allocUnsafe(4)
  setInt16At(key, 0, KEY_VERSION)
  setInt16At(key, 2, ControlRecordType[type])
  return key
}

/** Ends a transaction in one partition (KIP-98). */
export interface EndTxnMarker {
  type: 'COMMIT' | 'ABORT'
  coordinatorEpoch: number
}

export function encodeEndTxnMarkerValue(coordinatorEpoch: number): Buffer {
  const value = Buffer.allocUnsafe(6)
  setInt16At(value, 0, END_TXN_MARKER_VERSION)
  setInt32At(value, 2, coordinatorEpoch)
  return value
}

/** Reads the marker of any version: what newer ones may add comes behind and is not needed. */
export function decodeEndTxnMarker(key: Buffer | null, value: Buffer | null): EndTxnMarker {
  const type = controlRecordType(key)
  if (type !== 'COMMIT' && type !== 'ABORT')
    throw new ProtocolError(`${type} is not the end of a transaction`)
  if (value === null || value.length < 6) throw new ProtocolError('the end of a transaction has 6 bytes')
  const version = int16At(value, 0)
  if (version < 0) throw new ProtocolError(`version ${version} of an end of a transaction`)
  return { type, coordinatorEpoch: int32At(value, 2) }
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
        value: encodeEndTxnMarkerValue(marker.coordinatorEpoch),
      },
    ],
  })
}
