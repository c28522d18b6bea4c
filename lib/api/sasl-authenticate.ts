// SaslAuthenticate, versions 0 to 2, on connections that have nothing to authenticate for, or have done so. Those that have
// not are looked after by lib/security, which sees the request first.

import { ErrorCode } from '../../protocol/errors.ts'
import { saslAuthenticate } from '../../protocol/messages/sasl-authenticate.ts'
import { type Handler, handler } from '../network/handler.ts'

export function createSaslAuthenticateHandler(): Handler {
  return handler(saslAuthenticate, () => ({
    errorCode: ErrorCode.ILLEGAL_SASL_STATE,
    errorMessage: 'SaslAuthenticate request received after successful authentication',
  }))
}
