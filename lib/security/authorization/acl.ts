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
