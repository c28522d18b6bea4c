import { ProtocolError } from '../error.ts'
import { writeInt64 } from './int64.ts'
import { writeUuid } from './uuid.ts'

const CHUNK_SIZE = 64 * 1024
/** Below about this a piece costs less to copy than to carry as a slice of its own in a vectored write (`bench slices`). */
export const COPY_LIMIT = 1024
/** Longer strings go through Node's encoder; a loop over character codes wins below. */
const LOOP_LIMIT = 48
/** Fewer bytes than this are copied one by one; `set` alone takes as long as twenty of them. */
const SHORT_COPY = 20

/**
 * Writes frames into large chunks, one after the other. What is long (records, bytes) is not copied: the frame then
 * consists of several slices, in order. A slice handed out by `take` is never written to again.
 *
 * Generated encoders (`codegen/encoder.ts`) reserve room for a run of fields of fixed size at one go and write them
 * through `view`.
 */
export class Writer {
  #chunk: Buffer
  /** Over the chunk that the last `reserve` gave room in. */
  view: DataView
  #start = 0
  #position = 0
  #slices: Buffer[] = []
  #sliced = 0
  readonly #chunkSize: number
  #nested: Writer | undefined
  /** Where the size of the frame under way goes, and what had been written when it began. */
  #framePosition = 0
  #frameView: DataView
  #frameStart = 0
  #frameSlices = 0
  #frameOffset = 0

  constructor(chunkSize = CHUNK_SIZE) {
    this.#chunkSize = chunkSize
    this.#chunk = Buffer.allocUnsafeSlow(chunkSize)
    this.view = new DataView(this.#chunk.buffer)
    this.#frameView = this.view
  }

  /** Bytes written since the last `take`. */
  get length(): number {
    return this.#sliced + this.#position - this.#start
  }

  /** Room for `size` bytes in one piece at the position that is returned. */
  reserve(size: number): number {
    const position = this.#position
    if (position + size > this.#chunk.length) return this.#nextChunk(size)
    this.#position = position + size
    return position
  }

  #nextChunk(size: number): number {
    this.#closeSlice()
    this.#chunk = Buffer.allocUnsafeSlow(Math.max(this.#chunkSize, size))
    this.view = new DataView(this.#chunk.buffer)
    this.#start = 0
    this.#position = size
    return 0
  }

  #closeSlice(): void {
    if (this.#position === this.#start) return
    this.#slices.push(this.#chunk.subarray(this.#start, this.#position))
    this.#sliced += this.#position - this.#start
    this.#start = this.#position
  }

  /** The slices written since the last call, in order. */
  take(): Buffer[] {
    this.#closeSlice()
    const slices = this.#slices
    this.#slices = []
    this.#sliced = 0
    return slices
  }

  /** Forgets what was written since the last `take`. */
  discard(): void {
    this.#position = this.#start
    this.#slices = []
    this.#sliced = 0
  }

  /** Begins a frame; its four bytes of size are filled in by `endFrame`. Frames lie one after the other until `take`. */
  beginFrame(): void {
    this.#framePosition = this.reserve(4)
    this.#frameView = this.view
    this.#frameStart = this.#start
    this.#frameSlices = this.#slices.length
    this.#frameOffset = this.length
  }

  endFrame(): void {
    this.#frameView.setInt32(this.#framePosition, this.length - this.#frameOffset)
  }

  /** Forgets the frame that was begun last; what was written before it stays. */
  abandonFrame(): void {
    if (this.#slices.length === this.#frameSlices) {
      this.#position = this.#framePosition
      return
    }
    const kept = this.#framePosition - this.#frameStart
    const cut = (this.#slices[this.#frameSlices] as Buffer).subarray(0, kept)
    this.#slices.length = this.#frameSlices
    this.#sliced = this.#frameOffset - 4 - kept
    if (kept > 0) {
      this.#slices.push(cut)
      this.#sliced += kept
    }
    this.#position = this.#start
  }

  /** Writes a whole frame, four bytes of size and what `body` writes, and takes it. */
  frame(body: () => void): Buffer[] {
    this.beginFrame()
    try {
      body()
    } catch (error) {
      this.abandonFrame()
      throw error
    }
    this.endFrame()
    return this.take()
  }

  /** Takes back the last `size` bytes of what the last `reserve` gave. */
  back(size: number): void {
    this.#position -= size
  }

  bool(value: boolean): void {
    this.int8(value ? 1 : 0)
  }

  int8(value: number): void {
    const position = this.reserve(1)
    this.view.setInt8(position, value)
  }

  int16(value: number): void {
    const position = this.reserve(2)
    this.view.setInt16(position, value)
  }

  uint16(value: number): void {
    const position = this.reserve(2)
    this.view.setUint16(position, value)
  }

  int32(value: number): void {
    const position = this.reserve(4)
    this.view.setInt32(position, value)
  }

  uint32(value: number): void {
    const position = this.reserve(4)
    this.view.setUint32(position, value)
  }

  /** A number beyond the range of int64 becomes the nearest end of it (2^63 is how a number holds Long.MAX_VALUE). */
  int64(value: number | bigint): void {
    const position = this.reserve(8)
    writeInt64(this.view, position, value)
  }

  float64(value: number): void {
    const position = this.reserve(8)
    this.view.setFloat64(position, value)
  }

  unsignedVarint(value: number): void {
    if (value < 0x80 && value >= 0) {
      this.int8(value)
      return
    }
    let rest = value >>> 0
    while (rest >= 0x80) {
      this.int8((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.int8(rest)
  }

  uuid(value: string): void {
    const position = this.reserve(16)
    writeUuid(this.view, position, value)
  }

  /** The elements of an array, without its length. */
  int32s(values: readonly number[]): void {
    let position = this.reserve(4 * values.length)
    const view = this.view
    for (let i = 0; i < values.length; i++, position += 4) view.setInt32(position, values[i] as number)
  }

  string(value: string): void {
    const size = value.length
    if (size <= LOOP_LIMIT) {
      const position = this.reserve(2 + size)
      if (this.#ascii(value, position + 2)) {
        this.view.setInt16(position, size)
        return
      }
      this.back(2 + size)
    }
    const length = Buffer.byteLength(value, 'utf8')
    if (length > 32_767) throw new ProtocolError(`a string of ${length} bytes is too long: at most 32767`)
    this.int16(length)
    this.#utf8(value, length)
  }

  nullableString(value: string | null): void {
    if (value === null) this.int16(-1)
    else this.string(value)
  }

  compactString(value: string): void {
    const size = value.length
    if (size <= LOOP_LIMIT) {
      const position = this.reserve(1 + size)
      if (this.#ascii(value, position + 1)) {
        this.view.setInt8(position, size + 1)
        return
      }
      this.back(1 + size)
    }
    const length = Buffer.byteLength(value, 'utf8')
    this.unsignedVarint(length + 1)
    this.#utf8(value, length)
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.unsignedVarint(0)
    else this.compactString(value)
  }

  /** Writes the text's characters if all are ASCII; otherwise yields false, and what lies there does not count. */
  #ascii(value: string, position: number): boolean {
    const chunk = this.#chunk
    let all = 0
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i)
      chunk[position + i] = code
      all |= code
    }
    return all < 0x80
  }

  #utf8(value: string, length: number): void {
    const position = this.reserve(length)
    this.#chunk.write(value, position, length, 'utf8')
  }

  bytes(value: Uint8Array): void {
    this.int32(value.length)
    this.raw(value)
  }

  nullableBytes(value: Uint8Array | null): void {
    if (value === null) this.int32(-1)
    else this.bytes(value)
  }

  compactBytes(value: Uint8Array): void {
    this.unsignedVarint(value.length + 1)
    this.raw(value)
  }

  compactNullableBytes(value: Uint8Array | null): void {
    if (value === null) this.unsignedVarint(0)
    else this.compactBytes(value)
  }

  nullableRecords(value: Uint8Array | readonly Uint8Array[] | null): void {
    if (value === null) this.int32(-1)
    else if (value instanceof Uint8Array) this.bytes(value)
    else {
      this.int32(totalLength(value))
      for (const piece of value) this.raw(piece)
    }
  }

  compactNullableRecords(value: Uint8Array | readonly Uint8Array[] | null): void {
    if (value === null) this.unsignedVarint(0)
    else if (value instanceof Uint8Array) this.compactBytes(value)
    else {
      this.unsignedVarint(totalLength(value) + 1)
      for (const piece of value) this.raw(piece)
    }
  }

  /** The bytes as they are: copied when short, held by reference when long. */
  raw(value: Uint8Array): void {
    const { length } = value
    if (length < COPY_LIMIT) {
      const position = this.reserve(length)
      const chunk = this.#chunk
      if (length > SHORT_COPY) chunk.set(value, position)
      else for (let i = 0; i < length; i++) chunk[position + i] = value[i] as number
      return
    }
    this.#closeSlice()
    this.#slices.push(
      Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength),
    )
    this.#sliced += length
  }

  /** One tagged field (KIP-482): the tag, the size of what `nested` holds, and that. */
  tagged(tag: number, nested: Writer): void {
    this.unsignedVarint(tag)
    this.unsignedVarint(nested.length)
    for (const slice of nested.take()) this.raw(slice)
  }

  /** A writer for the body of a tagged field, whose size must be known before it; give it to `tagged` when done. */
  nested(): Writer {
    this.#nested ??= new Writer(1024)
    return this.#nested
  }
}

function totalLength(pieces: readonly Uint8Array[]): number {
  let total = 0
  for (const piece of pieces) total += piece.length
  return total
}
