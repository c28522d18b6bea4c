import {
  type AclBinding,
  type AclBindingFilter,
  AclOperation,
  PatternType,
  type ResourceType,
  WILDCARD,
  WILDCARD_PRINCIPAL,
} from './acl.ts'
import { Acls } from './acls.ts'
import {
  allKnown,
  type Decisions,
  EVERY_OPERATION,
  type PermissionChange,
  type PermissionModel,
  type Subject,
} from './permission-model.ts'

export interface AclAuthorizerOptions {
  /** `super.users`: principals that may do everything, as `User:admin`. */
  readonly superUsers?: Iterable<string>
  /** `allow.everyone.if.no.acl.found`: what to say of a resource that no rule of anybody covers. Default: false. */
  readonly allowEveryoneIfNoAclFound?: boolean
}

const ALL = 1 << AclOperation.ALL
const DESCRIBE = 1 << AclOperation.DESCRIBE
const DESCRIBE_CONFIGS = 1 << AclOperation.DESCRIBE_CONFIGS
const ALTER_CONFIGS = 1 << AclOperation.ALTER_CONFIGS
const IMPLYING_DESCRIBE =
  (1 << AclOperation.READ) |
  (1 << AclOperation.WRITE) |
  (1 << AclOperation.DELETE) |
  (1 << AclOperation.ALTER)

/** What ALL stands for: every operation there is or may come to be, but not ANY, which stands in filters only. */
const OPERATIONS = EVERY_OPERATION & ~((1 << AclOperation.ANY) | 1)
const NOTHING = allKnown(0)
const EVERYTHING = allKnown(OPERATIONS)

/** The name that Kafka tries first when it is asked about any resource (`Authorizer.authorizeByResourceType`). */
const ANY_NAME = 'hardcode'

/**
 * Decides by ACLs, as Kafka's `StandardAuthorizer` does: who is a super user may; a rule that denies wins over one that
 * allows; without either, `allow.everyone.if.no.acl.found` speaks where no rule of anybody covers the resource.
 *
 * The rules are what `addAcl` and `removeAcl` have made them, for each AccessControlEntryRecord and
 * RemoveAccessControlEntryRecord of the metadata. A decision looks up the rules of the one who asks on the patterns that
 * cover the resource, and no others, so it costs the same however many rules there are. `PermissionCache` stands before
 * it where decisions are asked for again and again.
 */
export class AclAuthorizer implements PermissionModel {
  readonly #superUsers: ReadonlySet<string>
  readonly #allowEveryone: boolean
  readonly #acls = new Acls()
  readonly #listeners: ((change: PermissionChange) => void)[] = []

  constructor({ superUsers = [], allowEveryoneIfNoAclFound = false }: AclAuthorizerOptions = {}) {
    this.#superUsers = new Set(superUsers)
    this.#allowEveryone = allowEveryoneIfNoAclFound
  }

  /** How many rules there are. */
  get aclCount(): number {
    return this.#acls.count
  }

  /**
   * @param id of the rule, 22 characters of URL-safe Base64
   * @throws Error when there is a rule with this id, or one that says the same
   */
  addAcl(id: string, acl: AclBinding): void {
    const isFirst = this.#acls.add(id, acl)
    this.#tell(acl, isFirst)
  }

  /** @throws Error when there is no rule with this id */
  removeAcl(id: string): void {
    const { acl, wasLast } = this.#acls.remove(id)
    this.#tell(acl, wasLast)
  }

  /** Whether there is a rule that says just this. */
  has(acl: AclBinding): boolean {
    return this.#acls.has(acl)
  }

  /** The rules that a filter speaks of, in no particular order. Looks at every rule there is. */
  matching(filter: AclBindingFilter): IterableIterator<{ id: string; acl: AclBinding }> {
    return this.#acls.matching(filter)
  }

  decide(subject: Subject, _operation: AclOperation, resourceType: ResourceType, name: string): Decisions {
    if (this.#superUsers.has(subject.principal)) return EVERYTHING
    const bits = this.#acls.bitsOf(subject, resourceType, name)
    if (bits !== undefined) return allKnown(permitted(bits))
    return this.#allowEveryone ? EVERYTHING : NOTHING
  }

  allowsOnAny(subject: Subject, operation: AclOperation, resourceType: ResourceType): boolean {
    const allowed = this.decide(subject, operation, resourceType, ANY_NAME)
    if ((allowed & (1 << operation)) !== 0) return true
    return this.#acls.allowsOnAny(subject, (1 << operation) | ALL, resourceType)
  }

  subscribe(listener: (change: PermissionChange) => void): void {
    this.#listeners.push(listener)
  }

  /** @param decidesForOthers whether the rule was the first of its pattern, or the last */
  #tell({ resourceType, resourceName, patternType, principal }: AclBinding, decidesForOthers: boolean): void {
    const isForAll = principal === WILDCARD_PRINCIPAL || (decidesForOthers && this.#allowEveryone)
    const change = changeOf(resourceType, patternType, resourceName, isForAll ? undefined : principal)
    for (const listener of this.#listeners) listener(change)
  }
}

function changeOf(
  resourceType: ResourceType,
  patternType: PatternType,
  resourceName: string,
  principal: string | undefined,
): PermissionChange {
  if (patternType === PatternType.PREFIXED)
    return { resourceType, name: resourceName, isPrefix: true, principal }
  const isWildcard = resourceName === WILDCARD
  return { resourceType, name: isWildcard ? '' : resourceName, isPrefix: isWildcard, principal }
}

/** Rules that allow imply others, rules that deny do not. */
function permitted(bits: number): number {
  let allowed = bits & EVERY_OPERATION
  const denied = bits >>> 16
  if ((denied & ALL) !== 0) return 0
  if ((allowed & ALL) !== 0) allowed = OPERATIONS
  if ((allowed & IMPLYING_DESCRIBE) !== 0) allowed |= DESCRIBE
  if ((allowed & ALTER_CONFIGS) !== 0) allowed |= DESCRIBE_CONFIGS
  return allowed & ~denied
}
