import type { Random } from '../../lab/random.ts'
import type { Exchange, Mechanism, Step } from '../mechanism.ts'
import {
  isProof,
  LEAST_ITERATIONS,
  SCRAM_MECHANISMS,
  type ScramCredential,
  type ScramMechanism,
  type ScramMechanismName,
  serverSignature,
} from './formatter.ts'
import { readClientFinal, readClientFirst } from './messages.ts'

type CredentialOf = (user: string) => ScramCredential | undefined

/** SCRAM (RFC 5802, RFC 7677, KIP-84) as Kafka's `ScramSaslServer` speaks it. */
export function scram(name: ScramMechanismName, credentialOf: CredentialOf, random: Random): Mechanism {
  const mechanism = SCRAM_MECHANISMS[name]
  return () => new ScramExchange(mechanism, credentialOf, () => serverNonce(random))
}

interface Begun {
  readonly user: string
  readonly credential: ScramCredential
  readonly nonce: string
  /** What both sides sign, as far as it goes. */
  readonly signed: string
}

/** @internal One exchange; the nonce is a parameter so that the RFCs' examples can be told. */
export class ScramExchange implements Exchange {
  readonly #mechanism: ScramMechanism
  readonly #credentialOf: CredentialOf
  readonly #makeNonce: () => string
  /** What the client's last word is judged by, once its first is taken. */
  #begun: Begun | undefined

  constructor(mechanism: ScramMechanism, credentialOf: CredentialOf, makeNonce: () => string) {
    this.#mechanism = mechanism
    this.#credentialOf = credentialOf
    this.#makeNonce = makeNonce
  }

  evaluate(token: Buffer): Step {
    return this.#begun === undefined ? this.#first(token) : this.#final(token, this.#begun)
  }

  #first(token: Buffer): Step {
    const first = readClientFirst(token)
    if (first === undefined) return invalid('a client-first-message that is none')
    const { username: user, authorizationId } = first
    // Nobody has delegation tokens, so nobody knows this one.
    const credential = first.isToken ? undefined : this.#credentialOf(user)
    if (credential === undefined) return invalid('no such user')
    if (authorizationId !== '' && authorizationId !== user) {
      const message =
        'Authentication failed: Client requested an authorization id that is different from username'
      return { kind: 'refused', message }
    }
    if (credential.iterations < LEAST_ITERATIONS) return invalid('too few iterations')
    const nonce = first.nonce + this.#makeNonce()
    const serverFirst = `r=${nonce},s=${credential.salt.toString('base64')},i=${credential.iterations}`
    this.#begun = { user, credential, nonce, signed: `${first.bare},${serverFirst}` }
    return { kind: 'continue', token: Buffer.from(serverFirst) }
  }

  #final(token: Buffer, { user, credential, nonce, signed }: Begun): Step {
    const final = readClientFinal(token)
    if (final === undefined) return invalid('a client-final-message that is none')
    if (final.nonce !== nonce) return invalid('not the nonce that was given')
    if (final.proof.length !== this.#mechanism.length)
      return { kind: 'broken', why: 'a proof of a wrong length' }
    const authMessage = `${signed},${final.unsigned}`
    if (!isProof(this.#mechanism, credential, authMessage, final.proof)) return invalid('a wrong proof')
    const signature = serverSignature(this.#mechanism, credential, authMessage)
    return {
      kind: 'done',
      token: Buffer.from(`v=${signature.toString('base64')}`),
      principal: { principalType: 'User', name: user },
    }
  }
}

function invalid(why: string): Step {
  return { kind: 'invalid', why }
}

/** 130 random bits in base 36, as Kafka makes them. */
function serverNonce(random: Random): string {
  const bits = BigInt(`0x${random.bytes(17).toString('hex')}`) & ((1n << 130n) - 1n)
  return bits.toString(36)
}
