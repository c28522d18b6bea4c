import { grown } from './rows.ts'

/** Knuth's multiplicative hash: 2^32 divided by the golden ratio. */
const MULTIPLIER = 0x9e3779b1

/** hash, place of the bytes in `words` (0: nothing is here), length in bytes, number. */
const ENTRY = 4
const SMALLEST = 16
/** Names of topics are shorter. */
const MOST_BYTES = 256

/** The hash of at least four bytes that end four after `last`, whose last word may overlap the one before. */
export function hashOfBytes(view: DataView, start: number, last: number): number {
  let hash = last - start
  for (let at = start; at < last; at += 4) hash = (Math.imul(hash, MULTIPLIER) + view.getInt32(at)) | 0
  hash = (Math.imul(hash, MULTIPLIER) + view.getInt32(last)) | 0
  return Math.imul(hash ^ (hash >>> 16), MULTIPLIER)
}

/**
 * Numbers for strings that somebody knows before they come, found by their UTF-8 bytes as they lie in a request: no
 * string is made. All of them stay until they are taken away.
 */
export class KnownStrings {
  #entries = new Int32Array(SMALLEST * ENTRY)
  /** How far a hash is shifted to become a place. */
  #shift = 28
  #count = 0
  /** The bytes, four to a word as `DataView.getInt32` reads them; the last word may overlap the one before. */
  #words = new Int32Array(64)
  #wordsTaken = 1
  /** Places given back, by how many words they have room for. */
  readonly #freeWords: number[][] = []
  readonly #texts: (string | undefined)[] = []
  readonly #given = new DataView(new ArrayBuffer(MOST_BYTES))

  get size(): number {
    return this.#count
  }

  text(number: number): string | undefined {
    return this.#texts[number]
  }

  /** @param text one that is not known, of 1 to 256 bytes @param number not negative, and nobody else's */
  add(text: string, number: number): void {
    if (2 * (this.#count + 1) * ENTRY > this.#entries.length) this.#double()
    const length = this.#write(text)
    const count = Math.max(1, Math.ceil(length / 4))
    const start = this.#freeWords[count]?.pop() ?? this.#newWords(count)
    const last = Math.max(0, length - 4)
    for (let i = 0; i < count; i++) this.#words[start + i] = this.#given.getInt32(Math.min(4 * i, last))
    this.#put(this.#hash(length), start, length, number)
    this.#texts[number] = text
    this.#count++
  }

  /** @param text one that was added */
  remove(text: string): void {
    const length = this.#write(text)
    const hash = this.#hash(length)
    const entries = this.#entries
    const mask = entries.length - 1
    let gap = this.#place(hash, this.#given, 0, Math.max(0, length - 4), length)
    const start = entries[gap + 1] as number
    this.#texts[entries[gap + 3] as number] = undefined
    const count = Math.max(1, Math.ceil(length / 4))
    this.#freeWords[count] ??= []
    this.#freeWords[count].push(start)
    this.#count--
    // What stands behind moves up, so that no search ends too early.
    for (let at = (gap + ENTRY) & mask; entries[at + 1] !== 0; at = (at + ENTRY) & mask) {
      const home = ((entries[at] as number) >>> this.#shift) * ENTRY
      if (((at - home) & mask) < ((at - gap) & mask)) continue
      entries.copyWithin(gap, at, at + ENTRY)
      gap = at
    }
    entries[gap + 1] = 0
  }

  /** The number of the string that these bytes are, -1 where it is not known. */
  find(view: DataView, start: number, length: number): number {
    if (length < 4) return length === 0 ? -1 : this.#findShort(view, start, length)
    return this.findHashed(hashOfBytes(view, start, start + length - 4), view, start, length)
  }

  /** The same for at least four bytes, with their hash. */
  findHashed(hash: number, view: DataView, start: number, length: number): number {
    const at = this.#place(hash, view, start, start + length - 4, length)
    return at < 0 ? -1 : (this.#entries[at + 3] as number)
  }

  #findShort(view: DataView, start: number, length: number): number {
    for (let i = 0; i < 4; i++) this.#given.setUint8(i, i < length ? view.getUint8(start + i) : 0)
    const at = this.#place(this.#hash(length), this.#given, 0, 0, length)
    return at < 0 ? -1 : (this.#entries[at + 3] as number)
  }

  /** Where the entry of these bytes is, -1 where there is none. @param last where their last word begins */
  #place(hash: number, view: DataView, start: number, last: number, length: number): number {
    const entries = this.#entries
    const words = this.#words
    const mask = entries.length - 1
    for (let at = (hash >>> this.#shift) * ENTRY; ; at = (at + ENTRY) & mask) {
      let word = entries[at + 1] as number
      if (word === 0) return -1
      if (entries[at] !== hash || entries[at + 2] !== length) continue
      let from = start
      while (from < last && words[word] === view.getInt32(from)) {
        from += 4
        word++
      }
      if (from >= last && words[word] === view.getInt32(last)) return at
    }
  }

  /** Puts the text's bytes where `#given` looks, zeros behind those of a short one. */
  #write(text: string): number {
    const bytes = new Uint8Array(this.#given.buffer)
    bytes.fill(0, 0, 4)
    const { read, written } = new TextEncoder().encodeInto(text, bytes)
    if (written === 0 || read < text.length)
      throw new RangeError(`1 to ${MOST_BYTES} bytes are expected: '${text}'`)
    return written
  }

  #hash(length: number): number {
    return (hashOfBytes(this.#given, 0, Math.max(0, length - 4)) + (length < 4 ? length : 0)) | 0
  }

  #newWords(count: number): number {
    const start = this.#wordsTaken
    this.#wordsTaken += count
    if (this.#wordsTaken > this.#words.length) this.#words = grown(this.#words, 2 * this.#wordsTaken)
    return start
  }

  #put(hash: number, start: number, length: number, number: number): void {
    const entries = this.#entries
    const mask = entries.length - 1
    let at = (hash >>> this.#shift) * ENTRY
    while (entries[at + 1] !== 0) at = (at + ENTRY) & mask
    entries[at] = hash
    entries[at + 1] = start
    entries[at + 2] = length
    entries[at + 3] = number
  }

  #double(): void {
    const before = this.#entries
    this.#entries = new Int32Array(2 * before.length)
    this.#shift--
    for (let at = 0; at < before.length; at += ENTRY) {
      const [hash, start, length, number] = before.subarray(at, at + ENTRY) as unknown as [
        number,
        number,
        number,
        number,
      ]
      if (start !== 0) this.#put(hash, start, length, number)
    }
  }
}
