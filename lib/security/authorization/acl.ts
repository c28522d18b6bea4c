/** What can be done to a resource, as the wire numbers it (`AclOperation`). */
export const AclOperation = {
  ANY: 1,
  ALL: 2,
  READ: 3,
  WRITE: 4,
  CREATE: 5,
  DELETE: 6,
  ALTER: 7,
  DESCRIBE: 8,
  CLUSTER_ACTION: 9,
  DESCRIBE_CONFIGS: 10,
  ALTER_CONFIGS: 11,
  IDEMPOTENT_WRITE: 12,
  CREATE_TOKENS: 13,
  DESCRIBE_TOKENS: 14,
  TWO_PHASE_COMMIT: 15,
} as const

export type AclOperation = (typeof AclOperation)[keyof typeof AclOperation]

/** What it can be done to (`ResourceType`). */
export const ResourceType = {
  ANY: 1,
  TOPIC: 2,
  GROUP: 3,
  CLUSTER: 4,
  TRANSACTIONAL_ID: 5,
  DELEGATION_TOKEN: 6,
  USER: 7,
} as const

export type ResourceType = (typeof ResourceType)[keyof typeof ResourceType]

/** The only resource of its type. */
export const CLUSTER_NAME = 'kafka-cluster'

/** The name in a LITERAL pattern that every resource of its type matches; as a host, every host. */
export const WILDCARD = '*'

/** The principal of a rule for everybody, whoever has not said who they are included. */
export const WILDCARD_PRINCIPAL = 'User:*'

/** How a rule's resource name is meant (`PatternType`, KIP-290). ANY and MATCH stand in filters only. */
export const PatternType = {
  ANY: 1,
  MATCH: 2,
  LITERAL: 3,
  PREFIXED: 4,
} as const

export type PatternType = (typeof PatternType)[keyof typeof PatternType]

/** `AclPermissionType`. ANY stands in filters only. */
export const PermissionType = {
  ANY: 1,
  DENY: 2,
  ALLOW: 3,
} as const

export type PermissionType = (typeof PermissionType)[keyof typeof PermissionType]

/** One rule. */
export interface AclBinding {
  readonly resourceType: ResourceType
  readonly resourceName: string
  /** LITERAL or PREFIXED. */
  readonly patternType: PatternType
  /** `User:alice`, or `User:*`. */
  readonly principal: string
  /** An address, `*`, or a range of addresses in CIDR notation (Kafka 4.4). */
  readonly host: string
  readonly operation: AclOperation
  /** DENY or ALLOW. */
  readonly permissionType: PermissionType
}

/** What rules to look for: ANY and null match everything. */
export interface AclBindingFilter {
  readonly resourceType: ResourceType
  readonly resourceName: string | null
  /** MATCH with a name: every rule whose pattern covers the resource of that name. */
  readonly patternType: PatternType
  readonly principal: string | null
  readonly host: string | null
  readonly operation: AclOperation
  readonly permissionType: PermissionType
}
