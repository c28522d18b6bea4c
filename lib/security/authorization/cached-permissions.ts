import { grown } from '../../../protocol/primitives/grown.ts'
import { type AclOperation, ResourceType } from './acl.ts'
import type { Permissions } from './authorizer.ts'
import { type DecisionPool, NO_PAGE, PAGE_ENTRIES, PAGE_SHIFT, type PageOwner } from './decision-pool.ts'
import type { PermissionChanges, PrincipalChanges } from './permission-changes.ts'
import {
  KNOWN_SHIFT,
  type PermissionModel,
  type Question,
  type Subject,
  type TopicDirectory,
} from './permission-model.ts'

/** What a cache shares with the permissions that it hands out. */
export interface SharedState {
  /** What entries on the short way are compared with: the version of the permissions, or one that nothing has. */
  version: number
  /** Of permissions that were retired; each counts its own. */
  hits: number
  misses: number
  invalidations: number
  readonly pool: DecisionPool
  /** Those who have asked since the last change, and so have to hear of the next. */
  readonly fresh: Set<CachedPermissions>
  readonly model: PermissionModel
  readonly topics: TopicDirectory
  readonly changes: PermissionChanges
  /** Where decisions about what is no topic of the cluster are kept. */
  otherSlot(resourceType: ResourceType, name: string): number
  /** Somebody is here whose decisions are to be kept. */
  admit(permissions: CachedPermissions): PrincipalChanges
  /** Nothing is kept for them any more. */
  retire(permissions: CachedPermissions): void
  /** undefined while nobody listens. */
  tell: ((event: Question) => void) | undefined
}

const WITHIN_PAGE = PAGE_ENTRIES - 1
/** The bit of an operation in decisions that were shifted by the operation, and the bit that says it is known. */
const ALLOWED = 1
const KNOWN = 1 << KNOWN_SHIFT

const NOTHING = new Int32Array(0)

/** Pages of topics and of everything else take turns. */
export function topicSlot(index: number): number {
  return index + (index & ~WITHIN_PAGE)
}

export function otherSlot(number: number): number {
  return topicSlot(number) + PAGE_ENTRIES
}

/**
 * The decisions about one principal from one host, as far as they were asked for. They lie on pages, each with the
 * version it was right at. In front of the pages is a plain array of topics' decisions, for those who ask much: it is
 * there to be read only while all of it is of the present version, so that an answer costs an index and a mask.
 */
export class CachedPermissions implements Permissions, PageOwner {
  readonly subject: Subject
  readonly #shared: SharedState
  /** Topics' decisions while all of them are right; without any when something has changed. */
  #flat = NOTHING
  /** The same array, and when all in it was right. */
  #kept = NOTHING
  #keptVersion = 0
  /** Goes round at 2^32, so that it stays a small integer: a larger one would cost more than the answer. */
  #hits = 0
  #hitsCarried = 0
  #hitsBefore = 0
  /** Answers that came from pages because the plain array is too short. */
  #beyond = 0
  /** Where the page of each 64 slots lies; and those that were not used since the last time room was needed. */
  #pages = NOTHING
  #oldPages = NOTHING
  #changes: PrincipalChanges | undefined
  readonly #onAny = new Map<number, { isAllowed: boolean; version: number }>()

  constructor(shared: SharedState, subject: Subject) {
    this.subject = subject
    this.#shared = shared
  }

  get replicatesByTopic(): boolean {
    return this.#shared.model.replicatesByTopic ?? false
  }

  get hits(): number {
    return this.#hitsCarried + (this.#hits >>> 0)
  }

  /** The hits so far, which will not be counted here again. */
  takeHits(): number {
    const { hits } = this
    this.#hits = 0
    this.#hitsCarried = 0
    this.#hitsBefore = 0
    return hits
  }

  allowsTopic(operation: AclOperation, topicIndex: number): boolean {
    const flat = this.#flat
    if (topicIndex < flat.length) {
      const decision = (flat[topicIndex] as number) >>> operation
      if ((decision & KNOWN) !== 0) {
        this.#hit()
        return (decision & ALLOWED) !== 0
      }
    }
    return this.#allowsOnPage(operation, topicIndex)
  }

  allows(operation: AclOperation, resourceType: ResourceType, name: string): boolean {
    if (resourceType === ResourceType.TOPIC) {
      const topicIndex = this.#shared.topics.indexOf(name)
      if (topicIndex >= 0) return this.allowsTopic(operation, topicIndex)
    }
    return this.#ask(operation, resourceType, name, this.#shared.otherSlot(resourceType, name))
  }

  allowsOnAny(operation: AclOperation, resourceType: ResourceType): boolean {
    const { changes, model, tell } = this.#shared
    const principalChanges = this.admit()
    const key = (resourceType << KNOWN_SHIFT) | operation
    const { version } = changes
    const known = this.#onAny.get(key)
    let isAllowed = known?.isAllowed
    if (known === undefined || changes.isTouched(known.version, principalChanges)) {
      isAllowed = model.allowsOnAny(this.subject, operation, resourceType)
      this.#onAny.set(key, { isAllowed, version })
    }
    tell?.({
      ...this.subject,
      operation,
      resourceType,
      resourceName: undefined,
      isAllowed: isAllowed === true,
    })
    return isAllowed === true
  }

  /** Something has changed: what it concerns is looked up before the plain array is read again. */
  changed(): void {
    this.#flat = NOTHING
  }

  /** Lets go of what was not used since the last time. */
  age(): void {
    this.#giveBack(this.#oldPages, 0, 1)
    this.#oldPages = this.#pages
    this.#pages = NOTHING
    const { hits } = this
    const isIdle = hits === this.#hitsBefore
    this.#hitsBefore = hits
    if (!isIdle) return
    this.#shared.pool.flatWords -= this.#kept.length
    this.#kept = NOTHING
    this.#flat = NOTHING
    this.#beyond = 0
    if (this.#oldPages.length > 0) return
    this.#onAny.clear()
    this.#changes = undefined
    this.#shared.retire(this)
  }

  /** Lets go of all that is not about a topic. */
  forgetOthers(): void {
    this.#giveBack(this.#pages, 1, 2)
    this.#giveBack(this.#oldPages, 1, 2)
  }

  #hit(): void {
    const hits = (this.#hits + 1) | 0
    this.#hits = hits
    if (hits === 0) this.#hitsCarried += 2 ** 32
  }

  #giveBack(pages: Int32Array, first: number, step: number): void {
    for (let i = first; i < pages.length; i += step) {
      if (pages[i] !== NO_PAGE) this.#shared.pool.giveBack(pages[i] as number)
      pages[i] = NO_PAGE
    }
  }

  /** Is known to the cache from now on, until it has asked nothing for a while. */
  admit(): PrincipalChanges {
    this.#changes ??= this.#shared.admit(this)
    return this.#changes
  }

  #allowsOnPage(operation: AclOperation, topicIndex: number): boolean {
    const shared = this.#shared
    const { words } = shared.pool
    const pages = this.#pages
    const number = (topicIndex >>> PAGE_SHIFT) << 1
    const page = number < pages.length ? (pages[number] as number) : NO_PAGE
    const entry = page + ((topicIndex & WITHIN_PAGE) << 1)
    if (words[entry] === shared.version) {
      const decisions = words[entry + 1] as number
      const decision = decisions >>> operation
      if ((decision & KNOWN) !== 0) {
        this.#hit()
        this.#flatten(topicIndex, decisions)
        return (decision & ALLOWED) !== 0
      }
    }
    const name = shared.topics.nameAt(topicIndex)
    return name !== undefined && this.#ask(operation, ResourceType.TOPIC, name, topicSlot(topicIndex))
  }

  /** Puts decisions that are right now into the plain array, which grows with how often it was missed. */
  #flatten(topicIndex: number, decisions: number): void {
    const { changes, pool, version, fresh } = this.#shared
    if (this.#keptVersion !== version) {
      const isUpToDate = changes.catchUp(this.#kept, this.#keptVersion, this.subject.principal)
      if (!isUpToDate) this.#kept.fill(0)
      this.#keptVersion = version
    }
    if (topicIndex < this.#kept.length) {
      this.#kept[topicIndex] = decisions
    } else {
      this.#beyond++
      const length = Math.max(64, 2 * this.#kept.length, topicIndex + 1)
      if (8 * this.#beyond >= length && pool.grantFlat(length - this.#kept.length)) {
        this.#kept = grown(this.#kept, length)
        this.#kept[topicIndex] = decisions
      }
    }
    this.#flat = this.#kept
    fresh.add(this)
  }

  #ask(operation: AclOperation, resourceType: ResourceType, name: string, slot: number): boolean {
    const shared = this.#shared
    const { changes, pool } = shared
    const { version } = changes
    let entry = this.#entry(slot)
    const principalChanges = this.admit()
    const since = pool.words[entry] as number
    let decisions = pool.words[entry + 1] as number
    if (since !== version && decisions !== 0) {
      const { principal } = this.subject
      if (changes.isStale(since, slot, resourceType, name, principal, principalChanges)) {
        shared.invalidations++
        decisions = 0
      }
    }
    if (((decisions >>> operation) & KNOWN) !== 0) {
      this.#hit()
    } else {
      shared.misses++
      decisions |= shared.model.decide(this.subject, operation, resourceType, name)
      // Whoever decides may have asked something himself, and moved the pages.
      entry = this.#entry(slot)
    }
    pool.words[entry] = version
    pool.words[entry + 1] = decisions
    const isAllowed = ((decisions >>> operation) & ALLOWED) !== 0
    shared.tell?.({ ...this.subject, operation, resourceType, resourceName: name, isAllowed })
    return isAllowed
  }

  /** Where the entry of a slot lies, on a page that is made or made young again. */
  #entry(slot: number): number {
    const number = slot >>> PAGE_SHIFT
    const within = (slot & WITHIN_PAGE) << 1
    const young = this.#pages[number] ?? NO_PAGE
    if (young !== NO_PAGE) return young + within
    let page = this.#oldPages[number] ?? NO_PAGE
    if (page === NO_PAGE) page = this.#shared.pool.take()
    else this.#oldPages[number] = NO_PAGE
    // Taking a page may have aged this one too, so that what is young is looked at only now.
    if (number >= this.#pages.length)
      this.#pages = grown(this.#pages, Math.max(4, number + 1, 2 * this.#pages.length))
    this.#pages[number] = page
    this.admit()
    return page + within
  }
}
