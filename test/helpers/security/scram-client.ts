import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'

/** Kept, or a thousand clients would take as many times two milliseconds. */
const saltedPasswords = new Map<string, Buffer>()

function saltedPassword(hash: string, password: string, salt: string, rounds: number, length: number) {
  const key = JSON.stringify([hash, password, salt, rounds])
  const known = saltedPasswords.get(key)
  if (known) return known
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), rounds, length, hash)
  saltedPasswords.set(key, salted)
  return salted
}

/** A client's side of SCRAM (RFC 5802), written apart from the server's so that one mistake is not made twice. */
export class ScramClient {
  readonly #hash: string
  readonly #password: string
  readonly #gs2: string
  readonly #bare: string
  readonly nonce: string
  #expected = ''

  constructor(
    mechanism: string,
    user: string,
    password: string,
    { nonce = randomBytes(12).toString('hex'), authorizationId = '', extensions = '' } = {},
  ) {
    this.#hash = mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512'
    this.#password = password
    this.nonce = nonce
    this.#gs2 = `n,${authorizationId === '' ? '' : `a=${authorizationId}`},`
    const name = user.replaceAll('=', '=3D').replaceAll(',', '=2C')
    this.#bare = `n=${name},r=${nonce}${extensions}`
  }

  first(): string {
    return this.#gs2 + this.#bare
  }

  /** @param nonce what to send back instead of what the server gave */
  final(serverFirst: Buffer, nonce?: string): string {
    const text = serverFirst.toString()
    const {
      r = '',
      s = '',
      i = '',
    } = Object.fromEntries(text.split(',').map((part) => [part.slice(0, 1), part.slice(2)]))
    const length = this.#hash === 'sha256' ? 32 : 64
    const salted = saltedPassword(this.#hash, this.#password, s, Number(i), length)
    const clientKey = this.#hmac(salted, 'Client Key')
    const storedKey = createHash(this.#hash).update(clientKey).digest()
    const unsigned = `c=${Buffer.from(this.#gs2).toString('base64')},r=${nonce ?? r}`
    const message = `${this.#bare},${text},${unsigned}`
    const signature = this.#hmac(storedKey, message)
    const proof = Buffer.alloc(length)
    for (let at = 0; at < length; at++) proof[at] = (clientKey[at] as number) ^ (signature[at] as number)
    this.#expected = `v=${this.#hmac(this.#hmac(salted, 'Server Key'), message).toString('base64')}`
    return `${unsigned},p=${proof.toString('base64')}`
  }

  /** Whether the server has shown that it knows the password too. */
  isServer(serverFinal: Buffer): boolean {
    return serverFinal.toString() === this.#expected
  }

  #hmac(key: Buffer, text: string): Buffer {
    return createHmac(this.#hash, key).update(text).digest()
  }
}
