import { ErrorCode } from '../../protocol/errors.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import type { Session } from '../network/session.ts'
import { ANONYMOUS, samePrincipal } from '../security/principal.ts'

/**
 * Whether a session may ask about delegation tokens at all: not where anybody could listen or nobody is known, and not
 * where a token let it in, or one token would beget another for ever (`KafkaApis.allowTokenRequests`).
 */
export function mayAskForTokens({ securityProtocol, principal }: Session): boolean {
  if (securityProtocol === 'PLAINTEXT' || principal.tokenAuthenticated) return false
  return securityProtocol !== 'SSL' || !samePrincipal(principal, ANONYMOUS)
}

/**
 * The answer to who wants to change when a token ends.
 * @param change gives the new end, or why there is none
 */
export function changedExpiry(
  session: Session,
  change: () => number | ApiError,
): { errorCode: number; expiryTimestampMs?: number } {
  if (!mayAskForTokens(session)) {
    return { errorCode: ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, expiryTimestampMs: -1 }
  }
  const expiry = change()
  if (expiry instanceof ApiError) return { errorCode: expiry.errorCode }
  return { errorCode: ErrorCode.NONE, expiryTimestampMs: expiry }
}
