import type { Principal } from '../principal.ts'
import type { AclOperation, ResourceType } from './acl.ts'

/**
 * What one principal may do from one host. Always right at the moment it is asked: who holds it need not look for
 * changes. Sessions of the same principal and host share it.
 */
export interface Permissions {
  allows(operation: AclOperation, resourceType: ResourceType, name: string): boolean
  /** The same of a topic that is there, by its index in the metadata: the short way, a nanosecond or two. */
  allowsTopic(operation: AclOperation, topicIndex: number): boolean
  /** Whether REPLICATE_TOPIC is worth asking for. Default: false. */
  readonly replicatesByTopic?: boolean
  /** Whether there is a name for which `allows` would say yes (KIP-679, `Authorizer.authorizeByResourceType`). */
  allowsOnAny(operation: AclOperation, resourceType: ResourceType): boolean
}

/** Decides what may be done, for every broker of the cluster. */
export interface Authorizer {
  permissionsOf(principal: Principal, host: string): Permissions
}

const EVERYTHING: Permissions = { allows: () => true, allowsTopic: () => true, allowsOnAny: () => true }

/** Kafka without `authorizer.class.name`. */
export const ALLOW_ALL: Authorizer = { permissionsOf: () => EVERYTHING }
