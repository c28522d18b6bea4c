/** Kafka's states of an authenticator (`SaslServerAuthenticator.SaslState`); what has failed has no state, it is closed. */
export type AuthenticationState =
  | 'INITIAL_REQUEST'
  | 'HANDSHAKE_OR_VERSIONS_REQUEST'
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
  /** The state a request leads to that does not: an unsupported version, a name that is none. */
  readonly afterRequest?: AuthenticationState
  /** A frame that is no request of Kafka's at all may have been meant as a token, of a client that cannot know better. */
  readonly garbage: 'fail' | 'close'
}

export const AUTHENTICATION_STATES: Readonly<Record<AuthenticationState, Row>> = {
  INITIAL_REQUEST: {
    reads: 'request',
    afterApiVersions: 'HANDSHAKE_REQUEST',
    afterRequest: 'HANDSHAKE_OR_VERSIONS_REQUEST',
    garbage: 'fail',
  },
  HANDSHAKE_OR_VERSIONS_REQUEST: {
    reads: 'request',
    afterApiVersions: 'HANDSHAKE_REQUEST',
    afterRequest: 'HANDSHAKE_OR_VERSIONS_REQUEST',
    garbage: 'close',
  },
  HANDSHAKE_REQUEST: { reads: 'request', garbage: 'close' },
  REAUTH_PROCESS_HANDSHAKE: { reads: 'request', garbage: 'close' },
  AUTHENTICATE: { reads: 'token', garbage: 'close' },
  REAUTH_BAD_MECHANISM: { reads: 'nothing', garbage: 'fail' },
  COMPLETE: { reads: 'nothing', garbage: 'close' },
}
