import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

export interface Signer {
  /** The public key, as it stands in a JWKS. */
  readonly jwk: JWK
  /** @param header in place of, or beside, `alg` and `kid`; null leaves one out */
  sign(claims: object, header?: Readonly<Record<string, unknown>>): Promise<string>
}

/** An issuer that is a stranger to the cluster. */
export async function makeSigner(kid: string | undefined, alg = 'ES256'): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk: JWK = { ...(await exportJWK(publicKey)), ...(kid === undefined ? {} : { kid }) }
  return {
    jwk,
    sign: (claims, header = {}) => sign(privateKey, claims, { alg, ...(kid ? { kid } : {}), ...header }),
  }
}

function sign(key: CryptoKey, claims: object, header: Readonly<Record<string, unknown>>): Promise<string> {
  const given = Object.fromEntries(Object.entries(header).filter(([, value]) => value !== null))
  return new SignJWT({ ...claims }).setProtectedHeader(given as { alg: string }).sign(key)
}

/** A token that nobody signed. Texts are taken as JSON as they stand. */
export function unsecured(claims: object | string, header: object | string = { alg: 'none' }): string {
  const part = (value: object | string) =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
  return `${part(header)}.${part(claims)}.`
}

/** What a client says first by OAUTHBEARER. */
export function bearer(
  token: string,
  { authorizationId = '', extensions = {} as Record<string, string> } = {},
): string {
  const pairs = Object.entries(extensions).map(([name, value]) => `${name}=${value}\x01`)
  const authzid = authorizationId === '' ? '' : `a=${authorizationId}`
  return `n,${authzid},\x01auth=Bearer ${token}\x01${pairs.join('')}\x01`
}
