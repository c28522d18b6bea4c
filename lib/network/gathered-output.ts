import type { Duplex } from 'node:stream'
import { Loans } from '../memory/read-buffers.ts'

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

  /**
   * @param more whether more may come before this turn of the event loop is over: then these wait for it
   * @param loans what of the slices is borrowed; ended when the system has taken the last of them, or never will
   */
  send(slices: readonly Buffer[], more: boolean, loans: Loans): void {
    const socket = this.#socket
    if (!this.#held && (more || slices.length > 1)) {
      this.#held = true
      socket.cork()
      // Runs after all promises that are settled already, before anything comes in.
      if (more) process.nextTick(() => this.#release())
    }
    const last = slices.length - 1
    for (let i = 0; i < last; i++) socket.write(slices[i])
    if (loans.isEmpty) socket.write(slices[last])
    else {
      const leaving = new Loans()
      loans.moveTo(leaving)
      socket.write(slices[last], () => leaving.end())
    }
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
