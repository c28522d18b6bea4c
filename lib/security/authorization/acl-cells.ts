import { grown, mixed, RowNumbers, RowTable } from '../../../protocol/primitives/rows.ts'

/** For an operation in a rule that allows, and in one that denies. */
export const allowBit = (operation: number) => 1 << operation
export const denyBit = (operation: number) => 1 << (operation + 16)

const NONE = -1

/**
 * Rules as bits: a cell is what one principal is allowed (low half) and denied (high half) by one pattern from one
 * host, a bit for each operation. Whatever a question is about, its cells are found by key; no rule of another
 * principal or host is met on the way. The cells of a principal hang together in a list.
 */
export class AclCells {
  #patterns = new Int32Array(16)
  #principals = new Int32Array(16)
  #hosts = new Int32Array(16)
  #bits = new Int32Array(16)
  #next = new Int32Array(16)
  #previous = new Int32Array(16)
  readonly #rows = new RowNumbers()
  readonly #table = new RowTable((cell) => this.#hash(cell))
  /** The first cell of each principal. */
  readonly #first: number[] = []

  pattern(cell: number): number {
    return this.#patterns[cell] as number
  }

  principal(cell: number): number {
    return this.#principals[cell] as number
  }

  host(cell: number): number {
    return this.#hosts[cell] as number
  }

  bits(cell: number): number {
    return this.#bits[cell] as number
  }

  /** Bits of the cell with this key, 0 where there is none. */
  lookUp(pattern: number, principal: number, host: number): number {
    const cell = this.find(pattern, principal, host)
    return cell < 0 ? 0 : (this.#bits[cell] as number)
  }

  /** -1 where there is none. */
  find(pattern: number, principal: number, host: number): number {
    const { places, mask } = this.#table
    for (let at = hashOf(pattern, principal, host) & mask; ; at = (at + 1) & mask) {
      const cell = (places[at] as number) - 1
      if (cell < 0) return NONE
      if (
        this.#patterns[cell] === pattern &&
        this.#principals[cell] === principal &&
        this.#hosts[cell] === host
      ) {
        return cell
      }
    }
  }

  /** Sets bits in a cell, which comes to be with its first. */
  set(pattern: number, principal: number, host: number, bits: number): number {
    const known = this.find(pattern, principal, host)
    const cell = known < 0 ? this.#make(pattern, principal, host) : known
    this.#bits[cell] = (this.#bits[cell] as number) | bits
    return cell
  }

  /** Clears bits; a cell goes with its last. */
  clear(cell: number, bits: number): void {
    const left = (this.#bits[cell] as number) & ~bits
    this.#bits[cell] = left
    if (left !== 0) return
    this.#table.remove(cell)
    const next = this.#next[cell] as number
    const previous = this.#previous[cell] as number
    if (previous === NONE) this.#first[this.principal(cell)] = next
    else this.#next[previous] = next
    if (next !== NONE) this.#previous[next] = previous
    this.#rows.giveBack(cell)
  }

  /** The first cell of a principal, then `after`: -1 at the end. */
  firstOf(principal: number): number {
    return this.#first[principal] ?? NONE
  }

  after(cell: number): number {
    return this.#next[cell] as number
  }

  #make(pattern: number, principal: number, host: number): number {
    const cell = this.#rows.take()
    if (cell >= this.#bits.length) this.#grow()
    this.#patterns[cell] = pattern
    this.#principals[cell] = principal
    this.#hosts[cell] = host
    this.#bits[cell] = 0
    const first = this.firstOf(principal)
    this.#first[principal] = cell
    this.#next[cell] = first
    this.#previous[cell] = NONE
    if (first !== NONE) this.#previous[first] = cell
    this.#table.add(cell)
    return cell
  }

  #grow(): void {
    const length = Math.ceil(1.5 * this.#bits.length)
    this.#patterns = grown(this.#patterns, length)
    this.#principals = grown(this.#principals, length)
    this.#hosts = grown(this.#hosts, length)
    this.#bits = grown(this.#bits, length)
    this.#next = grown(this.#next, length)
    this.#previous = grown(this.#previous, length)
  }

  #hash(cell: number): number {
    return hashOf(this.pattern(cell), this.principal(cell), this.host(cell))
  }
}

function hashOf(pattern: number, principal: number, host: number): number {
  return mixed(
    Math.imul(pattern, 0x9e3779b1) ^ Math.imul(principal, 0x85ebca77) ^ Math.imul(host, 0xc2b2ae3d),
  )
}
