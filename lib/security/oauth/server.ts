import { type Exchange, type Mechanism, NOTHING, type Step } from '../mechanism.ts'
import { type InitialResponse, readInitialResponse } from './initial-response.ts'
import type { Judgement, TokenValidator } from './token-validator.ts'

/** What a client says when it has understood that its token is refused. */
const UNDERSTOOD = 0x01

/** OAUTHBEARER (RFC 7628, KIP-255) as Kafka's `OAuthBearerSaslServer` speaks it. */
export function oauthBearer(validate: TokenValidator): Mechanism {
  return () => new OAuthBearerExchange(validate)
}

class OAuthBearerExchange implements Exchange {
  readonly #validate: TokenValidator
  /** Why the last token was refused, in the words that the client was told, and in those for the log. */
  #refusal: { readonly told: string; readonly why: string } | undefined

  constructor(validate: TokenValidator) {
    this.#validate = validate
  }

  evaluate(message: Buffer): Step | Promise<Step> {
    const refusal = this.#refusal
    if (refusal !== undefined && message.length === 1 && message[0] === UNDERSTOOD) {
      return { kind: 'refused', message: refusal.told, why: refusal.why }
    }
    this.#refusal = undefined
    const first = readInitialResponse(message)
    if ('kind' in first) return first
    const judgement = this.#validate(first.token)
    if (!(judgement instanceof Promise)) return this.#conclude(judgement, first)
    return judgement.then((settled) => this.#conclude(settled, first))
  }

  #conclude(judgement: Judgement, { authorizationId }: InitialResponse): Step {
    if (judgement.kind === 'broken') return judgement
    if (judgement.kind === 'rejected') {
      const { status, scope, why } = judgement
      const told = `{"status":"${status}"${scope === undefined ? '' : `, "scope":"${scope}"`}}`
      this.#refusal = { told, why: `${status}: ${why}` }
      return { kind: 'continue', token: Buffer.from(told) }
    }
    const { principalName, expiresAt } = judgement
    if (authorizationId !== '' && authorizationId !== principalName) {
      return {
        kind: 'refused',
        message:
          `Authentication failed: Client requested an authorization id (${authorizationId}) that is different ` +
          `from the token's principal name (${principalName})`,
      }
    }
    return {
      kind: 'done',
      token: NOTHING,
      principal: { principalType: 'User', name: principalName },
      credentialExpiresAt: expiresAt,
    }
  }
}
