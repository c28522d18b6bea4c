import type { Clock } from '../../lab/clock.ts'
import { type Principal, principalText } from '../../security/principal.ts'
import type { SessionLifetime } from '../../security/session-lifetime.ts'
import type { Session } from '../session.ts'

/** A session of a client that authenticated by SASL, as long as its connection lasts (KIP-368). */
export interface ClientSession {
  readonly nodeId: number
  readonly listener: string
  readonly connectionId: string
  readonly clientHost: string
  /** `User:alice`. */
  readonly principal: string
  readonly mechanism: string
  /** Of this epoch, milliseconds; 0: no end, or one that had come when the client authenticated. */
  readonly lifetimeMs: number
  /** How often the client has authenticated again; an epoch of the session begins with each time. */
  readonly reauthentications: number
  /** Requests taken up in this epoch. */
  readonly requests: number
  /** Until the session ends, negative when it is over but the client has asked for nothing since; undefined: no end. */
  readonly expiresInMs: number | undefined
  /** Ends it: the next request closes the connection, unless the client authenticates again first. */
  expire(): void
  /** The client's next re-authentication fails, whatever it shows. */
  refuseNextReauthentication(): void
}

/** Kafka takes a re-authentication for an attack that begins sooner than this after the one before. */
const LEAST_BETWEEN_MS = 1_000

/** What the authenticator knows of a session; of this, `ClientSession` is what the cluster's owner sees. */
export class SaslSession implements ClientSession {
  readonly nodeId: number
  readonly listener: string
  readonly connectionId: string
  readonly clientHost: string
  principal = ''
  mechanism = ''
  lifetimeMs = 0
  reauthentications = 0
  requests = 0
  readonly #clock: Clock
  /** On the monotonic clock. */
  #expiresAt: number | undefined
  #lastStarted: number | undefined
  #refuseNext = false

  constructor(nodeId: number, session: Session, clock: Clock) {
    this.nodeId = nodeId
    this.listener = session.listenerName
    this.connectionId = session.connectionId
    this.clientHost = session.clientHost
    this.#clock = clock
  }

  get expiresInMs(): number | undefined {
    return this.#expiresAt === undefined ? undefined : this.#expiresAt - this.#clock.monotonic()
  }

  get isExpired(): boolean {
    return this.#expiresAt !== undefined && this.#clock.monotonic() > this.#expiresAt
  }

  expire(): void {
    this.#expiresAt = this.#clock.monotonic() - 1
  }

  refuseNextReauthentication(): void {
    this.#refuseNext = true
  }

  /** @internal An epoch of it. */
  begin(principal: Principal, mechanism: string, { lifetimeMs, isEnforced }: SessionLifetime): void {
    this.principal = principalText(principal)
    this.mechanism = mechanism
    this.lifetimeMs = lifetimeMs
    this.requests = 0
    this.#expiresAt = isEnforced ? this.#clock.monotonic() + lifetimeMs : undefined
  }

  /**
   * @internal Whether a SaslHandshake begins a re-authentication now; if so it has begun (`KafkaChannel`).
   * @param anytime nothing stands against it
   */
  tryReauthentication(anytime: boolean): boolean {
    if (anytime) return true
    if (this.#expiresAt === undefined) return false
    const now = this.#clock.monotonic()
    if (this.#lastStarted !== undefined && now - this.#lastStarted < LEAST_BETWEEN_MS) return false
    this.#lastStarted = now
    return true
  }

  /** @internal Whether the one under way is to fail. */
  takeRefusal(): boolean {
    const refused = this.#refuseNext
    this.#refuseNext = false
    return refused
  }
}
