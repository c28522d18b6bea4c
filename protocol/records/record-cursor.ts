import { NO_HEADERS, type RecordHeader } from './record.ts'

const TWO_TO_32 = 4_294_967_296

/**
 * Walks over records of format v2 (uncompressed bytes) without allocating for each: what the record says stands in the
 * cursor's fields until `next` is called again. Every length is checked against the bytes that are there.
 */
export class RecordCursor {
  buffer: Buffer
  /** Behind the current record. */
  position: number
  end: number
  /** Where the current record's length field lies. */
  recordStart = 0
  /** Bytes of the current record behind its length field. */
  bodySize = 0
  timestampDelta = 0
  offsetDelta = 0
  keyStart = 0
  /** -1 for null, as `valueLength`. */
  keyLength = -1
  valueStart = 0
  valueLength = -1
  headersStart = 0
  headerCount = 0
  /** Why the walk stopped, when the bytes are no records; null otherwise. */
  failure: string | null = null
  /** How far the field being read may reach. */
  #limit = 0
  #malformed = false

  constructor(buffer: Buffer, start = 0, end: number = buffer.length) {
    this.buffer = buffer
    this.position = start
    this.end = end
  }

  reset(buffer: Buffer, start = 0, end: number = buffer.length): void {
    this.buffer = buffer
    this.position = start
    this.end = end
    this.failure = null
    this.#malformed = false
  }

  /** Moves to the next record; false at the end of the bytes, or when they are malformed. */
  next(): boolean {
    return this.#nextShort() || this.#nextAny()
  }

  /**
   * Takes a record as nearly all are: without headers, every number in three bytes at most. False where it may be another
   * one, or none: then nothing has changed that `#nextAny` does not set.
   */
  #nextShort(): boolean {
    const { buffer } = this
    const start = this.position
    const bodySize = shortVarint(buffer, start)
    const bodyStart = start + sizeOfShort(bodySize)
    const recordEnd = bodyStart + unzigzag(bodySize)
    if (bodySize < 0 || recordEnd > this.end || this.failure !== null) return false
    let position = bodyStart + 1 // attributes: none are assigned
    const timestampDelta = shortVarint(buffer, position)
    position += sizeOfShort(timestampDelta)
    const offsetDelta = shortVarint(buffer, position)
    position += sizeOfShort(offsetDelta)
    const keyLength = shortVarint(buffer, position)
    position += sizeOfShort(keyLength)
    const keyStart = position
    if (keyLength > 0 && (keyLength & 1) === 0) position += keyLength >>> 1
    const valueLength = shortVarint(buffer, position)
    position += sizeOfShort(valueLength)
    const valueStart = position
    if (valueLength > 0 && (valueLength & 1) === 0) position += valueLength >>> 1
    // All numbers were there, since none can lie behind the record's end if it is reached here.
    const hasAll = (timestampDelta | offsetDelta | keyLength | valueLength) >= 0
    if (!hasAll || buffer[position] !== 0 || position + 1 !== recordEnd) return false
    this.recordStart = start
    this.bodySize = recordEnd - bodyStart
    this.timestampDelta = unzigzag(timestampDelta)
    this.offsetDelta = unzigzag(offsetDelta)
    this.keyLength = (keyLength & 1) === 0 ? keyLength >>> 1 : -1
    this.keyStart = keyStart
    this.valueLength = (valueLength & 1) === 0 ? valueLength >>> 1 : -1
    this.valueStart = valueStart
    this.headerCount = 0
    this.headersStart = recordEnd
    this.position = recordEnd
    return true
  }

  #nextAny(): boolean {
    if (this.position >= this.end || this.failure !== null) return false
    this.recordStart = this.position
    this.#limit = this.end
    const bodySize = this.#varint()
    this.bodySize = bodySize
    const recordEnd = this.position + bodySize
    if (this.#malformed || bodySize < 0 || recordEnd > this.end) {
      this.failure = 'the length of a record reaches beyond the batch'
      return false
    }
    this.#limit = recordEnd
    this.position += 1 // attributes: none are assigned
    this.timestampDelta = this.#varlong()
    this.offsetDelta = this.#varint()
    this.keyLength = this.#length()
    this.keyStart = this.position
    if (this.keyLength > 0) this.position += this.keyLength
    this.valueLength = this.#length()
    this.valueStart = this.position
    if (this.valueLength > 0) this.position += this.valueLength
    this.headerCount = this.#varint()
    this.headersStart = this.position
    if (this.headerCount !== 0) this.#skipHeaders()
    if (this.#malformed || this.position !== recordEnd) {
      this.failure = 'the fields of a record do not fill its length'
      return false
    }
    return true
  }

  key(): Buffer | null {
    return this.keyLength < 0 ? null : this.buffer.subarray(this.keyStart, this.keyStart + this.keyLength)
  }

  value(): Buffer | null {
    return this.valueLength < 0
      ? null
      : this.buffer.subarray(this.valueStart, this.valueStart + this.valueLength)
  }

  headers(): readonly RecordHeader[] {
    if (this.headerCount === 0) return NO_HEADERS
    const recordEnd = this.position
    const headers: RecordHeader[] = []
    this.position = this.headersStart
    for (let index = 0; index < this.headerCount; index++) {
      const keyLength = this.#varint()
      const key = this.buffer.toString('utf8', this.position, this.position + keyLength)
      this.position += keyLength
      const valueLength = this.#varint()
      const value = valueLength < 0 ? null : this.buffer.subarray(this.position, this.position + valueLength)
      if (valueLength > 0) this.position += valueLength
      headers.push({ key, value })
    }
    this.position = recordEnd
    return headers
  }

  #skipHeaders(): void {
    // Each header takes two bytes at least, so a count that the record cannot hold ends at once.
    if (this.headerCount < 0 || this.headerCount * 2 > this.#limit - this.position) this.#malformed = true
    for (let index = 0; index < this.headerCount && !this.#malformed; index++) {
      const keyLength = this.#length()
      if (keyLength < 0) this.#malformed = true
      else this.position += keyLength
      const valueLength = this.#length()
      if (valueLength > 0) this.position += valueLength
    }
  }

  /** A length whose bytes are there; every negative one means null, as in Kafka's DefaultRecord. */
  #length(): number {
    const length = this.#varint()
    if (length > this.#limit - this.position) {
      this.#malformed = true
      return -1
    }
    return length < 0 ? -1 : length
  }

  #varint(): number {
    let raw = 0
    for (let shift = 0; shift < 35 && this.position < this.#limit; shift += 7) {
      const byte = this.buffer[this.position++]!
      raw |= (byte & 0x7f) << shift
      if (byte < 0x80) return (raw >>> 1) ^ -(raw & 1)
    }
    this.#malformed = true
    return 0
  }

  #varlong(): number {
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70 && this.position < this.#limit; shift += 7) {
      const byte = this.buffer[this.position++]!
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high = bits >>> 4
      } else high |= bits << (shift - 32)
      if (byte < 0x80) {
        const sign = -(low & 1)
        const signedLow = ((low >>> 1) | (high << 31)) ^ sign
        return ((high >>> 1) ^ sign) * TWO_TO_32 + (signedLow >>> 0)
      }
    }
    this.#malformed = true
    return 0
  }
}

/** What a varint of up to three bytes says before its sign is folded back; -1 for a longer one, or one longer than it need be. */
function shortVarint(buffer: Buffer, position: number): number {
  const first = buffer[position]!
  if (first < 0x80) return first
  const second = buffer[position + 1]!
  if (second < 0x80) return second === 0 ? -1 : (first & 0x7f) | (second << 7)
  const third = buffer[position + 2]!
  return third > 0 && third < 0x80 ? (first & 0x7f) | ((second & 0x7f) << 7) | (third << 14) : -1
}

function sizeOfShort(raw: number): number {
  return raw < 0x80 ? 1 : raw < 0x4000 ? 2 : 3
}

function unzigzag(raw: number): number {
  return (raw >>> 1) ^ -(raw & 1)
}
