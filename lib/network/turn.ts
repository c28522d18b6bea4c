/** What one connection may do before the others have their turn. */
const REQUESTS_PER_TURN = 128
const BYTES_PER_TURN = 1024 * 1024

/** What a turn of the event loop has seen of a connection, promises settled meanwhile included. */
export class Turn {
  #requests = 0
  #bytes = 0
  #isAhead = false

  /** Another one comes when the other connections have had theirs. */
  get isAhead(): boolean {
    return this.#isAhead
  }

  get isOver(): boolean {
    return this.#requests >= REQUESTS_PER_TURN || this.#bytes >= BYTES_PER_TURN
  }

  begin(): void {
    this.#requests = 0
    this.#bytes = 0
  }

  later(work: () => void): void {
    this.#isAhead = true
    setImmediate(() => {
      this.#isAhead = false
      this.begin()
      work()
    })
  }

  take(bytes: number): void {
    this.#requests++
    this.#bytes += bytes
  }
}
