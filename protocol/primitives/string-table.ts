import type { StringSource } from './reader.ts'

const SLOTS = 4096
/** What is longer is rarely a name that comes again. */
const LONGEST = 255

/**
 * Remembers the strings it made last, so that a name that comes again in the next request costs a hash and a comparison
 * of its bytes instead of a new string. Direct-mapped: a collision forgets the older one, so memory is bounded.
 */
export class StringTable implements StringSource {
  readonly #strings: (string | undefined)[] = new Array(SLOTS).fill(undefined)
  readonly #bytes: (Uint8Array | undefined)[] = new Array(SLOTS).fill(undefined)

  read(buffer: Buffer, start: number, end: number): string {
    const length = end - start
    if (length > LONGEST) return buffer.toString('utf8', start, end)
    let hash = length
    for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (buffer[i] as number)) | 0
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1)
    const known = this.#bytes[slot]
    if (known !== undefined && known.length === length) {
      let i = 0
      while (i < length && known[i] === buffer[start + i]) i++
      if (i === length) return this.#strings[slot] as string
    }
    const made = buffer.toString('utf8', start, end)
    this.#bytes[slot] = Uint8Array.prototype.slice.call(buffer, start, end)
    this.#strings[slot] = made
    return made
  }
}
