// SaslHandshake, versions 0 and 1, on connections that have nothing to authenticate for, or have done so. Those that have not
// are looked after by lib/security, which sees the request first.

import { ErrorCode } from '../../protocol/errors.ts'
import { saslHandshake } from '../../protocol/messages/sasl-handshake.ts'
import { type Handler, handler } from '../network/handler.ts'

export function createSaslHandshakeHandler(): Handler {
  return handler(saslHandshake, () => ({ errorCode: ErrorCode.ILLEGAL_SASL_STATE }))
}
