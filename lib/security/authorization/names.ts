import { FNV_BASIS, firstPlace, hashOfText, mixed, nextPlace, RowTable } from './row-table.ts'
import { Rows, RowTexts } from './rows.ts'

/** Numbers for the names that rules use (principals, hosts), for as long as a rule uses them. */
export class Names {
  /** How often each is used. */
  readonly #uses = new Rows(1)
  readonly #texts = new RowTexts()
  readonly #table = new RowTable()
  /** Raised when a name comes or goes. */
  version = 0

  /** -1 for a name that no rule uses. */
  find(text: string): number {
    return this.#look(hashOf(text), text)
  }

  text(number: number): string {
    return this.#texts.at(number)
  }

  /** One more use of the name. */
  use(text: string): number {
    const hash = hashOf(text)
    const known = this.#look(hash, text)
    if (known >= 0) {
      this.#uses.set(known, 0, this.#uses.get(known, 0) + 1)
      return known
    }
    const number = this.#uses.take()
    this.#uses.set(number, 0, 1)
    this.#texts.set(number, text)
    this.#table.add(hash, number)
    this.version++
    return number
  }

  /** One use less. @returns whether it was the last */
  release(number: number): boolean {
    const uses = this.#uses.get(number, 0) - 1
    this.#uses.set(number, 0, uses)
    if (uses > 0) return false
    this.#table.remove(hashOf(this.text(number)), number)
    this.#texts.set(number, '')
    this.#uses.giveBack(number)
    this.version++
    return true
  }

  #look(hash: number, text: string): number {
    const places = this.#table.placesOf(hash)
    for (let at = firstPlace(hash, places); ; at = nextPlace(at, places)) {
      const number = (places[at + 1] as number) - 1
      if (number < 0 || (places[at] === hash && this.#texts.at(number) === text)) return number
    }
  }
}

function hashOf(text: string): number {
  return mixed(hashOfText(text, 0, text.length, FNV_BASIS))
}
