// RenewDelegationToken, versions 0-2 (KIP-48). By the token's owner or a renewer; no ACL has a say.

import { renewDelegationToken } from '../../protocol/messages/renew-delegation-token.ts'
import { type Handler, handler } from '../network/handler.ts'
import type { Parts } from './parts.ts'
import { changedExpiry } from './token-requests.ts'

export function createRenewDelegationTokenHandler({ tokens }: Pick<Parts, 'tokens'>): Handler {
  return handler(renewDelegationToken, ({ hmac, renewPeriodMs }, { session }) =>
    changedExpiry(session, () => tokens.renew(hmac, session.principal, renewPeriodMs)),
  )
}
