import { compactVerify } from 'jose'
import type { Clock } from '../../lab/clock.ts'
import type { JwksSource } from './jwks-source.ts'
import { type ClaimRules, type Claims, judgeClaims } from './jwt-claims.ts'
import { invalidToken, type Judgement, type TokenValidator } from './token-validator.ts'

/** Header, payload and signature, none of them empty. */
const SIGNED = /^[^.]+\.[^.]+\.[^.]+$/

/**
 * Believes tokens that are signed by one of the keys (KIP-768, `BrokerJwtValidator`). Whatever is wrong with one, the client
 * hears that it is invalid and no more.
 * @param isRevoked asked about a token that is right otherwise
 */
export function jwtValidator(
  keys: Pick<JwksSource, 'keyOf'>,
  rules: ClaimRules,
  clock: Clock,
  isRevoked: (claims: Claims) => boolean = () => false,
): TokenValidator {
  return async (token): Promise<Judgement> => {
    if (!SIGNED.test(token)) return invalidToken('not three parts')
    let claims: Claims
    try {
      const { payload } = await compactVerify(token, (header) => keys.keyOf(header))
      claims = readClaims(payload)
    } catch (error) {
      return invalidToken((error as Error).message)
    }
    const judgement = judgeClaims(claims, rules, clock.now())
    return judgement.kind === 'valid' && isRevoked(claims) ? invalidToken('revoked') : judgement
  }
}

/** @throws Error without a word of what stands in it */
function readClaims(payload: Uint8Array): Claims {
  let claims: unknown
  try {
    claims = JSON.parse(Buffer.from(payload).toString('utf8'))
  } catch {
    throw new Error('a payload that is no JSON')
  }
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims))
    throw new Error('a payload without claims')
  return claims as Claims
}
