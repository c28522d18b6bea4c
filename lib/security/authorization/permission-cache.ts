import { type Principal, principalText } from '../principal.ts'
import { ResourceType } from './acl.ts'
import type { Authorizer } from './authorizer.ts'
import { CachedPermissions, otherSlot, type SharedState, topicSlot } from './cached-permissions.ts'
import { DecisionPool } from './decision-pool.ts'
import { OtherNames } from './other-names.ts'
import { PermissionChanges, type PrincipalChanges } from './permission-changes.ts'
import type {
  PermissionChange,
  PermissionModel,
  Question,
  Subject,
  TopicDirectory,
} from './permission-model.ts'

export interface PermissionCacheOptions {
  /** Decisions kept at most, at 8 bytes each. Default: 2^21. */
  readonly maxEntries?: number
}

const MAX_ENTRIES = 2 ** 21

/** More principals and hosts than this, and those who have not asked of late are forgotten. */
const SUBJECTS = 4096

interface KnownPrincipal {
  readonly changes: PrincipalChanges
  /** How many hosts it is known from. */
  subjects: number
}

/** Matches no version: every question takes the long way, where it can be told of. */
const TOLD = -1

/**
 * Remembers what a model has decided. For each principal and host there is one `Permissions`, shared by its sessions; a
 * decision is two words, the version it was right at and a bit for each operation. A change raises the version, so the
 * very next question looks whether the change concerns it (`PermissionChanges`), and only then decides again.
 */
export class PermissionCache implements Authorizer {
  readonly #topics: TopicDirectory
  readonly #changes = new PermissionChanges()
  readonly #names = new OtherNames()
  readonly #shared: SharedState
  readonly #permissions = new Map<string, CachedPermissions>()
  readonly #principals = new Map<string, KnownPrincipal>()
  #mostSubjects = SUBJECTS
  readonly #listeners = new Set<(event: Question) => void>()

  constructor(
    model: PermissionModel,
    topics: TopicDirectory,
    { maxEntries = MAX_ENTRIES }: PermissionCacheOptions = {},
  ) {
    this.#topics = topics
    const pool = new DecisionPool(maxEntries)
    this.#shared = {
      version: this.#changes.version,
      hits: 0,
      misses: 0,
      invalidations: 0,
      pool,
      fresh: new Set(),
      model,
      topics,
      changes: this.#changes,
      otherSlot: (resourceType, name) => this.#otherSlot(resourceType, name),
      admit: (permissions) => this.#admit(permissions),
      retire: (permissions) => this.#retire(permissions),
      tell: undefined,
    }
    model.subscribe((change) => this.#changed(change))
  }

  /** Questions answered from memory. */
  get hits(): number {
    let { hits } = this.#shared
    for (const permissions of this.#shared.pool.owners) hits += permissions.hits
    return hits
  }

  /** Questions that had to be decided. */
  get misses(): number {
    return this.#shared.misses
  }

  /** Decisions that a change made worthless. */
  get invalidations(): number {
    return this.#shared.invalidations
  }

  /** Decisions there is room for at present. */
  get entries(): number {
    return this.#shared.pool.entries
  }

  /** Principals and hosts that something is remembered of. */
  get subjects(): number {
    return this.#shared.pool.owners.size
  }

  permissionsOf(principal: Principal, host: string): CachedPermissions {
    const subject = { principal: principalText(principal), host }
    const known = this.#permissions.get(keyOf(subject))
    if (known) return known
    const permissions = new CachedPermissions(this.#shared, subject)
    permissions.admit()
    return permissions
  }

  /**
   * Tells of every question from now on; nothing is spent on it while nobody listens.
   * @returns what ends it
   */
  onQuestion(listener: (event: Question) => void): () => void {
    this.#listeners.add(listener)
    this.#listen()
    return () => {
      this.#listeners.delete(listener)
      this.#listen()
    }
  }

  #listen(): void {
    const listeners = this.#listeners
    this.#shared.tell =
      listeners.size === 0
        ? undefined
        : (event) => {
            for (const listener of listeners) listener(event)
          }
    this.#follow()
  }

  #follow(): void {
    this.#shared.version = this.#shared.tell === undefined ? this.#changes.version : TOLD
    for (const permissions of this.#shared.fresh) permissions.changed()
    this.#shared.fresh.clear()
  }

  #changed(change: PermissionChange): void {
    const slots: number[] = []
    const { resourceType, name, isPrefix, principal } = change
    let topic = -1
    if (!isPrefix && resourceType !== undefined) {
      if (resourceType === ResourceType.TOPIC) topic = this.#topics.indexOf(name)
      if (topic >= 0) slots.push(topicSlot(topic))
      const other = this.#names.find(resourceType, name)
      if (other >= 0) slots.push(otherSlot(other))
    }
    const changes = principal === undefined ? undefined : this.#principals.get(principal)?.changes
    this.#changes.add(change, topic, slots, changes)
    this.#follow()
  }

  #admit(permissions: CachedPermissions): PrincipalChanges {
    const { subject } = permissions
    const { owners } = this.#shared.pool
    if (owners.size >= this.#mostSubjects) {
      for (const owner of owners) owner.age()
      this.#mostSubjects = Math.max(SUBJECTS, 2 * owners.size)
    }
    owners.add(permissions)
    const key = keyOf(subject)
    if (!this.#permissions.has(key)) this.#permissions.set(key, permissions)
    const known = this.#principals.get(subject.principal)
    if (known) {
      known.subjects++
      return known.changes
    }
    const changes = { changedAt: this.#changes.version }
    this.#principals.set(subject.principal, { changes, subjects: 1 })
    return changes
  }

  #retire(permissions: CachedPermissions): void {
    const { subject } = permissions
    this.#shared.pool.owners.delete(permissions)
    this.#shared.hits += permissions.takeHits()
    const key = keyOf(subject)
    if (this.#permissions.get(key) === permissions) this.#permissions.delete(key)
    const known = this.#principals.get(subject.principal) as KnownPrincipal
    known.subjects--
    if (known.subjects === 0) this.#principals.delete(subject.principal)
  }

  #otherSlot(resourceType: ResourceType, name: string): number {
    const known = this.#names.find(resourceType, name)
    if (known >= 0) return otherSlot(known)
    if (this.#names.isFull) {
      this.#names.clear()
      for (const permissions of this.#shared.pool.owners) permissions.forgetOthers()
    }
    return otherSlot(this.#names.add(resourceType, name))
  }
}

function keyOf({ principal, host }: Subject): string {
  return `${host} ${principal}`
}
