/** A longer array with the same beginning. */
export function grown(column: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(length)
  longer.set(column)
  return longer
}

/**
 * Open addressing over the numbers of rows that somebody else keeps in columns: 4 bytes a place, at most three in four
 * of them taken. A place holds a row's number plus one, 0 where there is none. Its owner looks rows up in `places`
 * himself, from `hash & mask` on, so that a comparison is no call.
 */
export class RowTable {
  places = new Int32Array(16)
  mask = 15
  #taken = 0
  readonly #hashOf: (row: number) => number

  constructor(hashOf: (row: number) => number) {
    this.#hashOf = hashOf
  }

  add(row: number): void {
    if (4 * (this.#taken + 1) > 3 * this.places.length) this.#double()
    this.#taken++
    this.#put(row)
  }

  /** Fills the gap from what stands behind it, so that no tombstone is left. */
  remove(row: number): void {
    const { places, mask } = this
    let gap = this.#hashOf(row) & mask
    while (places[gap] !== row + 1) gap = (gap + 1) & mask
    for (let at = (gap + 1) & mask; places[at] !== 0; at = (at + 1) & mask) {
      const home = this.#hashOf((places[at] as number) - 1) & mask
      if (((at - home) & mask) < ((at - gap) & mask)) continue
      places[gap] = places[at] as number
      gap = at
    }
    places[gap] = 0
    this.#taken--
  }

  #put(row: number): void {
    const { places, mask } = this
    let at = this.#hashOf(row) & mask
    while (places[at] !== 0) at = (at + 1) & mask
    places[at] = row + 1
  }

  #double(): void {
    const before = this.places
    this.places = new Int32Array(2 * before.length)
    this.mask = this.places.length - 1
    for (const taken of before) if (taken !== 0) this.#put(taken - 1)
  }
}

/** Numbers of rows: the lowest never used, or one given back. */
export class RowNumbers {
  #next = 0
  readonly #free: number[] = []

  get highest(): number {
    return this.#next
  }

  take(): number {
    return this.#free.pop() ?? this.#next++
  }

  giveBack(row: number): void {
    this.#free.push(row)
  }
}

/** The last mixing of a hash, so that its low bits depend on all others (Murmur3). */
export function mixed(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
