import { javaTrim } from '../../metadata/configs/java-text.ts'
import { invalidToken, type Judgement } from './token-validator.ts'

/** What is asked of a signed token besides its signature. */
export interface ClaimRules {
  /** `sasl.oauthbearer.clock.skew.seconds`. */
  readonly clockSkewSeconds: number
  /** `sasl.oauthbearer.expected.audience`: any of these; empty: nobody looks. */
  readonly expectedAudience: readonly string[]
  /** `sasl.oauthbearer.expected.issuer`; null: nobody looks. */
  readonly expectedIssuer: string | null
  /** `sasl.oauthbearer.scope.claim.name`. */
  readonly scopeClaimName: string
  /** `sasl.oauthbearer.sub.claim.name`. */
  readonly subClaimName: string
}

export type Claims = Readonly<Record<string, unknown>>

const TEXTS = ['iss', 'sub', 'jti']
/** What Java's long has no room for. */
const TOO_LARGE = 2 ** 63

/**
 * The claims of a token whose signature is right, as Kafka's `BrokerJwtValidator` and the jose4j beneath it judge them.
 * @param now wall clock milliseconds
 */
export function judgeClaims(claims: Claims, rules: ClaimRules, now: number): Judgement {
  const odd = TEXTS.find((name) => isThere(claims[name]) && typeof claims[name] !== 'string')
  if (odd !== undefined) return invalidToken(`a claim ${odd} that is no text`)
  const fault = audienceFault(claims.aud, rules) ?? issuerFault(claims.iss, rules)
  if (fault !== undefined) return invalidToken(fault)
  const { exp, iat, nbf } = claims
  const [expiration, issuedAt, notBefore] = [secondsOf(exp), secondsOf(iat), secondsOf(nbf)]
  if (expiration === undefined || issuedAt === undefined) return invalidToken('no proper exp or iat')
  if (isThere(nbf) && notBefore === undefined) return invalidToken('no proper nbf')
  const nowSeconds = Math.floor(now / 1000)
  if (nowSeconds - rules.clockSkewSeconds >= expiration) return invalidToken('expired')
  if (expiration < issuedAt || expiration < (notBefore ?? expiration)) {
    return invalidToken('expires before it begins')
  }
  if (nowSeconds + rules.clockSkewSeconds < (notBefore ?? nowSeconds)) return invalidToken('not yet valid')
  if (issuedAt < 0) return invalidToken('a negative iat')
  const subject = claims[rules.subClaimName]
  if (typeof subject !== 'string' || javaTrim(subject) === '') {
    return invalidToken(`no proper ${rules.subClaimName}`)
  }
  const scope = scopeFault(claims[rules.scopeClaimName], rules.scopeClaimName)
  return scope ?? { kind: 'valid', principalName: javaTrim(subject), expiresAt: expiration * 1000 }
}

function isThere(claim: unknown): boolean {
  return claim !== undefined && claim !== null
}

/** Whole seconds; undefined where the claim is no number. */
function secondsOf(claim: unknown): number | undefined {
  return typeof claim === 'number' && Math.abs(claim) < TOO_LARGE ? Math.trunc(claim) : undefined
}

function audienceFault(claim: unknown, { expectedAudience }: ClaimRules): string | undefined {
  if (expectedAudience.length === 0) return undefined
  const audience: readonly unknown[] = Array.isArray(claim) ? claim : [claim]
  if (!audience.every((one) => typeof one === 'string')) return 'no proper aud'
  return audience.some((one) => expectedAudience.includes(one)) ? undefined : 'meant for another audience'
}

function issuerFault(claim: unknown, { expectedIssuer }: ClaimRules): string | undefined {
  return expectedIssuer === null || claim === expectedIssuer ? undefined : 'of another issuer'
}

/** Scopes give no right to anything, yet they must be well-formed. */
function scopeFault(claim: unknown, name: string): Judgement | undefined {
  const scopes: readonly unknown[] = Array.isArray(claim) ? claim : typeof claim === 'string' ? [claim] : []
  const seen = new Set<string>()
  for (const scope of scopes) {
    if (scope === null) return invalidToken(`nothing among ${name}`)
    // Java's cast fails where Kafka does not expect it to.
    if (typeof scope !== 'string') return { kind: 'broken', why: `a ${name} that is no text` }
    const trimmed = javaTrim(scope)
    if (trimmed === '' || seen.has(trimmed)) return invalidToken(`${name} holds nothing, or something twice`)
    seen.add(trimmed)
  }
  return undefined
}
