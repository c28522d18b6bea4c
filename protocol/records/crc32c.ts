import { lazyModule } from './lazy-module.ts'

/** Reversed Castagnoli polynomial (RFC 3720, appendix B.4). */
const POLYNOMIAL = 0x82f63b78

/** From here on a call into native code (about 200 ns) is cheaper than the table (about 0.8 ns a byte). */
const NATIVE_FROM_BYTES = 256

const native = lazyModule<typeof import('@node-rs/crc32')>('@node-rs/crc32')

const [T0, T1, T2, T3, T4, T5, T6, T7] = tables()

/** Table k maps a byte to its contribution when k more bytes follow it: "slicing by 8" (Kounavis and Berry, 2005). */
function tables(): Int32Array[] & { length: 8 } {
  const result = Array.from({ length: 8 }, () => new Int32Array(256)) as Int32Array[] & { length: 8 }
  const first = result[0]!
  for (let byte = 0; byte < 256; byte++) {
    let remainder = byte
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? POLYNOMIAL : 0)
    first[byte] = remainder
  }
  for (let table = 1; table < 8; table++) {
    const previous = result[table - 1]!
    for (let byte = 0; byte < 256; byte++) {
      result[table]![byte] = (previous[byte]! >>> 8) ^ first[previous[byte]! & 0xff]!
    }
  }
  return result
}

/**
 * CRC-32C of `buffer[start, end)` as an unsigned 32-bit number. `seed` is the CRC of the bytes that come before, so
 * that a checksum can be taken piece by piece.
 */
export function crc32c(buffer: Buffer, start = 0, end: number = buffer.length, seed = 0): number {
  if (end - start >= NATIVE_FROM_BYTES) return native().crc32c(buffer.subarray(start, end), seed)
  return crc32cByTable(buffer, start, end, seed)
}

/** The same without native code, whatever the length. */
export function crc32cByTable(buffer: Buffer, start: number, end: number, seed = 0): number {
  let crc = ~seed
  let position = start
  for (; position + 8 <= end; position += 8) {
    crc ^=
      buffer[position]! |
      (buffer[position + 1]! << 8) |
      (buffer[position + 2]! << 16) |
      (buffer[position + 3]! << 24)
    crc =
      T7![crc & 0xff]! ^
      T6![(crc >>> 8) & 0xff]! ^
      T5![(crc >>> 16) & 0xff]! ^
      T4![crc >>> 24]! ^
      T3![buffer[position + 4]!]! ^
      T2![buffer[position + 5]!]! ^
      T1![buffer[position + 6]!]! ^
      T0![buffer[position + 7]!]!
  }
  for (; position < end; position++) crc = T0![(crc ^ buffer[position]!) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}
