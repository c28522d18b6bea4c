import { PatternType, type ResourceType, WILDCARD } from './acl.ts'
import { FNV_BASIS, firstPlace, hashAfter, hashOfText, mixed, nextPlace, RowTable } from './row-table.ts'
import { Rows, RowTexts } from './rows.ts'

/** The words of a pattern: its resource type and its own type, and how many rules use it. */
const KIND = 0
const USES = 1
const WORDS = 2
const TYPE_SHIFT = 8

/** What the patterns of one resource type need for a search. */
interface OfType {
  /** Lengths of its prefixes, ascending, and how many prefixes have each. */
  readonly lengths: number[]
  readonly counts: Map<number, number>
  /** The pattern that covers everything, -1 while there is none. */
  wildcard: number
}

/**
 * The resource patterns that rules speak of, numbered. Those that cover a resource are found in one pass over its name:
 * the hash of each prefix is on the way to the hash of the whole, so neither a string is cut nor a rule on another name
 * looked at.
 */
export class ResourcePatterns {
  readonly #patterns = new Rows(WORDS)
  readonly #names = new RowTexts()
  readonly #table = new RowTable()
  readonly #ofType: OfType[] = []
  /** What the last `cover` found. */
  readonly covering: number[] = []

  resourceType(pattern: number): ResourceType {
    return (this.#patterns.get(pattern, KIND) >>> TYPE_SHIFT) as ResourceType
  }

  patternType(pattern: number): PatternType {
    return (this.#patterns.get(pattern, KIND) & 0xff) as PatternType
  }

  name(pattern: number): string {
    return this.#names.at(pattern)
  }

  /** How many rules use it. */
  uses(pattern: number): number {
    return this.#patterns.get(pattern, USES)
  }

  /** The pattern that covers every resource of the type, -1 while no rule uses it. */
  wildcard(resourceType: ResourceType): number {
    return this.#ofType[resourceType]?.wildcard ?? -1
  }

  /** -1 for a pattern that no rule uses. */
  find(resourceType: number, patternType: number, name: string): number {
    return this.#look(hashOf(resourceType, patternType, name), resourceType, patternType, name)
  }

  /** One more rule uses the pattern. */
  use(resourceType: ResourceType, patternType: PatternType, name: string): number {
    const hash = hashOf(resourceType, patternType, name)
    const known = this.#look(hash, resourceType, patternType, name)
    if (known >= 0) {
      this.#patterns.set(known, USES, this.uses(known) + 1)
      return known
    }
    const pattern = this.#patterns.take()
    this.#patterns.set(pattern, KIND, kindOf(resourceType, patternType))
    this.#patterns.set(pattern, USES, 1)
    this.#names.set(pattern, name)
    this.#table.add(hash, pattern)
    this.#ofType[resourceType] ??= { lengths: [], counts: new Map(), wildcard: -1 }
    const ofType = this.#ofType[resourceType] as OfType
    if (patternType === PatternType.PREFIXED) countLength(ofType, name.length)
    else if (name === WILDCARD) ofType.wildcard = pattern
    return pattern
  }

  /** One rule less uses the pattern. @returns whether it was the last */
  release(pattern: number): boolean {
    const uses = this.uses(pattern) - 1
    this.#patterns.set(pattern, USES, uses)
    if (uses > 0) return false
    const resourceType = this.resourceType(pattern)
    const patternType = this.patternType(pattern)
    const name = this.name(pattern)
    this.#table.remove(hashOf(resourceType, patternType, name), pattern)
    const ofType = this.#ofType[resourceType] as OfType
    if (patternType === PatternType.PREFIXED) dropLength(ofType, name.length)
    else if (name === WILDCARD) ofType.wildcard = -1
    this.#names.set(pattern, '')
    this.#patterns.giveBack(pattern)
    return true
  }

  /** Finds the patterns that cover a resource and leaves them in `covering`. */
  cover(resourceType: ResourceType, name: string): void {
    const found = this.covering
    found.length = 0
    const ofType = this.#ofType[resourceType]
    if (ofType === undefined) return
    // StandardAuthorizer takes the wildcard for a mere prefix of such a name, and passes it over.
    const isPassedOver = name.length > WILDCARD.length && name.startsWith(WILDCARD)
    if (ofType.wildcard >= 0 && !isPassedOver) found.push(ofType.wildcard)
    const { lengths } = ofType
    let hash = begun(resourceType)
    let at = 0
    for (let i = 0; i < lengths.length; i++) {
      const length = lengths[i] as number
      if (length > name.length) break
      hash = hashOfText(name, at, length, hash)
      at = length
      const prefix = this.#lookPrefix(finished(hash, PatternType.PREFIXED), resourceType, length, name)
      if (prefix >= 0) found.push(prefix)
    }
    hash = hashOfText(name, at, name.length, hash)
    const literal = this.#look(finished(hash, PatternType.LITERAL), resourceType, PatternType.LITERAL, name)
    if (literal >= 0 && literal !== ofType.wildcard) found.push(literal)
  }

  #look(hash: number, resourceType: number, patternType: number, name: string): number {
    const kind = kindOf(resourceType, patternType)
    const places = this.#table.placesOf(hash)
    for (let at = firstPlace(hash, places); ; at = nextPlace(at, places)) {
      const pattern = (places[at + 1] as number) - 1
      if (pattern < 0) return -1
      if (places[at] !== hash || this.#patterns.get(pattern, KIND) !== kind) continue
      if (this.#names.at(pattern) === name) return pattern
    }
  }

  #lookPrefix(hash: number, resourceType: number, length: number, name: string): number {
    const kind = kindOf(resourceType, PatternType.PREFIXED)
    const places = this.#table.placesOf(hash)
    for (let at = firstPlace(hash, places); ; at = nextPlace(at, places)) {
      const pattern = (places[at + 1] as number) - 1
      if (pattern < 0) return -1
      if (places[at] !== hash || this.#patterns.get(pattern, KIND) !== kind) continue
      const prefix = this.#names.at(pattern)
      if (prefix.length === length && name.startsWith(prefix)) return pattern
    }
  }
}

function kindOf(resourceType: number, patternType: number): number {
  return (resourceType << TYPE_SHIFT) | patternType
}

function begun(resourceType: number): number {
  return hashAfter(FNV_BASIS, resourceType)
}

function finished(hash: number, patternType: number): number {
  return mixed(hash + patternType)
}

function hashOf(resourceType: number, patternType: number, name: string): number {
  return finished(hashOfText(name, 0, name.length, begun(resourceType)), patternType)
}

function countLength({ lengths, counts }: OfType, length: number): void {
  const count = counts.get(length) ?? 0
  counts.set(length, count + 1)
  if (count > 0) return
  const after = lengths.findIndex((other) => other > length)
  lengths.splice(after < 0 ? lengths.length : after, 0, length)
}

function dropLength({ lengths, counts }: OfType, length: number): void {
  const count = (counts.get(length) as number) - 1
  if (count > 0) {
    counts.set(length, count)
    return
  }
  counts.delete(length)
  lengths.splice(lengths.indexOf(length), 1)
}
