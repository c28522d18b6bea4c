import { Gss, given, type Handle } from './gss.ts'

const CONTINUE_NEEDED = 1
/** GSS_S_DUPLICATE_TOKEN, GSS_S_OLD_TOKEN, GSS_S_UNSEQ_TOKEN, GSS_S_GAP_TOKEN: no failures for GSSAPI, but for SASL. */
const OUT_OF_PLACE = 2 | 4 | 8 | 16

/** The service's side of one security context. What it holds must be given back by `dispose`. */
export class ServerContext {
  readonly #gss: Gss
  readonly #credential: Handle
  #context: Handle = null
  #peer = ''

  constructor(gss: Gss, credential: Handle) {
    this.#gss = gss
    this.#credential = credential
  }

  /** The client's principal, once the context is established. */
  get peer(): string {
    return this.#peer
  }

  /**
   * Takes the initiator's next token.
   * @returns what to answer, perhaps nothing, and whether the context is established now
   * @throws GssError
   */
  accept(token: Uint8Array): { readonly token: Buffer; readonly isEstablished: boolean } {
    const gss = this.#gss
    const context: [Handle] = [this.#context]
    const peer: [Handle] = [null]
    try {
      const { bytes, major } = gss.bytes(gss.functions.acceptContext, (place) => {
        return [context, this.#credential, given(token), null, peer, [null], place, [0], [0], null]
      })
      const isEstablished = (major & CONTINUE_NEEDED) === 0
      if (isEstablished) this.#peer = gss.displayName(peer[0])
      return { token: bytes, isEstablished }
    } finally {
      // There from the first token on, and gone again when that fails.
      Gss.held += Number(context[0] !== null) - Number(this.#context !== null)
      this.#context = context[0]
      if (peer[0] !== null) gss.functions.releaseName([0], peer)
    }
  }

  /** Signed, not encrypted. @throws GssError */
  wrap(message: Uint8Array): Buffer {
    const { functions } = this.#gss
    return this.#gss.bytes(functions.wrap, (place) => [this.#context, 0, 0, given(message), [0], place]).bytes
  }

  /** What the initiator has wrapped; undefined for a token that is not the next one. @throws GssError */
  unwrap(token: Uint8Array): Buffer | undefined {
    const { functions } = this.#gss
    const { bytes, major } = this.#gss.bytes(functions.unwrap, (place) => {
      return [this.#context, given(token), place, [0], [0]]
    })
    return (major & OUT_OF_PLACE) === 0 ? bytes : undefined
  }

  dispose(): void {
    this.#gss.release(this.#gss.functions.deleteContext, this.#context, null)
    this.#context = null
  }
}
