import { isControlBatch, isTransactional, lastOffset, producerId } from '../../protocol/records/batch.ts'
import { BatchCursor } from '../../protocol/records/batch-cursor.ts'
import { controlRecordName } from '../../protocol/records/control.ts'
import { decodeRecords } from '../../protocol/records/decode-batch.ts'
import type { AbortedTransaction } from '../log/transaction-index.ts'
import type { OffsetRange } from './acquisition.ts'

const MAX_MARKER_BYTES = 1024

/** Where the records of aborted transactions lie in what was read, as consumers that read committed records find them. */
export function abortedRanges(bytes: Buffer, transactions: readonly AbortedTransaction[]): OffsetRange[] {
  if (transactions.length === 0) return []
  const toCome = [...transactions].sort((a, b) => a.firstOffset - b.firstOffset)
  const open = new Set<number>()
  const ranges: OffsetRange[] = []
  const cursor = new BatchCursor(bytes)
  while (cursor.next()) {
    const { buffer, position } = cursor
    const last = lastOffset(buffer, position)
    while (toCome[0] && toCome[0].firstOffset <= last) open.add(toCome.shift()!.producerId)
    if (!isTransactional(buffer, position)) continue
    const producer = producerId(buffer, position)
    if (isControlBatch(buffer, position)) {
      const [marker] = decodeRecords(buffer, position, MAX_MARKER_BYTES)
      if (controlRecordName(marker?.key ?? null) === 'ABORT') open.delete(producer)
    } else if (open.has(producer)) {
      ranges.push({ firstOffset: Number(buffer.readBigInt64BE(position)), lastOffset: last })
    }
  }
  return ranges
}
