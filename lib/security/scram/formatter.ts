import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import { hidden } from '../../metadata/hidden.ts'

/** SCRAM's two mechanisms, with the codes that KIP-554 gives them. */
export const SCRAM_MECHANISMS = {
  'SCRAM-SHA-256': { type: 1, hash: 'sha256', length: 32 },
  'SCRAM-SHA-512': { type: 2, hash: 'sha512', length: 64 },
} as const

export type ScramMechanismName = keyof typeof SCRAM_MECHANISMS

export type ScramMechanism = (typeof SCRAM_MECHANISMS)[ScramMechanismName]

/** Fewer make a credential that nobody can log in with; more cannot be stored (KIP-84, KIP-554). */
export const LEAST_ITERATIONS = 4_096
export const MOST_ITERATIONS = 16_384

/** What is kept of a password: enough to check it, too little to log in elsewhere with it (RFC 5802). */
export interface ScramCredential {
  readonly salt: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
  readonly iterations: number
}

export function scramMechanismOf(type: number): ScramMechanism | undefined {
  return Object.values(SCRAM_MECHANISMS).find((mechanism) => mechanism.type === type)
}

/** `Hi(password, salt, i)` of RFC 5802. Kafka prepares no strings (SASLprep): the bytes are the password's UTF-8. */
export function saltedPassword(
  { hash, length }: ScramMechanism,
  password: string,
  salt: Uint8Array,
  iterations: number,
): Buffer {
  return hidden(pbkdf2Sync(password, salt, iterations, length, hash))
}

/** The credential that is kept of a salted password. */
export function scramCredential(
  { hash }: ScramMechanism,
  salted: Uint8Array,
  salt: Uint8Array,
  iterations: number,
): ScramCredential {
  const storedKey = createHash(hash)
    .update(hmac(hash, salted, 'Client Key'))
    .digest()
  const serverKey = hmac(hash, salted, 'Server Key')
  return { salt: Buffer.from(salt), storedKey: hidden(storedKey), serverKey: hidden(serverKey), iterations }
}

/**
 * Whether the client knows the password, as its proof of this exchange shows. Takes the same time for every proof.
 * @param proof as long as the hash
 */
export function isProof(
  { hash }: ScramMechanism,
  { storedKey }: ScramCredential,
  authMessage: string,
  proof: Buffer,
): boolean {
  const signature = hmac(hash, storedKey, authMessage)
  const clientKey = Buffer.from(signature.map((byte, at) => byte ^ (proof[at] as number)))
  return timingSafeEqual(createHash(hash).update(clientKey).digest(), storedKey)
}

export function serverSignature(
  { hash }: ScramMechanism,
  { serverKey }: ScramCredential,
  authMessage: string,
): Buffer {
  return hmac(hash, serverKey, authMessage)
}

function hmac(hash: string, key: Uint8Array, text: string): Buffer {
  return createHmac(hash, key).update(text).digest()
}
