import { connect, type Socket } from 'node:net'
import { FrameCounter } from './frame-counter.ts'

const READ_BUFFER_BYTES = 1024 * 1024
/** Whoever takes longer for what is under way is not waited for. */
const LONGEST_ANSWER_MS = 10_000
/** The same for all connections together. */
const LONGEST_CONNECT_MS = 20_000
/** Fewer than any system lets wait to be accepted. */
const CONNECTS_AT_A_TIME = 50

/** What came back in a time. */
export interface Flow {
  readonly seconds: number
  readonly requests: number
  readonly bytesSent: number
  readonly bytesReceived: number
  /** Of single requests, milliseconds; only with one in flight. */
  readonly latencies: readonly number[]
}

/**
 * Sends the same frame again and again over some connections, a fixed number in flight on each, and counts the answers.
 * It costs as little as Node can, so that it is the server that is measured.
 */
export class FrameClient {
  readonly #sockets: Socket[] = []
  readonly #request: Buffer
  readonly #inFlight: number
  #requests = 0
  #received = 0
  #running = false
  #idle = 0
  #latencies: number[] | undefined
  #onIdle: (() => void) | undefined
  #failure: Error | undefined

  private constructor(request: Buffer, inFlight: number) {
    this.#request = request
    this.#inFlight = inFlight
  }

  static async connect(
    { host, port }: { host: string; port: number },
    request: Buffer,
    { connections, inFlight }: { connections: number; inFlight: number },
  ): Promise<FrameClient> {
    const client = new FrameClient(request, inFlight)
    const begin = performance.now()
    try {
      for (let made = 0; made < connections; ) {
        if (performance.now() - begin > LONGEST_CONNECT_MS) {
          throw new Error(`it takes ${LONGEST_CONNECT_MS / 1000} s for ${made} connections`)
        }
        const together = Math.min(CONNECTS_AT_A_TIME, connections - made)
        await Promise.all(Array.from({ length: together }, () => client.#connect(host, port)))
        made += together
      }
    } catch (error) {
      client.close()
      throw error
    }
    return client
  }

  #connect(host: string, port: number): Promise<void> {
    const state = { counter: new FrameCounter(), sentAt: 0, waiting: 0 }
    return new Promise((resolve, reject) => {
      const socket = connect({
        host,
        port,
        noDelay: true,
        onread: {
          buffer: shared,
          callback: (length: number, buffer: Uint8Array) => {
            this.#take(socket, state, buffer, length)
            return true
          },
        },
      } as never)
      socket.once('connect', () => resolve())
      socket.once('error', reject)
      socket.on('error', (error) => this.#fail(error))
      socket.on('close', () => {
        if (this.#running || state.waiting > 0) this.#fail(new Error('the server closed the connection'))
      })
      states.set(socket, state)
      this.#sockets.push(socket)
    })
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#onIdle?.()
  }

  #take(socket: Socket, state: State, chunk: Uint8Array, length: number): void {
    this.#received += length
    const frames = state.counter.take(chunk, length)
    if (frames === 0) return
    this.#requests += frames
    state.waiting -= frames
    if (this.#latencies !== undefined) this.#latencies.push(performance.now() - state.sentAt)
    if (this.#running) this.#send(socket, state, frames)
    else if (state.waiting === 0 && ++this.#idle === this.#sockets.length) this.#onIdle?.()
  }

  #send(socket: Socket, state: State, times: number): void {
    state.waiting += times
    state.sentAt = performance.now()
    if (times === 1) {
      socket.write(this.#request)
      return
    }
    socket.write(times === this.#inFlight ? this.#burst() : Buffer.concat(Array(times).fill(this.#request)))
  }

  #bursts: Buffer | undefined
  #burst(): Buffer {
    this.#bursts ??= Buffer.concat(Array(this.#inFlight).fill(this.#request))
    return this.#bursts
  }

  /** Sends for so long, then waits for what is still under way. @throws Error when the server answers no more */
  async run(milliseconds: number, { latencies = false } = {}): Promise<Flow> {
    this.#requests = 0
    this.#received = 0
    this.#idle = 0
    this.#latencies = latencies ? [] : undefined
    this.#running = true
    const started = performance.now()
    for (const socket of this.#sockets) this.#send(socket, states.get(socket) as State, this.#inFlight)
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
    await Promise.race([idle, new Promise((resolve) => setTimeout(resolve, milliseconds))])
    this.#running = false
    const late = setTimeout(() => this.#fail(new Error('the server answers no more')), LONGEST_ANSWER_MS)
    await idle
    clearTimeout(late)
    if (this.#failure) throw this.#failure
    const seconds = (performance.now() - started) / 1000
    return {
      seconds,
      requests: this.#requests,
      bytesSent: this.#requests * this.#request.length,
      bytesReceived: this.#received,
      latencies: this.#latencies ?? [],
    }
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

interface State {
  readonly counter: FrameCounter
  sentAt: number
  waiting: number
}

const shared = Buffer.alloc(READ_BUFFER_BYTES)
const states = new WeakMap<Socket, State>()
