/** Kafka's states of an authenticator (`SaslServerAuthenticator.SaslState`); what has failed has no state, it is closed. */
export type AuthenticationState =
  | 'INITIAL_REQUEST'
  | 'HANDSHAKE_REQUEST'
  | 'AUTHENTICATE'
  | 'COMPLETE'
  | 'REAUTH_PROCESS_HANDSHAKE'
  | 'REAUTH_BAD_MECHANISM'

/** What a state does with frames. */
interface Row {
  /** What the next frame is read as; `nothing`: any frame ends it. */
  readonly reads: 'request' | 'token' | 'nothing'
  /** The state that an ApiVersions leads to; none where it breaks the protocol. */
  readonly afterApiVersions?: AuthenticationState
}

/**
 * Kafka 4.0 has lost what older brokers did in `INITIAL_REQUEST` alone: to take for a token of Kerberos what is no request.
 */
export const AUTHENTICATION_STATES: Readonly<Record<AuthenticationState, Row>> = {
  INITIAL_REQUEST: { reads: 'request', afterApiVersions: 'HANDSHAKE_REQUEST' },
  HANDSHAKE_REQUEST: { reads: 'request' },
  REAUTH_PROCESS_HANDSHAKE: { reads: 'request' },
  AUTHENTICATE: { reads: 'token' },
  REAUTH_BAD_MECHANISM: { reads: 'nothing' },
  COMPLETE: { reads: 'nothing' },
}
