import { once } from 'node:events'
import { connect } from 'node:net'
import { saslAuthenticate } from '../../../protocol/messages/sasl-authenticate.ts'
import { saslHandshake } from '../../../protocol/messages/sasl-handshake.ts'
import type { Api, Encodable } from '../../../protocol/schema.ts'
import { decodeResponse, FramePeer, requestBytes } from '../../helpers/network.ts'
import { ScramClient } from '../../helpers/security/scram-client.ts'

/** `connection.failed.authentication.delay.ms` of both brokers: long enough to be told from none. */
export const DELAY_MS = 1_500
/** What ends sooner than this has not been delayed. */
const AT_ONCE_MS = 1_400
/** What is still open after this stays so. */
const OPEN_MS = 3_000
/** No listener's sessions last longer. */
const LONGEST_LIMIT_MS = 3_000

const UNIMPORTANT = new Set(['throttleTimeMs', 'finalizedFeaturesEpoch'])

/** Sends what its script says and writes down what comes back. */
export class ScriptedClient {
  readonly lines: string[] = []
  readonly #peer: FramePeer
  readonly #shown: (token: Buffer) => string
  #sentAt = 0

  private constructor(peer: FramePeer, shown: (token: Buffer) => string) {
    this.#peer = peer
    this.#shown = shown
  }

  /** @param shown what is written down of a token */
  static async connect(address: string, shown = told): Promise<ScriptedClient> {
    const [host = '', port] = address.split(':')
    const socket = connect({ host, port: Number(port), allowHalfOpen: false })
    await once(socket, 'connect')
    return new ScriptedClient(new FramePeer(socket), shown)
  }

  close(): void {
    this.#peer.socket.destroy()
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms))
  }

  /** Sends a frame as it is. */
  raw(hex: string): void {
    const body = Buffer.from(hex, 'hex')
    const size = Buffer.alloc(4)
    size.writeInt32BE(body.length)
    this.bytes(Buffer.concat([size, body]))
  }

  bytes(bytes: Buffer): void {
    this.#sentAt = performance.now()
    this.#peer.send(bytes)
  }

  /** Sends a request, writes down its answer or the end. */
  async ask<A extends Api>(api: A, version: number, body: Encodable<A['request']>): Promise<void> {
    this.bytes(requestBytes(api, version, body))
    await this.answer(api, version)
  }

  /** @returns the bytes it carries, where it has some */
  async answer<A extends Api>(api: A, version: number): Promise<Buffer> {
    const frame = await this.#next()
    if (frame === undefined) return Buffer.alloc(0)
    const { correlationId, body, left } = decodeResponse(api, version, frame)
    const shown = JSON.stringify(body, (name, value) => {
      if (UNIMPORTANT.has(name)) return undefined
      if (name === 'apiKeys' && value.length > 1) return 'several'
      if (name === 'supportedFeatures' || name === 'finalizedFeatures') return undefined
      // What is left of a token's life is never the same twice; a listener's limit is, and is shorter.
      if (name === 'sessionLifetimeMs' && (value > LONGEST_LIMIT_MS || value % 1_000 !== 0)) {
        return `about ${Math.round(value / 10_000)}0 s`
      }
      if (name === 'mechanisms') return [...value].sort()
      if (name === 'credentialInfos') return [...value].sort((a, b) => a.mechanism - b.mechanism)
      if (value?.type === 'Buffer') return this.#shown(Buffer.from(value.data))
      return value
    })
    this.lines.push(`${api.name} v${version}${this.#when()}: ${correlationId} ${left} ${shown}`)
    return (body as { authBytes?: Buffer }).authBytes ?? Buffer.alloc(0)
  }

  /** Writes down a frame without a header. */
  async token(): Promise<Buffer> {
    const frame = await this.#next()
    if (frame !== undefined) this.lines.push(`token${this.#when()}: ${this.#shown(frame)}`)
    return frame ?? Buffer.alloc(0)
  }

  /** Writes down how the connection ends. */
  async end(): Promise<void> {
    const over = await Promise.race([this.#peer.ended(), this.pause(OPEN_MS)])
    if (over === undefined) this.lines.push('stays open')
    else this.lines.push(`${over.length} frames, end${this.#when()}`)
  }

  async handshake(version: number, mechanism: string): Promise<void> {
    await this.ask(saslHandshake, version, { mechanism })
  }

  async authenticate(version: number, token: string | Buffer): Promise<Buffer> {
    this.bytes(requestBytes(saslAuthenticate, version, { authBytes: Buffer.from(token as string) }))
    return this.answer(saslAuthenticate, version)
  }

  async plain(user = 'alice', password = 'secret', version = 2): Promise<void> {
    await this.handshake(1, 'PLAIN')
    await this.authenticate(version, `\0${user}\0${password}`)
  }

  async scram(mechanism: string, user = 'alice', password = 'secret', version = 2): Promise<void> {
    const client = new ScramClient(mechanism, user, password)
    await this.handshake(1, mechanism)
    const first = await this.authenticate(version, client.first())
    if (first.length === 0) return
    const last = await this.authenticate(version, client.final(first))
    this.lines.push(`the server knows the password: ${client.isServer(last)}`)
  }

  async #next(): Promise<Buffer | undefined> {
    try {
      return await this.#peer.frame()
    } catch {
      this.lines.push(`the end instead of an answer${this.#when()}`)
      return undefined
    }
  }

  #when(): string {
    return performance.now() - this.#sentAt < AT_ONCE_MS ? '' : ' later'
  }
}

/** Nonces, salts and signatures are another each time. */
function told(token: Buffer): string {
  return token
    .toString('utf8')
    .replace(/r=[^,]+/, 'r=…')
    .replace(/s=[^,]+/, 's=…')
    .replace(/v=.+/, 'v=…')
}
