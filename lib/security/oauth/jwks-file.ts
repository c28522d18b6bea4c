import { readFileSync, statSync } from 'node:fs'
import type { CryptoKey, JWSHeaderParameters } from 'jose'
import { type JwksSource, type KeyOf, keyChooser } from './jwks-source.ts'

/** Keys in a file, read again when it has been written since (`JwksFileVerificationKeyResolver`). */
export class JwksFile implements JwksSource {
  readonly #path: string | URL
  #readAt = Number.NaN
  #keyOf: KeyOf | undefined

  constructor(path: string | URL) {
    this.#path = path
  }

  async start(): Promise<void> {
    this.#read()
  }

  async keyOf(header: JWSHeaderParameters): Promise<CryptoKey> {
    return this.#read()(header)
  }

  close(): void {
    this.#keyOf = undefined
  }

  #read(): KeyOf {
    const { mtimeMs } = statSync(this.#path)
    if (this.#keyOf === undefined || mtimeMs !== this.#readAt) {
      this.#keyOf = keyChooser(JSON.parse(readFileSync(this.#path, 'utf8')))
      this.#readAt = mtimeMs
    }
    return this.#keyOf
  }
}
