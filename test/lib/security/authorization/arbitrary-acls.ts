import fc from 'fast-check'
import {
  type AclBinding,
  AclOperation,
  PatternType,
  PermissionType,
  ResourceType,
} from '../../../../lib/security/authorization/acl.ts'
import type { Subject } from '../../../../lib/security/authorization/permission-model.ts'

/** Few of each, so that rules meet: on names that begin alike, and on ones beside the wildcard in order. */
export const NAMES = ['a', 'ab', 'abc', 'abd', 'b', 'hard', 'hardcode', '(', '*a', 'kafka-cluster'] as const
export const PREFIXES = ['a', 'ab', 'abc', 'h', 'hardcode', '*', '('] as const
export const PRINCIPALS = ['User:alice', 'User:bob', 'User:ANONYMOUS', 'Service:alice'] as const
export const HOSTS = ['10.0.0.1', '10.0.1.1', '192.168.7.1', '2001:db8:0:0:0:0:0:1'] as const
const HOST_PATTERNS = ['*', ...HOSTS.slice(0, 2), '10.0.0.0/24', '10.0.0.0/8', '2001:db8::/32'] as const

export const OPERATIONS: AclOperation[] = Object.values(AclOperation).filter((one) => one > AclOperation.ALL)
const TYPES = [ResourceType.TOPIC, ResourceType.TOPIC, ResourceType.GROUP, ResourceType.CLUSTER] as const

export const resourceTypes = fc.constantFrom(...TYPES)
export const operations = fc.constantFrom(...OPERATIONS)
export const subjects: fc.Arbitrary<Subject> = fc.record({
  principal: fc.constantFrom(...PRINCIPALS),
  host: fc.constantFrom(...HOSTS),
})

const patterns = fc.oneof(
  fc.record({
    patternType: fc.constant(PatternType.LITERAL),
    resourceName: fc.constantFrom(...NAMES, '*'),
  }),
  fc.record({ patternType: fc.constant(PatternType.PREFIXED), resourceName: fc.constantFrom(...PREFIXES) }),
)

export const aclBindings: fc.Arbitrary<AclBinding> = fc
  .record({
    pattern: patterns,
    resourceType: resourceTypes,
    principal: fc.constantFrom(...PRINCIPALS, 'User:*'),
    host: fc.oneof({ weight: 2, arbitrary: fc.constant('*') }, fc.constantFrom(...HOST_PATTERNS)),
    operation: fc.oneof({ weight: 6, arbitrary: operations }, fc.constant(AclOperation.ALL)),
    permissionType: fc.constantFrom(PermissionType.ALLOW, PermissionType.ALLOW, PermissionType.DENY),
  })
  .map(({ pattern, ...rest }) => ({ ...pattern, ...rest }))

export function aclText(acl: AclBinding): string {
  return JSON.stringify([
    acl.resourceType,
    acl.patternType,
    acl.resourceName,
    acl.principal,
    acl.host,
    acl.operation,
    acl.permissionType,
  ])
}
