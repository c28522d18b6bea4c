import type { Clock } from '../../lab/clock.ts'
import { javaTrim } from '../../metadata/configs/java-text.ts'
import { invalidToken, type Judgement, type TokenValidator } from './token-validator.ts'

/** What the login module of the broker may be told (`unsecuredValidator...` in its JAAS config). */
export interface UnsecuredRules {
  readonly principalClaimName: string
  readonly scopeClaimName: string
  readonly requiredScope: readonly string[]
  readonly allowableClockSkewMs: number
}

const BASE64URL = /^[-_A-Za-z0-9]*$/
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** @throws Error saying what is wrong */
export function unsecuredRules(options: ReadonlyMap<string, string>): UnsecuredRules {
  const option = (name: string) => javaTrim(options.get(`unsecuredValidator${name}`) ?? '')
  const requiredScope = option('RequiredScope')
    .split(' ')
    .filter((item) => item !== '')
  if (!requiredScope.every((item) => SCOPE.test(item))) {
    throw new Error('unsecuredValidatorRequiredScope: expected scopes with spaces between them')
  }
  const skew = option('AllowableClockSkewMs') || '0'
  if (!/^\+?\d{1,10}$/.test(skew)) {
    throw new Error(`unsecuredValidatorAllowableClockSkewMs: expected milliseconds >= 0, got '${skew}'`)
  }
  return {
    principalClaimName: option('PrincipalClaimName') || 'sub',
    scopeClaimName: option('ScopeClaimName') || 'scope',
    requiredScope,
    allowableClockSkewMs: Number(skew),
  }
}

type Value = string | number | readonly string[]
type Values = ReadonlyMap<string, Value>

/** Kafka's default, for trying things out: believes every token that nobody signed (`OAuthBearerUnsecuredValidatorCallbackHandler`). */
export function unsecuredValidator(rules: UnsecuredRules, clock: Clock): TokenValidator {
  return (token) => judge(token, rules, clock.now())
}

function judge(token: string, rules: UnsecuredRules, now: number): Judgement {
  if (token.includes('..')) return invalidToken("'..' in it")
  const parts = token.split('.')
  if (parts.length !== 3) return invalidToken('not three parts')
  const [header, claims] = [read(parts[0] as string), read(parts[1] as string)]
  if (header === undefined || claims === undefined) return invalidToken('neither Base64 nor JSON')
  const algorithm = header.get('alg')
  if (algorithm === undefined) return { kind: 'broken', why: 'a token without alg' }
  if (algorithm !== 'none') return invalidToken(`alg ${algorithm}`)
  if (parts[2] !== '') return invalidToken('signed')
  return judgeClaims(claims, rules, now)
}

function judgeClaims(claims: Values, rules: UnsecuredRules, now: number): Judgement {
  const { principalClaimName, scopeClaimName, requiredScope, allowableClockSkewMs } = rules
  const scope = scopeOf(claims.get(scopeClaimName))
  if (scope === undefined) return invalidToken(`a ${scopeClaimName} that is neither text nor list`)
  const expiration = claims.get('exp')
  if (typeof expiration !== 'number') return invalidToken('no proper exp')
  const principal = claims.get(principalClaimName)
  if (typeof principal !== 'string' || javaTrim(principal) === '') {
    return invalidToken(`no proper ${principalClaimName}`)
  }
  const issuedAt = claims.get('iat')
  if (issuedAt !== undefined) {
    if (typeof issuedAt !== 'number') return invalidToken('no proper iat')
    if (issuedAt * 1000 > now + allowableClockSkewMs) return invalidToken('issued in the future')
  }
  if (now - allowableClockSkewMs >= expiration * 1000) return invalidToken('expired')
  if (issuedAt !== undefined && expiration <= issuedAt) return invalidToken('expires before it is issued')
  if (!requiredScope.every((item) => scope.has(item))) {
    const told = `[${requiredScope.join(', ')}]`
    return { kind: 'rejected', status: 'insufficient_scope', scope: told, why: `not all of ${told}` }
  }
  return { kind: 'valid', principalName: principal, expiresAt: Math.round(expiration * 1000) }
}

/** A text is one scope, whatever spaces are in it; undefined where it can be none. */
function scopeOf(claim: Value | undefined): ReadonlySet<string> | undefined {
  if (typeof claim === 'number') return undefined
  const items = claim === undefined ? [] : typeof claim === 'string' ? [claim] : claim
  return new Set(items.map(javaTrim).filter((item) => item !== ''))
}

/** The properties of a JSON object, none of anything else; undefined for what is no JSON in Base64. */
function read(part: string): Values | undefined {
  if (!BASE64URL.test(part) || part.length % 4 === 1) return undefined
  const text = Buffer.from(part, 'base64url').toString('utf8')
  if (text.trim() === '') return new Map()
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Map()
    return new Map(Object.entries(value).map(([name, each]) => [name, asJacksonHasIt(each)]))
  } catch {
    return undefined
  }
}

/** Numbers stay numbers and lists become lists of texts; of everything else Kafka takes the text, even of null. */
function asJacksonHasIt(value: unknown): Value {
  if (typeof value === 'number') return value
  return Array.isArray(value) ? value.map(textOf) : textOf(value)
}

function textOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? '' : String(value)
}
