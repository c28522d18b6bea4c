import type { ResourceType } from './acl.ts'

/** More names than this, and all are forgotten. */
const MOST = 65_536

/** Numbers for the names of what is no topic of this cluster: groups, transactional ids, topics that are not there. */
export class OtherNames {
  readonly #byType: (Map<string, number> | undefined)[] = []
  readonly #most: number
  #count = 0

  constructor(most = MOST) {
    this.#most = most
  }

  get isFull(): boolean {
    return this.#count >= this.#most
  }

  /** -1 for a name that was not asked about. */
  find(resourceType: ResourceType, name: string): number {
    return this.#byType[resourceType]?.get(name) ?? -1
  }

  add(resourceType: ResourceType, name: string): number {
    this.#byType[resourceType] ??= new Map()
    const number = this.#count++
    this.#byType[resourceType].set(name, number)
    return number
  }

  /** The same numbers are given again, to other names. */
  clear(): void {
    this.#byType.length = 0
    this.#count = 0
  }
}
