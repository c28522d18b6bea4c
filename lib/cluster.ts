import { type ErrorName, errorName } from '../protocol/errors.ts'
import type { Broker } from './broker.ts'
import {
  checkAcl,
  checkAclFilter,
  checkModes,
  checkOptions,
  checkToken,
  checkTopic,
} from './check-options.ts'
import { layOutBrokers } from './cluster-layout.ts'
import { type ClusterParts, makeParts } from './cluster-parts.ts'
import { ClusterTls } from './cluster-tls.ts'
import type { Clock } from './lab/clock.ts'
import { ApiError } from './metadata/controller/api-error.ts'
import type { ClusterMetrics } from './metrics/metrics.ts'
import { MemoryTransport, type SocketFactory } from './network/memory-transport.ts'
import type { ClientSession } from './network/sasl/sasl-session.ts'
import type { ClusterOptions, TopicOptions } from './options.ts'
import { type AuthorizationEvent, authorizationEvent } from './security/authorization/authorization-event.ts'
import { type ClusterAcls, OwnersAcls } from './security/authorization/cluster-acls.ts'
import { type ClusterModes, OwnersModes, setModes } from './security/authorization/cluster-modes.ts'
import { type ClusterTokens, OwnersTokens } from './security/delegation-tokens/cluster-tokens.ts'
import type { ClusterOAuth } from './security/oauth/oauth.ts'
import type { ThrowawayAuthority } from './security/tls/throwaway-authority.ts'
import type { ClusterUsers, UserOptions } from './security/users.ts'

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

/** A Kafka cluster in this process. */
export class Cluster<C extends Clock = Clock> {
  /** In order of their places in the options. */
  readonly brokers: readonly Broker[]
  /** What the cluster goes by: the `clock` option, or real time. */
  readonly clock: C
  readonly #parts: ClusterParts
  readonly #transport: MemoryTransport
  readonly #authority: ThrowawayAuthority | undefined
  #stopped: Promise<void> | undefined

  /** @internal */
  private constructor(
    parts: ClusterParts,
    brokers: readonly Broker[],
    authority: ThrowawayAuthority | undefined,
  ) {
    this.#parts = parts
    this.#authority = authority
    this.brokers = brokers
    this.clock = parts.clock as C
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
   * @throws Error with `code` EADDRINUSE, naming the address, for a port that is taken; with another, for keys of tokens that cannot be had
   */
  static async start<C extends Clock = Clock>(options: ClusterOptions<C> = {}): Promise<Cluster<C>> {
    checkOptions(options)
    const layouts = layOutBrokers(options)
    const parts = makeParts(options, layouts)
    let cluster: Cluster<C>
    try {
      for (const user of options.users ?? []) addUser(parts, user)
      const tls = await ClusterTls.create(layouts, parts.configs)
      const brokers = layouts.map((layout) => parts.broker(layout, tls))
      cluster = new Cluster<C>(parts, brokers, tls.authority)
    } catch (error) {
      parts.close()
      throw error
    }
    const { brokers } = cluster
    try {
      if (options.acls) cluster.acls.create(...options.acls)
      const { modes, lag } = parts.authorization
      if (modes) setModes(modes, options.modeBits ?? {})
      lag?.begin()
      await parts.oauth.start()
      // In the order of the options, so that ids, leaders and free ports come out the same each time.
      for (const broker of brokers) await broker.start()
      if (parts.isRestored) parts.leadAsBefore()
      for (const topic of options.topics ?? []) {
        if (!parts.isRestored || !cluster.#has(topic)) await cluster.createTopic(topic)
      }
    } catch (error) {
      await cluster.stop()
      throw error
    }
    return cluster
  }

  #has(topic: string | TopicOptions): boolean {
    return this.#parts.metadata.image.topicsByName.has(typeof topic === 'string' ? topic : topic.name)
  }

  get clusterId(): string {
    return this.#parts.metadata.image.clusterId
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

  /**
   * Who may do what.
   * @throws Error where no ACLs are gone by
   */
  get acls(): ClusterAcls {
    const { acls } = this.#parts.authorization
    if (acls === undefined) {
      throw new Error(
        "this cluster goes by no ACLs: expected the option acls, or config 'authorizer.class.name'",
      )
    }
    const refused = (subject: string, error: ApiError) => new KafkaError(subject, error)
    return new OwnersAcls({ acls, checkAcl, checkFilter: checkAclFilter, refused })
  }

  /**
   * Who may do what to topics, by mode bits.
   * @throws Error where no modes are gone by
   */
  get modes(): ClusterModes {
    const { modes } = this.#parts.authorization
    if (modes === undefined)
      throw new Error('this cluster goes by no mode bits: expected the option modeBits')
    return new OwnersModes(modes, checkModes)
  }

  /** Who may log in where clients must (SASL). */
  get users(): ClusterUsers {
    return this.#parts.users
  }

  /** Delegation tokens, which clients log in with like users (SCRAM with `tokenauth=true`). */
  get tokens(): ClusterTokens {
    return new OwnersTokens(this.#parts.tokens, checkToken)
  }

  /** Issues the tokens that clients log in with by OAUTHBEARER. */
  get oauth(): ClusterOAuth {
    return this.#parts.oauth
  }

  /**
   * Calls `listener` with everything that somebody is allowed to do or not, each time it is asked. Nothing is asked where
   * no authorizer is.
   * @returns what takes the listener away again
   */
  on(event: 'authorization', listener: (event: AuthorizationEvent) => void): () => void {
    if (event !== 'authorization') throw new TypeError(`on: expected 'authorization', got '${event}'`)
    const { cache } = this.#parts.authorization
    return cache?.onQuestion((question) => listener(authorizationEvent(question))) ?? (() => {})
  }

  /** What is measured, by Kafka's names. */
  get metrics(): ClusterMetrics {
    return this.#parts.metrics
  }

  /** The sessions of clients that have authenticated by SASL, the oldest first. They go on changing. */
  sessions(): ClientSession[] {
    return [...this.#parts.sessions]
  }

  /** The topics there are, internal ones too, in order of their names. */
  topics(): { name: string; topicId: string; partitions: number }[] {
    return [...this.#parts.metadata.image.topicsByName.values()]
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
    const results = this.#parts.controller.createTopics([wish])
    const result = results instanceof ApiError ? results : results[0]
    if (result instanceof ApiError) throw new KafkaError(`createTopic ${name}`, result)
  }

  /**
   * Compacts every topic with `cleanup.policy=compact` now, however little there is to gain, segments that are being
   * written to included. `min.compaction.lag.ms` and open transactions are minded as ever.
   */
  compact(): Promise<void> {
    return this.#parts.logMaintenance.compact()
  }

  /**
   * Everything that is stored, in one buffer, for `Cluster.start({ snapshot })`: topics, records, committed offsets,
   * transactions, configs, rules, SCRAM credentials. Passwords that PLAIN must know are not in it; users who log in by
   * it are given to the new cluster as options.
   *
   * @throws RangeError where that is more than a buffer can hold
   */
  snapshot(): Buffer {
    return this.#parts.snapshot()
  }

  /** Deletes now what `retention.ms` and `retention.bytes` have no room for. */
  applyRetention(): void {
    this.#parts.logMaintenance.applyRetention()
  }

  /** Stops every broker and lets go of everything: no socket, timer or byte is left. Once; who calls again waits for it. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    await Promise.all(this.brokers.map((broker) => broker.stop()))
    await this.#parts.oauth.stop()
    this.#parts.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

/** In a cluster that goes on, users are who the options say they are now. */
function addUser({ users }: ClusterParts, user: UserOptions): void {
  if (users.list().some(({ name }) => name === user.name)) users.remove(user.name)
  users.add(user)
}
