import type { Test } from 'tap'
import { Cluster, type ClusterOptions, ManualClock } from '../../../lib/index.ts'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { saslAuthenticate } from '../../../protocol/messages/sasl-authenticate.ts'
import { saslHandshake } from '../../../protocol/messages/sasl-handshake.ts'
import type { Decoded } from '../../../protocol/schema.ts'
import { FramePeer } from '../network.ts'
import { turns } from '../network-turns.ts'
import { ScramClient } from './scram-client.ts'

/** What a connection that ends is seen to do, on the manual clock. */
export interface Ending {
  /** Milliseconds after the frame that ended it. */
  readonly afterMs: number
  /** What came before the end. */
  readonly frames: Buffer[]
}

type Authenticated = Decoded<(typeof saslAuthenticate)['response']>

/** A client that sends what a test tells it to, byte for byte. */
export class SaslPeer extends FramePeer {
  readonly #clock: ManualClock

  constructor(socket: FramePeer['socket'], clock: ManualClock) {
    super(socket)
    this.#clock = clock
  }

  sendFrame(body: Uint8Array): void {
    const size = Buffer.alloc(4)
    size.writeInt32BE(body.length)
    this.send(Buffer.concat([size, body]))
  }

  async handshake(version: number, mechanism: string): Promise<Decoded<(typeof saslHandshake)['response']>> {
    return (await this.request(saslHandshake, version, { mechanism })).body
  }

  async authenticate(version: number, token: string | Buffer): Promise<Authenticated> {
    return (await this.request(saslAuthenticate, version, { authBytes: Buffer.from(token as string) })).body
  }

  /** A bare token, as after SaslHandshake v0. */
  async token(token: string | Buffer): Promise<Buffer> {
    this.sendFrame(Buffer.from(token as string))
    return this.frame()
  }

  /** @returns the last answer */
  async loginPlain(user = 'alice', password = 'secret', version = 2): Promise<Authenticated> {
    await this.handshake(1, 'PLAIN')
    return this.authenticate(version, `\0${user}\0${password}`)
  }

  async loginScram(
    mechanism: string,
    user = 'alice',
    password = 'secret',
    extensions = '',
  ): Promise<Authenticated[]> {
    const client = new ScramClient(mechanism, user, password, { extensions })
    await this.handshake(1, mechanism)
    const first = await this.authenticate(2, client.first())
    if (first.errorCode !== 0) return [first]
    return [first, await this.authenticate(2, client.final(first.authBytes))]
  }

  /** By a delegation token (KIP-48). */
  loginToken(tokenId: string, hmac: string, mechanism = 'SCRAM-SHA-256'): Promise<Authenticated[]> {
    return this.loginScram(mechanism, tokenId, hmac, ',tokenauth=true')
  }

  /** Whether requests are served. */
  async isServed(): Promise<boolean> {
    const { body } = await this.request(apiVersions, 0, {})
    return body.errorCode === 0
  }

  /** Moves the clock on until the connection ends. @throws Error when it does not within ten seconds of it */
  async ending(): Promise<Ending> {
    for (let afterMs = 0; afterMs <= 10_000; afterMs++) {
      await turns(afterMs < 2 || afterMs % 50 === 0 || afterMs % 50 === 49 ? 6 : 1)
      if (this.isOver) return { afterMs, frames: await this.ended() }
      this.#clock.advance(1)
    }
    throw new Error('the connection has not ended')
  }
}

export interface SaslRig {
  readonly cluster: Cluster<ManualClock>
  readonly clock: ManualClock
  /** A new connection to the first listener, or to the one of that name. */
  connect(listener?: string): SaslPeer
}

/** A cluster with a SASL_PLAINTEXT listener, a user `alice` with the password `secret`, and a clock that stands still. */
export async function saslRig(t: Test, options: ClusterOptions<ManualClock> = {}): Promise<SaslRig> {
  const clock = new ManualClock()
  const cluster = await Cluster.start({
    listeners: [{ securityProtocol: 'SASL_PLAINTEXT', transport: 'memory' }],
    users: [{ name: 'alice', password: 'secret' }],
    clock,
    ...options,
  })
  t.teardown(() => cluster.stop())
  const connect = (listener?: string) => {
    const [broker] = cluster.brokers
    const { address } =
      broker?.listeners.find(({ name }) => listener === undefined || name === listener) ?? {}
    const [host = '', port] = (address ?? '').split(':')
    return new SaslPeer(cluster.socketFactory({ host, port: Number(port) }), clock)
  }
  return { cluster, clock, connect }
}
