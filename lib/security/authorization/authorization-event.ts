import { AclOperation, ResourceType } from './acl.ts'
import type { Question } from './permission-model.ts'
import { type Word, wordFor } from './words.ts'

/** Somebody wanted to do something, and was let or not, as Kafka's authorizer log has it. */
export interface AuthorizationEvent {
  /** `'User:alice'`. */
  readonly principal: string
  readonly host: string
  readonly operation: Word<typeof AclOperation>
  readonly resourceType: Word<typeof ResourceType>
  /** null where any resource of the type would have done (KIP-679). */
  readonly resourceName: string | null
  readonly isAllowed: boolean
}

export function authorizationEvent(question: Question): AuthorizationEvent {
  const { principal, host, operation, resourceType, resourceName = null, isAllowed } = question
  return {
    principal,
    host,
    operation: wordFor(AclOperation, operation),
    resourceType: wordFor(ResourceType, resourceType),
    resourceName,
    isAllowed,
  }
}
