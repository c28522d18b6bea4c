import type { Reader } from '../protocol/primitives/reader.ts'
import type { Writer } from '../protocol/primitives/writer.ts'
import type { ListenerLayout } from './cluster-layout.ts'
import type { Clock } from './lab/clock.ts'
import type { Logger } from './lab/logger.ts'
import type { FrameMemory } from './memory/frame-memory.ts'
import type { BrokerConfig } from './metadata/configs/resolve.ts'
import type { Controller } from './metadata/controller/controller.ts'
import type { BrokerEndpoint, SecurityProtocol } from './metadata/records.ts'
import type { ConnectionQuotas } from './network/connection-quotas.ts'
import type { Dispatcher } from './network/dispatcher.ts'
import type { Gate } from './network/gate.ts'
import { Listener } from './network/listener.ts'
import type { Session } from './network/session.ts'
import type { AuthenticationMetrics } from './security/authentication-metrics.ts'
import type { Authorizer } from './security/authorization/authorizer.ts'
import type { TlsSettings } from './security/tls/tls-settings.ts'

/** What a broker is given to live from. */
export interface BrokerSettings {
  readonly nodeId: number
  readonly rack: string | null
  readonly listeners: readonly ListenerLayout[]
  /** What a listener needs to speak TLS, where it does. */
  readonly tls: (listener: ListenerLayout) => TlsSettings | undefined
  readonly config: BrokerConfig
  readonly dispatcher: Dispatcher
  readonly controller: Controller
  readonly clock: Clock
  readonly logger: Logger
  readonly authorizer: Authorizer
  readonly reader: Reader
  readonly writer: Writer
  readonly frameMemory: FrameMemory
  /** Makes what the clients of a listener must get past; undefined where nothing. */
  readonly gateOf: (listener: ListenerLayout, index: number) => ((session: Session) => Gate) | undefined
  readonly connectionQuotas: ConnectionQuotas
  /** Counts the authentications of the listener at that place. */
  readonly authentications: (index: number) => AuthenticationMetrics | undefined
}

/** One broker of a cluster: its listeners, and its coming and going. */
export class Broker {
  readonly nodeId: number
  readonly rack: string | null
  readonly #listeners: readonly Listener[]
  readonly #controller: Controller
  readonly #logger: Logger
  #running = false

  /** @internal */
  constructor(settings: BrokerSettings) {
    this.nodeId = settings.nodeId
    this.rack = settings.rack
    this.#controller = settings.controller
    this.#logger = settings.logger
    this.#listeners = settings.listeners.map((options, index) => makeListener(options, index, settings))
  }

  get running(): boolean {
    return this.#running
  }

  /** Each listener with the address its clients are told. */
  get listeners(): {
    readonly name: string
    readonly securityProtocol: SecurityProtocol
    readonly address: string
  }[] {
    return this.#listeners.map(({ name, securityProtocol, advertisedAddress: { host, port } }) => ({
      name,
      securityProtocol,
      address: join(host, port),
    }))
  }

  /** The address that clients of the first listener are told, `host:port`. */
  get address(): string {
    return this.listeners[0]?.address as string
  }

  /**
   * Listens, on the same ports as before if it ran before, and joins the cluster.
   * @throws Error naming `host:port` when a port is taken
   */
  async start(): Promise<void> {
    if (this.#running) return
    this.#running = true
    const results = await Promise.allSettled(this.#listeners.map((listener) => listener.start()))
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) {
      this.#running = false
      await Promise.all(this.#listeners.map((listener) => listener.kill()))
      throw failed.reason
    }
    this.#controller.registerBroker({
      brokerId: this.nodeId,
      rack: this.rack,
      endPoints: this.#listeners.map(endPointOf),
    })
    this.#logger.info('broker started', { nodeId: this.nodeId, address: this.address })
  }

  /** Hands its partitions over, answers the requests under way, then closes its connections. */
  async stop(): Promise<void> {
    if (!this.#running) return
    this.#running = false
    this.#controller.fenceBroker(this.nodeId)
    await Promise.all(this.#listeners.map((listener) => listener.stop()))
    this.#logger.info('broker stopped', { nodeId: this.nodeId })
  }

  /**
   * Cuts every connection off at once, as a crash does. Its partitions get other leaders at once too: the cluster does
   * not wait for `broker.session.timeout.ms` to find it gone.
   */
  async kill(): Promise<void> {
    if (!this.#running) return
    this.#running = false
    const gone = this.#listeners.map((listener) => listener.kill())
    this.#controller.fenceBroker(this.nodeId)
    await Promise.all(gone)
    this.#logger.info('broker killed', { nodeId: this.nodeId })
  }

  /** @internal The running listener whose clients are told this address. */
  listenerAt(host: string, port: number): Listener | undefined {
    if (!this.#running) return undefined
    return this.#listeners.find(({ advertisedAddress }) => {
      return advertisedAddress.host === host && advertisedAddress.port === port
    })
  }
}

function makeListener(options: ListenerLayout, index: number, settings: BrokerSettings): Listener {
  const { config, dispatcher, authorizer, clock, logger, reader, writer, frameMemory } = settings
  const { connectionQuotas } = settings
  return new Listener({
    name: options.name,
    securityProtocol: options.securityProtocol,
    host: options.host,
    port: options.port ?? 0,
    advertisedHost: options.advertisedHost,
    advertisedPort: options.advertisedPort,
    tcp: options.transport !== 'memory',
    tls: settings.tls(options),
    authentications: settings.authentications(index),
    maxIdleMs: config.connectionsMaxIdleMs,
    maxRequestSize: config.socketRequestMaxBytes,
    gate: settings.gateOf(options, index),
    connectionQuotas,
    dispatcher,
    authorizer,
    clock,
    logger,
    reader,
    writer,
    frameMemory,
  })
}

function endPointOf({ name, securityProtocol, advertisedAddress }: Listener): BrokerEndpoint {
  return { name, securityProtocol, ...advertisedAddress }
}

function join(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
