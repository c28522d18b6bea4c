import { ErrorCode } from '../../protocol/errors.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import type { AclBindingFilter } from '../security/authorization/acl.ts'

/** What CreateAcls and DeleteAcls say where no authorizer goes by rules. */
export const SECURITY_DISABLED = new ApiError(ErrorCode.SECURITY_DISABLED, 'No Authorizer is configured.')

interface WireCodes {
  readonly resourceType: number
  readonly patternType: number
  readonly operation: number
  readonly permissionType: number
}

/** A filter as DescribeAcls and DeleteAcls have it. */
interface WireFilter {
  readonly resourceTypeFilter: number
  readonly resourceNameFilter: string | null
  readonly patternTypeFilter: number
  readonly principalFilter: string | null
  readonly hostFilter: string | null
  readonly operation: number
  readonly permissionType: number
}

/** @throws Error for a filter that Kafka cannot read */
export function filterOf(wire: WireFilter): AclBindingFilter {
  const filter = {
    resourceType: wire.resourceTypeFilter,
    resourceName: wire.resourceNameFilter,
    patternType: wire.patternTypeFilter,
    principal: wire.principalFilter,
    host: wire.hostFilter,
    operation: wire.operation,
    permissionType: wire.permissionType,
  }
  checkKnown(filter)
  // Codes that nobody knows match nothing, or are refused by the controller.
  return filter as AclBindingFilter
}

/** @throws Error where a code is that of something unknown */
export function checkKnown({ resourceType, patternType, operation, permissionType }: WireCodes): void {
  if (resourceType === 0 || patternType === 0 || operation === 0 || permissionType === 0) {
    throw new Error('ACLs with a code 0, which stands for something unknown')
  }
}
