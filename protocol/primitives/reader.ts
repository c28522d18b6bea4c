import { ProtocolError } from '../error.ts'
import { ZERO_UUID } from '../schema.ts'

/**
 * Turns the bytes of a string into the string. A caller who sees the same names again and again may hand the reader
 * one that remembers them (`string-table.ts`).
 */
export interface StringSource {
  read(buffer: Buffer, start: number, end: number): string
}

const plainStrings: StringSource = {
  read: (buffer, start, end) => buffer.toString('utf8', start, end),
}

const TWO_TO_32 = 4_294_967_296

/**
 * A cursor over one frame. Reads past the end throw: `RangeError` from the views, `ProtocolError` from the checks here;
 * `codec.ts` turns both into the one `ProtocolError`. What is variable in length is checked against what is left
 * before anything is allocated.
 */
export class Reader {
  buffer: Buffer
  #view: DataView
  offset: number
  #strings: StringSource

  constructor(buffer: Buffer, offset = 0, strings: StringSource = plainStrings) {
    this.buffer = buffer
    this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
    this.offset = offset
    this.#strings = strings
  }

  get remaining(): number {
    return this.buffer.length - this.offset
  }

  bool(): boolean {
    return this.int8() !== 0
  }

  int8(): number {
    const value = this.#view.getInt8(this.offset)
    this.offset += 1
    return value
  }

  int16(): number {
    const value = this.#view.getInt16(this.offset)
    this.offset += 2
    return value
  }

  uint16(): number {
    const value = this.#view.getUint16(this.offset)
    this.offset += 2
    return value
  }

  int32(): number {
    const value = this.#view.getInt32(this.offset)
    this.offset += 4
    return value
  }

  uint32(): number {
    const value = this.#view.getUint32(this.offset)
    this.offset += 4
    return value
  }

  /** Rounded to the nearest number beyond 2^53. */
  int64(): number {
    const value = this.#view.getInt32(this.offset) * TWO_TO_32 + this.#view.getUint32(this.offset + 4)
    this.offset += 8
    return value
  }

  float64(): number {
    const value = this.#view.getFloat64(this.offset)
    this.offset += 8
    return value
  }

  unsignedVarint(): number {
    let value = this.#view.getUint8(this.offset++)
    if (value < 0x80) return value
    value &= 0x7f
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.#view.getUint8(this.offset++)
      value = (value | ((byte & 0x7f) << shift)) >>> 0
      if (byte < 0x80) return value
    }
    throw new ProtocolError('a varint is longer than 5 bytes')
  }

  uuid(): string {
    const start = this.offset
    const end = start + 16
    const view = this.#view
    const high = view.getInt32(start) | view.getInt32(start + 4)
    const low = view.getInt32(start + 8) | view.getInt32(start + 12)
    this.offset = end
    return (high | low) === 0 ? ZERO_UUID : this.buffer.toString('base64url', start, end)
  }

  /** Moves past `length` bytes and returns where they began. */
  skip(length: number): number {
    const start = this.offset
    const end = start + length
    if (end > this.buffer.length || length < 0) {
      throw new ProtocolError(`${length} bytes announced where ${this.remaining} are left`)
    }
    this.offset = end
    return start
  }

  #string(length: number): string {
    const start = this.skip(length)
    return length === 0 ? '' : this.#strings.read(this.buffer, start, this.offset)
  }

  #bytes(length: number): Buffer {
    const start = this.skip(length)
    return this.buffer.subarray(start, this.offset)
  }

  nullableString(): string | null {
    const length = this.int16()
    return length < 0 ? null : this.#string(length)
  }

  compactNullableString(): string | null {
    const length = this.unsignedVarint()
    return length === 0 ? null : this.#string(length - 1)
  }

  nullableBytes(): Buffer | null {
    const length = this.int32()
    return length < 0 ? null : this.#bytes(length)
  }

  compactNullableBytes(): Buffer | null {
    const length = this.unsignedVarint()
    return length === 0 ? null : this.#bytes(length - 1)
  }

  /** The number of elements, -1 for null; `smallest` is what one element takes at least. */
  arrayLength(smallest: number): number {
    return this.#checkedLength(this.int32(), smallest)
  }

  compactArrayLength(smallest: number): number {
    return this.#checkedLength(this.unsignedVarint() - 1, smallest)
  }

  #checkedLength(length: number, smallest: number): number {
    if (length * smallest > this.remaining) {
      throw new ProtocolError(`${length} elements announced where ${this.remaining} bytes are left`)
    }
    return length < 0 ? -1 : length
  }
}

/** Yields a bigint where an int64 does not fit a number, so that what was read can be written back bit for bit. */
export class ExactReader extends Reader {
  override int64(): number {
    const rounded = super.int64()
    if (Number.isSafeInteger(rounded)) return rounded
    return this.buffer.readBigInt64BE(this.offset - 8) as unknown as number
  }
}
