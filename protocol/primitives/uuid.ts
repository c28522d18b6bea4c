import { ProtocolError } from '../error.ts'
import { ZERO_UUID } from '../schema.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const LENGTH = 22

/** From six bits to the character code, and back (-1 for what is no character of the alphabet). */
const codes = Uint8Array.from(ALPHABET, (character) => character.charCodeAt(0))
const bits = new Int8Array(128).fill(-1)
for (let i = 0; i < 64; i++) bits[codes[i] as number] = i

/** Sixteen bytes as URL-safe Base64 without padding: half the price of `toString('base64url')`. */
export function readUuid(view: DataView, at: number): string {
  const a = view.getInt32(at)
  const b = view.getInt32(at + 4)
  const c = view.getInt32(at + 8)
  const d = view.getInt32(at + 12)
  if ((a | b | c | d) === 0) return ZERO_UUID
  return String.fromCharCode(
    code(a >>> 26),
    code(a >>> 20),
    code(a >>> 14),
    code(a >>> 8),
    code(a >>> 2),
    code((a << 4) | (b >>> 28)),
    code(b >>> 22),
    code(b >>> 16),
    code(b >>> 10),
    code(b >>> 4),
    code((b << 2) | (c >>> 30)),
    code(c >>> 24),
    code(c >>> 18),
    code(c >>> 12),
    code(c >>> 6),
    code(c),
    code(d >>> 26),
    code(d >>> 20),
    code(d >>> 14),
    code(d >>> 8),
    code(d >>> 2),
    code(d << 4),
  )
}

function code(value: number): number {
  return codes[value & 63] as number
}

/** @throws ProtocolError when the text is not 22 characters of URL-safe Base64 */
export function writeUuid(view: DataView, at: number, text: string): void {
  if (text === ZERO_UUID) {
    for (let i = 0; i < 16; i += 4) view.setInt32(at + i, 0)
    return
  }
  if (text.length !== LENGTH) refuse(text)
  for (let i = 0, to = at; i < 20; i += 4, to += 3) {
    const three = (six(text, i) << 18) | (six(text, i + 1) << 12) | (six(text, i + 2) << 6) | six(text, i + 3)
    if (three < 0) refuse(text)
    view.setInt16(to, three >> 8)
    view.setInt8(to + 2, three)
  }
  const last = (six(text, 20) << 2) | (six(text, 21) >> 4)
  if (last < 0) refuse(text)
  view.setInt8(at + 15, last)
}

/** Negative, and so is everything it is joined with, for what is not in the alphabet. */
function six(text: string, at: number): number {
  const character = text.charCodeAt(at)
  return character < 128 ? (bits[character] as number) : -1
}

function refuse(text: string): never {
  throw new ProtocolError(`a UUID is 22 characters of URL-safe base64, got '${text}'`)
}
