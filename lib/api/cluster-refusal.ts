import { ApiError } from '../metadata/controller/api-error.ts'
import type { RequestContext } from '../network/handler.ts'
import { AclOperation } from '../security/authorization/acl.ts'
import { may, type Need } from '../security/authorization/needs.ts'
import { wordFor } from '../security/authorization/words.ts'
import { principalText } from '../security/principal.ts'

/**
 * Why the session may not have the whole request answered, undefined where it may. Kafka's message shows its own request
 * object; this one says who asks (`AuthHelper.authorizeClusterOperation`).
 */
export function clusterRefusal(context: RequestContext, need: Need): ApiError | undefined {
  if (may(context, need)) return undefined
  const { session, correlationId } = context
  const request = `Request ${correlationId} of ${principalText(session.principal)} from ${session.clientHost}`
  return new ApiError(need.errorCode, `${request} needs ${wordFor(AclOperation, need.operation)} permission.`)
}
