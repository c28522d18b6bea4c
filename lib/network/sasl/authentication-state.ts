/**
 * Kafka's states of an authenticator (`SaslServerAuthenticator.SaslState`); what has failed has no state, it is closed.
 * Two more are ours: `CHOICE`, where a draft of KIP-43 has the client name a mechanism, and `NAMELESS`, where Kafka finds out
 * too late that it has no name for a client.
 */
export type AuthenticationState =
  | 'INITIAL_REQUEST'
  | 'HANDSHAKE_OR_VERSIONS_REQUEST'
  | 'HANDSHAKE_REQUEST'
  | 'AUTHENTICATE'
  | 'COMPLETE'
  | 'REAUTH_PROCESS_HANDSHAKE'
  | 'REAUTH_BAD_MECHANISM'
  | 'CHOICE'
  | 'NAMELESS'

/** What a state does with frames. */
interface Row {
  /** What the next frame is read as; `nothing`: any frame fails it; `end`: any frame closes the connection. */
  readonly reads: 'request' | 'token' | 'choice' | 'nothing' | 'end'
  /** Whether a frame that is no request may begin something all the same. */
  readonly isFirst?: true
  /** The state that an ApiVersions leads to; none where it breaks the protocol. */
  readonly afterApiVersions?: AuthenticationState
}

export const AUTHENTICATION_STATES: Readonly<Record<AuthenticationState, Row>> = {
  INITIAL_REQUEST: { reads: 'request', isFirst: true, afterApiVersions: 'HANDSHAKE_REQUEST' },
  HANDSHAKE_OR_VERSIONS_REQUEST: { reads: 'request', afterApiVersions: 'HANDSHAKE_REQUEST' },
  HANDSHAKE_REQUEST: { reads: 'request' },
  REAUTH_PROCESS_HANDSHAKE: { reads: 'request' },
  CHOICE: { reads: 'choice' },
  AUTHENTICATE: { reads: 'token' },
  REAUTH_BAD_MECHANISM: { reads: 'nothing' },
  NAMELESS: { reads: 'end' },
  COMPLETE: { reads: 'nothing' },
}
