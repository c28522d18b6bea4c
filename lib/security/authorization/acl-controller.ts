import { ErrorCode } from '../../../protocol/errors.ts'
import { type Random, randomUuid } from '../../lab/random.ts'
import { ApiError, tooManyRecords } from '../../metadata/controller/api-error.ts'
import type { Metadata } from '../../metadata/metadata.ts'
import type { AccessControlEntryRecord, MetadataRecord } from '../../metadata/records.ts'
import {
  type AclBinding,
  type AclBindingFilter,
  AclOperation,
  CLUSTER_NAME,
  PatternType,
  PermissionType,
  ResourceType,
} from './acl.ts'
import type { AclAuthorizer } from './acl-authorizer.ts'
import { isRange } from './acl-hosts.ts'

const EVERY_RULE: AclBindingFilter = {
  resourceType: ResourceType.ANY,
  resourceName: null,
  patternType: PatternType.ANY,
  principal: null,
  host: null,
  operation: AclOperation.ANY,
  permissionType: PermissionType.ANY,
}

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
      for (const record of records) followAcls(authorizer, record)
    })
  }

  /** Rules that are there already are no fault. @returns for each, in order, why it was refused */
  create(wanted: readonly AclBinding[]): (ApiError | undefined)[] {
    if (wanted.some(isUnthinkable)) {
      return wanted.map(() => new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, null))
    }
    const records: MetadataRecord[] = []
    const made = new Set<string>()
    const results = wanted.map((acl) => {
      const fault = bindingFault(acl)
      if (fault) return fault
      const text = wanted.length === 1 ? '' : JSON.stringify(Object.entries(acl).sort())
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

  /** Every rule there is, as the record that made it. */
  *records(): Generator<AccessControlEntryRecord> {
    for (const { id, acl } of this.#authorizer.matching(EVERY_RULE)) {
      yield { type: 'AccessControlEntryRecord', id, ...acl }
    }
  }

  matching(filter: AclBindingFilter): AclBinding[] {
    return [...this.#authorizer.matching(filter)].map(({ acl }) => acl)
  }
}

/** Does to the rules what the record says. */
export function followAcls(authorizer: AclAuthorizer, record: MetadataRecord): void {
  if (record.type === 'RemoveAccessControlEntryRecord') authorizer.removeAcl(record.id)
  if (record.type !== 'AccessControlEntryRecord') return
  const { type: _, id, ...acl } = record
  authorizer.addAcl(id, acl as AclBinding)
}

/** What only filters can say: Kafka's classes cannot even hold such a rule, and the whole request comes to grief. */
function isUnthinkable({ resourceType, patternType, operation, permissionType }: AclBinding): boolean {
  return (
    resourceType === ResourceType.ANY ||
    patternType === PatternType.ANY ||
    patternType === PatternType.MATCH ||
    operation === AclOperation.ANY ||
    permissionType === PermissionType.ANY
  )
}

/** `AclApis.handleCreateAcls`, then `AclControlManager.validateNewAcl`. */
function bindingFault(acl: AclBinding): ApiError | undefined {
  const { resourceType, resourceName, patternType, operation, permissionType, principal, host } = acl
  if (resourceType === ResourceType.CLUSTER && resourceName !== CLUSTER_NAME) {
    return invalid(`The only valid name for the CLUSTER resource is ${CLUSTER_NAME}`)
  }
  if (resourceName === '') return invalid('Invalid empty resource name')
  if (!isKnown(ResourceType, resourceType)) return invalid('Invalid resourceType UNKNOWN')
  if (!isKnown(PatternType, patternType)) return invalid('Invalid patternType UNKNOWN')
  if (!isKnown(AclOperation, operation)) return invalid('Invalid operation UNKNOWN')
  if (!isKnown(PermissionType, permissionType)) return invalid('Invalid permissionType UNKNOWN')
  if (!principal.includes(':')) {
    const why = 'no colon is present separating the principal type from the principal name'
    return invalid(`Could not parse principal from \`${principal}\` (${why})`)
  }
  if (host === '') return invalid('Host pattern cannot be null or empty')
  if (host.includes('/') && !isRange(host)) {
    return invalid(`Invalid CIDR notation '${host}': ${rangeFault(host)}`)
  }
  return undefined
}

/** `SubnetUtils` and `SubnetUtils6` of Commons Net. */
function rangeFault(host: string): string {
  const long = /^[\d.]+\/(\d{1,2})$/.exec(host)
  if (long) return `Value [${long[1]}] not in range [0,32]`
  const unparsed = `Could not parse [${host}]`
  return /:.*\/\d+$/.test(host) ? `${unparsed} - prefix length must be between 0 and 128` : unparsed
}

function filterFault(filter: AclBindingFilter): ApiError | undefined {
  const { resourceType, patternType, operation, permissionType } = filter
  if (!isKnown(ResourceType, resourceType) || !isKnown(PatternType, patternType)) {
    return invalid('Unknown patternFilter.')
  }
  if (!isKnown(AclOperation, operation) || !isKnown(PermissionType, permissionType)) {
    return invalid('Unknown entryFilter.')
  }
  return undefined
}

function isKnown(codes: Readonly<Record<string, number>>, code: number): boolean {
  return Object.values(codes).includes(code)
}

function invalid(message: string): ApiError {
  return new ApiError(ErrorCode.INVALID_REQUEST, message)
}
