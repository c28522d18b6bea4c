import { readUuid, writeUuid } from './uuid.ts'

/** Four words of the id, number plus one (0: nothing is here), three of padding: half a cache line. */
const ENTRY = 8
const SMALLEST = 16

/** Numbers for UUIDs that somebody knows before they come, found by their sixteen bytes: no string is made. */
export class KnownUuids {
  #entries = new Int32Array(SMALLEST * ENTRY)
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
    writeUuid(this.#given, 0, uuid)
    const entries = this.#entries
    const mask = entries.length - 1
    let gap = this.#findPlace(this.#given, 0)
    this.#texts[(entries[gap + 4] as number) - 1] = undefined
    this.#count--
    for (let at = (gap + ENTRY) & mask; entries[at + 4] !== 0; at = (at + ENTRY) & mask) {
      const home = this.#home(entries[at] as number, entries[at + 3] as number)
      if (((at - home) & mask) < ((at - gap) & mask)) continue
      entries.copyWithin(gap, at, at + ENTRY)
      gap = at
    }
    entries[gap + 4] = 0
  }

  /** The number of a UUID in Kafka's form, -1 where it is not known. */
  numberOf(uuid: string): number {
    writeUuid(this.#given, 0, uuid)
    return this.find(this.#given, 0)
  }

  /** The number of the UUID that lies there, -1 where it is not known. */
  find(view: DataView, start: number): number {
    const entries = this.#entries
    const mask = entries.length - 1
    const first = view.getInt32(start)
    const last = view.getInt32(start + 12)
    for (let at = this.#home(first, last); ; at = (at + ENTRY) & mask) {
      if (
        entries[at] === first &&
        entries[at + 3] === last &&
        entries[at + 1] === view.getInt32(start + 4) &&
        entries[at + 2] === view.getInt32(start + 8)
      ) {
        return (entries[at + 4] as number) - 1
      }
      if (entries[at + 4] === 0) return -1
    }
  }

  #findPlace(view: DataView, start: number): number {
    const entries = this.#entries
    const mask = entries.length - 1
    const number = this.find(view, start)
    let at = this.#home(view.getInt32(start), view.getInt32(start + 12))
    while (entries[at + 4] !== number + 1) at = (at + ENTRY) & mask
    return at
  }

  /** Most of a UUID is chance, so little has to be mixed. */
  #home(first: number, last: number): number {
    return (Math.imul(first ^ last, 0x9e3779b1) >>> this.#shift) * ENTRY
  }

  #put(view: DataView, number: number): void {
    const entries = this.#entries
    const mask = entries.length - 1
    let at = this.#home(view.getInt32(0), view.getInt32(12))
    while (entries[at + 4] !== 0) at = (at + ENTRY) & mask
    for (let i = 0; i < 4; i++) entries[at + i] = view.getInt32(4 * i)
    entries[at + 4] = number + 1
  }

  #double(): void {
    const before = this.#entries
    this.#entries = new Int32Array(2 * before.length)
    this.#shift--
    const view = new DataView(new ArrayBuffer(16))
    for (let at = 0; at < before.length; at += ENTRY) {
      if (before[at + 4] === 0) continue
      for (let i = 0; i < 4; i++) view.setInt32(4 * i, before[at + i] as number)
      this.#put(view, (before[at + 4] as number) - 1)
    }
  }
}
