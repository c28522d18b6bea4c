import type { Random } from '../../lab/random.ts'
import type { TokenLogin } from '../delegation-tokens/delegation-tokens.ts'
import type { Exchange, Mechanism, Step } from '../mechanism.ts'
import type { Principal } from '../principal.ts'
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

/** What an exchange asks for whom a client says it is. */
export interface ScramAccounts {
  credentialOf(user: string): ScramCredential | undefined
  /** The same for the id of a delegation token (KIP-48). */
  tokenLogin(tokenId: string): TokenLogin | undefined
}

/** SCRAM (RFC 5802, RFC 7677, KIP-84) as Kafka's `ScramSaslServer` speaks it. */
export function scram(name: ScramMechanismName, accounts: ScramAccounts, random: Random): Mechanism {
  const mechanism = SCRAM_MECHANISMS[name]
  return () => new ScramExchange(mechanism, accounts, () => serverNonce(random))
}

/** Whom the right proof shows. */
interface Account {
  readonly principal: Principal
  readonly credential: ScramCredential
  /** When the credential itself ends, wall clock; undefined: never. */
  readonly expiresAt?: number
}

interface Begun {
  readonly account: Account
  readonly nonce: string
  /** What both sides sign, as far as it goes. */
  readonly signed: string
}

/** @internal One exchange; the nonce is a parameter so that the RFCs' examples can be told. */
export class ScramExchange implements Exchange {
  readonly #mechanism: ScramMechanism
  readonly #accounts: ScramAccounts
  readonly #makeNonce: () => string
  /** What the client's last word is judged by, once its first is taken. */
  #begun: Begun | undefined

  constructor(mechanism: ScramMechanism, accounts: ScramAccounts, makeNonce: () => string) {
    this.#mechanism = mechanism
    this.#accounts = accounts
    this.#makeNonce = makeNonce
  }

  evaluate(token: Buffer): Step {
    return this.#begun === undefined ? this.#first(token) : this.#final(token, this.#begun)
  }

  #first(token: Buffer): Step {
    const first = readClientFirst(token)
    if (first === undefined) return invalid('a client-first-message that is none')
    const { username, authorizationId } = first
    const account = first.isToken ? this.#tokenAccount(username) : this.#userAccount(username)
    if (account === undefined) return invalid(first.isToken ? 'no such token' : 'no such user')
    const { credential } = account
    if (authorizationId !== '' && authorizationId !== username) {
      const message =
        'Authentication failed: Client requested an authorization id that is different from username'
      return { kind: 'refused', message }
    }
    if (credential.iterations < LEAST_ITERATIONS) return invalid('too few iterations')
    const nonce = first.nonce + this.#makeNonce()
    const serverFirst = `r=${nonce},s=${credential.salt.toString('base64')},i=${credential.iterations}`
    this.#begun = { account, nonce, signed: `${first.bare},${serverFirst}` }
    return { kind: 'continue', token: Buffer.from(serverFirst) }
  }

  #final(token: Buffer, { account, nonce, signed }: Begun): Step {
    const { credential, principal, expiresAt } = account
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
      principal,
      ...(expiresAt === undefined ? {} : { credentialExpiresAt: expiresAt }),
    }
  }

  #userAccount(name: string): Account | undefined {
    const credential = this.#accounts.credentialOf(name)
    return credential && { credential, principal: { principalType: 'User', name } }
  }

  /** Whatever the type of the owner, what Kafka makes of it here is a user. */
  #tokenAccount(tokenId: string): Account | undefined {
    const login = this.#accounts.tokenLogin(tokenId)
    if (login === undefined) return undefined
    const { credential, ownerName: name, expiresAt } = login
    return { credential, expiresAt, principal: { principalType: 'User', name, tokenAuthenticated: true } }
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
