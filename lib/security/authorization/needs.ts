import { ErrorCode } from '../../../protocol/errors.ts'
import { AclOperation, CLUSTER_NAME, ResourceType } from './acl.ts'

/** What an API asks about a resource before it does something with it, and what it tells those who may not. */
export interface Need {
  readonly operation: AclOperation
  readonly resourceType: ResourceType
  readonly errorCode: ErrorCode
  /** Nothing is told: the answer leaves such a resource out. */
  readonly silent?: boolean
  /** One such resource will do, whatever its name (KIP-679). */
  readonly onAny?: boolean
  /** Asked first; where it is met, this need not be. */
  readonly unless?: Need
}

interface Asker {
  authorize(operation: AclOperation, resourceType: ResourceType, name: string): boolean
}

interface AskerOfTopics extends Asker {
  authorizeTopic(operation: AclOperation, topic: { readonly index: number }): boolean
}

interface AskerOfAny extends Asker {
  readonly session: {
    readonly permissions: { allowsOnAny(operation: AclOperation, resourceType: ResourceType): boolean }
  }
}

/** Asks for that one operation, whatever stands in `unless`: which is asked once for all resources of a request. */
export function may(asker: Asker, { operation, resourceType }: Need, name = CLUSTER_NAME): boolean {
  return asker.authorize(operation, resourceType, name)
}

/** The same of a topic that may be in the metadata: what is asked for each topic of nearly each request. */
export function mayTopic(
  asker: AskerOfTopics,
  { operation, resourceType }: Need,
  topic: { readonly index: number } | undefined,
  name: string,
): boolean {
  return topic === undefined
    ? asker.authorize(operation, resourceType, name)
    : asker.authorizeTopic(operation, topic)
}

/** IDEMPOTENT_WRITE or, without it, a topic to write to: what a producer id without a transactional id takes (KIP-679). */
export function mayWriteIdempotently(asker: AskerOfAny): boolean {
  if (may(asker, IDEMPOTENT_WRITE)) return true
  return asker.session.permissions.allowsOnAny(AclOperation.WRITE, ResourceType.TOPIC)
}

/** The need, where those who do not meet it are not to know. */
export function silently(need: Need): Need {
  return { ...need, silent: true }
}

/** The need, where something broader will do as well. */
export function unless(broader: Need, need: Need): Need {
  return { ...need, unless: broader }
}

function onCluster(operation: AclOperation): Need {
  const { CLUSTER_AUTHORIZATION_FAILED: errorCode } = ErrorCode
  return { operation, resourceType: ResourceType.CLUSTER, errorCode }
}

function onTopic(operation: AclOperation): Need {
  return { operation, resourceType: ResourceType.TOPIC, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED }
}

function onGroup(operation: AclOperation): Need {
  return { operation, resourceType: ResourceType.GROUP, errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED }
}

function onTransactionalId(operation: AclOperation): Need {
  const { TRANSACTIONAL_ID_AUTHORIZATION_FAILED: errorCode } = ErrorCode
  return { operation, resourceType: ResourceType.TRANSACTIONAL_ID, errorCode }
}

function onTokens(operation: AclOperation, resourceType: ResourceType): Need {
  return { operation, resourceType, errorCode: ErrorCode.DELEGATION_TOKEN_AUTHORIZATION_FAILED }
}

export const ALTER_CLUSTER = onCluster(AclOperation.ALTER)
export const ALTER_CONFIGS_OF_CLUSTER = onCluster(AclOperation.ALTER_CONFIGS)
export const CLUSTER_ACTION = onCluster(AclOperation.CLUSTER_ACTION)
export const CREATE_IN_CLUSTER = onCluster(AclOperation.CREATE)
export const DELETE_IN_CLUSTER = onCluster(AclOperation.DELETE)
export const DESCRIBE_CLUSTER = onCluster(AclOperation.DESCRIBE)
export const DESCRIBE_CONFIGS_OF_CLUSTER = onCluster(AclOperation.DESCRIBE_CONFIGS)
export const IDEMPOTENT_WRITE = onCluster(AclOperation.IDEMPOTENT_WRITE)

export const ALTER_CONFIGS_OF_TOPIC = onTopic(AclOperation.ALTER_CONFIGS)
export const ALTER_TOPIC = onTopic(AclOperation.ALTER)
export const CREATE_TOPIC = onTopic(AclOperation.CREATE)
export const DELETE_TOPIC = onTopic(AclOperation.DELETE)
export const DESCRIBE_CONFIGS_OF_TOPIC = onTopic(AclOperation.DESCRIBE_CONFIGS)
export const DESCRIBE_TOPIC = onTopic(AclOperation.DESCRIBE)
export const READ_TOPIC = onTopic(AclOperation.READ)
export const WRITE_TOPIC = onTopic(AclOperation.WRITE)

export const ALTER_CONFIGS_OF_GROUP = onGroup(AclOperation.ALTER_CONFIGS)
export const DELETE_GROUP = onGroup(AclOperation.DELETE)
export const DESCRIBE_CONFIGS_OF_GROUP = onGroup(AclOperation.DESCRIBE_CONFIGS)
export const DESCRIBE_GROUP = onGroup(AclOperation.DESCRIBE)
export const READ_GROUP = onGroup(AclOperation.READ)

/** What `mayWriteIdempotently` asks. */
export const WRITE_IDEMPOTENTLY: Need = {
  ...IDEMPOTENT_WRITE,
  operation: AclOperation.WRITE,
  resourceType: ResourceType.TOPIC,
  onAny: true,
  unless: IDEMPOTENT_WRITE,
}

export const DESCRIBE_TRANSACTIONAL_ID = onTransactionalId(AclOperation.DESCRIBE)
export const TWO_PHASE_COMMIT_OF_TRANSACTIONAL_ID = onTransactionalId(AclOperation.TWO_PHASE_COMMIT)
export const WRITE_TRANSACTIONAL_ID = onTransactionalId(AclOperation.WRITE)

export const CREATE_TOKENS_OF_USER = onTokens(AclOperation.CREATE_TOKENS, ResourceType.USER)
export const DESCRIBE_TOKEN = onTokens(AclOperation.DESCRIBE, ResourceType.DELEGATION_TOKEN)
export const DESCRIBE_TOKENS_OF_USER = onTokens(AclOperation.DESCRIBE_TOKENS, ResourceType.USER)
