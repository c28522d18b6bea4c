import { codecOf } from '../../../protocol/codec.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { saslAuthenticate } from '../../../protocol/messages/sasl-authenticate.ts'
import { saslHandshake } from '../../../protocol/messages/sasl-handshake.ts'
import type { StringSource } from '../../../protocol/primitives/reader.ts'
import { includes, type Message, type ResponseOf } from '../../../protocol/schema.ts'
import type { Clock } from '../../lab/clock.ts'
import type { AuthenticationMetrics } from '../../security/authentication-metrics.ts'
import { type Exchange, type Mechanism, NOTHING, type Step } from '../../security/mechanism.ts'
import { type Principal, principalText, samePrincipal } from '../../security/principal.ts'
import { sessionLifetime } from '../../security/session-lifetime.ts'
import type { Dispatcher } from '../dispatcher.ts'
import type { Admission, Gate, Reply, Verdict } from '../gate.ts'
import { Request } from '../request.ts'
import type { Session } from '../session.ts'
import { AUTHENTICATION_STATES, type AuthenticationState } from './authentication-state.ts'
import { type EarlyNegotiation, mechanismChoice, mechanismOffer } from './early-negotiation.ts'
import { errorResponse } from './error-response.ts'
import { bareToken, response } from './sasl-replies.ts'
import { type OpenedRequest, openRequest } from './sasl-request.ts'
import { SaslSession } from './sasl-session.ts'
import type { SessionModel } from './session-model.ts'

/** What a listener's authenticators have in common. */
export interface SaslSettings {
  readonly nodeId: number
  readonly clock: Clock
  readonly strings: StringSource
  readonly dispatcher: Dispatcher
  readonly mechanisms: ReadonlyMap<string, Mechanism>
  /** `connections.max.reauth.ms` as it is for a mechanism. */
  readonly maxReauthMs: (mechanism: string) => number
  /** `sasl.server.max.receive.size`. */
  readonly maxReceiveSize: number
  /** `socket.request.max.bytes`. */
  readonly maxRequestSize: number
  /** `connection.failed.authentication.delay.ms`. */
  readonly failureDelayMs: number
  readonly earlyNegotiation: EarlyNegotiation | undefined
  /** Whom a mechanism's principal is let in as; undefined: locked out. */
  readonly identify: (principal: Principal) => Principal | undefined
  readonly model: SessionModel
  readonly sessions: Set<SaslSession>
  readonly metrics: AuthenticationMetrics
}

type Done = Step & { kind: 'done' }
type Nameless = Step & { kind: 'nameless' }
/** How a step's outcome goes back to the client; undefined where its framing has no way to say it. */
interface Framing {
  token(token: Uint8Array | null, lifetimeMs: number): Reply
  error(message: string): Reply | undefined
}

const GSSAPI = 'GSSAPI'
const BARE: Framing = { token: bareToken, error: () => undefined }

/** One connection's way through SASL (`SaslServerAuthenticator`; KIP-43, KIP-152, KIP-368). */
export class SaslAuthenticator implements Gate {
  readonly #settings: SaslSettings
  readonly #connection: Session
  #state: AuthenticationState = 'INITIAL_REQUEST'
  #mechanism = ''
  #exchange: Exchange | undefined
  /** Whether tokens travel in SaslAuthenticate. */
  #framed = false
  /** There once the client has authenticated. */
  #session: SaslSession | undefined
  /** When the authentication under way began, on the monotonic clock. */
  #startedAt: number
  #isClosed = false

  constructor(settings: SaslSettings, connection: Session) {
    this.#settings = settings
    this.#connection = connection
    this.#startedAt = settings.clock.monotonic()
    const { anonymous } = settings.model
    if (anonymous !== undefined) connection.actAs(anonymous)
    const [only] = settings.mechanisms.keys()
    if (settings.earlyNegotiation === 'kip43-none' && only !== undefined) this.#begin(only, false)
  }

  get isOpen(): boolean {
    return this.#state === 'COMPLETE'
  }

  get maxFrameSize(): number {
    const { maxReceiveSize, maxRequestSize } = this.#settings
    return this.isOpen || this.#servesAnybody ? maxRequestSize : maxReceiveSize
  }

  /** Whether it is the proposal's turn: who has not begun to authenticate is somebody too. */
  get #servesAnybody(): boolean {
    const { reads } = AUTHENTICATION_STATES[this.#state]
    return this.#settings.model.anonymous !== undefined && this.#session === undefined && reads === 'request'
  }

  get failureDelayMs(): number {
    return this.#settings.failureDelayMs
  }

  admit(apiKey: number): Admission {
    const session = this.#session as SaslSession
    if (apiKey === saslHandshake.key && session.tryReauthentication(this.#settings.model.anytime)) {
      this.#state = 'REAUTH_PROCESS_HANDSHAKE'
      this.#startedAt = this.#settings.clock.monotonic()
      return 'take'
    }
    if (session.isExpired) {
      this.#settings.metrics.expiredConnectionsKilled++
      return 'kill'
    }
    session.requests++
    return 'pass'
  }

  take(frame: Buffer): Verdict | Promise<Verdict> {
    switch (AUTHENTICATION_STATES[this.#state].reads) {
      case 'request':
        return this.#takeRequest(frame)
      case 'token':
        return this.#framed ? this.#takeFramedToken(frame) : this.#step(frame, BARE)
      case 'choice':
        return this.#takeChoice(frame)
      case 'end':
        return { kind: 'close', why: 'a client that there is no name for' }
      case 'nothing':
        return this.#fail(
          `the SASL mechanism '${this.#session?.mechanism}' cannot be left when authenticating again`,
        )
    }
  }

  refuseSize(): Verdict {
    if (this.#servesAnybody) return { kind: 'close', why: 'a frame of an invalid size' }
    return this.#fail('a frame of an invalid size during authentication')
  }

  closed(): void {
    this.#isClosed = true
    this.#leaveExchange()
    if (this.#session) this.#settings.sessions.delete(this.#session)
  }

  #takeRequest(frame: Buffer): Verdict | Promise<Verdict> {
    const request = openRequest(frame, this.#settings.strings)
    if (request === undefined) return this.#takeNoRequest(frame)
    if (this.#state === 'INITIAL_REQUEST') this.#state = 'HANDSHAKE_OR_VERSIONS_REQUEST'
    const { api } = request
    if (api.key === saslHandshake.key) return this.#takeHandshake(request)
    if (this.#servesAnybody) return { kind: 'serve', frame }
    if (api.key === apiVersions.key) return this.#takeApiVersions(request, frame)
    return { kind: 'close', why: `${api.name} before authentication` }
  }

  /** What clients send first that do not know SaslHandshake yet: Kafka's own of 0.9, and those of KIP-43's draft. */
  #takeNoRequest(frame: Buffer): Verdict | Promise<Verdict> {
    const { mechanisms, earlyNegotiation } = this.#settings
    if (AUTHENTICATION_STATES[this.#state].isFirst) {
      if (frame.length === 0 && earlyNegotiation === 'kip43-empty-frame') {
        this.#state = 'CHOICE'
        return { kind: 'answer', reply: mechanismOffer([...mechanisms.keys()]) }
      }
      if (mechanisms.has(GSSAPI)) {
        this.#begin(GSSAPI, false)
        return this.#step(frame, BARE)
      }
    }
    return { kind: 'close', why: 'a frame that is no request of Kafka' }
  }

  #takeChoice(frame: Buffer): Verdict {
    const mechanism = mechanismChoice(frame)
    if (mechanism === undefined) return { kind: 'close', why: 'a choice of a mechanism that cannot be read' }
    if (!this.#begin(mechanism, false)) return this.#fail('a SASL mechanism that is not offered')
    return { kind: 'answer', reply: bareToken(null) }
  }

  /** @returns whether the mechanism is offered */
  #begin(mechanism: string, framed: boolean): boolean {
    const make = this.#settings.mechanisms.get(mechanism)
    if (make === undefined) return false
    this.#mechanism = mechanism
    this.#framed = framed
    this.#exchange = make()
    this.#state = 'AUTHENTICATE'
    return true
  }

  #leaveExchange(): void {
    this.#exchange?.dispose?.()
    this.#exchange = undefined
  }

  #takeApiVersions({ version, header, body }: OpenedRequest, frame: Buffer): Verdict {
    const next = AUTHENTICATION_STATES[this.#state].afterApiVersions
    const served = this.#settings.dispatcher.find(apiVersions.key, version)
    if (next === undefined || served === undefined) {
      return { kind: 'close', why: 'ApiVersions where SaslHandshake was due' }
    }
    const { correlationId, clientId } = header
    const context = new Request(this.#connection, version, clientId, correlationId, frame.length)
    let answer: ResponseOf<typeof apiVersions>
    try {
      // ApiVersions is answered at once and always: there is nothing to wait for, and no way not to answer.
      answer = served.handle(forWhomever(served.request.decode(body)) as never, context) as typeof answer
    } catch (error) {
      return { kind: 'close', why: 'an ApiVersions that cannot be read', error }
    }
    const { errorCode = 0 } = answer
    const again = errorCode === ErrorCode.UNSUPPORTED_VERSION || errorCode === ErrorCode.INVALID_REQUEST
    if (!again) this.#state = next
    const reply: Reply = (writer) => {
      writer.beginFrame()
      served.responseHeader.encode(writer, { correlationId })
      served.response.encode(writer, answer)
      writer.endFrame()
    }
    return { kind: 'answer', reply }
  }

  #takeHandshake({ version, header, body }: OpenedRequest): Verdict {
    const { correlationId } = header
    if (!includes(saslHandshake.versions, version)) {
      return { kind: 'close', why: `SaslHandshake v${version}, which there is not` }
    }
    let mechanism: string
    try {
      mechanism = codecOf(saslHandshake.request, version).decode(body).mechanism
    } catch (error) {
      return { kind: 'close', why: 'a SaslHandshake that cannot be read', error }
    }
    const mechanisms = [...this.#settings.mechanisms.keys()]
    if (!mechanisms.includes(mechanism)) {
      const why = 'a SASL mechanism that is not offered'
      // As the channel has been authenticated before, Kafka's network layer takes this for a broken connection.
      if (this.#session) return { kind: 'close', why }
      const errorCode = ErrorCode.UNSUPPORTED_SASL_MECHANISM
      return this.#fail(why, response(saslHandshake, version, correlationId, { errorCode, mechanisms }))
    }
    const { model } = this.#settings
    const isOther = this.#session !== undefined && !model.anytime && this.#session.mechanism !== mechanism
    if (isOther) this.#state = 'REAUTH_BAD_MECHANISM'
    else this.#begin(mechanism, version >= 1)
    return { kind: 'answer', reply: response(saslHandshake, version, correlationId, { mechanisms }) }
  }

  #takeFramedToken(frame: Buffer): Verdict | Promise<Verdict> {
    const request = openRequest(frame, this.#settings.strings)
    const isKnown = request !== undefined && includes(request.api.versions, request.version)
    // An ApiVersions of the future is taken for the first one (KIP-511).
    if (request === undefined || (!isKnown && request.api.key !== apiVersions.key)) {
      return { kind: 'close', why: 'a request that Kafka does not know during authentication' }
    }
    const { api, header, body } = request
    const version = isKnown ? request.version : 0
    let decoded: Readonly<Record<string, unknown>>
    try {
      decoded = codecOf<Message>(api.request, version).decode(body)
    } catch (error) {
      return { kind: 'close', why: `a ${api.name} that cannot be read during authentication`, error }
    }
    const { correlationId } = header
    if (api.key !== saslAuthenticate.key) {
      const errorCode = ErrorCode.ILLEGAL_SASL_STATE
      const errorMessage = `Unexpected Kafka request of type ${apiType(api.name)} during SASL authentication.`
      const refusal = errorResponse(api, version, decoded, {
        errorCode,
        errorMessage,
        standardMessage: 'Request is not valid given the current SASL state.',
      })
      return this.#fail(`${api.name} during authentication`, response(api, version, correlationId, refusal))
    }
    return this.#step(
      decoded.authBytes as Buffer,
      {
        token: (authBytes, sessionLifetimeMs) =>
          response(saslAuthenticate, version, correlationId, {
            authBytes: authBytes ?? NOTHING,
            sessionLifetimeMs,
          }),
        error: (errorMessage) =>
          response(saslAuthenticate, version, correlationId, {
            errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED,
            errorMessage,
          }),
      },
      version >= 1,
    )
  }

  /** @param isTold whether the client can hear of the session's lifetime */
  #step(token: Buffer, framing: Framing, isTold = false): Verdict | Promise<Verdict> {
    const step = (this.#exchange as Exchange).evaluate(token)
    if (!(step instanceof Promise)) return this.#judge(step, framing, isTold)
    return step.then((settled) => {
      if (this.#isClosed) return { kind: 'close', why: 'the client did not wait to be let in' }
      return this.#judge(settled, framing, isTold)
    })
  }

  #judge(said: Step, framing: Framing, isTold: boolean): Verdict {
    const step = this.#outcome(said)
    switch (step.kind) {
      case 'broken':
        return { kind: 'close', why: step.why }
      case 'continue':
        return { kind: 'answer', reply: framing.token(step.token, 0) }
      case 'done': {
        const lifetimeMs = this.#complete(step, isTold)
        return { kind: 'answer', reply: framing.token(step.token, lifetimeMs) }
      }
      case 'nameless':
        return this.#completeNameless(step, framing, isTold)
      case 'refused':
        return this.#fail(step.why ?? step.message, framing.error(step.message))
      case 'invalid': {
        const again = this.#session === undefined ? 'authentication' : 're-authentication'
        const told = `Authentication failed during ${again} due to invalid credentials with SASL mechanism ${this.#mechanism}`
        if (!this.#framed) return { kind: 'close', why: step.why }
        return this.#fail(step.why, framing.error(told))
      }
    }
  }

  /** What the mechanism says, where nothing else stands against it. */
  #outcome(step: Step): Step {
    if (step.kind !== 'done') return step
    const session = this.#session
    if (session?.takeRefusal()) return { kind: 'invalid', why: 're-authentication is refused on demand' }
    const { identify, model } = this.#settings
    const principal = identify(step.principal)
    if (principal === undefined) return { kind: 'invalid', why: 'the user is locked out' }
    const before = this.#connection.principal
    if (session === undefined || model.mayChangePrincipal || samePrincipal(before, principal)) {
      return { ...step, principal }
    }
    const change = `${dotted(principalText(before))}: ${dotted(principalText(principal))}`
    return { kind: 'refused', message: `Cannot change principals during re-authentication from ${change}` }
  }

  #complete({ principal, credentialExpiresAt }: Done, isTold: boolean): number {
    const { nodeId, clock, sessions, metrics, maxReauthMs } = this.#settings
    this.#state = 'COMPLETE'
    this.#leaveExchange()
    const lifetime = sessionLifetime(maxReauthMs(this.#mechanism), credentialExpiresAt, clock.now())
    // Again too: the same user may have come by a token before and not now.
    this.#connection.actAs(principal)
    if (this.#session === undefined) {
      this.#session = new SaslSession(nodeId, this.#connection, clock)
      sessions.add(this.#session)
      metrics.succeeded(isTold)
    } else {
      this.#session.reauthentications++
      metrics.reauthenticated(clock.monotonic() - this.#startedAt)
    }
    this.#session.begin(principal, this.#mechanism, lifetime)
    return lifetime.lifetimeMs
  }

  /** Kafka asks for the name when it first needs one: for the next request, or to compare it with the one it has. */
  #completeNameless({ token, why }: Nameless, framing: Framing, isTold: boolean): Verdict {
    if (this.#session !== undefined) return { kind: 'close', why }
    const { clock, metrics, maxReauthMs } = this.#settings
    this.#state = 'NAMELESS'
    this.#leaveExchange()
    metrics.succeeded(isTold)
    const { lifetimeMs } = sessionLifetime(maxReauthMs(this.#mechanism), undefined, clock.now())
    return { kind: 'answer', reply: framing.token(token, lifetimeMs) }
  }

  #fail(why: string, reply?: Reply): Verdict {
    this.#settings.metrics.failed(this.#session !== undefined)
    return { kind: 'fail', why, reply }
  }
}

/** Before authentication Kafka does not look for whom an ApiVersions v5 was meant (KIP-1242). */
function forWhomever<R extends object>(request: R): R {
  const { clusterId = null, nodeId = -1 } = request as { clusterId?: string | null; nodeId?: number }
  return clusterId !== null && nodeId !== -1 ? { ...request, clusterId: null, nodeId: -1 } : request
}

/** `User:a` as Kafka writes it in this one message. */
function dotted(principal: string): string {
  return principal.replace(':', '.')
}

/** `SaslHandshake` as Kafka's `ApiKeys` has it: `SASL_HANDSHAKE`. */
function apiType(name: string): string {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()
}
