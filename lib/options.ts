import type { Clock } from './lab/clock.ts'
import type { Logger } from './lab/logger.ts'
import type { Random } from './lab/random.ts'
import type { SecurityProtocol } from './metadata/records.ts'
import type { EarlyNegotiation } from './network/sasl/early-negotiation.ts'
import type { SessionModelOptions } from './network/sasl/session-model.ts'
import type { AclOptions } from './security/authorization/cluster-acls.ts'
import type { ModeBitsOptions } from './security/authorization/cluster-modes.ts'
import type { CustomAuthorizer } from './security/authorization/custom-authorizer.ts'
import type { KerberosOptions } from './security/gssapi/acceptor.ts'
import type { MechanismName } from './security/mechanism.ts'
import type { OAuthOptions } from './security/oauth/oauth.ts'
import type { TlsOptions } from './security/tls/tls-settings.ts'
import type { UserOptions } from './security/users.ts'

/** Kafka's configuration names (`min.insync.replicas`) and their values. */
export type ConfigOptions = { readonly [name: string]: string | number | boolean }

/** One listener of a broker: a name, what is spoken on it, where it listens and what clients are told. */
export interface ListenerOptions extends SessionModelOptions {
  /** As in Kafka's `listeners=NAME://host:port`. Default: the security protocol's name. */
  name?: string | undefined
  /** Default: `'PLAINTEXT'`. */
  securityProtocol?: SecurityProtocol | undefined
  /**
   * What clients may authenticate by where they must: SASL_PLAINTEXT and SASL_SSL. Default: `sasl.enabled.mechanisms`, else
   * what needs nothing but users, and GSSAPI where there is `kerberos`.
   */
  saslMechanisms?: readonly MechanismName[] | undefined
  /**
   * The service that clients need a ticket for, by GSSAPI. Default: `keyTab` and `principal` of
   * `listener.name.<listener>.gssapi.sasl.jaas.config`, else what the keytab of this machine has.
   */
  kerberos?: KerberosOptions | undefined
  /** Lets clients in also, or only, as drafts of KIP-43 have it. Default: as Kafka does. */
  earlyNegotiation?: EarlyNegotiation | undefined
  /** Default where TLS is spoken: `true`, a certificate made for this cluster by its throw-away authority. */
  tls?: true | TlsOptions | undefined
  /** The address to listen on. Default: the cluster's `host`. */
  host?: string | undefined
  /** Default: 0, any free port. */
  port?: number | undefined
  /** What clients are told to connect to. Default: the address listened on. */
  advertisedHost?: string | undefined
  /** Default: the port listened on. */
  advertisedPort?: number | undefined
  /** `'memory'`: no port is opened; clients in this process come in by `cluster.socketFactory`. Default: `'tcp'`. */
  transport?: 'tcp' | 'memory' | undefined
}

export interface BrokerOptions {
  /** Default: one more than the broker before, from 0. */
  nodeId?: number | undefined
  rack?: string | undefined
  /** Default: the cluster's `listeners`. */
  listeners?: readonly ListenerOptions[] | undefined
  /** Broker configs of this broker alone; they win over the cluster's. */
  config?: ConfigOptions | undefined
}

export interface TopicOptions {
  name: string
  /** Default: the broker config `num.partitions`. */
  partitions?: number | undefined
  /** Default: the broker config `default.replication.factor`. */
  replicationFactor?: number | undefined
  /** Topic configs. */
  config?: ConfigOptions | undefined
}

export interface PermissionOptions {
  /**
   * How long, on the clock, a change of ACLs or modes takes to become effective, as it does on a real cluster's brokers.
   * What the options begin with is effective at once. Default: 0.
   */
  lagMs?: number | undefined
  /** Decisions that are remembered at most, at 8 to 12 bytes each. Default: 2097152. */
  maxCached?: number | undefined
}

/** Everything a cluster can be told when it starts. `C` is the clock's own type, so that `cluster.clock` has it. */
export interface ClusterOptions<C extends Clock = Clock> {
  /** How many brokers, or what each of them is like. Default: 1. */
  brokers?: number | readonly BrokerOptions[] | undefined
  /** The address listeners bind to where they do not say. Default: `'127.0.0.1'`. */
  host?: string | undefined
  /** The first broker's port, the next broker taking the next; 0 is any free port. Default: 0. */
  port?: number | undefined
  /** The listeners of every broker that has none of its own. Default: one, PLAINTEXT over TCP. */
  listeners?: readonly ListenerOptions[] | undefined
  /** Broker configs of all brokers. */
  config?: ConfigOptions | undefined
  /** Topics to create before the cluster is handed out: names, or names with what they are like. */
  topics?: readonly (string | TopicOptions)[] | undefined
  /** Who may log in where clients must; `cluster.users` changes them later. */
  users?: readonly UserOptions[] | undefined
  /**
   * Who may do what, as Kafka's StandardAuthorizer decides: whoever is not allowed by a rule may not. `cluster.acls` changes
   * them later. Default: everybody may do everything, unless `authorizer.class.name` among the configs says otherwise.
   */
  acls?: readonly AclOptions[] | undefined
  /** Who may do what to topics by mode bits instead of ACLs. `cluster.modes` changes them later. */
  modeBits?: ModeBitsOptions | undefined
  /** Decides instead of ACLs; its answers are kept until it says that they are stale. */
  authorizer?: CustomAuthorizer | undefined
  /** How permissions take effect. */
  permissions?: PermissionOptions | undefined
  /** Opens an HTTP endpoint where users who may log in by OAUTHBEARER get tokens. Default: none; `cluster.oauth` issues tokens without it. */
  oauth?: true | OAuthOptions | undefined
  /**
   * A directory for all that is stored, laid out as Kafka lays out its log directories; what is there already is served,
   * be it from josephk or from a broker of Kafka. Default: everything is in memory and gone when the cluster stops.
   */
  dataDir?: string | undefined
  /**
   * What `cluster.snapshot()` of another cluster has given: this one begins with its topics, records, users, rules and
   * committed offsets, and shares the buffer's memory, which must not be written to. Ports and brokers are the options'.
   */
  snapshot?: Uint8Array | undefined
  /**
   * The most that stored records may take in memory, in bytes. Producers that would go beyond it get KAFKA_STORAGE_ERROR,
   * which they try again after, until records are deleted. Default: no limit.
   */
  logMemoryLimit?: number | undefined
  /** Default: a random UUID. */
  clusterId?: string | undefined
  /** Default: real time. A `ManualClock` stands still until it is moved. */
  clock?: C | undefined
  /** Default: the platform's randomness. A `SeededRandom` makes runs repeat. */
  random?: Random | undefined
  /** Default: silence. */
  logger?: Logger | undefined
}
