import { ConnectionClosed, RawClient } from '../helpers/raw-client.ts'

const PAUSE_MS = 5

/** A client that comes back whenever its broker is gone, until it is told to stop. */
export abstract class Persistent {
  #address = ''
  #client: RawClient | undefined
  #fault: Error | undefined
  #isWanted = true
  #ended: Promise<void> | undefined

  protected get isWanted(): boolean {
    return this.#isWanted
  }

  start(address: string): void {
    this.#address = address
    this.#ended = this.#run()
  }

  /** @throws Error what the client has seen that must not be */
  check(): void {
    if (this.#fault) throw this.#fault
  }

  /** @throws Error as `check` */
  async stop(): Promise<void> {
    this.#isWanted = false
    this.#client?.close()
    await this.#ended
    this.check()
  }

  protected fail(message: string): Error {
    this.#fault ??= new Error(message)
    return this.#fault
  }

  protected async until(isReached: () => boolean): Promise<void> {
    while (!isReached()) {
      this.check()
      await pause()
    }
  }

  /** With one connection, as long as that holds or there is something to do. */
  protected abstract work(client: RawClient): Promise<void>

  async #run(): Promise<void> {
    while (this.#isWanted && this.#fault === undefined) {
      try {
        this.#client = await RawClient.connect(this.#address)
        await this.work(this.#client)
      } catch (error) {
        const isGone =
          error instanceof ConnectionClosed || (error as NodeJS.ErrnoException).code !== undefined
        if (!isGone) this.#fault ??= error as Error
      }
      this.#client?.close()
      await pause()
    }
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
}
