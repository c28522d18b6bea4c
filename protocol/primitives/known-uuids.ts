import { readUuid, writeUuid } from './uuid.ts'

/** Four words of the id, then one more than its number (0: nothing is here): what is read together lies together. */
const ENTRY = 5
const SMALLEST = 16

/** Numbers for UUIDs that somebody knows before they come, found by their sixteen bytes: no string is made. */
export class KnownUuids {
  #entries = new Int32Array(SMALLEST * ENTRY)
  #mask = SMALLEST - 1
  #count = 0
  readonly #texts: (string | undefined)[] = []
  readonly #given = new DataView(new ArrayBuffer(16))

  get size(): number {
    return this.#count
  }

  text(number: number): string | undefined {
    return this.#texts[number]
  }

  /** @param uuid one that is not known, in Kafka's form @param number not negative, and nobody else's */
  add(uuid: string, number: number): void {
    if (2 * (this.#count + 1) > this.#mask) this.#double()
    writeUuid(this.#given, 0, uuid)
    this.#put(this.#given, number)
    this.#texts[number] = readUuid(this.#given, 0)
    this.#count++
  }

  /** @param uuid one that was added */
  remove(uuid: string): void {
    const entries = this.#entries
    const mask = this.#mask
    const number = this.numberOf(uuid)
    let gap = home(this.#given, 0) & mask
    while (entries[gap * ENTRY + 4] !== number + 1) gap = (gap + 1) & mask
    this.#texts[number] = undefined
    this.#count--
    // What stands behind moves up, so that no search ends too early.
    for (let at = (gap + 1) & mask; entries[at * ENTRY + 4] !== 0; at = (at + 1) & mask) {
      const from = ((entries[at * ENTRY] as number) ^ (entries[at * ENTRY + 3] as number)) & mask
      if (((at - from) & mask) < ((at - gap) & mask)) continue
      entries.copyWithin(gap * ENTRY, at * ENTRY, (at + 1) * ENTRY)
      gap = at
    }
    entries.fill(0, gap * ENTRY, (gap + 1) * ENTRY)
  }

  /** The number of a UUID in Kafka's form, -1 where it is not known. */
  numberOf(uuid: string): number {
    writeUuid(this.#given, 0, uuid)
    return this.find(this.#given, 0)
  }

  /** The number of the UUID that lies there, -1 where it is not known. */
  find(view: DataView, start: number): number {
    const entries = this.#entries
    const mask = this.#mask
    const first = view.getInt32(start)
    const last = view.getInt32(start + 12)
    for (let at = (first ^ last) & mask; ; at = (at + 1) & mask) {
      const word = at * ENTRY
      if (
        entries[word] === first &&
        entries[word + 3] === last &&
        entries[word + 1] === view.getInt32(start + 4) &&
        entries[word + 2] === view.getInt32(start + 8)
      ) {
        return (entries[word + 4] as number) - 1
      }
      if (entries[word + 4] === 0) return -1
    }
  }

  #put(view: DataView, number: number): void {
    const entries = this.#entries
    let at = home(view, 0) & this.#mask
    while (entries[at * ENTRY + 4] !== 0) at = (at + 1) & this.#mask
    for (let i = 0; i < 4; i++) entries[at * ENTRY + i] = view.getInt32(4 * i)
    entries[at * ENTRY + 4] = number + 1
  }

  #double(): void {
    const before = this.#entries
    this.#entries = new Int32Array(2 * before.length)
    this.#mask = 2 * this.#mask + 1
    const view = new DataView(new ArrayBuffer(16))
    for (let at = 0; at < before.length; at += ENTRY) {
      if (before[at + 4] === 0) continue
      for (let i = 0; i < 4; i++) view.setInt32(4 * i, before[at + i] as number)
      this.#put(view, (before[at + 4] as number) - 1)
    }
  }
}

/** A UUID is chance for the most part, or it is counted up at its end. */
function home(view: DataView, start: number): number {
  return view.getInt32(start) ^ view.getInt32(start + 12)
}
