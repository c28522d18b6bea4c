import { type CryptoKey, createLocalJWKSet, errors, type JSONWebKeySet, type JWSHeaderParameters } from 'jose'

/** Where the keys come from that tokens are signed with. */
export interface JwksSource {
  /** Gets the first keys. Nobody is let in before. @throws Error where there are none to be had */
  start(): Promise<void>
  /** The key that a token's header names. @throws JOSEError where there is none */
  keyOf(header: JWSHeaderParameters): Promise<CryptoKey>
  /** Lets go of timers and connections. */
  close(): void
}

export type KeyOf = JwksSource['keyOf']

/**
 * Chooses among the keys of a set. Where several fit, the first is taken, as Kafka's jose4j takes it.
 * @throws JOSEError where these are no keys
 */
export function keyChooser(jwks: JSONWebKeySet): KeyOf {
  const choose = createLocalJWKSet(jwks)
  return async (header) => {
    try {
      return await choose(header)
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
      for await (const key of error) return key
      throw error
    }
  }
}
