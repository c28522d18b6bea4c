import { grown } from '../../../protocol/primitives/grown.ts'

/** Entries of one page. */
export const PAGE_SHIFT = 6
export const PAGE_ENTRIES = 1 << PAGE_SHIFT
/** Words of one entry: the version it was right at, and its decisions. */
const ENTRY_WORDS = 2
const PAGE_WORDS = PAGE_ENTRIES * ENTRY_WORDS

/** As often as this it is looked whether something that was granted is idle. */
const REFUSALS = 1024

/** A page that no version matches: what stands where no page is. */
export const NO_PAGE = 0

export interface PageOwner {
  readonly hits: number
  /** Lets go of the pages that were not used since the last time. */
  age(): void
  /** Lets go of the pages that are not about topics. */
  forgetOthers(): void
}

/**
 * Where decisions are kept: pages of entries in one array, which grows up to a limit. When no page is left every owner
 * lets go of what it has not used of late (two generations, so that being used costs a hit nothing).
 */
export class DecisionPool {
  words = new Int32Array(8 * PAGE_WORDS)
  readonly owners = new Set<PageOwner>()
  /** Words that owners keep beside their pages. */
  flatWords = 0
  #refused = 0
  readonly #limit: number
  readonly #free: number[] = []
  #next = PAGE_WORDS
  #evictions = 0

  /** @param maxEntries how many decisions are kept at most, at 8 bytes each */
  constructor(maxEntries: number) {
    this.#limit = Math.max(4, Math.ceil(maxEntries / PAGE_ENTRIES) + 1) * PAGE_WORDS
  }

  /** Places for entries that are in use. */
  get entries(): number {
    return (this.#next - PAGE_WORDS) / ENTRY_WORDS - this.#free.length * PAGE_ENTRIES
  }

  /** Pages that had to make room. */
  get evictions(): number {
    return this.#evictions
  }

  /** An empty page: where it begins in `words`. */
  take(): number {
    if (this.#free.length === 0 && this.#next === this.#limit) {
      const before = this.#free.length
      // The first time everything grows old, the second time what is still old goes.
      while (this.#free.length === 0) for (const owner of this.owners) owner.age()
      this.#evictions += this.#free.length - before
    }
    const page = this.#free.pop()
    if (page !== undefined) {
      this.words.fill(0, page, page + PAGE_WORDS)
      return page
    }
    const next = this.#next
    this.#next += PAGE_WORDS
    if (this.#next > this.words.length) {
      this.words = grown(this.words, Math.min(2 * this.words.length, this.#limit))
    }
    return next
  }

  /** Whether an owner may keep that many more words beside its pages, as many as there are entries on pages at most. */
  grantFlat(words: number): boolean {
    if (this.flatWords + words <= this.#limit / ENTRY_WORDS) {
      this.flatWords += words
      return true
    }
    // Those who have theirs may not need it any more.
    if (++this.#refused % REFUSALS === 0) for (const owner of this.owners) owner.age()
    return false
  }

  giveBack(page: number): void {
    this.#free.push(page)
  }
}
