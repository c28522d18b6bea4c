import { mixed, RowNumbers, RowTable } from '../../../protocol/primitives/rows.ts'
import { PatternType, type ResourceType, WILDCARD } from './acl.ts'

const FNV_PRIME = 0x01000193
const FNV_BASIS = 0x811c9dc5

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
  readonly #types: number[] = []
  readonly #patternTypes: number[] = []
  readonly #names: string[] = []
  readonly #uses: number[] = []
  readonly #hashes: number[] = []
  readonly #rows = new RowNumbers()
  readonly #table = new RowTable((pattern) => this.#hashes[pattern] as number)
  readonly #ofType: OfType[] = []
  /** What the last `cover` found. */
  readonly covering: number[] = []

  resourceType(pattern: number): ResourceType {
    return this.#types[pattern] as ResourceType
  }

  patternType(pattern: number): PatternType {
    return this.#patternTypes[pattern] as PatternType
  }

  name(pattern: number): string {
    return this.#names[pattern] as string
  }

  /** How many rules use it. */
  uses(pattern: number): number {
    return this.#uses[pattern] as number
  }

  /** The pattern that covers every resource of the type, -1 while no rule uses it. */
  wildcard(resourceType: ResourceType): number {
    return this.#ofType[resourceType]?.wildcard ?? -1
  }

  /** -1 for a pattern that no rule uses. */
  find(resourceType: number, patternType: number, name: string): number {
    const hash = finished(hashOver(name, 0, name.length, begun(resourceType)), patternType)
    return this.#look(hash, resourceType, patternType, name)
  }

  /** One more rule uses the pattern. */
  use(resourceType: ResourceType, patternType: PatternType, name: string): number {
    const hash = finished(hashOver(name, 0, name.length, begun(resourceType)), patternType)
    const known = this.#look(hash, resourceType, patternType, name)
    if (known >= 0) {
      this.#uses[known] = (this.#uses[known] as number) + 1
      return known
    }
    const pattern = this.#rows.take()
    this.#types[pattern] = resourceType
    this.#patternTypes[pattern] = patternType
    this.#names[pattern] = name
    this.#uses[pattern] = 1
    this.#hashes[pattern] = hash
    this.#table.add(pattern)
    this.#ofType[resourceType] ??= { lengths: [], counts: new Map(), wildcard: -1 }
    const ofType = this.#ofType[resourceType] as OfType
    if (patternType === PatternType.PREFIXED) countLength(ofType, name.length)
    else if (name === WILDCARD) ofType.wildcard = pattern
    return pattern
  }

  /** One rule less uses the pattern. @returns whether it was the last */
  release(pattern: number): boolean {
    const uses = (this.#uses[pattern] as number) - 1
    this.#uses[pattern] = uses
    if (uses > 0) return false
    this.#table.remove(pattern)
    const ofType = this.#ofType[this.resourceType(pattern)] as OfType
    if (this.patternType(pattern) === PatternType.PREFIXED) dropLength(ofType, this.name(pattern).length)
    else if (this.name(pattern) === WILDCARD) ofType.wildcard = -1
    this.#names[pattern] = ''
    this.#rows.giveBack(pattern)
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
      hash = hashOver(name, at, length, hash)
      at = length
      const prefix = this.#lookPrefix(finished(hash, PatternType.PREFIXED), resourceType, length, name)
      if (prefix >= 0) found.push(prefix)
    }
    hash = hashOver(name, at, name.length, hash)
    const literal = this.#look(finished(hash, PatternType.LITERAL), resourceType, PatternType.LITERAL, name)
    if (literal >= 0 && literal !== ofType.wildcard) found.push(literal)
  }

  #look(hash: number, resourceType: number, patternType: number, name: string): number {
    const { places, mask } = this.#table
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const pattern = (places[at] as number) - 1
      if (pattern < 0) return -1
      if (
        this.#hashes[pattern] === hash &&
        this.#types[pattern] === resourceType &&
        this.#patternTypes[pattern] === patternType &&
        this.#names[pattern] === name
      ) {
        return pattern
      }
    }
  }

  #lookPrefix(hash: number, resourceType: number, length: number, name: string): number {
    const { places, mask } = this.#table
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const pattern = (places[at] as number) - 1
      if (pattern < 0) return -1
      if (this.#hashes[pattern] !== hash || this.#types[pattern] !== resourceType) continue
      if (this.#patternTypes[pattern] !== PatternType.PREFIXED) continue
      const prefix = this.#names[pattern] as string
      if (prefix.length === length && name.startsWith(prefix)) return pattern
    }
  }
}

function begun(resourceType: number): number {
  return Math.imul(FNV_BASIS ^ resourceType, FNV_PRIME)
}

function hashOver(name: string, from: number, to: number, before: number): number {
  let hash = before
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ name.charCodeAt(i), FNV_PRIME)
  return hash
}

function finished(hash: number, patternType: number): number {
  return mixed(hash + patternType)
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
