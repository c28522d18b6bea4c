import { sizeInBytes } from '../../protocol/records/batch.ts'
import { decodeEndTxnMarker, type EndTxnMarker } from '../../protocol/records/control.ts'
import { decodeRecords } from '../../protocol/records/decode-batch.ts'

/** A marker's record takes a few dozen bytes. */
const MARKER_MAX_BYTES = 1024

/** What a control batch says of its transaction; null where it is none of ours, or was emptied by compaction. */
export function markerOf(batch: Buffer): EndTxnMarker | null {
  if (sizeInBytes(batch, 0) > MARKER_MAX_BYTES) return null
  const record = decodeRecords(batch, 0, MARKER_MAX_BYTES)[0]
  return record === undefined ? null : decodeEndTxnMarker(record.key, record.value)
}
