import type { Duplex } from 'node:stream'
import type { Clock, Timer } from '../lab/clock.ts'
import type { ConnectionQuotas } from './connection-quotas.ts'

/** A connection that nobody serves yet. */
export interface Arrival {
  readonly socket: Duplex
  /** The peer's address. */
  readonly host: string
  readonly serve: () => void
}

/**
 * Takes the connections of one listener one after the other, as fast as the broker's quotas let it (KIP-612). Those that come
 * too fast for the listener are served later; those of an address that has had too many are closed after a while.
 */
export class Acceptor {
  readonly #listener: string
  readonly #quotas: ConnectionQuotas
  readonly #clock: Clock
  readonly #waiting: Arrival[] = []
  readonly #refused = new Map<Arrival, Timer>()
  /** Runs for the first that waits. */
  #timer: Timer | undefined

  constructor(listener: string, quotas: ConnectionQuotas, clock: Clock) {
    this.#listener = listener
    this.#quotas = quotas
    this.#clock = clock
  }

  take(arrival: Arrival): void {
    if (this.#timer === undefined) {
      this.#begin(arrival)
      return
    }
    arrival.socket.on('error', ignore)
    this.#waiting.push(arrival)
  }

  /** Closes all that are not served. */
  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    for (const { socket } of this.#waiting.splice(0)) socket.destroy()
    for (const [{ socket }, timer] of this.#refused) {
      timer.cancel()
      socket.destroy()
    }
    this.#refused.clear()
  }

  #begin(arrival: Arrival): void {
    const waitMs = this.#quotas.arrived(this.#listener)
    if (waitMs === 0) {
      this.#admit(arrival)
      return
    }
    arrival.socket.on('error', ignore)
    this.#waiting.unshift(arrival)
    this.#timer = this.#clock.setTimer(waitMs, () => {
      this.#timer = undefined
      this.#admit(this.#waiting.shift() as Arrival)
      while (this.#timer === undefined && this.#waiting.length > 0) {
        this.#begin(this.#waiting.shift() as Arrival)
      }
    })
  }

  #admit(arrival: Arrival): void {
    const { socket, host, serve } = arrival
    // It has broken while it waited, which nobody would be told again.
    if (socket.destroyed) return
    const refusedMs = this.#quotas.refusedMs(this.#listener, host)
    if (refusedMs === 0) {
      serve()
      return
    }
    socket.on('error', ignore)
    const timer = this.#clock.setTimer(refusedMs, () => {
      this.#refused.delete(arrival)
      socket.destroy()
    })
    this.#refused.set(arrival, timer)
  }
}

/** The peer of a socket that nobody listens to yet may be gone. */
function ignore(): void {}
