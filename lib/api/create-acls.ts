// CreateAcls, versions 0 to 3. Version 0 knows no patterns: what it makes is LITERAL. Every broker takes it and hands it to
// the controller.
//
// Checks: who may alter the cluster; that there are rules at all (SECURITY_DISABLED); then what `AclController` checks. A
// code 0, which stands for something unknown, ends the connection, as in Kafka.

import { ErrorCode } from '../../protocol/errors.ts'
import { createAcls } from '../../protocol/messages/create-acls.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import { guarded, type Handler } from '../network/handler.ts'
import type { AclBinding } from '../security/authorization/acl.ts'
import { ALTER_CLUSTER } from '../security/authorization/needs.ts'
import { checkKnown, SECURITY_DISABLED } from './acl-wire.ts'
import { clusterRefusal } from './cluster-refusal.ts'
import type { Parts } from './parts.ts'

export function createCreateAclsHandler({ acls }: Pick<Parts, 'acls'>): Handler {
  return guarded(createAcls, [ALTER_CLUSTER], ({ creations }, context) => {
    const bindings = creations.map(({ resourcePatternType: patternType, ...rest }) => {
      const binding = { ...rest, patternType }
      checkKnown(binding)
      // What the codes say is checked by the controller.
      return binding as AclBinding
    })
    const refusal = clusterRefusal(context, ALTER_CLUSTER)
    if (refusal || !acls) return { results: creations.map(() => ({ ...(refusal ?? SECURITY_DISABLED) })) }
    return { results: acls.create(bindings).map((fault) => ({ ...(fault ?? CREATED) })) }
  })
}

const CREATED = new ApiError(ErrorCode.NONE, '')
