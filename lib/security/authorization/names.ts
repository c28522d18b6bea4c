import { RowNumbers } from '../../../protocol/primitives/rows.ts'

/** Numbers for the names that rules use (principals, hosts), for as long as a rule uses them. */
export class Names {
  readonly #numbers = new Map<string, number>()
  readonly #texts: string[] = []
  readonly #uses: number[] = []
  readonly #rows = new RowNumbers()
  /** Raised when a name comes or goes. */
  version = 0

  /** -1 for a name that no rule uses. */
  find(text: string): number {
    return this.#numbers.get(text) ?? -1
  }

  text(number: number): string {
    return this.#texts[number] as string
  }

  /** One more use of the name. */
  use(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) {
      this.#uses[known] = (this.#uses[known] as number) + 1
      return known
    }
    const number = this.#rows.take()
    this.#numbers.set(text, number)
    this.#texts[number] = text
    this.#uses[number] = 1
    this.version++
    return number
  }

  /** One use less. @returns whether it was the last */
  release(number: number): boolean {
    const uses = (this.#uses[number] as number) - 1
    this.#uses[number] = uses
    if (uses > 0) return false
    this.#numbers.delete(this.text(number))
    this.#texts[number] = ''
    this.#rows.giveBack(number)
    this.version++
    return true
  }
}
