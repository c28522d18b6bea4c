/**
 * What a connection is doing:
 * - `open`: requests are taken and answered
 * - `draining`: the peer has said its last; what has arrived is still answered
 * - `failing`: the peer could not show who it is; nothing is read any more, it is told and closed after a while (KIP-306)
 * - `stopping`: we are leaving; only the request under way is still answered
 * - `ending`: our last byte is on its way out
 * - `closed`: the socket is gone
 */
export type ConnectionState = 'open' | 'draining' | 'failing' | 'stopping' | 'ending' | 'closed'

/**
 * What may happen to it: the peer ends its side; our side is stopped; the peer broke the protocol or a handler threw; the
 * peer failed to authenticate; nothing is left to be done; the socket is gone.
 */
export type ConnectionEvent = 'peerEnded' | 'stopped' | 'refused' | 'unauthenticated' | 'finished' | 'gone'

/** An event that stands nowhere in a state's row changes nothing there. */
const TRANSITIONS: Readonly<
  Record<ConnectionState, Readonly<Partial<Record<ConnectionEvent, ConnectionState>>>>
> = {
  open: {
    peerEnded: 'draining',
    stopped: 'stopping',
    refused: 'ending',
    unauthenticated: 'failing',
    gone: 'closed',
  },
  draining: {
    stopped: 'stopping',
    refused: 'ending',
    unauthenticated: 'failing',
    finished: 'ending',
    gone: 'closed',
  },
  failing: { stopped: 'ending', finished: 'ending', gone: 'closed' },
  stopping: { refused: 'ending', finished: 'ending', gone: 'closed' },
  ending: { gone: 'closed' },
  closed: {},
}

export function nextState(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  return TRANSITIONS[state][event] ?? state
}

const TAKES_REQUESTS: Readonly<Record<ConnectionState, boolean>> = {
  open: true,
  draining: true,
  failing: false,
  stopping: false,
  ending: false,
  closed: false,
}

/** Whether frames that have arrived are handled in this state. */
export function takesRequests(state: ConnectionState): boolean {
  return TAKES_REQUESTS[state]
}
