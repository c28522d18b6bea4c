// ExpireDelegationToken, versions 0-2 (KIP-48): sets a token's end, or removes it at once. By its owner or a renewer; no
// ACL has a say.

import { expireDelegationToken } from '../../protocol/messages/expire-delegation-token.ts'
import { type Handler, handler } from '../network/handler.ts'
import type { Parts } from './parts.ts'
import { changedExpiry } from './token-requests.ts'

export function createExpireDelegationTokenHandler({ tokens }: Pick<Parts, 'tokens'>): Handler {
  return handler(expireDelegationToken, ({ hmac, expiryTimePeriodMs }, { session }) =>
    changedExpiry(session, () => tokens.expire(hmac, session.principal, expiryTimePeriodMs)),
  )
}
