import type { StringSource } from './reader.ts'
import { textOf } from './text.ts'

const SLOTS = 4096
/** Leaves the 12 highest bits of a hash, which its last multiplication mixed best. */
const SLOT_SHIFT = 20
/** What is longer than this many words of four bytes is rarely a name that comes again. */
const WORDS = 24
const LONGEST = 4 * WORDS
/** Knuth's multiplicative hash: 2^32 divided by the golden ratio. */
const MULTIPLIER = 0x9e3779b1

/**
 * Remembers the strings it made last, so that a name that comes again in the next request costs a hash and a comparison
 * of its bytes, four at a time, instead of a new string. Direct-mapped: a collision forgets the older one, so memory is
 * bounded (about 450 KB).
 */
export class StringTable implements StringSource {
  readonly #strings: string[] = new Array<string>(SLOTS).fill('')
  readonly #lengths = new Uint8Array(SLOTS)
  readonly #words = new Int32Array(SLOTS * WORDS)

  read(buffer: Buffer, start: number, end: number, view: DataView): string {
    const length = end - start
    if (length > LONGEST || length < 4) return textOf(buffer, start, end)
    // The last word may overlap the one before it: no bytes are left over.
    const last = end - 4
    let hash = length
    for (let at = start; at < last; at += 4) hash = (Math.imul(hash, MULTIPLIER) + view.getInt32(at)) | 0
    hash = (Math.imul(hash, MULTIPLIER) + view.getInt32(last)) | 0
    const slot = Math.imul(hash ^ (hash >>> 16), MULTIPLIER) >>> SLOT_SHIFT
    if (this.#lengths[slot] === length && this.#holds(slot, start, last, view))
      return this.#strings[slot] as string

    const made = textOf(buffer, start, end)
    this.#lengths[slot] = length
    this.#strings[slot] = made
    const words = this.#words
    let word = slot * WORDS
    for (let at = start; at < last; at += 4) words[word++] = view.getInt32(at)
    words[word] = view.getInt32(last)
    return made
  }

  #holds(slot: number, start: number, last: number, view: DataView): boolean {
    const words = this.#words
    let word = slot * WORDS
    for (let at = start; at < last; at += 4) if (words[word++] !== view.getInt32(at)) return false
    return words[word] === view.getInt32(last)
  }
}
