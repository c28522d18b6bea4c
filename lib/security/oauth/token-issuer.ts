import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  type JSONWebKeySet,
  type JWSHeaderParameters,
  SignJWT,
} from 'jose'
import type { Clock } from '../../lab/clock.ts'
import { type Random, randomUuid } from '../../lab/random.ts'
import { type KeyOf, keyChooser } from './jwks-source.ts'

/** A token as its owner wants it. */
export interface AccessTokenRequest {
  /** Whom it lets in: the claim `sub`. */
  readonly subject: string
  /** Seconds from now, as in OAuth; `exp` is the next whole second. 0 or less makes a token that is over already. Default: 3600. */
  readonly expiresIn?: number | undefined
  /** The claim `scope`: a text is one scope to Kafka. Default: none. */
  readonly scope?: string | readonly string[] | undefined
  /** The claim `aud`. Default: none. */
  readonly audience?: string | readonly string[] | undefined
  /** Further claims; they win over all others. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
}

interface Key {
  readonly privateKey: CryptoKey
  readonly kid: string
  readonly jwks: JSONWebKeySet
  readonly choose: KeyOf
}

export const DEFAULT_EXPIRES_IN = 3_600
const ALGORITHM = 'ES256'

/** Signs tokens with a key of its own, which is made when somebody first asks. */
export class TokenIssuer {
  readonly #clock: Clock
  readonly #random: Random
  #key: Promise<Key> | undefined

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  /** A signed JWT (RFC 9068 has the claims). @param issuer the claim `iss` */
  async issue(request: AccessTokenRequest, issuer: string): Promise<string> {
    const { subject, expiresIn = DEFAULT_EXPIRES_IN, scope, audience, claims } = request
    const now = this.#clock.now() / 1000
    const payload = {
      iss: issuer,
      sub: subject,
      iat: Math.floor(now),
      exp: Math.ceil(now + expiresIn),
      jti: randomUuid(this.#random),
      ...(scope === undefined ? {} : { scope }),
      ...(audience === undefined ? {} : { aud: audience as string | string[] }),
      ...claims,
    }
    const { privateKey, kid } = await this.#getKey()
    return new SignJWT(payload).setProtectedHeader({ alg: ALGORITHM, typ: 'at+jwt', kid }).sign(privateKey)
  }

  /** The public half of its key, as a JSON Web Key Set. */
  async jwks(): Promise<JSONWebKeySet> {
    return (await this.#getKey()).jwks
  }

  async keyOf(header: JWSHeaderParameters): Promise<CryptoKey> {
    return (await this.#getKey()).choose(header)
  }

  #getKey(): Promise<Key> {
    this.#key ??= makeKey()
    return this.#key
  }
}

async function makeKey(): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM)
  const jwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(jwk)
  const jwks = { keys: [{ ...jwk, kid, alg: ALGORITHM, use: 'sig' }] }
  return { privateKey, kid, jwks, choose: keyChooser(jwks) }
}
