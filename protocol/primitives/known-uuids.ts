import { readUuid, writeUuid } from './uuid.ts'

/** Four words of the id: a quarter of a cache line. */
const ENTRY = 4
const SMALLEST = 16

/** Numbers for UUIDs that somebody knows before they come, found by their sixteen bytes: no string is made. */
export class KnownUuids {
  #ids = new Int32Array(SMALLEST * ENTRY)
  /** One more than the number; 0: nothing is here. */
  #numbers = new Int32Array(SMALLEST)
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
    if (2 * (this.#count + 1) > this.#numbers.length) this.#double()
    writeUuid(this.#given, 0, uuid)
    this.#put(this.#given, number)
    this.#texts[number] = readUuid(this.#given, 0)
    this.#count++
  }

  /** @param uuid one that was added */
  remove(uuid: string): void {
    const ids = this.#ids
    const numbers = this.#numbers
    const mask = numbers.length - 1
    const number = this.numberOf(uuid)
    let gap = home(this.#given, 0) & mask
    while (numbers[gap] !== number + 1) gap = (gap + 1) & mask
    this.#texts[number] = undefined
    this.#count--
    // What stands behind moves up, so that no search ends too early.
    for (let at = (gap + 1) & mask; numbers[at] !== 0; at = (at + 1) & mask) {
      const from = ((ids[at * ENTRY] as number) ^ (ids[at * ENTRY + 3] as number)) & mask
      if (((at - from) & mask) < ((at - gap) & mask)) continue
      ids.copyWithin(gap * ENTRY, at * ENTRY, (at + 1) * ENTRY)
      numbers[gap] = numbers[at] as number
      gap = at
    }
    ids.fill(0, gap * ENTRY, (gap + 1) * ENTRY)
    numbers[gap] = 0
  }

  /** The number of a UUID in Kafka's form, -1 where it is not known. */
  numberOf(uuid: string): number {
    writeUuid(this.#given, 0, uuid)
    return this.find(this.#given, 0)
  }

  /** The number of the UUID that lies there, -1 where it is not known. */
  find(view: DataView, start: number): number {
    const ids = this.#ids
    const numbers = this.#numbers
    const mask = numbers.length - 1
    const first = view.getInt32(start)
    const last = view.getInt32(start + 12)
    for (let at = (first ^ last) & mask; ; at = (at + 1) & mask) {
      const word = at * ENTRY
      if (
        ids[word] === first &&
        ids[word + 3] === last &&
        ids[word + 1] === view.getInt32(start + 4) &&
        ids[word + 2] === view.getInt32(start + 8)
      ) {
        return (numbers[at] as number) - 1
      }
      if (numbers[at] === 0) return -1
    }
  }

  #put(view: DataView, number: number): void {
    const mask = this.#numbers.length - 1
    let at = home(view, 0) & mask
    while (this.#numbers[at] !== 0) at = (at + 1) & mask
    for (let i = 0; i < ENTRY; i++) this.#ids[at * ENTRY + i] = view.getInt32(4 * i)
    this.#numbers[at] = number + 1
  }

  #double(): void {
    const ids = this.#ids
    const numbers = this.#numbers
    this.#ids = new Int32Array(2 * ids.length)
    this.#numbers = new Int32Array(2 * numbers.length)
    const view = new DataView(new ArrayBuffer(16))
    for (const [at, number] of numbers.entries()) {
      if (number === 0) continue
      for (let i = 0; i < ENTRY; i++) view.setInt32(4 * i, ids[at * ENTRY + i] as number)
      this.#put(view, number - 1)
    }
  }
}

/** A UUID is chance for the most part, or it is counted up at its end. */
function home(view: DataView, start: number): number {
  return view.getInt32(start) ^ view.getInt32(start + 12)
}
