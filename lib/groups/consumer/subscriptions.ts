import { Counter } from '../counter.ts'
import type { ConsumerMember } from './member.ts'

/** The topics that a regular expression stood for when it was last looked at (`ResolvedRegularExpression`). */
export interface ResolvedRegex {
  readonly topics: ReadonlySet<string>
  /** The version of the metadata then. */
  readonly version: number
  /** ms since 1970. */
  readonly timestampMs: number
}

/** What the members of a group subscribe to, by names and by regular expressions. */
export class Subscriptions {
  /** How many members name each topic. */
  readonly #byName = new Counter()
  /** How many regular expressions stand for each topic. */
  readonly #byRegex = new Counter()
  /** How many members subscribe by each regular expression. */
  readonly #regexes = new Counter()
  readonly #resolved = new Map<string, ResolvedRegex>()

  replace(old: ConsumerMember | undefined, member: ConsumerMember | undefined): void {
    if (old) this.#count(old, -1)
    if (member) this.#count(member, 1)
  }

  #count({ subscribedTopicNames, subscribedTopicRegex }: ConsumerMember, step: 1 | -1): void {
    for (const topic of subscribedTopicNames) this.#byName.count(topic, step)
    if (subscribedTopicRegex !== '') this.#regexes.count(subscribedTopicRegex, step)
  }

  resolve(regex: string, resolved: ResolvedRegex | undefined): void {
    for (const topic of this.#resolved.get(regex)?.topics ?? []) this.#byRegex.count(topic, -1)
    this.#resolved.delete(regex)
    if (!resolved) return
    this.#resolved.set(regex, resolved)
    for (const topic of resolved.topics) this.#byRegex.count(topic, 1)
  }

  membersOf(regex: string): number {
    return this.#regexes.get(regex)
  }

  get regexes(): readonly string[] {
    return [...this.#regexes.keys()]
  }

  get hasRegexes(): boolean {
    return this.#regexes.size > 0
  }

  get resolved(): ReadonlyMap<string, ResolvedRegex> {
    return this.#resolved
  }

  has(topic: string): boolean {
    return this.#byName.get(topic) > 0 || this.#byRegex.get(topic) > 0
  }

  topics(): Set<string> {
    return new Set([...this.#byName.keys(), ...this.#byRegex.keys()])
  }

  /** The names of the topics that the member subscribes to, there or not. */
  topicsOf({ subscribedTopicNames, subscribedTopicRegex }: ConsumerMember): ReadonlySet<string> {
    const resolved = this.#resolved.get(subscribedTopicRegex)?.topics
    if (!resolved || resolved.size === 0) return subscribedTopicNames
    if (subscribedTopicNames.size === 0) return resolved
    return new Set([...subscribedTopicNames, ...resolved])
  }

  /** Whether all of that many members subscribe to the same topics (`ConsumerGroup.subscriptionType`). */
  isHomogeneous(members: number): boolean {
    const [regex] = this.#regexes.keys()
    if (regex === undefined) {
      for (const topic of this.#byName.keys()) if (this.#byName.get(topic) !== members) return false
      return true
    }
    return this.#regexes.get(regex) === members && this.#byName.size === 0
  }
}
