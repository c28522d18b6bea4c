import { readUuid, writeUuid } from './uuid.ts'

/** Four words of the id, then one more than its number (0: nothing is here): what is read together lies together. */
const ENTRY = 5
const SMALLEST = 16
/** Knuth's multiplicative hash: 2^32 divided by the golden ratio. */
const MULTIPLIER = 0x9e3779b1

/** Numbers for UUIDs that somebody knows before they come, found by their sixteen bytes: no string is made. */
export class KnownUuids {
  #entries = new Int32Array(SMALLEST * ENTRY)
  /** How far a hash is shifted to become a place. */
  #shift = 28
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
    if (2 * (this.#count + 1) * ENTRY > this.#entries.length) this.#double()
    writeUuid(this.#given, 0, uuid)
    this.#put(this.#given, number)
    this.#texts[number] = readUuid(this.#given, 0)
    this.#count++
  }

  /** @param uuid one that was added */
  remove(uuid: string): void {
    const entries = this.#entries
    const end = entries.length
    const number = this.numberOf(uuid)
    let gap = this.#home(this.#given.getInt32(0, true), this.#given.getInt32(12, true))
    while (entries[gap + 4] !== number + 1) gap = gap + ENTRY === end ? 0 : gap + ENTRY
    this.#texts[number] = undefined
    this.#count--
    // What stands behind moves up, so that no search ends too early.
    for (let at = gap; ; ) {
      at = at + ENTRY === end ? 0 : at + ENTRY
      if (entries[at + 4] === 0) break
      const from = this.#home(entries[at] as number, entries[at + 3] as number)
      if ((at - from + end) % end < (at - gap + end) % end) continue
      entries.copyWithin(gap, at, at + ENTRY)
      gap = at
    }
    entries.fill(0, gap, gap + ENTRY)
  }

  /** The number of a UUID in Kafka's form, -1 where it is not known. */
  numberOf(uuid: string): number {
    writeUuid(this.#given, 0, uuid)
    return this.find(this.#given, 0)
  }

  /** The number of the UUID that lies there, -1 where it is not known. */
  find(view: DataView, start: number): number {
    const entries = this.#entries
    const first = view.getInt32(start, true)
    const last = view.getInt32(start + 12, true)
    for (let at = this.#home(first, last); ; ) {
      if (
        entries[at] === first &&
        entries[at + 3] === last &&
        entries[at + 1] === view.getInt32(start + 4, true) &&
        entries[at + 2] === view.getInt32(start + 8, true)
      ) {
        return (entries[at + 4] as number) - 1
      }
      if (entries[at + 4] === 0) return -1
      at += ENTRY
      if (at === entries.length) at = 0
    }
  }

  #put(view: DataView, number: number): void {
    const entries = this.#entries
    let at = this.#home(view.getInt32(0, true), view.getInt32(12, true))
    while (entries[at + 4] !== 0) at = at + ENTRY === entries.length ? 0 : at + ENTRY
    for (let i = 0; i < 4; i++) entries[at + i] = view.getInt32(4 * i, true)
    entries[at + 4] = number + 1
  }

  #double(): void {
    const before = this.#entries
    this.#entries = new Int32Array(2 * before.length)
    this.#shift--
    const view = new DataView(new ArrayBuffer(16))
    for (let at = 0; at < before.length; at += ENTRY) {
      if (before[at + 4] === 0) continue
      for (let i = 0; i < 4; i++) view.setInt32(4 * i, before[at + i] as number, true)
      this.#put(view, (before[at + 4] as number) - 1)
    }
  }

  /** A UUID is chance for the most part, or it is counted up at its end. */
  #home(first: number, last: number): number {
    return (Math.imul(first ^ last, MULTIPLIER) >>> this.#shift) * ENTRY
  }
}
