import type { Exchange, Mechanism, Step } from '../mechanism.ts'
import type { Acceptor } from './acceptor.ts'
import { GssError } from './gss.ts'
import type { ServerContext } from './server-context.ts'
import type { ShortNamer } from './short-namer.ts'

/** What comes next from the client: tokens of the context; nothing, so that it hears our offer; its choice. */
type Stage = 'context' | 'offer' | 'choice'

/** RFC 4752: the layers that are offered and the largest message under them. Only "no layer" is, as by Kafka. */
const NO_LAYER = 1
const OFFER = Buffer.of(NO_LAYER, 1, 0, 0)

/** GSSAPI (RFC 4752) as the JDK's server under Kafka speaks it. */
export function gssapi(acceptor: Acceptor, namer: ShortNamer): Mechanism {
  return () => new GssapiExchange(acceptor.accept(), namer)
}

class GssapiExchange implements Exchange {
  readonly #context: ServerContext
  readonly #namer: ShortNamer
  #stage: Stage = 'context'

  constructor(context: ServerContext, namer: ShortNamer) {
    this.#context = context
    this.#namer = namer
  }

  evaluate(token: Buffer): Step {
    try {
      return this.#take(token)
    } catch (error) {
      if (!(error instanceof GssError)) throw error
      // Kafka hangs up where the client may well succeed when it tries again (`KerberosError`); on Java 17, which hides such
      // errors from it, only when started with --add-exports=java.security.jgss/sun.security.krb5=ALL-UNNAMED.
      return { kind: error.isRetriable ? 'broken' : 'invalid', why: error.message }
    }
  }

  dispose(): void {
    this.#context.dispose()
  }

  #take(token: Buffer): Step {
    switch (this.#stage) {
      case 'context':
        return this.#establish(token)
      case 'offer':
        if (token.length > 0) return { kind: 'invalid', why: 'a token where none was due' }
        return this.#offer()
      case 'choice':
        return this.#choose(token)
    }
  }

  #establish(received: Buffer): Step {
    const { token, isEstablished } = this.#context.accept(received)
    if (!isEstablished) return { kind: 'continue', token }
    this.#stage = 'offer'
    // Who does not want to know the server gets no token of it, and so the offer at once.
    return token.length === 0 ? this.#offer() : { kind: 'continue', token }
  }

  #offer(): Step {
    this.#stage = 'choice'
    return { kind: 'continue', token: this.#context.wrap(OFFER) }
  }

  #choose(token: Buffer): Step {
    const choice = this.#context.unwrap(token)
    if (choice === undefined) return { kind: 'invalid', why: 'a token out of its order' }
    const [layer] = choice
    // The JDK reads past the end of what is too short.
    if (layer === undefined) return { kind: 'broken', why: 'an empty choice of a layer' }
    if ((layer & NO_LAYER) === 0) return { kind: 'invalid', why: `a layer that was not offered: ${layer}` }
    if (choice.length < OFFER.length) return { kind: 'broken', why: 'a choice of a layer that is cut off' }
    // After these four bytes the client may say whom it wants to act as; Kafka does not look (`SaslServerCallbackHandler`).
    try {
      const name = this.#namer.shortName(this.#context.peer)
      return { kind: 'done', token: null, principal: { principalType: 'User', name } }
    } catch (error) {
      return { kind: 'nameless', token: null, why: (error as Error).message }
    }
  }
}
