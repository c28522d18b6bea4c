// DescribeDelegationToken, versions 0-3 (KIP-48, KIP-373). Of the tokens that were asked for, a session is shown those it
// has to do with, and with DESCRIBE on a token or DESCRIBE_TOKENS on its owner others as well. Nobody who is left out is
// an error. A list of no owners asks for nothing, no list for everything.

import { ErrorCode } from '../../protocol/errors.ts'
import { describeDelegationToken } from '../../protocol/messages/describe-delegation-token.ts'
import type { ResponseOf } from '../../protocol/schema.ts'
import { guarded, type Handler } from '../network/handler.ts'
import {
  DESCRIBE_TOKEN,
  DESCRIBE_TOKENS_OF_USER,
  may,
  silently,
  unless,
} from '../security/authorization/needs.ts'
import {
  type DelegationTokens,
  isPartyTo,
  type TokenInformation,
} from '../security/delegation-tokens/delegation-tokens.ts'
import { parsePrincipal } from '../security/principal.ts'
import type { Parts } from './parts.ts'
import { mayAskForTokens } from './token-requests.ts'

type Described = NonNullable<ResponseOf<typeof describeDelegationToken>['tokens']>[number]

const NEEDS = [silently(DESCRIBE_TOKEN), silently(unless(DESCRIBE_TOKEN, DESCRIBE_TOKENS_OF_USER))]

export function createDescribeDelegationTokenHandler({ tokens }: Pick<Parts, 'tokens'>): Handler {
  return guarded(describeDelegationToken, NEEDS, ({ owners }, context) => {
    const { session } = context
    if (!mayAskForTokens(session)) return { errorCode: ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED }
    if (!tokens.isEnabled) return { errorCode: ErrorCode.DELEGATION_TOKEN_AUTH_DISABLED }
    const wanted = owners?.map(({ principalType, principalName: name }) => ({ principalType, name }))
    const found = tokens.list().filter((token) => {
      if (wanted && !wanted.some((principal) => isPartyTo(token, principal))) return false
      return (
        isPartyTo(token, session.principal) ||
        may(context, DESCRIBE_TOKEN, token.tokenId) ||
        may(context, DESCRIBE_TOKENS_OF_USER, token.owner)
      )
    })
    return { tokens: found.map((token) => described(token, tokens)) }
  })
}

function described(token: TokenInformation, tokens: DelegationTokens): Described {
  const [owner, requester] = [parsePrincipal(token.owner), parsePrincipal(token.requester)]
  return {
    principalType: owner.principalType,
    principalName: owner.name,
    tokenRequesterPrincipalType: requester.principalType,
    tokenRequesterPrincipalName: requester.name,
    issueTimestamp: token.issueTimestamp,
    expiryTimestamp: token.expirationTimestamp,
    maxTimestamp: token.maxTimestamp,
    tokenId: token.tokenId,
    hmac: tokens.hmacOf(token.tokenId),
    renewers: token.renewers.map((renewer) => {
      const { principalType, name: principalName } = parsePrincipal(renewer)
      return { principalType, principalName }
    }),
  }
}
