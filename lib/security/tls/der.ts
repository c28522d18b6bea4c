/** One value of ASN.1's distinguished encoding (X.690), as far as reading certificates' names needs it. */
export interface DerValue {
  readonly tag: number
  readonly content: Buffer
  /** The value as it is encoded, tag and length included. */
  readonly encoded: Buffer
}

export const SEQUENCE = 0x30
export const OBJECT_IDENTIFIER = 0x06

/**
 * The values that stand one after the other in `bytes`.
 * @throws RangeError when a length does not fit
 */
export function derValues(bytes: Buffer): DerValue[] {
  const values: DerValue[] = []
  let offset = 0
  while (offset < bytes.length) {
    const start = offset
    const tag = bytes.readUInt8(offset++)
    let length = bytes.readUInt8(offset++)
    if (length > 0x80) {
      const size = length & 0x7f
      length = bytes.readUIntBE(offset, size)
      offset += size
    }
    if (offset + length > bytes.length) throw new RangeError('a DER value is longer than what holds it')
    const content = bytes.subarray(offset, offset + length)
    offset += length
    values.push({ tag, content, encoded: bytes.subarray(start, offset) })
  }
  return values
}

/** An object identifier in dots. */
export function derOid(content: Buffer): string {
  const arcs: number[] = []
  let arc = 0
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f)
    if (byte & 0x80) continue
    if (arcs.length > 0) arcs.push(arc)
    else arcs.push(Math.min(2, Math.floor(arc / 40)), arc - 40 * Math.min(2, Math.floor(arc / 40)))
    arc = 0
  }
  return arcs.join('.')
}
