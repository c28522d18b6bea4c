import {
  type AclBinding,
  AclOperation,
  PatternType,
  PermissionType,
  WILDCARD,
  WILDCARD_PRINCIPAL,
} from '../../../../lib/security/authorization/acl.ts'
import { isInRange } from '../../../../lib/security/authorization/acl-hosts.ts'
import type { Subject } from '../../../../lib/security/authorization/permission-model.ts'

export interface NaiveSettings {
  readonly superUsers: readonly string[]
  readonly allowEveryone: boolean
}

const IMPLIED: Readonly<Record<number, readonly number[]>> = {
  [AclOperation.DESCRIBE]: [AclOperation.READ, AclOperation.WRITE, AclOperation.DELETE, AclOperation.ALTER],
  [AclOperation.DESCRIBE_CONFIGS]: [AclOperation.ALTER_CONFIGS],
}

function covers(acl: AclBinding, resourceType: number, name: string): boolean {
  if (acl.resourceType !== resourceType) return false
  if (acl.patternType === PatternType.PREFIXED) return name.startsWith(acl.resourceName)
  // Kafka's authorizer does not see the wildcard where a name begins with it.
  return acl.resourceName === name || (acl.resourceName === WILDCARD && !name.startsWith(WILDCARD))
}

function concerns(acl: AclBinding, { principal, host }: Subject): boolean {
  const isPrincipal = acl.principal === principal || acl.principal === WILDCARD_PRINCIPAL
  return isPrincipal && (acl.host === host || acl.host === WILDCARD || isInRange(host, acl.host))
}

/** The decision as it is written down: every rule is looked at, every time. */
export function naiveDecision(
  acls: Iterable<AclBinding>,
  { superUsers, allowEveryone }: NaiveSettings,
  subject: Subject,
  operation: number,
  resourceType: number,
  name: string,
): boolean {
  if (superUsers.includes(subject.principal)) return true
  const covering = [...acls].filter((acl) => covers(acl, resourceType, name))
  const mine = covering.filter((acl) => concerns(acl, subject))
  const says = (acl: AclBinding) => acl.operation === operation || acl.operation === AclOperation.ALL
  const isDenied = mine.some((acl) => acl.permissionType === PermissionType.DENY && says(acl))
  if (isDenied) return false
  const isAllowed = mine.some(
    (acl) =>
      acl.permissionType === PermissionType.ALLOW &&
      (says(acl) || (IMPLIED[operation] ?? []).includes(acl.operation)),
  )
  if (isAllowed) return true
  return covering.length === 0 && allowEveryone
}

/** KIP-679, over every rule and every pattern. */
export function naiveOnAny(
  acls: Iterable<AclBinding>,
  settings: NaiveSettings,
  subject: Subject,
  operation: number,
  resourceType: number,
): boolean {
  const all = [...acls]
  if (naiveDecision(all, settings, subject, operation, resourceType, 'hardcode')) return true
  const mine = all.filter(
    (acl) =>
      acl.resourceType === resourceType &&
      concerns(acl, subject) &&
      (acl.operation === operation || acl.operation === AclOperation.ALL),
  )
  const isWildcard = (acl: AclBinding) =>
    acl.patternType === PatternType.LITERAL && acl.resourceName === WILDCARD
  const denies = mine.filter((acl) => acl.permissionType === PermissionType.DENY)
  const allows = mine.filter((acl) => acl.permissionType === PermissionType.ALLOW)
  if (denies.some(isWildcard)) return false
  if (allows.some(isWildcard)) return true
  return allows.some(
    (allow) =>
      !denies.some((deny) =>
        deny.patternType === PatternType.PREFIXED
          ? allow.resourceName.startsWith(deny.resourceName)
          : allow.patternType === PatternType.LITERAL && allow.resourceName === deny.resourceName,
      ),
  )
}
