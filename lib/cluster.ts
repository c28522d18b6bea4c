import { type ErrorName, errorName } from '../protocol/errors.ts'
import { StringTable } from '../protocol/primitives/string-table.ts'
import { Writer } from '../protocol/primitives/writer.ts'
import { createHandlers } from './api/index.ts'
import { Broker } from './broker.ts'
import { checkOptions, checkTopic, checkUser, OptionError } from './check-options.ts'
import { type BrokerLayout, configsForSize, layOutBrokers, readConfigs } from './cluster-layout.ts'
import { ClusterTls } from './cluster-tls.ts'
import { GroupCoordinator } from './groups/coordinator.ts'
import { type Clock, RealClock } from './lab/clock.ts'
import { SILENT } from './lab/logger.ts'
import { RealRandom, randomUuid } from './lab/random.ts'
import { LogManager } from './log/log-manager.ts'
import { ReplicaManager } from './log/replica-manager.ts'
import { ApiError } from './metadata/controller/api-error.ts'
import { Controller } from './metadata/controller/controller.ts'
import { LeaderBalancer } from './metadata/controller/leader-balancer.ts'
import { EffectiveConfigs, StaticConfigError } from './metadata/effective-configs.ts'
import { featureRecords } from './metadata/features.ts'
import { logMetadataChanges } from './metadata/log-changes.ts'
import { Metadata } from './metadata/metadata.ts'
import { type ClusterMetrics, Metrics } from './metrics/metrics.ts'
import { Dispatcher } from './network/dispatcher.ts'
import { MemoryTransport, type SocketFactory } from './network/memory-transport.ts'
import type { ClusterOptions, TopicOptions } from './options.ts'
import { authenticationMetrics, mechanismsOf, saslGate } from './sasl-listeners.ts'
import { MECHANISMS, type MechanismName } from './security/mechanism.ts'
import type { ClientSession, SaslSession } from './security/sasl-session.ts'
import type { ThrowawayAuthority } from './security/tls/throwaway-authority.ts'
import { type ClusterUsers, Users } from './security/users.ts'

/** What the cluster answered to a wish of its owner that it refused: an error of Kafka's table, by its name. */
export class KafkaError extends Error {
  override readonly name = 'KafkaError'
  readonly code: ErrorName

  constructor(subject: string, { errorCode, errorMessage }: ApiError) {
    const code = errorName(errorCode)
    super(`${subject}: ${code}${errorMessage === null ? '' : `: ${errorMessage}`}`)
    this.code = code
  }
}

/** The parts of a cluster that its brokers share. */
class Shared {
  readonly clock: Clock
  readonly logger
  readonly random
  readonly metadata: Metadata
  readonly configs: EffectiveConfigs
  readonly controller: Controller
  readonly leaderBalancer: LeaderBalancer
  readonly logs: LogManager
  readonly groupCoordinator: GroupCoordinator
  readonly users: Users
  readonly metrics = new Metrics()
  readonly sessions = new Set<SaslSession>()
  readonly strings = new StringTable()
  readonly writer = new Writer()

  constructor(options: ClusterOptions, layouts: readonly BrokerLayout[]) {
    const { clock = new RealClock(), random = new RealRandom(), logger = SILENT } = options
    const metadata = new Metadata(options.clusterId ?? randomUuid(random))
    const configs = new EffectiveConfigs(metadata, {
      cluster: new Map([...configsForSize(layouts.length), ...readConfigs('config', options.config)]),
      brokers: new Map(
        layouts.map(({ nodeId, config }, i) => [nodeId, readConfigs(`brokers[${i}].config`, config)]),
      ),
    })
    this.clock = clock
    this.random = random
    this.logger = logger
    this.metadata = metadata
    this.configs = configs
    this.controller = new Controller(metadata, configs, random)
    this.leaderBalancer = new LeaderBalancer(this.controller, metadata, configs, clock)
    this.logs = new LogManager({
      clock,
      metadata,
      configOf: (topic) => configs.topicConfig(topic),
      producerIdExpirationMs: () => configs.cluster().config.producerIdExpirationMs,
    })
    this.groupCoordinator = new GroupCoordinator({
      metadata,
      clock,
      random,
      logger,
      config: (nodeId) => configs.brokerConfig(nodeId),
    })
    this.users = new Users({
      metadata,
      random,
      mechanisms: offeredMechanisms(layouts, configs),
      check: checkUser,
    })
    metadata.commit(featureRecords())
    metadata.subscribe((records) => logMetadataChanges(records, logger))
  }

  /** Stops every timer and lets go of everything that is stored. */
  close(): void {
    this.leaderBalancer.close()
    this.groupCoordinator.close()
    this.logs.close()
  }

  broker({ nodeId, rack, listeners }: BrokerLayout, host: string, tls: ClusterTls): Broker {
    const { clock, random, logger, metadata, configs, controller, logs, groupCoordinator } = this
    const config = configs.brokerConfig(nodeId)
    const handlers = createHandlers({
      nodeId,
      clock,
      random,
      metadata,
      controller,
      configs,
      groupCoordinator,
      replicas: new ReplicaManager({
        nodeId,
        clock,
        metadata,
        logs,
        config: () => configs.brokerConfig(nodeId),
      }),
    })
    const dispatcher = new Dispatcher(handlers)
    const { strings, writer } = this
    const saslBroker = { nodeId, config: configs.broker(nodeId), dispatcher, strings }
    const counted = listeners.map((each, index) => authenticationMetrics(each, index, this, nodeId))
    return new Broker({
      nodeId,
      rack,
      listeners,
      tls: (listener) => tls.settings(nodeId, listener),
      host,
      config,
      dispatcher,
      controller,
      clock,
      logger,
      strings,
      writer,
      gateOf: (listener, index) => saslGate(listener, counted[index], this, saslBroker),
      authentications: (index) => counted[index],
    })
  }
}

/** A Kafka cluster in this process. */
export class Cluster<C extends Clock = Clock> {
  /** In order of their places in the options. */
  readonly brokers: readonly Broker[]
  /** What the cluster goes by: the `clock` option, or real time. */
  readonly clock: C
  readonly #shared: Shared
  readonly #transport: MemoryTransport
  readonly #authority: ThrowawayAuthority | undefined

  /** @internal */
  private constructor(shared: Shared, brokers: readonly Broker[], authority: ThrowawayAuthority | undefined) {
    this.#shared = shared
    this.#authority = authority
    this.brokers = brokers
    this.clock = shared.clock as C
    this.#transport = new MemoryTransport(({ host, port }) => {
      for (const broker of brokers) {
        const listener = broker.listenerAt(host, port)
        if (listener) return listener
      }
      return undefined
    })
  }

  /**
   * Starts a cluster; it serves when the promise is fulfilled.
   *
   * @throws OptionError for an option that is unknown or wrong
   * @throws KafkaError for a topic that Kafka would refuse
   * @throws Error with `code` EADDRINUSE, naming the address, for a port that is taken
   */
  static async start<C extends Clock = Clock>(options: ClusterOptions<C> = {}): Promise<Cluster<C>> {
    checkOptions(options)
    const layouts = layOutBrokers(options)
    const shared = makeShared(options, layouts)
    for (const user of options.users ?? []) shared.users.add(user)
    const host = options.host ?? '127.0.0.1'
    const tls = await ClusterTls.create(layouts, shared.configs, host)
    const brokers = layouts.map((layout) => shared.broker(layout, host, tls))
    const cluster = new Cluster<C>(shared, brokers, tls.authority)
    try {
      // In the order of the options, so that ids, leaders and free ports come out the same each time.
      for (const broker of brokers) await broker.start()
      for (const topic of options.topics ?? []) await cluster.createTopic(topic)
    } catch (error) {
      await cluster.stop()
      throw error
    }
    return cluster
  }

  get clusterId(): string {
    return this.#shared.metadata.image.clusterId
  }

  /** Where clients begin: the first listener of each broker, `host:port,host:port`. */
  get bootstrapServers(): string {
    return this.brokers.map(({ address }) => address).join(',')
  }

  /** For clients in this process that take a socket factory (kafkajs does): connections without TCP. */
  get socketFactory(): SocketFactory {
    return this.#transport.socketFactory
  }

  /**
   * The throw-away authority of this cluster's listeners: `ca` for clients to trust, `issue` for clients' certificates.
   * @throws Error where no listener speaks TLS with a certificate of that authority
   */
  get certificates(): ThrowawayAuthority {
    if (this.#authority) return this.#authority
    throw new Error(
      "this cluster has no certificates of its own: expected a listener with securityProtocol 'SSL' or 'SASL_SSL' and without a key",
    )
  }

  /** Who may log in where clients must (SASL). */
  get users(): ClusterUsers {
    return this.#shared.users
  }

  /** What is measured, by Kafka's names. */
  get metrics(): ClusterMetrics {
    return this.#shared.metrics
  }

  /** The sessions of clients that have authenticated by SASL, the oldest first. They go on changing. */
  sessions(): ClientSession[] {
    return [...this.#shared.sessions]
  }

  /** The topics there are, internal ones too, in order of their names. */
  topics(): { name: string; topicId: string; partitions: number }[] {
    return [...this.#shared.metadata.image.topicsByName.values()]
      .map(({ name, topicId, partitions }) => ({ name, topicId, partitions: partitions.length }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /**
   * Creates a topic, by its name or with what it is like.
   * @throws OptionError, KafkaError
   */
  async createTopic(topic: string | TopicOptions): Promise<void> {
    const { name, partitions = -1, replicationFactor = -1, config = {} } = checkTopic(topic)
    const configs = Object.entries(config).map(([key, value]) => ({ name: key, value: String(value) }))
    const wish = { name, numPartitions: partitions, replicationFactor, assignments: [], configs }
    const results = this.#shared.controller.createTopics([wish])
    const result = results instanceof ApiError ? results : results[0]
    if (result instanceof ApiError) throw new KafkaError(`createTopic ${name}`, result)
  }

  /** Stops every broker and lets go of everything: no socket, timer or byte is left. */
  async stop(): Promise<void> {
    await Promise.all(this.brokers.map((broker) => broker.stop()))
    this.#shared.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

/** What some listener offers; where nobody needs to log in yet, all there are. */
function offeredMechanisms(
  layouts: readonly BrokerLayout[],
  configs: EffectiveConfigs,
): readonly MechanismName[] {
  const offered = new Set<MechanismName>()
  for (const { nodeId, listeners } of layouts) {
    for (const listener of listeners) {
      if (!listener.securityProtocol?.startsWith('SASL_')) continue
      for (const name of mechanismsOf(listener, configs.broker(nodeId).originals)) offered.add(name)
    }
  }
  return offered.size === 0 ? MECHANISMS : [...offered]
}

/** A config that Kafka would not start with is the caller's mistake as much as a misspelt option. */
function makeShared(options: ClusterOptions, layouts: readonly BrokerLayout[]): Shared {
  try {
    return new Shared(options, layouts)
  } catch (error) {
    if (!(error instanceof StaticConfigError)) throw error
    throw new OptionError(`option config: ${error.message}`, { cause: error })
  }
}
