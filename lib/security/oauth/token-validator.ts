/** What a token is worth. */
export type Judgement =
  | {
      readonly kind: 'valid'
      readonly principalName: string
      /** Wall clock milliseconds. */
      readonly expiresAt: number
    }
  | {
      /** What the client is told (RFC 7628), and what the log is. */
      readonly kind: 'rejected'
      readonly status: 'invalid_token' | 'insufficient_scope'
      readonly scope?: string
      readonly why: string
    }
  /** Kafka's validator breaks over this token: the connection is closed at once. */
  | { readonly kind: 'broken'; readonly why: string }

/** Judges a token in its compact form. */
export type TokenValidator = (token: string) => Judgement | Promise<Judgement>

export function invalidToken(why: string): Judgement {
  return { kind: 'rejected', status: 'invalid_token', why }
}
