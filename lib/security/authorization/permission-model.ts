import type { AclOperation, ResourceType } from './acl.ts'

/** Who asks: sessions of the same principal from the same host are one. */
export interface Subject {
  /** `User:alice`. */
  readonly principal: string
  readonly host: string
}

/**
 * Answers about one resource, a bit for each operation (`1 << operation`): allowed in the low half, and in the high
 * half whether the answer is known, so that one integer holds all that was decided.
 */
export type Decisions = number

export const KNOWN_SHIFT = 16
/** Every operation there is or may come to be. */
export const EVERY_OPERATION = 0xffff

/** Decisions about all operations at once. */
export function allKnown(allowed: number): Decisions {
  return (EVERY_OPERATION << KNOWN_SHIFT) | (allowed & EVERY_OPERATION)
}

/** Which answers a change may have made wrong. */
export interface PermissionChange {
  /** undefined: of every type. */
  readonly resourceType: ResourceType | undefined
  readonly name: string
  /** Whether `name` stands for all names that begin with it. */
  readonly isPrefix: boolean
  /** undefined: anybody's. */
  readonly principal: string | undefined
}

/** A way to decide, without a cache: ACLs, mode bits, or what an embedder brings. */
export interface PermissionModel {
  /** At least about `operation`; whatever else costs nothing. */
  decide(subject: Subject, operation: AclOperation, resourceType: ResourceType, name: string): Decisions
  /** Whether it may allow REPLICATE_TOPIC. */
  readonly replicatesByTopic?: boolean
  /** Whether some resource of the type exists that `decide` would allow it on (KIP-679). */
  allowsOnAny(subject: Subject, operation: AclOperation, resourceType: ResourceType): boolean
  /** Tells of every change, after it is made. */
  subscribe(listener: (change: PermissionChange) => void): void
}

/** The topics there are, by an index that no two topics ever share, not even one after the other. */
export interface TopicDirectory {
  /** -1 where there is no topic of this name. */
  indexOf(name: string): number
  nameAt(index: number): string | undefined
}

/** A question that was asked, and its answer. */
export interface Question {
  /** `User:alice`. */
  readonly principal: string
  readonly host: string
  readonly operation: AclOperation
  readonly resourceType: ResourceType
  /** undefined where the question was about any resource of the type. */
  readonly resourceName: string | undefined
  readonly isAllowed: boolean
}
