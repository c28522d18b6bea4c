import { once } from 'node:events'
import { connect as connectPlain } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls'
import { apiVersions } from '../../protocol/messages/api-versions.ts'
import { saslAuthenticate } from '../../protocol/messages/sasl-authenticate.ts'
import { saslHandshake } from '../../protocol/messages/sasl-handshake.ts'
import { FramePeer } from '../../test/helpers/network.ts'
import { ScramClient } from '../../test/helpers/security/scram-client.ts'
import { bearer } from '../../test/helpers/security/tokens.ts'

/** Where clients log in, and by what. */
export interface LoginServer {
  /** `host:port`. */
  readonly plain: string
  /** The same over TLS. */
  readonly tls?: string
  /** PEM. */
  readonly ca?: string
  /** One that it believes, if it believes any. */
  readonly token?: string
}

/** Shows who a client is over a connection. @throws Error when the server does not believe it */
export type Login = (peer: FramePeer) => Promise<void>

/** Nobody logs in: what connecting and one request cost. */
export const noLogin: Login = async (peer) => {
  await peer.request(apiVersions, 0, {})
}

export async function plainLogin(peer: FramePeer): Promise<void> {
  await handshake(peer, 'PLAIN')
  await step(peer, '\0alice\0secret')
}

export function scramLogin(mechanism: string): Login {
  return async (peer) => {
    const client = new ScramClient(mechanism, 'alice', 'secret')
    await handshake(peer, mechanism)
    await step(peer, client.final(await step(peer, client.first())))
  }
}

export function oauthLogin(token: string): Login {
  const message = bearer(token)
  return async (peer) => {
    await handshake(peer, 'OAUTHBEARER')
    if ((await step(peer, message)).length > 0) throw new Error('the token is refused')
  }
}

export async function handshake(peer: FramePeer, mechanism: string): Promise<void> {
  const { body } = await peer.request(saslHandshake, 1, { mechanism })
  if (body.errorCode !== 0) throw new Error(`SaslHandshake ${mechanism}: error ${body.errorCode}`)
}

export async function step(peer: FramePeer, token: string | Buffer): Promise<Buffer> {
  const { body } = await peer.request(saslAuthenticate, 2, { authBytes: Buffer.from(token as string) })
  if (body.errorCode !== 0) throw new Error(`SaslAuthenticate: ${body.errorMessage}`)
  return body.authBytes as Buffer
}

/** Makes connections to one of a server's listeners. */
export class Connector {
  readonly #host: string
  readonly #port: number
  readonly #context: SecureContext | undefined

  constructor({ plain, tls, ca }: LoginServer, isTls: boolean) {
    const address = isTls ? tls : plain
    if (address === undefined) throw new Error('there is no listener over TLS')
    const [host = '', port] = address.split(':')
    this.#host = host
    this.#port = Number(port)
    this.#context = isTls ? createSecureContext(ca === undefined ? {} : { ca }) : undefined
  }

  /** Connects, logs in, and leaves. */
  async visit(login: Login): Promise<void> {
    const { peer, socket } = await this.stay(login)
    peer.socket.end()
    if (!socket.closed) await once(socket, 'close')
  }

  /** The same without leaving. */
  async stay(login: Login): Promise<{ peer: FramePeer; socket: Duplex }> {
    const where = { host: this.#host, port: this.#port }
    const socket =
      this.#context === undefined
        ? connectPlain(where)
        : connectTls({ ...where, secureContext: this.#context })
    await once(socket, this.#context === undefined ? 'connect' : 'secureConnect')
    socket.setNoDelay(true)
    const peer = new FramePeer(socket)
    await login(peer)
    return { peer, socket }
  }
}
