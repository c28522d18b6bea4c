import { pack, unpack } from 'msgpackr'
import { crc32c } from '../../../protocol/records/crc32c.ts'
import type { MetadataRecord } from '../records.ts'

/*
 * Records in bytes: frames of uint32 length, uint32 CRC-32C, and a list of records in MessagePack. What was committed
 * together lies in one frame, so a crash leaves all of it or nothing.
 */
const HEADER_BYTES = 8
/** No commit comes near it: a length above is damage. */
const LARGEST_FRAME = 1 << 30

export function encodeFrame(records: readonly MetadataRecord[]): Buffer {
  const payload = pack(records)
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32BE(payload.length, 0)
  header.writeUInt32BE(crc32c(payload), 4)
  return Buffer.concat([header, payload])
}

export interface DecodedFrames {
  readonly records: MetadataRecord[]
  /** Behind the last frame that is whole and right. */
  readonly end: number
}

export function decodeFrames(bytes: Buffer, start: number): DecodedFrames {
  const records: MetadataRecord[] = []
  let position = start
  while (position + HEADER_BYTES <= bytes.length) {
    const length = bytes.readUInt32BE(position)
    const from = position + HEADER_BYTES
    const to = from + length
    // Nothing but zeros is what some file systems leave of a write that a crash of the machine has undone.
    if (length === 0 || length > LARGEST_FRAME || to > bytes.length) break
    if (crc32c(bytes, from, to) !== bytes.readUInt32BE(position + 4)) break
    records.push(...(unpack(bytes.subarray(from, to)) as MetadataRecord[]))
    position = to
  }
  return { records, end: position }
}
