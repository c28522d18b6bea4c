import type { Step } from '../mechanism.ts'

/** What a client says first (RFC 7628, section 3.1). */
export interface InitialResponse {
  readonly token: string
  /** Whom it wants to act as; empty where it does not say. */
  readonly authorizationId: string
  /** What else it tells; Kafka's own validators take all of them (KIP-342). */
  readonly extensions: ReadonlyMap<string, string>
}

const SEPARATOR = '\x01'
const AUTHORIZATION_ID = /^a=(?:[^=,\0\u0080-\uffff]|=2C|=3D)+$/
const PAIR = /^([A-Za-z]+)=([\t\r\n -~]+)$/
const AUTHORIZATION = /^(\w+) +([-_~+/.a-zA-Z0-9]+=*)$/

/** Reads it as Kafka's `OAuthBearerClientInitialResponse` does; a step where it is none. */
export function readInitialResponse(bytes: Buffer): InitialResponse | Step {
  const text = bytes.toString('utf8')
  const comma = text.indexOf(',', 2)
  if (!text.startsWith('n,') || comma < 0) return malformed('a GS2 header that is none')
  const authorization = text.slice(2, comma)
  if (authorization !== '' && !AUTHORIZATION_ID.test(authorization))
    return malformed('an odd authorization id')
  const pairs = readPairs(text.slice(comma + 1))
  if (pairs === undefined) return malformed('key-value pairs that are none')
  const auth = AUTHORIZATION.exec(pairs.get('auth') ?? '')
  if (auth === null) return malformed("no proper 'auth'")
  const [, scheme, token] = auth
  // Kafka looks for the scheme in a place where it is not, and so breaks.
  if (scheme?.toLowerCase() !== 'bearer') return { kind: 'broken', why: 'a scheme other than Bearer' }
  pairs.delete('auth')
  return { token: token as string, authorizationId: authorization.slice(2), extensions: pairs }
}

function readPairs(text: string): Map<string, string> | undefined {
  const parts = text.split(SEPARATOR)
  // One separator before the pairs, one after each, one at the end.
  if (parts.length < 3 || parts.shift() !== '' || parts.pop() !== '' || parts.pop() !== '') return undefined
  const pairs = new Map<string, string>()
  for (const part of parts) {
    const [, name, value] = PAIR.exec(part) ?? []
    if (name === undefined || value === undefined) return undefined
    pairs.set(name, value)
  }
  return pairs
}

function malformed(why: string): Step {
  return { kind: 'invalid', why }
}
