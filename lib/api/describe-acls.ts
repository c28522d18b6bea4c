// DescribeAcls, versions 0 to 3. The rules that a filter speaks of, by resource pattern. Version 0 knows no patterns: it is
// about LITERAL ones.
//
// Checks: who may describe the cluster; that there are rules at all (SECURITY_DISABLED); a code 0, which stands for
// something unknown, ends the connection, as in Kafka.

import { ErrorCode } from '../../protocol/errors.ts'
import { describeAcls } from '../../protocol/messages/describe-acls.ts'
import type { ResponseOf } from '../../protocol/schema.ts'
import { guarded, type Handler } from '../network/handler.ts'
import type { AclBinding } from '../security/authorization/acl.ts'
import { DESCRIBE_CLUSTER } from '../security/authorization/needs.ts'
import { filterOf } from './acl-wire.ts'
import { clusterRefusal } from './cluster-refusal.ts'
import type { Parts } from './parts.ts'

type Resource = NonNullable<ResponseOf<typeof describeAcls>['resources']>[number]
type Described = NonNullable<Resource['acls']>[number]

export function createDescribeAclsHandler({ acls }: Pick<Parts, 'acls'>): Handler {
  return guarded(describeAcls, [DESCRIBE_CLUSTER], (request, context) => {
    const filter = filterOf(request)
    const refusal = clusterRefusal(context, DESCRIBE_CLUSTER)
    if (refusal) return { ...refusal }
    if (acls) return { errorMessage: '', resources: byPattern(acls.matching(filter)) }
    const errorMessage = 'No Authorizer is configured on the broker'
    return { errorCode: ErrorCode.SECURITY_DISABLED, errorMessage }
  })
}

function byPattern(found: readonly AclBinding[]): Resource[] {
  const resources = new Map<string, { resource: Omit<Resource, 'acls'>; acls: Described[] }>()
  for (const { resourceType, resourceName, patternType, ...acl } of found) {
    const key = `${resourceType} ${patternType} ${resourceName}`
    let entry = resources.get(key)
    if (!entry) {
      entry = { resource: { resourceType, resourceName, patternType }, acls: [] }
      resources.set(key, entry)
    }
    entry.acls.push(acl)
  }
  return [...resources.values()].map(({ resource, acls }) => ({ ...resource, acls }))
}
