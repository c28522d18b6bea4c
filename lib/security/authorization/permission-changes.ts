import { grown } from '../../../protocol/primitives/grown.ts'
import { ResourceType } from './acl.ts'
import type { PermissionChange } from './permission-model.ts'

/** Changes that are remembered one by one. */
const REMEMBERED = 64

interface RememberedChange extends PermissionChange {
  readonly version: number
  /** Of the topic of just this name, -1 where there is none. */
  readonly topicIndex: number
}

/** When something about a principal was changed last, for any resource. */
export interface PrincipalChanges {
  changedAt: number
}

/**
 * What has changed since a decision was made. Each change raises `version`; a decision of this version is right, and of
 * an older one it can be said, without looking at any rule, whether a change since then concerns it.
 */
export class PermissionChanges {
  #version = 1
  /** For each slot: when a rule on just this name was changed last, whoever's it was. */
  #slots = new Int32Array(64)
  /** When something was changed last for every principal. */
  #everyone = 0
  /** The latest, and the latest of those of many names at once. */
  readonly #latest = new LatestChanges()
  readonly #wide = new LatestChanges()

  get version(): number {
    return this.#version
  }

  /**
   * @param topicIndex of the topic that has just this name, -1 where there is none
   * @param slots where decisions about just this name are kept
   * @param principal of the change, if anybody knows it
   */
  add(
    change: PermissionChange,
    topicIndex: number,
    slots: readonly number[],
    principal: PrincipalChanges | undefined,
  ): void {
    const version = ++this.#version
    const remembered = { ...change, topicIndex, version }
    this.#latest.add(remembered)
    if (isWide(change)) this.#wide.add(remembered)
    if (principal) principal.changedAt = version
    else if (change.principal === undefined) this.#everyone = version
    for (const slot of slots) {
      if (slot >= this.#slots.length) this.#slots = grown(this.#slots, 2 * slot)
      this.#slots[slot] = version
    }
  }

  /** Whether anything has changed since for this principal. */
  isTouched(since: number, { changedAt }: PrincipalChanges): boolean {
    return changedAt > since || this.#everyone > since
  }

  /** Whether what was decided then about this name may no longer be so. */
  isStale(
    since: number,
    slot: number,
    resourceType: ResourceType,
    name: string,
    principal: string,
    changes: PrincipalChanges,
  ): boolean {
    if (!this.isTouched(since, changes)) return false
    if ((this.#slots[slot] ?? 0) > since) return true
    if (this.#wide.forgotten > since) return true
    const { list } = this.#wide
    for (let i = list.length - 1; i >= 0; i--) {
      const change = list[i] as RememberedChange
      if (change.version <= since) return false
      if (change.resourceType !== undefined && change.resourceType !== resourceType) continue
      if (change.principal !== undefined && change.principal !== principal) continue
      if (name.startsWith(change.name)) return true
    }
    return false
  }

  /**
   * Clears what is no longer right of decisions about topics, by their indexes.
   * @returns false where nobody knows what is right, so that all have to go
   */
  catchUp(decisions: Int32Array, since: number, principal: string): boolean {
    if (this.#latest.forgotten > since) return false
    const { list } = this.#latest
    for (let i = list.length - 1; i >= 0; i--) {
      const change = list[i] as RememberedChange
      if (change.version <= since) return true
      if (change.resourceType !== undefined && change.resourceType !== ResourceType.TOPIC) continue
      if (change.principal !== undefined && change.principal !== principal) continue
      if (isWide(change)) return false
      if (change.topicIndex >= 0 && change.topicIndex < decisions.length) decisions[change.topicIndex] = 0
    }
    return true
  }
}

class LatestChanges {
  /** The newest last. */
  list: RememberedChange[] = []
  /** The version of the newest that is not remembered. */
  forgotten = 0

  add(change: RememberedChange): void {
    if (this.list.length === 2 * REMEMBERED) {
      this.forgotten = (this.list[REMEMBERED - 1] as RememberedChange).version
      this.list = this.list.slice(REMEMBERED)
    }
    this.list.push(change)
  }
}

function isWide({ isPrefix, resourceType }: PermissionChange): boolean {
  return isPrefix || resourceType === undefined
}
