import { Reader } from '../protocol/primitives/reader.ts'
import { StringTable } from '../protocol/primitives/string-table.ts'
import { Writer } from '../protocol/primitives/writer.ts'
import { adoptedProducerIds, adoptedTopics } from './adopted-topics.ts'
import { createHandlers } from './api/index.ts'
import { Broker } from './broker.ts'
import { checkAccessToken, checkUser, OptionError } from './check-options.ts'
import { type ClusterAuthorization, makeAuthorization, measureCache } from './cluster-authorization.ts'
import { type BrokerLayout, configsForSize, hostOf, readConfigs } from './cluster-layout.ts'
import { ClusterQuotas } from './cluster-quotas.ts'
import { encodeSnapshot } from './cluster-snapshot.ts'
import { type ClusterStorage, openStorage, type StorageServices } from './cluster-storage.ts'
import type { ClusterTls } from './cluster-tls.ts'
import { GroupCoordinator } from './groups/coordinator.ts'
import { KerberosAcceptors } from './kerberos-acceptors.ts'
import { type Clock, RealClock } from './lab/clock.ts'
import { SILENT } from './lab/logger.ts'
import { RealRandom } from './lab/random.ts'
import { LogMaintenance } from './log/log-maintenance.ts'
import { LogManager } from './log/log-manager.ts'
import { ReplicaManager } from './log/replica-manager.ts'
import { FrameMemory } from './memory/frame-memory.ts'
import { Controller } from './metadata/controller/controller.ts'
import { LeaderBalancer } from './metadata/controller/leader-balancer.ts'
import { EffectiveConfigs, StaticConfigError } from './metadata/effective-configs.ts'
import { featureRecords } from './metadata/features.ts'
import { recordsOf } from './metadata/journal/records-of.ts'
import { KnownTopics } from './metadata/known-topics.ts'
import { logMetadataChanges } from './metadata/log-changes.ts'
import { Metadata, type MetadataKeeper } from './metadata/metadata.ts'
import type { AccessControlEntryRecord, MetadataRecord } from './metadata/records.ts'
import { Metrics } from './metrics/metrics.ts'
import { Dispatcher } from './network/dispatcher.ts'
import type { SaslSession } from './network/sasl/sasl-session.ts'
import type { ClusterOptions } from './options.ts'
import { authenticationMetrics, offeredMechanisms, saslGate } from './sasl-listeners.ts'
import { DelegationTokens } from './security/delegation-tokens/delegation-tokens.ts'
import { OAuth } from './security/oauth/oauth.ts'
import { Users } from './security/users.ts'
import { ShareCoordinator } from './share/share-coordinator.ts'
import { SharePartitions } from './share/share-partitions.ts'
import { ShareSessions } from './share/share-sessions.ts'
import { TransactionCoordinator } from './transactions/coordinator.ts'
import { TransactionVerifier } from './transactions/verification.ts'

/** The parts of a cluster that its brokers share. */
export class ClusterParts {
  readonly clock: Clock
  readonly logger
  readonly random
  readonly metadata: Metadata
  readonly configs: EffectiveConfigs
  readonly controller: Controller
  readonly leaderBalancer: LeaderBalancer
  readonly quotas: ClusterQuotas
  readonly logs: LogManager
  readonly logMaintenance: LogMaintenance
  readonly groupCoordinator: GroupCoordinator
  readonly shareCoordinator: ShareCoordinator
  readonly transactionCoordinator: TransactionCoordinator
  readonly users: Users
  readonly authorization: ClusterAuthorization
  readonly tokens: DelegationTokens
  readonly kerberos = new KerberosAcceptors()
  readonly oauth: OAuth
  readonly metrics = new Metrics()
  readonly sessions = new Set<SaslSession>()
  readonly frameMemory: FrameMemory
  readonly strings: StringTable
  readonly reader: Reader
  readonly writer = new Writer()
  readonly #replicas = new Map<number, ReplicaManager>()
  readonly #sharePartitions: SharePartitions[] = []

  readonly #storage: ClusterStorage

  constructor(
    options: ClusterOptions,
    layouts: readonly BrokerLayout[],
    storage: ClusterStorage,
    { clock, random, logger, frameMemory }: StorageServices,
  ) {
    this.#storage = storage
    this.frameMemory = frameMemory
    const metadata = new Metadata(storage.clusterId, this.#keeper())
    const topics = new KnownTopics(metadata)
    this.strings = new StringTable(topics)
    this.reader = new Reader(Buffer.alloc(0), 0, this.strings)
    this.authorization = makeAuthorization(options, { metadata, topics, random, clock })
    measureCache(this.authorization.cache, this.metrics)
    storage.durable?.directory.register(this.metrics)
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
    this.quotas = new ClusterQuotas({ clock, metadata, configs, metrics: this.metrics })
    this.logs = new LogManager({
      clock,
      random,
      storageOf: (partition) => storage.storageOf(partition),
      metadata,
      configOf: (topic) => configs.topicConfig(topic),
      producerIdExpirationMs: () => configs.cluster().config.producerIdExpirationMs,
    })
    this.logMaintenance = new LogMaintenance({
      clock,
      logger,
      logs: this.logs,
      directory: storage.durable?.directory,
      config: () => configs.cluster().config,
    })
    this.shareCoordinator = new ShareCoordinator({
      metadata,
      logs: this.logs,
      clock,
      createTopic: (name) => this.controller.createInternalTopic(name),
      config: (nodeId) => configs.brokerConfig(nodeId),
    })
    this.groupCoordinator = new GroupCoordinator({
      shares: this.shareCoordinator,
      metadata,
      logs: this.logs,
      clock,
      random,
      logger,
      config: (nodeId) => configs.brokerConfig(nodeId),
      groupConfig: (groupId) => configs.groupConfig(groupId),
    })
    // After the logs and the groups, so that it finds them as the metadata say when those have changed.
    this.transactionCoordinator = new TransactionCoordinator({
      metadata,
      logs: this.logs,
      clock,
      logger,
      config: (nodeId) => configs.brokerConfig(nodeId),
      replicasOf: (nodeId) => this.replicasOf(nodeId),
      onOffsetsMarker: (partition, { producerId, committed }) => {
        this.groupCoordinator.completeTransaction(partition, producerId, committed)
      },
    })
    this.users = new Users({
      metadata,
      random,
      mechanisms: offeredMechanisms(layouts, configs),
      check: checkUser,
    })
    this.tokens = new DelegationTokens({ metadata, configs, clock, random })
    this.oauth = new OAuth({
      clock,
      random,
      logger,
      clusterId: metadata.image.clusterId,
      endpoint: options.oauth,
      host: hostOf(options),
      isClient: (name, secret) => this.users.isClient(name, secret),
      check: checkAccessToken,
    })
  }

  /** Whether there was a cluster before that this one goes on with. */
  get isRestored(): boolean {
    return this.#storage.kept !== undefined
  }

  /** To be called when the brokers are up: partitions are led by whom they were laid out for. */
  leadAsBefore(): void {
    const { controller, metadata, logger } = this
    controller.balanceLeaders()
    const topics = [...metadata.image.topicsByName.values()]
    const leaderless = topics.flatMap(({ partitions }) => partitions).filter(({ leader }) => leader < 0)
    if (leaderless.length === 0) return
    logger.warn('partitions have no replica on any broker there is', { partitions: leaderless.length })
  }

  #keeper(): MetadataKeeper | undefined {
    const journal = this.#storage.durable?.journal
    if (journal === undefined) return undefined
    return {
      append: (records) => journal.append(records),
      snapshotIfDue: () => {
        const { metadataLogMaxRecordBytesBetweenSnapshots } = this.configs.cluster().config
        journal.snapshotIfDue(metadataLogMaxRecordBytesBetweenSnapshots, () => this.#records())
      },
    }
  }

  snapshot(): Buffer {
    return encodeSnapshot(this.metadata.image.clusterId, this.#records(), this.logs.partitions())
  }

  /** Records that lead to the metadata as they are now. */
  #records(): Iterable<MetadataRecord> {
    const unclaimed = this.#storage.kept?.filter(({ type }) => type === 'AccessControlEntryRecord') ?? []
    // Rules that nobody goes by at present are kept for whoever will again.
    const acls = this.authorization.acls?.records() ?? (unclaimed as AccessControlEntryRecord[])
    return recordsOf({ image: this.metadata.image, acls })
  }

  /** Brings the metadata about as they were left, or as a new cluster has them, and with them the logs. */
  begin(layouts: readonly BrokerLayout[]): void {
    this.#restore(layouts)
    this.metadata.subscribe((records) => logMetadataChanges(records, this.logger))
  }

  #restore(layouts: readonly BrokerLayout[]): void {
    const { metadata, random, configs, controller } = this
    const { kept, durable } = this.#storage
    const nodeIds = layouts.map(({ nodeId }) => nodeId)
    durable?.directory.claim(this.#storage.clusterId, nodeIds[0] as number)
    if (kept === undefined) {
      metadata.commit(featureRecords())
      const folders = durable?.directory.folders() ?? []
      metadata.commit(adoptedTopics(folders, nodeIds, configs.cluster().config, random))
      metadata.commit(adoptedProducerIds(this.logs))
      return
    }
    const partitions = new Set(
      kept.map((record) => record.type === 'PartitionRecord' && `${record.topicId}-${record.partitionId}`),
    )
    durable?.directory.setStraysAside(({ topicId, index }) => partitions.has(`${topicId}-${index}`))
    metadata.restore(kept)
    controller.bringAllDown()
  }

  /**
   * Stops every timer and lets go of everything that is stored.
   *
   * @param isComplete whether all that is stored was there: else whoever comes next must look at it closely
   */
  close(isComplete = true): void {
    this.leaderBalancer.close()
    this.transactionCoordinator.close()
    this.groupCoordinator.close()
    this.shareCoordinator.close()
    for (const partitions of this.#sharePartitions) partitions.close()
    this.authorization.lag?.close()
    this.tokens.close()
    this.logMaintenance.close()
    const logs = [...this.logs.partitions()]
    this.logs.close()
    this.#storage.close(isComplete ? logs : undefined)
    this.kerberos.close()
  }

  /** The replicas of that broker. */
  replicasOf(nodeId: number): ReplicaManager {
    let replicas = this.#replicas.get(nodeId)
    if (replicas === undefined) {
      const { clock, metadata, logs, configs } = this
      replicas = new ReplicaManager({
        nodeId,
        clock,
        metadata,
        logs,
        config: () => configs.brokerConfig(nodeId),
      })
      this.#replicas.set(nodeId, replicas)
    }
    return replicas
  }

  broker(layout: BrokerLayout, tls: ClusterTls): Broker {
    const { nodeId, rack, listeners } = layout
    const { clock, random, logger, metadata, configs, controller, groupCoordinator, tokens } = this
    const config = configs.brokerConfig(nodeId)
    const { transactionCoordinator } = this
    const replicas = this.replicasOf(nodeId)
    const sharePartitions = new SharePartitions({
      clock,
      metadata,
      replicas,
      coordinator: this.shareCoordinator,
      configOf: (groupId) => configs.groupConfig(groupId),
    })
    this.#sharePartitions.push(sharePartitions)
    const quotas = this.quotas.ofBroker(layout)
    const parts = {
      nodeId,
      clock,
      random,
      metadata,
      controller,
      configs,
      groupCoordinator,
      tokens,
      acls: this.authorization.acls,
      transactionCoordinator,
      transactionVerifier: new TransactionVerifier(
        transactionCoordinator,
        replicas,
        () => configs.brokerConfig(nodeId).transactionPartitionVerificationEnable,
      ),
      replicas,
      shareCoordinator: this.shareCoordinator,
      sharePartitions,
      shareSessions: new ShareSessions(
        sharePartitions,
        () => configs.brokerConfig(nodeId).groupShareMaxShareSessions,
      ),
    }
    const dispatcher = new Dispatcher(createHandlers(parts, quotas.requests))
    const { strings, reader, writer, frameMemory } = this
    const saslBroker = { nodeId, config: configs.broker(nodeId), dispatcher, strings }
    for (const { name } of listeners) replicas.sent.register(this.metrics, nodeId, name)
    const counted = listeners.map((each, index) => authenticationMetrics(each, index, this, nodeId))
    return new Broker({
      nodeId,
      rack,
      listeners,
      tls: (listener) => tls.settings(nodeId, listener),
      config,
      dispatcher,
      controller,
      authorizer: this.authorization.authorizer,
      clock,
      logger,
      reader,
      writer,
      frameMemory,
      connectionQuotas: quotas.connections,
      gateOf: (listener, index) => saslGate(listener, counted[index], this, saslBroker),
      authentications: (index) => counted[index],
    })
  }
}

/** A config that Kafka would not start with is the caller's mistake as much as a misspelt option. */
export function makeParts(options: ClusterOptions, layouts: readonly BrokerLayout[]): ClusterParts {
  const { clock = new RealClock(), random = new RealRandom(), logger = SILENT } = options
  const services = { clock, random, logger, frameMemory: new FrameMemory() }
  const storage = openStorage(options, services)
  const parts = unlessMisconfigured(() => new ClusterParts(options, layouts, storage, services), storage)
  try {
    parts.begin(layouts)
  } catch (error) {
    parts.close(false)
    throw error
  }
  return parts
}

function unlessMisconfigured(make: () => ClusterParts, storage: ClusterStorage): ClusterParts {
  try {
    return make()
  } catch (error) {
    storage.close(undefined)
    if (!(error instanceof StaticConfigError)) throw error
    throw new OptionError(`option config: ${error.message}`, { cause: error })
  }
}
