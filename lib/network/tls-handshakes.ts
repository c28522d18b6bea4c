import type { Socket } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import type { Clock, Timer } from '../lab/clock.ts'
import type { LogFields, Logger } from '../lab/logger.ts'
import { ANONYMOUS, type Principal } from '../security/principal.ts'
import { subjectOf } from '../security/tls/distinguished-name.ts'
import type { TlsSettings } from '../security/tls/tls-settings.ts'

export interface HandshakeSettings {
  readonly listenerName: string
  readonly clock: Clock
  readonly logger: Logger
  /** How long a handshake may take; negative for no limit. Kafka has no other than `connections.max.idle.ms`. */
  readonly timeoutMs: number
  /** Called for each that the peer has failed at; not for those that it left. */
  readonly onFailed: () => void
}

interface UnderWay {
  readonly socket: Socket
  readonly timer: Timer | undefined
}

/** Node's own limit would go by the machine's time; it has no way to have none. */
const NEVER_MS = 2 ** 31 - 1

/** TCP connections that are not served yet: from their coming to the end of the TLS handshake, or to their failing at it. */
export class TlsHandshakes {
  readonly server: Server
  readonly #tls: TlsSettings
  readonly #settings: HandshakeSettings
  readonly #onSecure: (socket: TLSSocket, principal: Principal) => void
  readonly #underWay = new Map<string, UnderWay>()

  /** @param onSecure called with each connection that may be served, and whom its certificate says it is */
  constructor(
    tls: TlsSettings,
    settings: HandshakeSettings,
    onSecure: (socket: TLSSocket, principal: Principal) => void,
  ) {
    this.#tls = tls
    this.#settings = settings
    this.#onSecure = onSecure
    const { key, passphrase, cert, ca, clientAuth } = tls
    this.server = createServer({
      noDelay: true,
      keepAlive: true,
      // Whoever ends amid the handshake has nothing to wait for.
      allowHalfOpen: false,
      handshakeTimeout: NEVER_MS,
      key,
      passphrase,
      cert,
      ca,
      requestCert: clientAuth !== 'none',
      rejectUnauthorized: clientAuth === 'required',
    })
    this.server.on('connection', (socket: Socket) => this.#begin(socket))
    this.server.on('secureConnection', (socket) => this.#succeed(socket))
    this.server.on('tlsClientError', (error, socket) => this.#fail(error, socket))
  }

  /** How many have not come to their end. */
  get size(): number {
    return this.#underWay.size
  }

  /** Cuts off all that are under way. */
  destroyAll(): void {
    const all = [...this.#underWay]
    for (const [key, { socket }] of all) {
      this.#end(key)
      socket.destroy()
    }
  }

  #begin(socket: Socket): void {
    if (socket.remoteAddress === undefined) {
      socket.destroy()
      return
    }
    const { clock, timeoutMs } = this.#settings
    const key = addressesOf(socket)
    const peer = peerOf(socket)
    const expire = () => {
      this.#log('debug', 'closing a connection whose TLS handshake never ends', { ...peer })
      this.#end(key)
      socket.destroy()
    }
    const timer = timeoutMs < 0 ? undefined : clock.setTimer(timeoutMs, expire)
    this.#underWay.set(key, { socket, timer })
    socket.once('close', () => {
      if (!this.#end(key)) return
      this.#log('debug', 'a connection ended amid its TLS handshake', { ...peer })
    })
  }

  /** Whether it was under way until now. */
  #end(key: string): boolean {
    this.#underWay.get(key)?.timer?.cancel()
    return this.#underWay.delete(key)
  }

  #succeed(socket: TLSSocket): void {
    this.#end(addressesOf(socket))
    socket.allowHalfOpen = true
    const certificate = this.#certificateOf(socket)
    // Where a certificate is requested, but not required, Node leaves it to us to look at one that is shown.
    if (certificate !== undefined && !socket.authorized) {
      this.#refuse(socket, String(socket.authorizationError))
      return
    }
    try {
      this.#onSecure(socket, this.#principalOf(certificate))
    } catch (error) {
      this.#log('info', 'closing the connection: its certificate has no name here', {
        ...peerOf(socket),
        why: (error as Error).message,
      })
      discard(socket)
    }
  }

  #certificateOf(socket: TLSSocket): Buffer | undefined {
    return this.#tls.clientAuth === 'none' ? undefined : socket.getPeerCertificate().raw
  }

  /** @throws Error for one that has no name in the listener's rules */
  #principalOf(certificate: Buffer | undefined): Principal {
    const { principalMapping } = this.#tls
    if (certificate === undefined || principalMapping === undefined) return ANONYMOUS
    return { principalType: ANONYMOUS.principalType, name: principalMapping.nameOf(subjectOf(certificate)) }
  }

  #fail(error: Error, socket: TLSSocket): void {
    const { code, reason } = error as { code?: string; reason?: string }
    const distrust = socket.authorizationError as unknown
    // The peer has left, which its own socket tells with its address.
    if (code === 'ECONNRESET' && !distrust) return
    // Node's own message is OpenSSL's, with addresses and places in its sources.
    this.#refuse(socket, String(distrust || (reason ?? code ?? error.message)))
  }

  #refuse(socket: TLSSocket, why: string): void {
    this.#settings.onFailed()
    this.#log('info', 'closing the connection: its TLS handshake failed', { ...peerOf(socket), why })
    discard(socket)
  }

  #log(level: 'debug' | 'info', message: string, fields: LogFields): void {
    const { logger, listenerName } = this.#settings
    logger[level](message, { listener: listenerName, ...fields })
  }
}

function discard(socket: Socket): void {
  socket.on('error', () => {})
  socket.destroy()
}

/** Nothing of one that has gone already. */
function peerOf({ remoteAddress, remotePort }: Socket): LogFields {
  return remoteAddress === undefined ? {} : { peer: `${remoteAddress}:${remotePort}` }
}

/** What tells a TCP connection from all others; Node does not say which socket a TLS socket was made from. */
function addressesOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress}:${remotePort}-${localAddress}:${localPort}`
}
