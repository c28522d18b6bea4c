// DeleteAcls, versions 0 to 3. Removes the rules that filters speak of, and tells which they were. Version 0 knows no
// patterns: it is about LITERAL ones. Every broker takes it and hands it to the controller.
//
// Checks: who may alter the cluster; that there are rules at all (SECURITY_DISABLED); then what `AclController` checks. A
// code 0, which stands for something unknown, ends the connection, as in Kafka.

import { deleteAcls } from '../../protocol/messages/delete-acls.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { ALTER_CLUSTER } from '../security/authorization/needs.ts'
import { filterOf, SECURITY_DISABLED } from './acl-wire.ts'
import { clusterRefusal } from './cluster-refusal.ts'
import type { Parts } from './parts.ts'

export function createDeleteAclsHandler({ acls }: Pick<Parts, 'acls'>): Handler {
  return guarded(deleteAcls, [ALTER_CLUSTER], ({ filters: asked }, context) => {
    const filters = asked.map(filterOf)
    const refusal = clusterRefusal(context, ALTER_CLUSTER)
    if (refusal || !acls) return { filterResults: filters.map(() => ({ ...(refusal ?? SECURITY_DISABLED) })) }
    const results = acls.delete(filters)
    return {
      filterResults: results.map((result) => {
        if (result instanceof ApiError) return { ...result }
        return { errorMessage: null, matchingAcls: result.map((acl) => ({ ...acl, errorMessage: null })) }
      }),
    }
  })
}
