import { readUuid, writeUuid } from '../../../protocol/primitives/uuid.ts'
import { firstPlace, mixed, nextPlace, RowTable } from './row-table.ts'
import { Rows } from './rows.ts'

/** Where in a row its rule is, after the four words of the id: the cell times 32, and the number of the bit in it. */
const BIT = 4
const WORDS = 5
const BITS_SHIFT = 5
const NO_BIT = -1

/**
 * Which rule an id stands for: the cell its bit is in, and which bit. An id is 16 bytes here, as on the wire, and no
 * string is kept of it.
 */
export class AclIds {
  readonly #rows = new Rows(WORDS)
  readonly #table = new RowTable()
  readonly #given = new DataView(new ArrayBuffer(16))
  #count = 0

  get count(): number {
    return this.#count
  }

  cell(row: number): number {
    return this.#rows.get(row, BIT) >>> BITS_SHIFT
  }

  /** The number of its bit. */
  shift(row: number): number {
    return this.#rows.get(row, BIT) & 31
  }

  id(row: number): string {
    for (let word = 0; word < 4; word++) this.#given.setInt32(4 * word, this.#rows.get(row, word))
    return readUuid(this.#given, 0)
  }

  /** -1 for an id that nobody has. @param id 22 characters of URL-safe Base64 */
  find(id: string): number {
    writeUuid(this.#given, 0, id)
    const hash = this.#hashOfGiven()
    const places = this.#table.placesOf(hash)
    for (let at = firstPlace(hash, places); ; at = nextPlace(at, places)) {
      const row = (places[at + 1] as number) - 1
      if (row < 0 || (places[at] === hash && this.#isGiven(row))) return row
    }
  }

  /** @param id one that `find` does not know */
  add(id: string, cell: number, bit: number): void {
    writeUuid(this.#given, 0, id)
    const row = this.#rows.take()
    for (let word = 0; word < 4; word++) this.#rows.set(row, word, this.#given.getInt32(4 * word))
    this.#rows.set(row, BIT, (cell << BITS_SHIFT) | (31 - Math.clz32(bit)))
    this.#table.add(this.#hashOfGiven(), row)
    this.#count++
  }

  remove(row: number): void {
    for (let word = 0; word < 4; word++) this.#given.setInt32(4 * word, this.#rows.get(row, word))
    this.#table.remove(this.#hashOfGiven(), row)
    this.#rows.set(row, BIT, NO_BIT)
    this.#rows.giveBack(row)
    this.#count--
  }

  /** Rows that stand for a rule, in no particular order. */
  *rows(): IterableIterator<number> {
    for (let row = 0; row < this.#rows.highest; row++) if (this.#rows.get(row, BIT) !== NO_BIT) yield row
  }

  #isGiven(row: number): boolean {
    for (let word = 0; word < 4; word++) {
      if (this.#rows.get(row, word) !== this.#given.getInt32(4 * word)) return false
    }
    return true
  }

  #hashOfGiven(): number {
    const given = this.#given
    return mixed(
      given.getInt32(0) ^
        Math.imul(given.getInt32(4), 0x9e3779b1) ^
        Math.imul(given.getInt32(8), 0x85ebca77) ^
        Math.imul(given.getInt32(12), 0xc2b2ae3d),
    )
  }
}
