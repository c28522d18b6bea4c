import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { SecurityProtocol } from '../metadata/records.ts'
import type { AuthenticationMetrics } from '../security/authentication-metrics.ts'
import type { Authorizer } from '../security/authorization/authorizer.ts'
import { ANONYMOUS, type Principal } from '../security/principal.ts'
import type { TlsSettings } from '../security/tls/tls-settings.ts'
import { Acceptor } from './acceptor.ts'
import type { Connection } from './connection.ts'
import type { ConnectionQuotas } from './connection-quotas.ts'
import type { ConnectionSettings } from './connection-settings.ts'
import { Connections } from './connections.ts'
import { hostText } from './host-text.ts'
import { PlaceReader } from './place-reader.ts'
import { Session } from './session.ts'
import { TlsHandshakes } from './tls-handshakes.ts'

export interface ListenerOptions extends ConnectionSettings {
  /** As in `listeners`, upper case by custom. */
  readonly name: string
  readonly securityProtocol: SecurityProtocol
  /** Where to listen. */
  readonly host: string
  /** 0 takes a free port; a listener that is started again takes the one it had. */
  readonly port: number
  /** What clients are told to connect to; where it listens, where not said. */
  readonly advertisedHost?: string | undefined
  readonly advertisedPort?: number | undefined
  /** False for a listener that only takes streams that are handed over. Default true. */
  readonly tcp?: boolean | undefined
  /** Of a listener for SSL or SASL_SSL, whose clients come by TCP alone. */
  readonly tls?: TlsSettings | undefined
  /** Counts TLS handshakes. */
  readonly authentications?: AuthenticationMetrics | undefined
  readonly authorizer: Authorizer
  /** `connections.max.idle.ms`; negative for no limit. */
  readonly maxIdleMs: number
  /** Of the broker; where they are not said, all are served at once. */
  readonly connectionQuotas?: ConnectionQuotas | undefined
}

export interface Address {
  readonly host: string
  readonly port: number
}

const WILDCARDS: ReadonlySet<string> = new Set(['', '0.0.0.0', '::', '[::]'])

/** A place where clients come in: over TCP once it is started, or with a stream that somebody hands over. */
export class Listener {
  readonly name: string
  readonly securityProtocol: SecurityProtocol
  readonly #options: ListenerOptions
  readonly #connections: Connections
  readonly #acceptor: Acceptor | undefined
  #server: Server | undefined
  #handshakes: TlsHandshakes | undefined
  #running = false
  #port: number
  #connectionIndex = 0

  constructor(options: ListenerOptions) {
    this.name = options.name
    this.securityProtocol = options.securityProtocol
    this.#options = options
    this.#port = options.port
    this.#connections = new Connections(options, options.maxIdleMs)
    const { name, connectionQuotas, clock } = options
    this.#acceptor = connectionQuotas && new Acceptor(name, connectionQuotas, clock)
  }

  /** Where it listens; the port is 0 before the first start when a free one was asked for. */
  get localAddress(): Address {
    return { host: this.#options.host, port: this.#port }
  }

  get advertisedAddress(): Address {
    const { host, advertisedHost, advertisedPort } = this.#options
    return {
      host: advertisedHost ?? (isWildcard(host) ? 'localhost' : host),
      port: advertisedPort ?? this.#port,
    }
  }

  get isRunning(): boolean {
    return this.#running
  }

  /** Whether its clients speak TLS, and so come by TCP alone. */
  get isTls(): boolean {
    return this.#options.tls !== undefined
  }

  get connections(): Connections {
    return this.#connections
  }

  /** @throws Error naming `host:port`, with the system's `code` (EADDRINUSE, EACCES, ...), when it cannot listen there */
  async start(): Promise<void> {
    if (this.#running) return
    this.#running = true
    if (this.#options.tcp === false) return
    const { host } = this.#options
    const server = this.#createServer()
    this.#server = server
    try {
      await listen(server, host, this.#port)
    } catch (error) {
      this.#running = false
      this.#server = undefined
      this.#handshakes = undefined
      throw listenError(error as NodeJS.ErrnoException, host, this.#port)
    }
    server.on('error', (error) => {
      this.#options.logger.error('a listener failed', { listener: this.name, error })
    })
    this.#port = (server.address() as AddressInfo).port
  }

  /** Accepts nothing more, lets each connection answer the request under way, closes them. */
  async stop(): Promise<void> {
    const closed = this.#closeServer()
    await this.#connections.stop()
    await closed
  }

  /** Cuts every connection off, as a crash would. */
  async kill(): Promise<void> {
    const closed = this.#closeServer()
    await this.#connections.kill()
    await closed
  }

  #createServer(): Server {
    const { name, tls, clock, logger, maxIdleMs } = this.#options
    if (tls === undefined) {
      const server = createServer({ pauseOnConnect: true, allowHalfOpen: true })
      return server.on('connection', (accepted) => this.#arrive(accepted, () => this.#acceptPlain(accepted)))
    }
    const { authentications } = this.#options
    const settings = {
      listenerName: name,
      clock,
      logger,
      timeoutMs: maxIdleMs,
      onFailed: () => authentications?.failed(false),
    }
    this.#handshakes = new TlsHandshakes(tls, settings, (socket, principal) => {
      // With SASL, that is where a client succeeds.
      if (this.securityProtocol === 'SSL') authentications?.succeeded(false)
      // Kafka's acceptor would have it wait before the handshake.
      this.#arrive(socket, () => this.#acceptSocket(socket, principal))
    })
    return this.#handshakes.server
  }

  #closeServer(): Promise<void> {
    const server = this.#server
    this.#acceptor?.close()
    this.#handshakes?.destroyAll()
    this.#handshakes = undefined
    this.#server = undefined
    this.#running = false
    if (!server) return Promise.resolve()
    return new Promise((resolve) => {
      server.close(() => resolve())
    })
  }

  #arrive(socket: Socket, serve: () => void): void {
    const host = hostText(socket.remoteAddress ?? '')
    if (this.#acceptor === undefined) serve()
    else this.#acceptor.take({ socket, host, serve })
  }

  #acceptPlain(accepted: Socket): void {
    const reader = new PlaceReader()
    const socket = reader.takeOver(accepted)
    socket.setNoDelay(true)
    socket.setKeepAlive(true)
    const connection = this.#acceptSocket(socket, ANONYMOUS)
    if (connection !== undefined) reader.begin(connection.inbox)
  }

  #acceptSocket(socket: Socket, principal: Principal): Connection | undefined {
    const { remoteAddress, remotePort, localAddress, localPort } = socket
    // Without an address the peer has gone again already.
    if (!this.#running || remoteAddress === undefined || remotePort === undefined) {
      socket.destroy()
      return undefined
    }
    const local = { host: hostText(localAddress ?? this.#options.host), port: localPort ?? this.#port }
    return this.#serve(socket, { host: hostText(remoteAddress), port: remotePort }, local, principal)
  }

  /** Serves a stream that somebody hands over, as if it had come in from `peer`: at once, or when quotas let it. */
  accept(socket: Duplex, peer: Address, local: Address = this.localAddress): void {
    const serve = () => void this.#serve(socket, peer, local, ANONYMOUS)
    if (this.#acceptor === undefined) serve()
    else this.#acceptor.take({ socket, host: peer.host, serve })
  }

  #serve(socket: Duplex, peer: Address, local: Address, principal: Principal): Connection {
    const session = new Session({
      connectionId: `${local.host}:${local.port}-${peer.host}:${peer.port}-${this.#connectionIndex++}`,
      listenerName: this.name,
      securityProtocol: this.securityProtocol,
      principal,
      clientHost: peer.host,
      authorizer: this.#options.authorizer,
    })
    return this.#connections.add(socket, session)
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Whether listening there means listening at every address there is. */
export function isWildcard(host: string): boolean {
  return WILDCARDS.has(host)
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is already in use',
  EACCES: 'this user may not listen on that port',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ENOTFOUND: 'there is no such host',
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  const code = cause.code ?? 'UNKNOWN'
  const error = new Error(`cannot listen on ${host}:${port}: ${REASONS[code] ?? cause.message}`, { cause })
  return Object.assign(error, { code })
}
