import { grown, mixed, RowNumbers, RowTable } from '../../../protocol/primitives/rows.ts'
import { readUuid, writeUuid } from '../../../protocol/primitives/uuid.ts'

const NO_CELL = -1

/**
 * Which rule an id stands for: the cell its bit is in, and which bit. An id is 16 bytes here, as on the wire, and no
 * string is kept of it.
 */
export class AclIds {
  /** Four words for each row. */
  #words = new Int32Array(64)
  #cells = new Int32Array(16)
  /** The number of the rule's bit in its cell. */
  #shifts = new Uint8Array(16)
  readonly #rows = new RowNumbers()
  readonly #table = new RowTable((row) => this.#hash(row))
  readonly #given = new Int32Array(4)
  readonly #givenBytes = new DataView(this.#given.buffer)
  #count = 0

  get count(): number {
    return this.#count
  }

  cell(row: number): number {
    return this.#cells[row] as number
  }

  /** The number of its bit. */
  shift(row: number): number {
    return this.#shifts[row] as number
  }

  id(row: number): string {
    this.#given.set(this.#words.subarray(4 * row, 4 * row + 4))
    return readUuid(this.#givenBytes, 0)
  }

  /** -1 for an id that nobody has. @param id 22 characters of URL-safe Base64 */
  find(id: string): number {
    writeUuid(this.#givenBytes, 0, id)
    const [a, b, c, d] = this.#given as unknown as [number, number, number, number]
    const { places, mask } = this.#table
    for (let at = hashOf(a, b, c, d) & mask; ; at = (at + 1) & mask) {
      const row = (places[at] as number) - 1
      if (row < 0) return -1
      const word = 4 * row
      const words = this.#words
      if (words[word] === a && words[word + 1] === b && words[word + 2] === c && words[word + 3] === d)
        return row
    }
  }

  /** @param id one that `find` does not know */
  add(id: string, cell: number, bit: number): void {
    writeUuid(this.#givenBytes, 0, id)
    const row = this.#rows.take()
    if (row >= this.#cells.length) this.#grow()
    this.#words.set(this.#given, 4 * row)
    this.#cells[row] = cell
    this.#shifts[row] = 31 - Math.clz32(bit)
    this.#table.add(row)
    this.#count++
  }

  remove(row: number): void {
    this.#table.remove(row)
    this.#cells[row] = NO_CELL
    this.#rows.giveBack(row)
    this.#count--
  }

  /** Rows that stand for a rule, in no particular order. */
  *rows(): IterableIterator<number> {
    for (let row = 0; row < this.#rows.highest; row++) if (this.#cells[row] !== NO_CELL) yield row
  }

  #grow(): void {
    const length = Math.ceil(1.5 * this.#cells.length)
    this.#words = grown(this.#words, 4 * length)
    this.#cells = grown(this.#cells, length)
    const shifts = new Uint8Array(length)
    shifts.set(this.#shifts)
    this.#shifts = shifts
  }

  #hash(row: number): number {
    const word = 4 * row
    const words = this.#words as unknown as Record<number, number>
    return hashOf(
      words[word] as number,
      words[word + 1] as number,
      words[word + 2] as number,
      words[word + 3] as number,
    )
  }
}

function hashOf(a: number, b: number, c: number, d: number): number {
  return mixed(a ^ Math.imul(b, 0x9e3779b1) ^ Math.imul(c, 0x85ebca77) ^ Math.imul(d, 0xc2b2ae3d))
}
