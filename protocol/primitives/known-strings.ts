import { grown } from './grown.ts'

/**
 * Words of an entry: the first two of the bytes; the next two of what is longer than 16 bytes; the last two, which may overlap
 * those before; the number plus one and the length (0: nothing is here); where the rest of what is longer lies.
 */
const ENTRY = 8
const NUMBER_AND_LENGTH = 6
const REST = 7
const LENGTH_BITS = 8

const SMALLEST = 16
/** What fits into a byte; names of topics are shorter. */
const MOST_BYTES = 255
const MOST_NUMBERS = 2 ** (32 - LENGTH_BITS) - 1

/** Of what is shorter the first and the last four bytes are one word each, the others zero. */
const LEAST_BYTES = 8
/** What is shorter still is one word. */
const WORD_BYTES = 4
/** What is longer has more than the first eight bytes and the last. */
const ENDS_BYTES = 16
/** An entry holds all bytes up to here. */
const WHOLE_BYTES = 24

// Not by way of Math, nor called by their names: what is smaller is made part of who asks.
const { imul } = Math

/**
 * Numbers for strings that somebody knows before they come, found by their UTF-8 bytes as they lie in a request: no
 * string is made. All of them stay until they are taken away. A name of up to 24 bytes is in half a cache line, and
 * compared without a loop: that takes hardly longer than `Map.get` of a string that is there already.
 */
export class KnownStrings {
  #entries = new Int32Array(SMALLEST * ENTRY)
  /** How far a hash is shifted to become a place. */
  #shift = 28
  #count = 0
  /** Of each string that is too long for an entry the hash of the bytes in its middle, then these; the last word may overlap. */
  #rests = new Int32Array(64)
  #restWords = 0
  /** Places of rests given back, by how many words they have room for. */
  readonly #freeRests: number[][] = []
  readonly #texts: (string | undefined)[] = []
  readonly #given = new DataView(new ArrayBuffer(MOST_BYTES + 1))

  get size(): number {
    return this.#count
  }

  text(number: number): string | undefined {
    return this.#texts[number]
  }

  /** @param text one that is not known, of 1 to 255 bytes @param number from 0 to 2^24 - 2, and nobody else's */
  add(text: string, number: number): void {
    if (number >= MOST_NUMBERS) throw new RangeError(`a number below ${MOST_NUMBERS} is expected: ${number}`)
    if (2 * (this.#count + 1) * ENTRY > this.#entries.length) this.#double()
    const length = this.#write(text)
    const entry = this.#entryOfGiven(length)
    entry[NUMBER_AND_LENGTH] = ((number + 1) << LENGTH_BITS) | length
    if (length > WHOLE_BYTES) entry[REST] = this.#keepRest(length)
    this.#put(entry)
    this.#texts[number] = text
    this.#count++
  }

  /** @param text one that was added */
  remove(text: string): void {
    const length = this.#write(text)
    const number = this.find(this.#given, 0, length)
    this.#texts[number] = undefined
    this.#count--
    const entries = this.#entries
    const mask = entries.length - 1
    let gap = this.#homeOfGiven(length)
    while ((entries[gap + NUMBER_AND_LENGTH] as number) >>> LENGTH_BITS !== number + 1)
      gap = (gap + ENTRY) & mask
    if (length > WHOLE_BYTES) {
      const words = restWords(length)
      this.#freeRests[words] ??= []
      this.#freeRests[words].push(entries[gap + REST] as number)
    }
    // What stands behind moves up, so that no search ends too early.
    for (let at = (gap + ENTRY) & mask; entries[at + NUMBER_AND_LENGTH] !== 0; at = (at + ENTRY) & mask) {
      const home = this.#homeOf(entries, at)
      if (((at - home) & mask) < ((at - gap) & mask)) continue
      entries.copyWithin(gap, at, at + ENTRY)
      gap = at
    }
    entries.fill(0, gap, gap + ENTRY)
  }

  /** The number of the string that these bytes are, -1 where it is not known. */
  find(view: DataView, start: number, length: number): number {
    return length < LEAST_BYTES
      ? this.#lookShort(view, start, length)
      : this.#look(view, start, start + length, length)
  }

  #lookShort(view: DataView, start: number, length: number): number {
    if (length === 0) return -1
    const entries = this.#entries
    const first = firstWord(view, start, length)
    const last = lastWord(view, start, length)
    let at = (hashOf(first, 0, 0, 0, 0, last, 0) >>> this.#shift) * ENTRY
    for (;;) {
      const known = entries[at + NUMBER_AND_LENGTH] as number
      if (entries[at] === first && entries[at + 5] === last && (known & MOST_BYTES) === length) {
        return (known >>> LENGTH_BITS) - 1
      }
      if (known === 0) return -1
      at = (at + ENTRY) & (entries.length - 1)
    }
  }

  /** @param end at least eight bytes from the start */
  #look(view: DataView, start: number, end: number, length: number): number {
    const entries = this.#entries
    const a = view.getInt32(start, true)
    const b = view.getInt32(start + 4, true)
    const e = view.getInt32(end - 8, true)
    const f = view.getInt32(end - 4, true)
    let c = 0
    let d = 0
    let rest = 0
    if (length > ENDS_BYTES) {
      c = view.getInt32(start + 8, true)
      d = view.getInt32(start + 12, true)
      if (length > WHOLE_BYTES) rest = hashOfRest(view, start, end)
    }
    let at = (hashOf(a, b, c, d, e, f, rest) >>> this.#shift) * ENTRY
    for (;;) {
      const known = entries[at + NUMBER_AND_LENGTH] as number
      if (
        entries[at] === a &&
        entries[at + 5] === f &&
        entries[at + 4] === e &&
        entries[at + 1] === b &&
        entries[at + 2] === c &&
        entries[at + 3] === d &&
        (known & MOST_BYTES) === length &&
        (length <= WHOLE_BYTES || this.#isRest(entries[at + REST] as number, view, start, end))
      ) {
        return (known >>> LENGTH_BITS) - 1
      }
      if (known === 0) return -1
      at = (at + ENTRY) & (entries.length - 1)
    }
  }

  #isRest(place: number, view: DataView, start: number, end: number): boolean {
    const rests = this.#rests
    const words = restWords(end - start)
    for (let i = 0; i < words; i++) {
      if (rests[place + 1 + i] !== restWord(view, start, end, i)) return false
    }
    return true
  }

  /** Puts the middle of what was given where there is room for it. */
  #keepRest(length: number): number {
    const words = restWords(length)
    const place = this.#freeRests[words]?.pop() ?? this.#restWords
    if (place === this.#restWords) {
      this.#restWords += words + 1
      if (this.#restWords > this.#rests.length) this.#rests = grown(this.#rests, 2 * this.#restWords)
    }
    this.#rests[place] = hashOfRest(this.#given, 0, length)
    for (let i = 0; i < words; i++) this.#rests[place + 1 + i] = restWord(this.#given, 0, length, i)
    return place
  }

  /** All but the number, the length, and where the rest is. */
  #entryOfGiven(length: number): Int32Array {
    const given = this.#given
    const entry = new Int32Array(ENTRY)
    if (length < LEAST_BYTES) {
      entry[0] = firstWord(given, 0, length)
      entry[5] = lastWord(given, 0, length)
      return entry
    }
    entry[0] = given.getInt32(0, true)
    entry[1] = given.getInt32(4, true)
    if (length > ENDS_BYTES) {
      entry[2] = given.getInt32(8, true)
      entry[3] = given.getInt32(12, true)
    }
    entry[4] = given.getInt32(length - 8, true)
    entry[5] = given.getInt32(length - 4, true)
    return entry
  }

  #homeOfGiven(length: number): number {
    const [a, b, c, d, e, f] = this.#entryOfGiven(length) as unknown as Words
    const rest = length > WHOLE_BYTES ? hashOfRest(this.#given, 0, length) : 0
    return (hashOf(a, b, c, d, e, f, rest) >>> this.#shift) * ENTRY
  }

  /** Puts the text's bytes where `#given` looks. */
  #write(text: string): number {
    const bytes = new Uint8Array(this.#given.buffer, 0, MOST_BYTES)
    const { read, written } = new TextEncoder().encodeInto(text, bytes)
    if (written === 0 || read < text.length)
      throw new RangeError(`1 to ${MOST_BYTES} bytes are expected: '${text}'`)
    return written
  }

  /** Where the entry would be if nothing were in its way. */
  #homeOf(entries: Int32Array, at: number): number {
    const [a, b, c, d, e, f, known, rest] = entries.subarray(at, at + ENTRY) as unknown as Words
    const isWhole = (known & MOST_BYTES) <= WHOLE_BYTES
    return (hashOf(a, b, c, d, e, f, isWhole ? 0 : (this.#rests[rest] as number)) >>> this.#shift) * ENTRY
  }

  #put(entry: Int32Array): void {
    const entries = this.#entries
    let at = this.#homeOf(entry, 0)
    while (entries[at + NUMBER_AND_LENGTH] !== 0) at = (at + ENTRY) & (entries.length - 1)
    entries.set(entry, at)
  }

  #double(): void {
    const before = this.#entries
    this.#entries = new Int32Array(2 * before.length)
    this.#shift--
    for (let at = 0; at < before.length; at += ENTRY) {
      if (before[at + NUMBER_AND_LENGTH] !== 0) this.#put(before.subarray(at, at + ENTRY))
    }
  }
}

type Words = [number, number, number, number, number, number, number, number]

/** Multiply and shift: its highest bits choose a place, and depend on all the words. */
function hashOf(a: number, b: number, c: number, d: number, e: number, f: number, rest: number): number {
  return (
    imul(a, 0x9e3779b1) +
    imul(b, 0x85ebca77) +
    imul(c, 0xc2b2ae3d) +
    imul(d, 0x27d4eb2f) +
    imul(e, 0x165667b1) +
    imul(f, 0x85ebca6b) +
    rest
  )
}

/** Of one to seven bytes, which with `lastWord` and the length are the whole. */
function firstWord(view: DataView, start: number, length: number): number {
  if (length >= WORD_BYTES) return view.getInt32(start, true)
  const middle = view.getUint8(start + (length >>> 1))
  return view.getUint8(start) | (middle << 8) | (view.getUint8(start + length - 1) << 16)
}

function lastWord(view: DataView, start: number, length: number): number {
  return length < WORD_BYTES ? 0 : view.getInt32(start + length - WORD_BYTES, true)
}

/** Words for the bytes that an entry does not hold. */
function restWords(length: number): number {
  return Math.ceil((length - WHOLE_BYTES) / 4)
}

function restWord(view: DataView, start: number, end: number, i: number): number {
  return view.getInt32(Math.min(start + ENDS_BYTES + 4 * i, end - LEAST_BYTES - 4), true)
}

function hashOfRest(view: DataView, start: number, end: number): number {
  const words = restWords(end - start)
  let hash = words
  for (let i = 0; i < words; i++) hash = (imul(hash, 0x9e3779b1) + restWord(view, start, end, i)) | 0
  return hash
}
