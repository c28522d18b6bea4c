import { readFileSync } from 'node:fs'
import { crc32c } from '../../../protocol/records/crc32c.ts'
import {
  int16At,
  int32At,
  int64At,
  setInt16At,
  setInt32At,
  setInt64At,
} from '../../../protocol/records/integers.ts'
import type { ProducerRow } from '../producer-entry.ts'
import { writeAtomically } from './atomic-write.ts'

/*
 * Kafka's `.snapshot` (ProducerStateManager): version int16, CRC-32C uint32 of all behind it, count int32, and rows of
 *
 *    0 producerId int64        10 lastSequence int32     26 timestamp int64
 *    8 producerEpoch int16     14 lastOffset int64       34 coordinatorEpoch int32
 *                              22 offsetDelta int32      38 currentTxnFirstOffset int64
 *
 * Kafka writes a row for each producer, with its last batch. Here each batch that a duplicate is known by has one, in
 * order; Kafka, reading them, ends up with the last. A producer whose answers were lost may send five batches again.
 */
const VERSION = 1
const CRC_POSITION = 2
const ROWS_POSITION = 6
const HEADER_BYTES = 10
const ROW_BYTES = 46

export function writeProducerSnapshot(path: string, rows: readonly ProducerRow[]): void {
  const bytes = Buffer.alloc(HEADER_BYTES + rows.length * ROW_BYTES)
  setInt16At(bytes, 0, VERSION)
  setInt32At(bytes, ROWS_POSITION, rows.length)
  for (const [index, row] of rows.entries()) {
    const position = HEADER_BYTES + index * ROW_BYTES
    setInt64At(bytes, position, row.producerId)
    setInt16At(bytes, position + 8, row.producerEpoch)
    setInt32At(bytes, position + 10, row.lastSequence)
    setInt64At(bytes, position + 14, row.lastOffset)
    setInt32At(bytes, position + 22, row.offsetDelta)
    setInt64At(bytes, position + 26, row.timestamp)
    setInt32At(bytes, position + 34, row.coordinatorEpoch)
    setInt64At(bytes, position + 38, row.currentTxnFirstOffset)
  }
  setInt32At(bytes, CRC_POSITION, crc32c(bytes, ROWS_POSITION, bytes.length))
  writeAtomically(path, bytes, false)
}

/** undefined for a file that is broken: what it said can be read from the log again. */
export function readProducerSnapshot(path: string): ProducerRow[] | undefined {
  const bytes = readFileSync(path)
  if (bytes.length < HEADER_BYTES || int16At(bytes, 0) !== VERSION) return undefined
  if (int32At(bytes, CRC_POSITION) >>> 0 !== crc32c(bytes, ROWS_POSITION, bytes.length)) return undefined
  const count = int32At(bytes, ROWS_POSITION)
  if (bytes.length !== HEADER_BYTES + count * ROW_BYTES) return undefined
  return Array.from({ length: count }, (_, index) => {
    const position = HEADER_BYTES + index * ROW_BYTES
    return {
      producerId: int64At(bytes, position),
      producerEpoch: int16At(bytes, position + 8),
      lastSequence: int32At(bytes, position + 10),
      lastOffset: int64At(bytes, position + 14),
      offsetDelta: int32At(bytes, position + 22),
      timestamp: int64At(bytes, position + 26),
      coordinatorEpoch: int32At(bytes, position + 34),
      currentTxnFirstOffset: int64At(bytes, position + 38),
    }
  })
}
