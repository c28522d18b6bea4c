import { type AclOperation, ResourceType } from './acl.ts'
import { type Mode, operationsOf } from './mode-bits.ts'
import { EVERYBODY, GROUP_SIGN, ModeStore } from './mode-store.ts'
import {
  allKnown,
  type Decisions,
  EVERY_OPERATION,
  type PermissionChange,
  type PermissionModel,
  type Subject,
} from './permission-model.ts'

const USER = 'User:'

/** The user that a principal is: `User:alice` is alice, of other types the whole text is the name. */
export function userOf(principal: string): string {
  return principal.startsWith(USER) ? principal.slice(USER.length) : principal
}

/**
 * Decides by mode bits. The proposal speaks of topics only. What it leaves out is decided so: an operation on a group or a
 * transactional id is open to whom it is open to on some topic; the cluster, and what else there is, is for super users.
 */
export class ModeAuthorizer implements PermissionModel {
  readonly store = new ModeStore()
  readonly replicatesByTopic = true
  readonly #superUsers: ReadonlySet<string>
  readonly #listeners: ((change: PermissionChange) => void)[] = []

  /** @param superUsers principals: `User:admin` */
  constructor(superUsers: Iterable<string> = []) {
    this.#superUsers = new Set(superUsers)
  }

  setDefault(who: string, mode: Mode | undefined): void {
    this.store.setDefault(who, mode)
    this.#tell(who)
  }

  setTopic(topic: string, who: string, mode: Mode | undefined): void {
    this.store.setTopic(topic, who, mode)
    this.#tell(who, topic)
  }

  setGroups(user: string, groups: readonly string[]): void {
    this.store.setGroups(user, groups)
    this.#tell(user)
  }

  decide(
    { principal }: Subject,
    _operation: AclOperation,
    resourceType: ResourceType,
    name: string,
  ): Decisions {
    if (this.#superUsers.has(principal)) return allKnown(EVERY_OPERATION)
    const user = userOf(principal)
    switch (resourceType) {
      case ResourceType.TOPIC:
        return allKnown(operationsOf(this.store.modeOn(user, name)))
      case ResourceType.GROUP:
      case ResourceType.TRANSACTIONAL_ID:
        return allKnown(operationsOf(this.store.modeAnywhere(user)))
      default:
        return allKnown(0)
    }
  }

  allowsOnAny({ principal }: Subject, operation: AclOperation, resourceType: ResourceType): boolean {
    if (this.#superUsers.has(principal)) return true
    const isOpen = resourceType <= ResourceType.GROUP || resourceType === ResourceType.TRANSACTIONAL_ID
    return isOpen && (operationsOf(this.store.modeAnywhere(userOf(principal))) & (1 << operation)) !== 0
  }

  subscribe(listener: (change: PermissionChange) => void): void {
    this.#listeners.push(listener)
  }

  /** @param topic undefined: all of them */
  #tell(who: string, topic?: string): void {
    const isOne = who !== EVERYBODY && !who.startsWith(GROUP_SIGN)
    const principal = !isOne ? undefined : who.includes(':') ? who : USER + who
    const about = (resourceType: ResourceType | undefined, name: string, isPrefix: boolean) => {
      const change = { resourceType, name, isPrefix, principal }
      for (const listener of this.#listeners) listener(change)
    }
    if (topic === undefined) {
      about(undefined, '', true)
    } else {
      about(ResourceType.TOPIC, topic, false)
      // Groups and transactional ids are open by what may be done to any topic.
      about(ResourceType.GROUP, '', true)
      about(ResourceType.TRANSACTIONAL_ID, '', true)
    }
  }
}
