import type { Principal } from './principal.ts'

/** What a mechanism makes of a client's token. */
export type Step =
  | { readonly kind: 'continue'; readonly token: Uint8Array }
  | {
      readonly kind: 'done'
      /** The last word to the client, often empty; null: none, which without a framing is not even an empty frame. */
      readonly token: Uint8Array | null
      readonly principal: Principal
      /** When the credential itself expires, wall clock milliseconds; undefined: never. */
      readonly credentialExpiresAt?: number
    }
  /** The client is told that it has succeeded; but nobody can say who it is, and that ends it with its next frame. */
  | { readonly kind: 'nameless'; readonly token: Uint8Array | null; readonly why: string }
  /** Refused with a text that the client may read (`SaslAuthenticationException`). `why` is for the log, where it has more to say. */
  | { readonly kind: 'refused'; readonly message: string; readonly why?: string }
  /** Refused without the client being told why (`SaslException`, KAFKA-7915). `why` is for the log. */
  | { readonly kind: 'invalid'; readonly why: string }
  /** Kafka's mechanism breaks over this: the connection is closed at once. `why` is for the log. */
  | { readonly kind: 'broken'; readonly why: string }

/** One authentication under way. */
export interface Exchange {
  /** A promise where there is something to wait for; that it rejects says as much as `broken`. */
  evaluate(token: Buffer): Step | Promise<Step>
  /** Gives back what does not go by itself. Called once, when it is over, however that came. */
  dispose?(): void
}

/** A SASL mechanism as a listener offers it: makes an exchange for each authentication. */
export type Mechanism = () => Exchange

/** Those by which users log in that have a name and a password here; by OAUTHBEARER with tokens that they get for these. */
export const PASSWORD_MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const
export const MECHANISMS = [...PASSWORD_MECHANISMS, 'GSSAPI'] as const

export type PasswordMechanismName = (typeof PASSWORD_MECHANISMS)[number]
export type MechanismName = (typeof MECHANISMS)[number]

export function isPasswordMechanism(name: MechanismName): name is PasswordMechanismName {
  return (PASSWORD_MECHANISMS as readonly string[]).includes(name)
}

export function isMechanism(name: string): name is MechanismName {
  return (MECHANISMS as readonly string[]).includes(name)
}

export const NOTHING: Uint8Array = new Uint8Array(0)
