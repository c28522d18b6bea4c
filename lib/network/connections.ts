import type { Duplex } from 'node:stream'
import { type Clock, RealClock, type Timer } from '../lab/clock.ts'
import { Connection } from './connection.ts'
import type { ConnectionSettings } from './connection-settings.ts'
import type { Session } from './session.ts'

/** How long a peer may take to read our last bytes when a listener stops. */
const LINGER_MS = 250
/** Expiry is looked at no more often than this part of the allowed idle time. */
const LOOKS_PER_IDLE_TIME = 100

/** The connections that one listener has: their life from accepting to the end, and the end of those that idle. */
export class Connections {
  readonly #open = new Set<Connection>()
  readonly #settings: ConnectionSettings
  readonly #maxIdleMs: number
  #idleTimer: Timer | undefined
  #whenEmpty: (() => void) | undefined

  /** @param maxIdleMs `connections.max.idle.ms`; negative for no limit */
  constructor(settings: ConnectionSettings, maxIdleMs: number) {
    this.#settings = settings
    this.#maxIdleMs = maxIdleMs
  }

  get size(): number {
    return this.#open.size
  }

  [Symbol.iterator](): IterableIterator<Connection> {
    return this.#open.values()
  }

  add(socket: Duplex, session: Session): Connection {
    const connection = new Connection(socket, session, this.#settings, (closed) => this.#remove(closed))
    this.#open.add(connection)
    if (this.#maxIdleMs >= 0 && this.#idleTimer === undefined) this.#watchIdle(this.#maxIdleMs)
    return connection
  }

  /** Ends every connection once the request under way is answered; resolves when none is left. */
  async stop(): Promise<void> {
    for (const connection of this.#open) connection.stop()
    // Real time even where a test holds the clock: it is the peer's machine that is waited for.
    const linger: Clock = new RealClock()
    const timer = linger.setTimer(LINGER_MS, () => this.#destroyAll())
    await this.#empty()
    timer.cancel()
  }

  /** Cuts every connection off; resolves when none is left. */
  async kill(): Promise<void> {
    this.#destroyAll()
    await this.#empty()
  }

  #destroyAll(): void {
    for (const connection of this.#open) connection.destroy()
  }

  #empty(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const others = this.#whenEmpty
      this.#whenEmpty = () => {
        others?.()
        resolve()
      }
    })
  }

  #remove(connection: Connection): void {
    this.#open.delete(connection)
    if (this.#open.size > 0) return
    this.#idleTimer?.cancel()
    this.#idleTimer = undefined
    this.#whenEmpty?.()
    this.#whenEmpty = undefined
  }

  /** One timer for all: it is set for the connection that would expire first, and asks again then. */
  #watchIdle(delayMs: number): void {
    this.#idleTimer = this.#settings.clock.setTimer(delayMs, () => {
      const now = this.#settings.clock.monotonic()
      let nextExpiry = now + this.#maxIdleMs
      for (const connection of this.#open) {
        const expiry = connection.lastActive + this.#maxIdleMs
        if (expiry <= now) connection.expire()
        else nextExpiry = Math.min(nextExpiry, expiry)
      }
      this.#watchIdle(Math.max(nextExpiry - now, this.#maxIdleMs / LOOKS_PER_IDLE_TIME))
    })
  }
}
