/** Words of a place: a hash, and one more than the number of the row that has it; 0 where there is none. */
const PLACE = 2
const FEWEST_WORDS = 16 * PLACE
const MOST_WORDS = 512 * PLACE
/** The directory has an entry for that many rows at most, however alike their hashes are. */
const ROWS_PER_ENTRY = 64

/** Places that are searched one after the other, at most three in four of them taken. */
class Segment {
  /** How many of the lowest bits all hashes in it have in common. */
  readonly depth: number
  places: Int32Array
  taken = 0

  constructor(depth: number, words: number) {
    this.depth = depth
    this.places = new Int32Array(words)
  }

  get isFull(): boolean {
    return 4 * PLACE * (this.taken + 1) > 3 * this.places.length
  }

  put(hash: number, rowAndOne: number): void {
    const { places } = this
    let at = firstPlace(hash, places)
    while (places[at + 1] !== 0) at = nextPlace(at, places)
    places[at] = hash
    places[at + 1] = rowAndOne
    this.taken++
  }

  /** Fills the gap from what stands behind it, so that no tombstone is left. */
  remove(hash: number, row: number): void {
    const { places } = this
    const mask = places.length - 1
    let gap = firstPlace(hash, places)
    while (places[gap + 1] !== row + 1) gap = nextPlace(gap, places)
    for (let at = nextPlace(gap, places); places[at + 1] !== 0; at = nextPlace(at, places)) {
      const home = firstPlace(places[at] as number, places)
      if (((at - home) & mask) < ((at - gap) & mask)) continue
      places[gap] = places[at] as number
      places[gap + 1] = places[at + 1] as number
      gap = at
    }
    places[gap + 1] = 0
    this.taken--
  }

  /** Puts all that is here somewhere else. */
  moveTo(segmentOf: (hash: number) => Segment): void {
    const { places } = this
    for (let at = 0; at < places.length; at += PLACE) {
      const hash = places[at] as number
      if (places[at + 1] !== 0) segmentOf(hash).put(hash, places[at + 1] as number)
    }
  }
}

/**
 * Finds the numbers of rows by hashes of what they hold; who owns the rows compares them himself. It is in segments, found by
 * the lowest bits of a hash, and one that is full is parted in two (extendible hashing, Fagin 1979): there is never a
 * moment when everything has to move.
 */
export class RowTable {
  #directory: Segment[] = [new Segment(0, FEWEST_WORDS)]
  #count = 0

  /** Where to look for a hash: from `firstPlace` on, until a place has no row. */
  placesOf(hash: number): Int32Array {
    return this.#segmentOf(hash).places
  }

  add(hash: number, row: number): void {
    let segment = this.#segmentOf(hash)
    while (segment.isFull) {
      this.#makeRoom(segment, hash)
      segment = this.#segmentOf(hash)
    }
    segment.put(hash, row + 1)
    this.#count++
  }

  remove(hash: number, row: number): void {
    this.#segmentOf(hash).remove(hash, row)
    this.#count--
  }

  #segmentOf(hash: number): Segment {
    const directory = this.#directory
    return directory[hash & (directory.length - 1)] as Segment
  }

  #makeRoom(segment: Segment, hash: number): void {
    const { depth, places } = segment
    const isParted = 1 << depth < this.#directory.length
    const mayPart = isParted || this.#directory.length * ROWS_PER_ENTRY <= this.#count
    if (places.length < MOST_WORDS || !mayPart) {
      const larger = new Segment(depth, 2 * places.length)
      segment.moveTo(() => larger)
      this.#replace(segment, hash, larger, larger)
      return
    }
    if (!isParted) this.#directory = this.#directory.concat(this.#directory)
    const without = new Segment(depth + 1, places.length)
    const withBit = new Segment(depth + 1, places.length)
    segment.moveTo((each) => ((each & (1 << depth)) === 0 ? without : withBit))
    this.#replace(segment, hash, without, withBit)
  }

  /** @param withBit for hashes that have the first bit which those in the segment do not have in common */
  #replace({ depth }: Segment, hash: number, without: Segment, withBit: Segment): void {
    const bit = 1 << depth
    const directory = this.#directory
    for (let i = hash & (bit - 1); i < directory.length; i += bit) {
      directory[i] = (i & bit) === 0 ? without : withBit
    }
  }
}

/** Where a hash is looked for first: by bits that do not choose the segment, while there are not too many of those. */
export function firstPlace(hash: number, places: Int32Array): number {
  return (hash >>> 15) & (places.length - PLACE)
}

export function nextPlace(at: number, places: Int32Array): number {
  return (at + PLACE) & (places.length - 1)
}

/** The last mixing of a hash, so that each of its bits depends on all others (Murmur3). */
export function mixed(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

export const FNV_BASIS = 0x811c9dc5
const FNV_PRIME = 0x01000193

/** The hash of one thing more, after what `before` is the hash of (FNV-1a). */
export function hashAfter(before: number, value: number): number {
  return Math.imul(before ^ value, FNV_PRIME)
}

/** The hash of these characters after what `before` is the hash of. */
export function hashOfText(text: string, from: number, to: number, before: number): number {
  let hash = before
  for (let i = from; i < to; i++) hash = hashAfter(hash, text.charCodeAt(i))
  return hash
}
