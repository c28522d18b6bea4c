import type { Mode } from './mode-bits.ts'

/** Everybody, where an entry could name a user. */
export const EVERYBODY = '*'
/** What the name of a group begins with, where an entry could name a user. */
export const GROUP_SIGN = '@'

/**
 * The modes of users: defaults, and overrides for single topics, which take their place. Whom an entry is for is a user's
 * name, `@group`, or `*`; of several that fit, the user's own counts, else those of the user's groups together, else that of
 * everybody. An override for anybody who fits comes before any default.
 */
export class ModeStore {
  readonly defaults = new Map<string, Mode>()
  /** By topic, then by whom it is for. */
  readonly topics = new Map<string, Map<string, Mode>>()
  /** By user, the groups' names without a sign. */
  readonly groups = new Map<string, readonly string[]>()
  /** Topics with an override, by whom it is for. */
  readonly #topicsOf = new Map<string, Set<string>>()

  /** @param mode undefined takes the entry away */
  setDefault(who: string, mode: Mode | undefined): void {
    if (mode === undefined) this.defaults.delete(who)
    else this.defaults.set(who, mode)
  }

  /** @param mode undefined takes the entry away */
  setTopic(topic: string, who: string, mode: Mode | undefined): void {
    const overrides = this.topics.get(topic) ?? new Map<string, Mode>()
    const topicsOf = this.#topicsOf.get(who) ?? new Set<string>()
    if (mode === undefined) {
      overrides.delete(who)
      topicsOf.delete(topic)
    } else {
      overrides.set(who, mode)
      topicsOf.add(topic)
    }
    if (overrides.size === 0) this.topics.delete(topic)
    else this.topics.set(topic, overrides)
    if (topicsOf.size === 0) this.#topicsOf.delete(who)
    else this.#topicsOf.set(who, topicsOf)
  }

  setGroups(user: string, groups: readonly string[]): void {
    if (groups.length === 0) this.groups.delete(user)
    else this.groups.set(user, groups)
  }

  modeOn(user: string, topic: string): Mode {
    const overrides = this.topics.get(topic)
    return (overrides && this.#fitting(overrides, user)) ?? this.defaultOf(user)
  }

  defaultOf(user: string): Mode {
    return this.#fitting(this.defaults, user) ?? 0
  }

  /** The topics whose mode for the user may differ from the default. */
  overriddenTopics(user: string): Set<string> {
    const topics = new Set<string>()
    const groups = this.groups.get(user) ?? []
    for (const who of [user, EVERYBODY, ...groups.map((group) => GROUP_SIGN + group)]) {
      for (const topic of this.#topicsOf.get(who) ?? []) topics.add(topic)
    }
    return topics
  }

  /** What the user may do to some topic, there or not. */
  modeAnywhere(user: string): Mode {
    let mode = this.defaultOf(user)
    for (const topic of this.overriddenTopics(user)) mode |= this.modeOn(user, topic)
    return mode
  }

  /** Every user that an entry names, or that is in a group. */
  users(): Set<string> {
    const users = new Set<string>(this.groups.keys())
    for (const who of [...this.defaults.keys(), ...this.#topicsOf.keys()]) {
      if (who !== EVERYBODY && !who.startsWith(GROUP_SIGN)) users.add(who)
    }
    return users
  }

  #fitting(entries: ReadonlyMap<string, Mode>, user: string): Mode | undefined {
    const own = entries.get(user)
    if (own !== undefined) return own
    let together: Mode | undefined
    for (const group of this.groups.get(user) ?? []) {
      const mode = entries.get(GROUP_SIGN + group)
      if (mode !== undefined) together = (together ?? 0) | mode
    }
    return together ?? entries.get(EVERYBODY)
  }
}
