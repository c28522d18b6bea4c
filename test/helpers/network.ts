import type { Duplex } from 'node:stream'
import { codecOf } from '../../protocol/codec.ts'
import { FrameSplitter } from '../../protocol/frame.ts'
import { requestHeaderCodec, responseHeaderCodec } from '../../protocol/header.ts'
import { Reader } from '../../protocol/primitives/reader.ts'
import { Writer } from '../../protocol/primitives/writer.ts'
import type { Api, Decoded, Encodable } from '../../protocol/schema.ts'

/** A request's bytes, its four bytes of size first. */
export function requestBytes<A extends Api>(
  api: A,
  apiVersion: number,
  body: Encodable<A['request']>,
  { correlationId = 1, clientId = 'test' as string | null } = {},
): Buffer {
  const writer = new Writer(1024)
  return Buffer.concat(
    writer.frame(() => {
      requestHeaderCodec(api, apiVersion).encode(writer, {
        requestApiKey: api.key,
        requestApiVersion: apiVersion,
        correlationId,
        clientId,
      })
      codecOf<A['request']>(api.request, apiVersion).encode(writer, body)
    }),
  )
}

export interface DecodedResponse<A extends Api> {
  readonly correlationId: number
  readonly body: Decoded<A['response']>
  /** Bytes after the body; none are expected. */
  readonly left: number
}

export function decodeResponse<A extends Api>(api: A, apiVersion: number, frame: Buffer): DecodedResponse<A> {
  const reader = new Reader(frame)
  const { correlationId } = responseHeaderCodec(api, apiVersion).decode(reader)
  const body = codecOf<A['response']>(api.response, apiVersion).decode(reader)
  return { correlationId, body, left: reader.remaining }
}

/** The raw end of a connection to a broker: writes bytes, reads frames. */
export class FramePeer {
  readonly socket: Duplex
  /** Every chunk that has come, in order. */
  readonly chunks: Buffer[] = []
  readonly #frames = new FrameSplitter(2 ** 31 - 1)
  readonly #arrived: Buffer[] = []
  #over = false
  #wake: (() => void) | undefined

  constructor(socket: Duplex) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk)
      this.#frames.push(chunk)
      for (let frame = this.#frames.next(); frame; frame = this.#frames.next()) this.#arrived.push(frame)
      this.#wake?.()
    })
    const over = () => {
      this.#over = true
      this.#wake?.()
    }
    socket.on('end', over)
    socket.on('close', over)
    socket.on('error', () => {})
  }

  /** Whether the other side has ended. */
  get isOver(): boolean {
    return this.#over
  }

  send(bytes: Uint8Array): void {
    this.socket.write(bytes)
  }

  async request<A extends Api>(
    api: A,
    apiVersion: number,
    body: Encodable<A['request']>,
  ): Promise<DecodedResponse<A>> {
    this.send(requestBytes(api, apiVersion, body))
    return decodeResponse(api, apiVersion, await this.frame())
  }

  /** The next frame. @throws Error when the connection ends first */
  async frame(): Promise<Buffer> {
    await this.#until(() => this.#arrived.length > 0 || this.#over)
    const frame = this.#arrived.shift()
    if (!frame) throw new Error('the connection has ended: a frame was expected')
    return frame
  }

  /** Resolves when the other side has ended; to the frames that nobody has asked for. */
  async ended(): Promise<Buffer[]> {
    await this.#until(() => this.#over)
    return this.#arrived.splice(0)
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
