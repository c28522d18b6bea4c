import { AclOperation, ResourceType } from './acl.ts'
import {
  type Decisions,
  KNOWN_SHIFT,
  type PermissionChange,
  type PermissionModel,
  type Subject,
} from './permission-model.ts'
import { type Word, wordFor } from './words.ts'

/** May somebody do that? */
export interface AuthorizationQuestion {
  /** `'User:alice'`. */
  readonly principal: string
  readonly host: string
  readonly operation: Word<typeof AclOperation>
  readonly resourceType: Word<typeof ResourceType>
  /** null: is there any resource of the type (KIP-679)? */
  readonly resourceName: string | null
}

/** Which answers may be wrong by now; what is left out stands for all. */
export interface StaleAnswers {
  readonly principal?: string | undefined
  readonly resourceType?: Word<typeof ResourceType> | undefined
  /** A name, with a `resourceType`. */
  readonly resourceName?: string | undefined
}

/**
 * An authorizer of the embedder's own. An answer is kept and given again until it is said to be stale, or the topic is
 * gone: the same question is seldom asked twice.
 */
export interface CustomAuthorizer {
  authorize(question: AuthorizationQuestion): boolean
  /** Called once, with what is to be called whenever answers become stale. Without it they never do. */
  onStale?(stale: (answers?: StaleAnswers) => void): void
}

/** The embedder's authorizer, as a cache asks one. */
export class CustomModel implements PermissionModel {
  readonly #authorizer: CustomAuthorizer
  readonly #superUsers: ReadonlySet<string>
  readonly #listeners: ((change: PermissionChange) => void)[] = []

  constructor(authorizer: CustomAuthorizer, superUsers: Iterable<string> = []) {
    this.#authorizer = authorizer
    this.#superUsers = new Set(superUsers)
    authorizer.onStale?.((answers = {}) => this.#stale(answers))
  }

  decide(subject: Subject, operation: AclOperation, resourceType: ResourceType, name: string): Decisions {
    const isAllowed = this.#ask(subject, operation, resourceType, name)
    return (1 << (operation + KNOWN_SHIFT)) | (isAllowed ? 1 << operation : 0)
  }

  allowsOnAny(subject: Subject, operation: AclOperation, resourceType: ResourceType): boolean {
    return this.#ask(subject, operation, resourceType, null)
  }

  subscribe(listener: (change: PermissionChange) => void): void {
    this.#listeners.push(listener)
  }

  #ask(
    { principal, host }: Subject,
    operation: AclOperation,
    resourceType: ResourceType,
    resourceName: string | null,
  ): boolean {
    if (this.#superUsers.has(principal)) return true
    const question = {
      principal,
      host,
      operation: wordFor(AclOperation, operation),
      resourceType: wordFor(ResourceType, resourceType),
      resourceName,
    }
    const answer: unknown = this.#authorizer.authorize(question)
    if (typeof answer === 'boolean') return answer
    throw new TypeError(`authorize: expected true or false at once, got ${String(answer)}`)
  }

  #stale({ principal, resourceType, resourceName }: StaleAnswers): void {
    const type = resourceType === undefined ? undefined : ResourceType[resourceType]
    if (resourceType !== undefined && type === undefined) {
      throw new TypeError(`stale answers: expected a resourceType such as 'TOPIC', got '${resourceType}'`)
    }
    const isOne = type !== undefined && resourceName !== undefined
    const change = { resourceType: type, name: isOne ? resourceName : '', isPrefix: !isOne, principal }
    for (const listener of this.#listeners) listener(change)
  }
}
