const PAGE_SHIFT = 10
const PAGE_ROWS = 1 << PAGE_SHIFT
const WITHIN_PAGE = PAGE_ROWS - 1

/**
 * Rows of a few words each. Their numbers are given out again after they were given back. They lie on pages that are never
 * moved, so that one row more costs the same however many there are.
 */
export class Rows {
  readonly #width: number
  readonly #pages: Int32Array[] = []
  #highest = 0
  /** One more than the row that was given back last, whose first word leads on to the one before it; 0 at the end. */
  #free = 0

  /** @param width words of a row */
  constructor(width: number) {
    this.#width = width
  }

  /** Every row there ever was has a smaller number. */
  get highest(): number {
    return this.#highest
  }

  /** The number of a row; its words may hold anything. */
  take(): number {
    if (this.#free !== 0) {
      const row = this.#free - 1
      this.#free = this.get(row, 0)
      return row
    }
    const row = this.#highest++
    if ((row & WITHIN_PAGE) === 0) this.#pages.push(new Int32Array(PAGE_ROWS * this.#width))
    return row
  }

  giveBack(row: number): void {
    this.set(row, 0, this.#free)
    this.#free = row + 1
  }

  get(row: number, word: number): number {
    const page = this.#pages[row >>> PAGE_SHIFT] as Int32Array
    return page[(row & WITHIN_PAGE) * this.#width + word] as number
  }

  set(row: number, word: number, value: number): void {
    const page = this.#pages[row >>> PAGE_SHIFT] as Int32Array
    page[(row & WITHIN_PAGE) * this.#width + word] = value
  }
}

/** The strings that go with rows, on pages too. */
export class RowTexts {
  readonly #pages: string[][] = []

  at(row: number): string {
    return this.#pages[row >>> PAGE_SHIFT]?.[row & WITHIN_PAGE] as string
  }

  set(row: number, text: string): void {
    const number = row >>> PAGE_SHIFT
    let page = this.#pages[number]
    if (page === undefined) {
      page = new Array<string>(PAGE_ROWS).fill('')
      this.#pages[number] = page
    }
    page[row & WITHIN_PAGE] = text
  }
}
