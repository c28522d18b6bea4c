import fc from 'fast-check'
import { ZERO_UUID } from '../../../protocol/schema.ts'

/** Bytes that were damaged on the way: cut off, overwritten at one place, or with a length that promises too much. */
export function damaged(bytes: Buffer): fc.Arbitrary<Buffer> {
  const cut = fc.nat(bytes.length).map((length) => bytes.subarray(0, length))
  const overwritten = fc
    .tuple(fc.nat(Math.max(0, bytes.length - 1)), fc.uint8Array({ minLength: 1, maxLength: 8 }))
    .map(([at, over]) => written(bytes, at, over))
  const bomb = fc
    .tuple(fc.nat(Math.max(0, bytes.length - 1)), fc.constantFrom(...LENGTH_BOMBS))
    .map(([at, over]) => written(bytes, at, over))
  return fc.oneof(cut, overwritten, bomb)
}

/** Lengths of nearly 2^31 and beyond, as each of the encodings writes them. */
export const LENGTH_BOMBS: readonly Uint8Array[] = [
  // int32: 2^31 - 1; 2^30
  Uint8Array.of(0x7f, 0xff, 0xff, 0xff),
  Uint8Array.of(0x40, 0, 0, 0),
  // int16: 2^15 - 1
  Uint8Array.of(0x7f, 0xff),
  // unsigned varint: 2^31 - 1; 2^32 - 1; one that never ends
  Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x07),
  Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f),
  Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
]

/** A copy with other bytes from `at` on; grows where they reach past the end. */
export function written(bytes: Buffer, at: number, over: Uint8Array): Buffer {
  const copy = Buffer.alloc(Math.max(bytes.length, at + over.length))
  copy.set(bytes)
  copy.set(over, at)
  return copy
}

/**
 * How much a decoded value holds, counted as the bytes it takes on the wire at least: one for an element of an array,
 * the length of what is text or bytes.
 */
export function weight(value: unknown): number {
  // Stands in every struct that has no UUID in this version, without a byte on the wire.
  if (value === ZERO_UUID) return 0
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (Buffer.isBuffer(value)) return value.length
  if (Array.isArray(value)) return value.reduce((sum, element) => sum + Math.max(1, weight(element)), 0)
  if (value === null || typeof value !== 'object') return 0
  return Object.values(value).reduce((sum: number, part) => sum + weight(part), 0)
}
