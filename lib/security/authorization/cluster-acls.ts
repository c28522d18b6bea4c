import { ApiError } from '../../metadata/controller/api-error.ts'
import {
  type AclBinding,
  type AclBindingFilter,
  AclOperation,
  CLUSTER_NAME,
  PatternType,
  PermissionType,
  ResourceType,
  WILDCARD,
} from './acl.ts'
import type { AclController } from './acl-controller.ts'
import { type Word, wordFor } from './words.ts'

/** An access control entry in Kafka's words: who may do what to which resources, or may not. */
export interface Acl {
  /** `'User:alice'`, or `'User:*'` for everybody. */
  readonly principal: string
  /** An address, a range of them (`'10.0.0.0/8'`), or `'*'`. */
  readonly host: string
  readonly operation: Word<typeof AclOperation>
  readonly permissionType: Word<typeof PermissionType>
  readonly resourceType: Word<typeof ResourceType>
  /** `'*'` with LITERAL: every resource of the type. */
  readonly resourceName: string
  readonly patternType: Word<typeof PatternType>
}

/** An ACL to be made. */
export interface AclOptions {
  readonly principal: string
  readonly operation: Acl['operation']
  readonly resourceType: Acl['resourceType']
  /** Needed for all but CLUSTER, which has one resource only. */
  readonly resourceName?: string | undefined
  /** Default: `'LITERAL'`. */
  readonly patternType?: Acl['patternType'] | undefined
  /** Default: `'*'`. */
  readonly host?: string | undefined
  /** Default: `'ALLOW'`. */
  readonly permissionType?: Acl['permissionType'] | undefined
}

/** Which ACLs: those that have all of this. */
export interface AclFilter {
  readonly principal?: string | undefined
  readonly host?: string | undefined
  readonly operation?: Acl['operation'] | undefined
  readonly permissionType?: Acl['permissionType'] | undefined
  readonly resourceType?: Acl['resourceType'] | undefined
  readonly resourceName?: string | undefined
  /** `'MATCH'`: whose pattern covers the resource of that name. */
  readonly patternType?: Acl['patternType'] | 'MATCH' | undefined
}

/** The ACLs of a cluster whose authorizer goes by ACLs. */
export interface ClusterAcls {
  /** All of them, or those that the filter speaks of. */
  list(filter?: AclFilter): Acl[]
  /**
   * In force for the very next request. What is there already is no fault; of several, those that are good are made even
   * if others are not.
   * @throws OptionError, KafkaError
   */
  create(...acls: AclOptions[]): void
  /** @returns those that are gone @throws OptionError, KafkaError */
  delete(filter: AclFilter): Acl[]
}

interface OwnersAclsSettings {
  readonly acls: AclController
  /** @throws OptionError for what is no ACL */
  readonly checkAcl: (acl: AclOptions) => AclOptions
  /** @throws OptionError for what is no filter */
  readonly checkFilter: (filter: AclFilter) => AclFilter
  /** What is thrown where Kafka would refuse. */
  readonly refused: (subject: string, error: ApiError) => Error
}

/** The face that the cluster's owner sees. */
export class OwnersAcls implements ClusterAcls {
  readonly #settings: OwnersAclsSettings

  constructor(settings: OwnersAclsSettings) {
    this.#settings = settings
  }

  list(filter: AclFilter = {}): Acl[] {
    const { acls, checkFilter } = this.#settings
    return acls.matching(filterOf(checkFilter(filter))).map(aclOf)
  }

  create(...wanted: AclOptions[]): void {
    const { acls, checkAcl, refused } = this.#settings
    const results = acls.create(wanted.map((acl) => bindingOf(checkAcl(acl))))
    for (const result of results) if (result) throw refused('create ACL', result)
  }

  delete(filter: AclFilter): Acl[] {
    const { acls, checkFilter, refused } = this.#settings
    const [result] = acls.delete([filterOf(checkFilter(filter))])
    if (result instanceof ApiError) throw refused('delete ACLs', result)
    return (result ?? []).map(aclOf)
  }
}

function bindingOf(acl: AclOptions): AclBinding {
  const { principal, operation, resourceType, resourceName = CLUSTER_NAME, host = WILDCARD } = acl
  return {
    resourceType: ResourceType[resourceType],
    resourceName,
    patternType: PatternType[acl.patternType ?? 'LITERAL'],
    principal,
    host,
    operation: AclOperation[operation],
    permissionType: PermissionType[acl.permissionType ?? 'ALLOW'],
  }
}

function filterOf(filter: AclFilter): AclBindingFilter {
  return {
    resourceType: ResourceType[filter.resourceType ?? 'ANY'],
    resourceName: filter.resourceName ?? null,
    patternType: PatternType[filter.patternType ?? 'ANY'],
    principal: filter.principal ?? null,
    host: filter.host ?? null,
    operation: AclOperation[filter.operation ?? 'ANY'],
    permissionType: PermissionType[filter.permissionType ?? 'ANY'],
  }
}

export function aclOf(binding: AclBinding): Acl {
  return {
    principal: binding.principal,
    host: binding.host,
    operation: wordFor(AclOperation, binding.operation),
    permissionType: wordFor(PermissionType, binding.permissionType),
    resourceType: wordFor(ResourceType, binding.resourceType),
    resourceName: binding.resourceName,
    patternType: wordFor(PatternType, binding.patternType),
  }
}
