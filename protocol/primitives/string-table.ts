import type { KnownStrings } from './known-strings.ts'
import type { KnownUuids } from './known-uuids.ts'
import type { StringSource } from './reader.ts'
import { textOf } from './text.ts'
import { readUuid } from './uuid.ts'

/** Knuth's multiplicative hash: 2^32 divided by the golden ratio. */
const MULTIPLIER = 0x9e3779b1

const SLOTS = 4096
/** Leaves the 11 highest bits of a hash, which its last multiplication mixed best: half as many pairs as slots. */
const PAIR_SHIFT = 21
/** What is longer than this many words of four bytes is rarely a name that comes again. */
const WORDS = 24
const LONGEST = 4 * WORDS
/** What is there in advance; it may change at any time. */
export interface Known {
  readonly strings: KnownStrings
  readonly uuids: KnownUuids
}

/**
 * Remembers the strings it made last, so that a name that comes again in the next request costs a hash and a comparison
 * of its bytes, four at a time, instead of a new string. A name has two places to be in; when both are taken the one
 * that was made first is forgotten, so memory is bounded (about 450 KB). What its owner knows in advance is never forgotten,
 * however much that is.
 */
export class StringTable implements StringSource {
  readonly #strings: string[] = new Array<string>(SLOTS).fill('')
  readonly #lengths = new Uint8Array(SLOTS)
  /** Which of a pair's two slots was made first. */
  readonly #older = new Uint8Array(SLOTS / 2)
  readonly #words = new Int32Array(SLOTS * WORDS)
  readonly #known: Known | undefined

  constructor(known?: Known) {
    this.#known = known
  }

  read(buffer: Buffer, start: number, end: number, view: DataView): string {
    const length = end - start
    if (length > LONGEST || length < 4) return this.#readOdd(buffer, start, end, view)
    // The last word may overlap the one before it: no bytes are left over.
    const last = end - 4
    const known = this.#known
    if (known !== undefined && known.strings.size > 0) {
      const number = known.strings.find(view, start, length)
      if (number >= 0) return known.strings.text(number) as string
    }
    const hash = hashOfBytes(view, start, last)
    const pair = hash >>> PAIR_SHIFT
    const first = 2 * pair
    if (this.#lengths[first] === length && this.#holds(first, start, last, view))
      return this.#strings[first] as string
    const second = first + 1
    if (this.#lengths[second] === length && this.#holds(second, start, last, view))
      return this.#strings[second] as string

    const slot = first + (this.#older[pair] as number)
    this.#older[pair] = first + 1 - slot
    const made = textOf(buffer, start, end)
    this.#lengths[slot] = length
    this.#strings[slot] = made
    const words = this.#words
    let word = slot * WORDS
    for (let at = start; at < last; at += 4) words[word++] = view.getInt32(at)
    words[word] = view.getInt32(last)
    return made
  }

  uuid(view: DataView, start: number): string {
    const known = this.#known
    if (known !== undefined && known.uuids.size > 0) {
      const number = known.uuids.find(view, start)
      if (number >= 0) return known.uuids.text(number) as string
    }
    return readUuid(view, start)
  }

  /** What is too short or too long to be worth remembering. */
  #readOdd(buffer: Buffer, start: number, end: number, view: DataView): string {
    const number = this.#known?.strings.find(view, start, end - start) ?? -1
    return number < 0 ? textOf(buffer, start, end) : (this.#known?.strings.text(number) as string)
  }

  #holds(slot: number, start: number, last: number, view: DataView): boolean {
    const words = this.#words
    let word = slot * WORDS
    for (let at = start; at < last; at += 4) if (words[word++] !== view.getInt32(at)) return false
    return words[word] === view.getInt32(last)
  }
}

/** The hash of at least four bytes that end four after `last`, whose last word may overlap the one before. */
function hashOfBytes(view: DataView, start: number, last: number): number {
  let hash = last - start
  for (let at = start; at < last; at += 4) hash = (Math.imul(hash, MULTIPLIER) + view.getInt32(at)) | 0
  hash = (Math.imul(hash, MULTIPLIER) + view.getInt32(last)) | 0
  return Math.imul(hash ^ (hash >>> 16), MULTIPLIER)
}
