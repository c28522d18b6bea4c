/** A record as `naiveRecords` found it; lengths are -1 for null. */
export interface NaiveRecord {
  readonly bodySize: number
  readonly timestampDelta: number
  readonly offsetDelta: number
  readonly keyLength: number
  readonly valueLength: number
  readonly headerCount: number
}

class Malformed extends Error {}

/** Reads records of format v2 field by field, slowly: what `RecordCursor` is held against. */
export function naiveRecords(bytes: Uint8Array): { records: NaiveRecord[]; isMalformed: boolean } {
  const records: NaiveRecord[] = []
  let at = 0
  const varint = (limit: number, bits: 32 | 64): number => {
    let raw = 0n
    for (let i = 0; i < (bits === 32 ? 5 : 10); i++) {
      if (at >= limit) throw new Malformed()
      const byte = BigInt(bytes[at++]!)
      raw |= (byte & 0x7fn) << BigInt(7 * i)
      if (byte >= 0x80n) continue
      raw = BigInt.asUintN(bits, raw)
      return Number(BigInt.asIntN(bits, (raw >> 1n) ^ -(raw & 1n)))
    }
    throw new Malformed()
  }
  const skipped = (limit: number): number => {
    const length = varint(limit, 32)
    if (length > limit - at) throw new Malformed()
    if (length > 0) at += length
    return Math.max(length, -1)
  }
  try {
    while (at < bytes.length) {
      const bodySize = varint(bytes.length, 32)
      const end = at + bodySize
      if (bodySize < 0 || end > bytes.length) throw new Malformed()
      at++
      const timestampDelta = varint(end, 64)
      const offsetDelta = varint(end, 32)
      const keyLength = skipped(end)
      const valueLength = skipped(end)
      const headerCount = varint(end, 32)
      if (headerCount < 0) throw new Malformed()
      for (let i = 0; i < headerCount; i++) {
        if (skipped(end) < 0) throw new Malformed()
        skipped(end)
      }
      if (at !== end) throw new Malformed()
      records.push({ bodySize, timestampDelta, offsetDelta, keyLength, valueLength, headerCount })
    }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return { records, isMalformed: true }
  }
  return { records, isMalformed: false }
}
