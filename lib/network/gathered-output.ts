import type { Duplex } from 'node:stream'

/** Sends what is answered in one turn of the event loop with one vectored write: a write costs more than a small request. */
export class GatheredOutput {
  readonly #socket: Duplex
  #held = false

  constructor(socket: Duplex) {
    this.#socket = socket
  }

  /** Bytes that have been given and that the system has not taken yet. */
  get unsent(): number {
    return this.#socket.writableLength
  }

  /** @param more whether more may come before this turn of the event loop is over: then these wait for it */
  send(slices: readonly Buffer[], more: boolean): void {
    const socket = this.#socket
    if (!this.#held && (more || slices.length > 1)) {
      this.#held = true
      socket.cork()
      // Runs after all promises that are settled already, before anything comes in.
      if (more) process.nextTick(() => this.#release())
    }
    for (const slice of slices) socket.write(slice)
    if (!more) this.#release()
  }

  /** Sends what there is, then the end; `done` is called when all has left or nothing can leave any more. */
  end(done: () => void): void {
    this.#release()
    this.#socket.end(done)
  }

  #release(): void {
    if (!this.#held) return
    this.#held = false
    this.#socket.uncork()
  }
}
