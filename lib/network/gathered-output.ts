import type { Duplex } from 'node:stream'
import { Loans } from '../memory/read-buffers.ts'
import { type Departing, Departures } from './departures.ts'

/** What is larger leaves at once: to send it takes longer than to wake its peer. */
const SMALL_BYTES = 4096

/** All sockets of a process have the same turns of the event loop. */
const departures = new Departures()
let made = 0

/** Sends what is answered in one turn of the event loop with one vectored write: a write costs more than a small request. */
export class GatheredOutput implements Departing {
  readonly number = made++
  readonly #socket: Duplex
  /** What has been given and waits for more, or for others. */
  #slices: Buffer[] | undefined
  #bytes = 0
  readonly #loans = new Loans()

  constructor(socket: Duplex) {
    this.#socket = socket
  }

  /** Bytes that have been given and that the system has not taken yet. */
  get unsent(): number {
    return this.#bytes + this.#socket.writableLength
  }

  /**
   * @param slices at least one, of so many bytes together; not to be used any more
   * @param more whether more may come before this turn of the event loop is over: then these wait for it
   * @param loans what of the slices is borrowed; ended when the system has taken the last of them, or never will
   */
  send(slices: Buffer[], bytes: number, more: boolean, loans: Loans): void {
    loans.moveTo(this.#loans)
    this.#bytes += bytes
    const isFirst = this.#slices === undefined
    if (this.#slices === undefined) this.#slices = slices
    else for (const slice of slices) this.#slices.push(slice)
    if (more) {
      // Runs after all promises that are settled already, before anything comes in.
      if (isFirst) process.nextTick(() => this.depart())
    } else if (!isFirst || bytes >= SMALL_BYTES || !departures.wait(this)) this.depart()
  }

  /** Sends what there is, then the end; `done` is called when all has left or nothing can leave any more. */
  end(done: () => void): void {
    this.depart()
    this.#socket.end(done)
  }

  /** The socket is gone. */
  close(): void {
    this.#slices = undefined
    this.#bytes = 0
    this.#loans.end()
  }

  depart(): void {
    const slices = this.#slices
    if (slices === undefined) return
    this.#slices = undefined
    this.#bytes = 0
    const socket = this.#socket
    const last = slices.length - 1
    if (last > 0) socket.cork()
    for (let i = 0; i < last; i++) socket.write(slices[i])
    if (this.#loans.isEmpty) socket.write(slices[last])
    else {
      const leaving = new Loans()
      this.#loans.moveTo(leaving)
      socket.write(slices[last], () => leaving.end())
    }
    if (last > 0) socket.uncork()
  }
}
