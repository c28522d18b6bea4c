import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { FrameSplitter } from '../../protocol/frame.ts'
import type { Api, Decoded, Encodable } from '../../protocol/schema.ts'
import { decodeResponse, requestBytes } from './network.ts'

const LARGEST_RESPONSE = 256 * 1024 * 1024

/** A connection was closed by the other side while answers were still due. */
export class ConnectionClosed extends Error {
  override readonly name = 'ConnectionClosed'
}

interface Waiting {
  readonly resolve: (frame: Buffer) => void
  readonly reject: (error: Error) => void
}

/**
 * The least client there can be: requests and responses as values, over one TCP connection, in any version, without
 * negotiation, retries or opinions.
 */
export class RawClient implements AsyncDisposable {
  readonly #socket: Socket
  readonly #clientId: string | null
  readonly #splitter = new FrameSplitter(LARGEST_RESPONSE)
  #waiting: Waiting[] = []
  #correlationId = 0

  private constructor(socket: Socket, clientId: string | null) {
    this.#socket = socket
    this.#clientId = clientId
    socket.on('data', (chunk: Buffer) => {
      this.#splitter.push(chunk)
      for (let frame = this.#splitter.next(); frame; frame = this.#splitter.next()) {
        this.#waiting.shift()?.resolve(frame)
      }
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      for (const { reject } of this.#waiting) reject(new ConnectionClosed('the connection was closed'))
      this.#waiting = []
    })
  }

  /** @param address `host:port`; of several, separated by commas, the first */
  static async connect(address: string, clientId: string | null = 'raw-client'): Promise<RawClient> {
    const first = address.split(',')[0] as string
    const colon = first.lastIndexOf(':')
    const socket = connect({ host: first.slice(0, colon), port: Number(first.slice(colon + 1)) })
    await once(socket, 'connect')
    return new RawClient(socket, clientId)
  }

  /** Sends a request and waits for its response. Requests may be sent without waiting for those before. */
  async send<A extends Api>(
    api: A,
    version: number,
    request: Encodable<A['request']>,
  ): Promise<Decoded<A['response']>> {
    const correlationId = this.#correlationId++
    const bytes = requestBytes(api, version, request, { correlationId, clientId: this.#clientId })
    const response = decodeResponse(api, version, await this.sendBytes(bytes))
    if (response.correlationId !== correlationId) {
      throw new Error(`the response to request ${correlationId} says it is to ${response.correlationId}`)
    }
    if (response.left > 0) throw new Error(`${api.name} v${version}: ${response.left} bytes too many`)
    return response.body
  }

  /** Sends bytes as they are (a frame with its size, or what should be refused) and waits for one frame's body. */
  sendBytes(bytes: Uint8Array): Promise<Buffer> {
    if (this.#socket.destroyed) return Promise.reject(new ConnectionClosed('the connection was closed'))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#socket.write(bytes)
    })
  }

  get isClosed(): boolean {
    return this.#socket.destroyed
  }

  async close(): Promise<void> {
    if (this.#socket.destroyed) return
    const closed = once(this.#socket, 'close')
    this.#socket.destroy()
    await closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
