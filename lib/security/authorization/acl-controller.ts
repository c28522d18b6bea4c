import { ErrorCode } from '../../../protocol/errors.ts'
import { type Random, randomUuid } from '../../lab/random.ts'
import { ApiError, tooManyRecords } from '../../metadata/controller/api-error.ts'
import type { Metadata } from '../../metadata/metadata.ts'
import type { MetadataRecord } from '../../metadata/records.ts'
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
import type { AclAuthorizer } from './acl-authorizer.ts'
import { isRange } from './acl-hosts.ts'

/** One request may not remove more (`AclControlManager`, `QuorumController.MAX_RECORDS_PER_USER_OP`). */
const MOST_REMOVED = 10_000

/**
 * The ACLs of a cluster, and the one way to change them: by records (`AclControlManager`). The rules themselves lie in
 * the authorizer, which follows the records; the metadata image would hold each of them a second time.
 */
export class AclController {
  readonly #metadata: Metadata
  readonly #authorizer: AclAuthorizer
  readonly #random: Random

  constructor(metadata: Metadata, authorizer: AclAuthorizer, random: Random) {
    this.#metadata = metadata
    this.#authorizer = authorizer
    this.#random = random
    metadata.subscribe((records) => {
      for (const record of records) this.#follow(record)
    })
  }

  /** Rules that are there already are no fault. @returns for each, in order, why it was refused */
  create(wanted: readonly AclBinding[]): (ApiError | undefined)[] {
    const records: MetadataRecord[] = []
    const made = new Set<string>()
    const results = wanted.map((acl) => {
      const fault = bindingFault(acl)
      if (fault) return fault
      const text = JSON.stringify(Object.entries(acl).sort())
      if (!made.has(text) && !this.#authorizer.has(acl)) {
        records.push({ type: 'AccessControlEntryRecord', id: randomUuid(this.#random), ...acl })
      }
      made.add(text)
      return undefined
    })
    const tooMany = tooManyRecords(records)
    if (tooMany) return results.map((result) => result ?? tooMany)
    this.#metadata.commit(records)
    return results
  }

  /** @returns for each filter, in order, the rules removed, or why none was; several filters may name the same rule */
  delete(filters: readonly AclBindingFilter[]): (AclBinding[] | ApiError)[] {
    const ids = new Set<string>()
    const results = filters.map((filter) => {
      const fault = filterFault(filter)
      if (fault) return fault
      return [...this.#authorizer.matching(filter)].map(({ id, acl }) => {
        ids.add(id)
        return acl
      })
    })
    if (ids.size > MOST_REMOVED) {
      const message = `Cannot remove more than ${MOST_REMOVED} acls in a single delete operation.`
      return filters.map(() => new ApiError(ErrorCode.INVALID_REQUEST, message))
    }
    this.#metadata.commit([...ids].map((id) => ({ type: 'RemoveAccessControlEntryRecord', id })))
    return results
  }

  matching(filter: AclBindingFilter): AclBinding[] {
    return [...this.#authorizer.matching(filter)].map(({ acl }) => acl)
  }

  #follow(record: MetadataRecord): void {
    if (record.type === 'RemoveAccessControlEntryRecord') this.#authorizer.removeAcl(record.id)
    if (record.type !== 'AccessControlEntryRecord') return
    const { type: _, id, ...acl } = record
    this.#authorizer.addAcl(id, acl as AclBinding)
  }
}

/** `AclApis.handleCreateAcls`, then `AclControlManager.validateNewAcl`. */
function bindingFault(acl: AclBinding): ApiError | undefined {
  const { resourceType, resourceName, patternType, operation, permissionType, principal, host } = acl
  if (resourceType === ResourceType.CLUSTER && resourceName !== CLUSTER_NAME) {
    return invalid(`The only valid name for the CLUSTER resource is ${CLUSTER_NAME}`)
  }
  if (resourceName === '') return invalid('Invalid empty resource name')
  if (!isConcrete(ResourceType, resourceType)) {
    return invalid(`Invalid resourceType ${nameIn(ResourceType, resourceType)}`)
  }
  if (patternType !== PatternType.LITERAL && patternType !== PatternType.PREFIXED) {
    return invalid(`Invalid patternType ${nameIn(PatternType, patternType)}`)
  }
  if (!isConcrete(AclOperation, operation)) {
    return invalid(`Invalid operation ${nameIn(AclOperation, operation)}`)
  }
  if (!isConcrete(PermissionType, permissionType)) {
    return invalid(`Invalid permissionType ${nameIn(PermissionType, permissionType)}`)
  }
  if (!principal.includes(':')) {
    const why = 'no colon is present separating the principal type from the principal name'
    return invalid(`Could not parse principal from \`${principal}\` (${why})`)
  }
  if (host === '') return invalid('Host pattern cannot be null or empty')
  if (host !== WILDCARD && host.includes('/') && !isRange(host)) {
    return invalid(`Invalid CIDR notation '${host}': Could not parse [${host}]`)
  }
  return undefined
}

function filterFault(filter: AclBindingFilter): ApiError | undefined {
  const { resourceType, patternType, operation, permissionType } = filter
  if (nameIn(ResourceType, resourceType) === UNKNOWN || nameIn(PatternType, patternType) === UNKNOWN) {
    return invalid('Unknown patternFilter.')
  }
  if (nameIn(AclOperation, operation) === UNKNOWN || nameIn(PermissionType, permissionType) === UNKNOWN) {
    return invalid('Unknown entryFilter.')
  }
  return undefined
}

const UNKNOWN = 'UNKNOWN'

/** Kafka's name for a code that it does not know is UNKNOWN. */
function nameIn(codes: Readonly<Record<string, number>>, code: number): string {
  return Object.keys(codes).find((name) => codes[name] === code) ?? UNKNOWN
}

function isConcrete(codes: Readonly<Record<string, number>>, code: number): boolean {
  const name = nameIn(codes, code)
  return name !== UNKNOWN && name !== 'ANY'
}

function invalid(message: string): ApiError {
  return new ApiError(ErrorCode.INVALID_REQUEST, message)
}
