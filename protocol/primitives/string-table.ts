import type { StringSource } from './reader.ts'
import { textOf } from './text.ts'

const SLOTS = 4096
/** Leaves the 11 highest bits of a hash, which its last multiplication mixed best: half as many pairs as slots. */
const PAIR_SHIFT = 21
/** What is longer than this many words of four bytes is rarely a name that comes again. */
const WORDS = 24
const LONGEST = 4 * WORDS
/** Knuth's multiplicative hash: 2^32 divided by the golden ratio. */
const MULTIPLIER = 0x9e3779b1

/**
 * Remembers the strings it made last, so that a name that comes again in the next request costs a hash and a comparison
 * of its bytes, four at a time, instead of a new string. A name has two places to be in; when both are taken the one
 * that was made first is forgotten, so memory is bounded (about 450 KB).
 */
export class StringTable implements StringSource {
  readonly #strings: string[] = new Array<string>(SLOTS).fill('')
  readonly #lengths = new Uint8Array(SLOTS)
  /** Which of a pair's two slots was made first. */
  readonly #older = new Uint8Array(SLOTS / 2)
  readonly #words = new Int32Array(SLOTS * WORDS)

  read(buffer: Buffer, start: number, end: number, view: DataView): string {
    const length = end - start
    if (length > LONGEST || length < 4) return textOf(buffer, start, end)
    // The last word may overlap the one before it: no bytes are left over.
    const last = end - 4
    let hash = length
    for (let at = start; at < last; at += 4) hash = (Math.imul(hash, MULTIPLIER) + view.getInt32(at)) | 0
    hash = (Math.imul(hash, MULTIPLIER) + view.getInt32(last)) | 0
    const pair = Math.imul(hash ^ (hash >>> 16), MULTIPLIER) >>> PAIR_SHIFT
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

  #holds(slot: number, start: number, last: number, view: DataView): boolean {
    const words = this.#words
    let word = slot * WORDS
    for (let at = start; at < last; at += 4) if (words[word++] !== view.getInt32(at)) return false
    return words[word] === view.getInt32(last)
  }
}
