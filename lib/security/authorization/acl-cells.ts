import { firstPlace, mixed, nextPlace, RowTable } from './row-table.ts'
import { Rows } from './rows.ts'

/** For an operation in a rule that allows, and in one that denies. */
export const allowBit = (operation: number) => 1 << operation
export const denyBit = (operation: number) => 1 << (operation + 16)

/** The words of a cell: what is compared lies together. */
const PATTERN = 0
const PRINCIPAL = 1
const HOST = 2
const BITS = 3
const NEXT = 4
const PREVIOUS = 5
const WORDS = 6

const NONE = -1

/**
 * Rules as bits: a cell is what one principal is allowed (low half) and denied (high half) by one pattern from one
 * host, a bit for each operation. Whatever a question is about, its cells are found by key; no rule of another
 * principal or host is met on the way. The cells of a principal hang together in a list.
 */
export class AclCells {
  readonly #cells = new Rows(WORDS)
  readonly #table = new RowTable()
  /** The first cell of each principal. */
  readonly #first = new Rows(1)

  pattern(cell: number): number {
    return this.#cells.get(cell, PATTERN)
  }

  principal(cell: number): number {
    return this.#cells.get(cell, PRINCIPAL)
  }

  host(cell: number): number {
    return this.#cells.get(cell, HOST)
  }

  bits(cell: number): number {
    return this.#cells.get(cell, BITS)
  }

  /** Bits of the cell with this key, 0 where there is none. */
  lookUp(pattern: number, principal: number, host: number): number {
    const cell = this.find(pattern, principal, host)
    return cell < 0 ? 0 : this.bits(cell)
  }

  /** -1 where there is none. */
  find(pattern: number, principal: number, host: number): number {
    const hash = hashOf(pattern, principal, host)
    const places = this.#table.placesOf(hash)
    for (let at = firstPlace(hash, places); ; at = nextPlace(at, places)) {
      const cell = (places[at + 1] as number) - 1
      if (cell < 0) return NONE
      if (places[at] === hash && this.#is(cell, pattern, principal, host)) return cell
    }
  }

  /** Sets bits in a cell, which comes to be with its first. */
  set(pattern: number, principal: number, host: number, bits: number): number {
    const known = this.find(pattern, principal, host)
    const cell = known < 0 ? this.#make(pattern, principal, host) : known
    this.#cells.set(cell, BITS, this.bits(cell) | bits)
    return cell
  }

  /** Clears bits; a cell goes with its last. */
  clear(cell: number, bits: number): void {
    const left = this.bits(cell) & ~bits
    this.#cells.set(cell, BITS, left)
    if (left !== 0) return
    const principal = this.principal(cell)
    this.#table.remove(hashOf(this.pattern(cell), principal, this.host(cell)), cell)
    const next = this.after(cell)
    const previous = this.#cells.get(cell, PREVIOUS)
    if (previous === NONE) this.#first.set(principal, 0, next)
    else this.#cells.set(previous, NEXT, next)
    if (next !== NONE) this.#cells.set(next, PREVIOUS, previous)
    this.#cells.giveBack(cell)
  }

  /** The first cell of a principal, then `after`: -1 at the end. */
  firstOf(principal: number): number {
    return principal >= 0 && principal < this.#first.highest ? this.#first.get(principal, 0) : NONE
  }

  after(cell: number): number {
    return this.#cells.get(cell, NEXT)
  }

  #is(cell: number, pattern: number, principal: number, host: number): boolean {
    return this.pattern(cell) === pattern && this.principal(cell) === principal && this.host(cell) === host
  }

  #make(pattern: number, principal: number, host: number): number {
    const cell = this.#cells.take()
    while (this.#first.highest <= principal) this.#first.set(this.#first.take(), 0, NONE)
    const first = this.firstOf(principal)
    this.#first.set(principal, 0, cell)
    this.#cells.set(cell, PATTERN, pattern)
    this.#cells.set(cell, PRINCIPAL, principal)
    this.#cells.set(cell, HOST, host)
    this.#cells.set(cell, BITS, 0)
    this.#cells.set(cell, NEXT, first)
    this.#cells.set(cell, PREVIOUS, NONE)
    if (first !== NONE) this.#cells.set(first, PREVIOUS, cell)
    this.#table.add(hashOf(pattern, principal, host), cell)
    return cell
  }
}

function hashOf(pattern: number, principal: number, host: number): number {
  return mixed(
    Math.imul(pattern, 0x9e3779b1) ^ Math.imul(principal, 0x85ebca77) ^ Math.imul(host, 0xc2b2ae3d),
  )
}
