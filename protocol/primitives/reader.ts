import { ProtocolError } from '../error.ts'
import { readInt64 } from './int64.ts'
import { textOf } from './text.ts'
import { readUuid } from './uuid.ts'

/**
 * Turns the bytes of a string into the string. A caller who sees the same names again and again may hand the reader
 * one that remembers them (`string-table.ts`).
 */
export interface StringSource {
  /** `view` lies over the same bytes as `buffer`. */
  read(buffer: Buffer, start: number, end: number, view: DataView): string
  /** The UUID whose sixteen bytes begin there. */
  uuid(view: DataView, start: number): string
}

const EMPTY = Buffer.alloc(0)

/** More elements than this get no memory in advance: they have to be in the frame first. */
const MOST_IN_ADVANCE = 1024

/**
 * A cursor over one frame. Reads past the buffer's end throw: `RangeError` from the view, `ProtocolError` from the checks
 * here; `codec.ts` turns both into the one `ProtocolError`, as it does with a read that went past the frame and not past
 * the buffer. What is variable in length is checked against what is left before anything is allocated.
 *
 * Generated decoders (`codegen/decoder.ts`) read runs of fields of fixed size from `view` at one go and move `offset`
 * themselves.
 */
export class Reader {
  buffer: Buffer
  view: DataView
  offset: number
  /** Behind the frame's last byte. */
  end: number
  readonly #strings: StringSource | undefined

  constructor(buffer: Buffer, offset = 0, strings?: StringSource) {
    this.buffer = buffer
    this.view = viewOf(buffer)
    this.offset = offset
    this.end = buffer.length
    this.#strings = strings
  }

  /** Goes on with another frame. That costs little where it lies in the same buffer. */
  open(buffer: Buffer, start: number, end: number): void {
    if (buffer !== this.buffer) {
      this.buffer = buffer
      this.view = viewOf(buffer)
    }
    this.offset = start
    this.end = end
  }

  get remaining(): number {
    return this.end - this.offset
  }

  bool(): boolean {
    return this.int8() !== 0
  }

  int8(): number {
    const value = this.view.getInt8(this.offset)
    this.offset += 1
    return value
  }

  int16(): number {
    const value = this.view.getInt16(this.offset)
    this.offset += 2
    return value
  }

  uint16(): number {
    const value = this.view.getUint16(this.offset)
    this.offset += 2
    return value
  }

  int32(): number {
    const value = this.view.getInt32(this.offset)
    this.offset += 4
    return value
  }

  uint32(): number {
    const value = this.view.getUint32(this.offset)
    this.offset += 4
    return value
  }

  /** Rounded to the nearest number beyond 2^53. */
  int64(): number {
    const value = this.int64At(this.offset)
    this.offset += 8
    return value
  }

  /** The int64 at a place, without moving. */
  int64At(at: number): number {
    return readInt64(this.view, at)
  }

  /** The default of an int64 that is not on the wire, where no number holds it. */
  int64Default(value: bigint): number {
    return Number(value)
  }

  float64(): number {
    const value = this.view.getFloat64(this.offset)
    this.offset += 8
    return value
  }

  unsignedVarint(): number {
    const value = this.view.getUint8(this.offset)
    if (value >= 0x80) return this.#longVarint()
    this.offset += 1
    return value
  }

  #longVarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.view.getUint8(this.offset++)
      value = (value | ((byte & 0x7f) << shift)) >>> 0
      if (byte < 0x80) return value
    }
    throw new ProtocolError('a varint is longer than 5 bytes')
  }

  uuid(): string {
    const value = this.uuidAt(this.offset)
    this.offset += 16
    return value
  }

  /** The UUID at a place, without moving. */
  uuidAt(at: number): string {
    const strings = this.#strings
    return strings === undefined ? readUuid(this.view, at) : strings.uuid(this.view, at)
  }

  /** Moves past `length` bytes and returns where they began. */
  skip(length: number): number {
    const start = this.offset
    const end = start + length
    if (end > this.end || length < 0) {
      throw new ProtocolError(`${length} bytes announced where ${this.remaining} are left`)
    }
    this.offset = end
    return start
  }

  #string(length: number): string {
    const start = this.skip(length)
    if (length === 0) return ''
    const strings = this.#strings
    return strings === undefined
      ? textOf(this.buffer, start, this.offset)
      : strings.read(this.buffer, start, this.offset, this.view)
  }

  #bytes(length: number): Buffer {
    const start = this.skip(length)
    // A view costs 50 ns, even an empty one.
    return length === 0 ? EMPTY : this.buffer.subarray(start, this.offset)
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

  /** So many int32, as the lists of partitions and replicas hold them; `length` has been checked. */
  int32s(length: number): number[] {
    const { view, offset } = this
    this.offset = offset + 4 * length
    // A literal has exactly the room it needs; up to three replicas are what nearly every partition has.
    switch (length) {
      case 0:
        return []
      case 1:
        return [view.getInt32(offset)]
      case 2:
        return [view.getInt32(offset), view.getInt32(offset + 4)]
      case 3:
        return [view.getInt32(offset), view.getInt32(offset + 4), view.getInt32(offset + 8)]
      default: {
        const values = roomFor<number>(length)
        for (let i = 0, at = offset; i < length; i++, at += 4) values[i] = view.getInt32(at)
        return values
      }
    }
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
}

/** An array to be filled up to `length`; one that grows by itself would take 17 places for its first element. */
export function roomFor<T>(length: number): T[] {
  return length <= MOST_IN_ADVANCE ? new Array<T>(length) : []
}

/** Yields a bigint where an int64 does not fit a number, so that what was read can be written back bit for bit. */
export class ExactReader extends Reader {
  override int64At(at: number): number {
    const rounded = super.int64At(at)
    if (Number.isSafeInteger(rounded)) return rounded
    return this.view.getBigInt64(at) as unknown as number
  }

  override int64Default(value: bigint): number {
    return value as unknown as number
  }
}
