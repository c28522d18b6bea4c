/*
 * The signed variable-length integers of records: zigzag, seven bits a byte, the least significant first (as protobuf's
 * sint32 and sint64). Reading them is `record-cursor.ts`.
 */

const TWO_TO_32 = 4_294_967_296

/** Bytes that a 32-bit `value` takes: 1 to 5. */
export function sizeOfVarint(value: number): number {
  const raw = ((value << 1) ^ (value >> 31)) >>> 0
  return raw < 0x80 ? 1 : raw < 0x4000 ? 2 : raw < 0x20_0000 ? 3 : raw < 0x1000_0000 ? 4 : 5
}

/** Writes a 32-bit `value` and returns the position behind it. */
export function writeVarint(buffer: Buffer, position: number, value: number): number {
  let raw = ((value << 1) ^ (value >> 31)) >>> 0
  let next = position
  while (raw >= 0x80) {
    buffer[next++] = raw | 0x80
    raw >>>= 7
  }
  buffer[next++] = raw
  return next
}

/** Bytes that a 64-bit `value` (exact to 2^53) takes: 1 to 10. */
export function sizeOfVarlong(value: number): number {
  if (value === (value | 0)) return sizeOfVarint(value)
  let raw = value < 0 ? -(value + 1) : value
  let size = 1
  // One bit less in the first byte: the sign's.
  for (raw = Math.floor(raw / 64); raw > 0; raw = Math.floor(raw / 128)) size += 1
  return size
}

/** Writes a 64-bit `value` (exact to 2^53) and returns the position behind it. */
export function writeVarlong(buffer: Buffer, position: number, value: number): number {
  if (value === (value | 0)) return writeVarint(buffer, position, value)
  const signedHigh = Math.floor(value / TWO_TO_32)
  const sign = signedHigh >> 31
  const signedLow = (value - signedHigh * TWO_TO_32) | 0
  let low = ((signedLow << 1) ^ sign) >>> 0
  let high = (((signedHigh << 1) | (signedLow >>> 31)) ^ sign) >>> 0
  let next = position
  while (high !== 0 || low >= 0x80) {
    buffer[next++] = low | 0x80
    low = ((low >>> 7) | (high << 25)) >>> 0
    high >>>= 7
  }
  buffer[next++] = low
  return next
}
