import { grown } from '../../../protocol/primitives/rows.ts'
import type { ResourceType } from './acl.ts'
import type { PermissionChange } from './permission-model.ts'

/** Changes of many names at once that are remembered one by one. */
const WIDE_CHANGES = 32

interface WideChange extends PermissionChange {
  readonly version: number
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
  readonly #wide: WideChange[] = []
  /** The newest change of many names that is no longer in the list. */
  #forgotten = 0

  get version(): number {
    return this.#version
  }

  /** @param slots where decisions about just this name are kept @param principal of the change, if anybody knows it */
  add(change: PermissionChange, slots: readonly number[], principal: PrincipalChanges | undefined): void {
    const version = ++this.#version
    if (change.isPrefix || change.resourceType === undefined) {
      this.#wide.push({ ...change, version })
      if (this.#wide.length > WIDE_CHANGES) this.#forgotten = (this.#wide.shift() as WideChange).version
    }
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
    if (this.#forgotten > since) return true
    for (let i = this.#wide.length - 1; i >= 0; i--) {
      const change = this.#wide[i] as WideChange
      if (change.version <= since) return false
      if (change.resourceType !== undefined && change.resourceType !== resourceType) continue
      if (change.principal !== undefined && change.principal !== principal) continue
      if (name.startsWith(change.name)) return true
    }
    return false
  }
}
