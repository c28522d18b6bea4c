// CreateDelegationToken, versions 0-3 (KIP-48, KIP-373). Version 3 can ask for somebody else's token.
//
// Checks, as `KafkaApis` and then `DelegationTokenControlManager`: that this connection may ask; for another owner,
// CREATE_TOKENS on that user; that renewers are users; that there are tokens at all.

import { ErrorCode } from '../../protocol/errors.ts'
import { createDelegationToken } from '../../protocol/messages/create-delegation-token.ts'
import type { ResponseOf } from '../../protocol/schema.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { CREATE_TOKENS_OF_USER, may } from '../security/authorization/needs.ts'
import { ANONYMOUS, type Principal, principalText, samePrincipal } from '../security/principal.ts'
import type { Parts } from './parts.ts'
import { mayAskForTokens } from './token-requests.ts'

type Response = ResponseOf<typeof createDelegationToken>

export function createCreateDelegationTokenHandler({ tokens }: Pick<Parts, 'tokens'>): Handler {
  return guarded(createDelegationToken, [CREATE_TOKENS_OF_USER], (request, context) => {
    const { ownerPrincipalType: type, ownerPrincipalName: name, maxLifetimeMs } = request
    const requester = context.session.principal
    // Kafka falls over an owner without a type before it looks at anything else.
    if (name && type == null) return refusal(ErrorCode.UNKNOWN_SERVER_ERROR, ANONYMOUS, ANONYMOUS)
    const owner: Principal = name ? { principalType: type as string, name } : requester
    if (!mayAskForTokens(context.session)) {
      return refusal(ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, owner, requester)
    }
    if (!samePrincipal(owner, requester) && !may(context, CREATE_TOKENS_OF_USER, principalText(owner))) {
      return refusal(CREATE_TOKENS_OF_USER.errorCode, owner, requester)
    }
    const renewers = request.renewers.map(({ principalType, principalName }) => {
      return { principalType, name: principalName }
    })
    if (renewers.some(({ principalType }) => principalType !== 'User')) {
      return refusal(ErrorCode.INVALID_PRINCIPAL_TYPE, owner, requester)
    }
    const token = tokens.create({ owner, requester, renewers, maxLifetimeMs })
    if (token instanceof ApiError) return { errorCode: token.errorCode, ...parties(owner, requester) }
    return {
      ...parties(owner, requester),
      issueTimestampMs: token.issueTimestamp,
      expiryTimestampMs: token.expirationTimestamp,
      maxTimestampMs: token.maxTimestamp,
      tokenId: token.tokenId,
      hmac: tokens.hmacOf(token.tokenId),
    }
  })
}

/** What the broker refuses itself; where it is the controller that does, there are no timestamps. */
function refusal(errorCode: number, owner: Principal, requester: Principal): Response {
  const timestamps = { issueTimestampMs: -1, expiryTimestampMs: -1, maxTimestampMs: -1 }
  return { errorCode, ...parties(owner, requester), ...timestamps }
}

function parties(owner: Principal, requester: Principal) {
  return {
    principalType: owner.principalType,
    principalName: owner.name,
    tokenRequesterPrincipalType: requester.principalType,
    tokenRequesterPrincipalName: requester.name,
  }
}
