import { createAlterShareGroupOffsetsHandler } from '../../../lib/api/alter-share-group-offsets.ts'
import { createConsumerGroupDescribeHandler } from '../../../lib/api/consumer-group-describe.ts'
import { createConsumerGroupHeartbeatHandler } from '../../../lib/api/consumer-group-heartbeat.ts'
import { createDeleteGroupsHandler } from '../../../lib/api/delete-groups.ts'
import { createDeleteShareGroupOffsetsHandler } from '../../../lib/api/delete-share-group-offsets.ts'
import { createDescribeGroupsHandler } from '../../../lib/api/describe-groups.ts'
import { createDescribeShareGroupOffsetsHandler } from '../../../lib/api/describe-share-group-offsets.ts'
import { createFindCoordinatorHandler } from '../../../lib/api/find-coordinator.ts'
import { createHeartbeatHandler } from '../../../lib/api/heartbeat.ts'
import { createJoinGroupHandler } from '../../../lib/api/join-group.ts'
import { createLeaveGroupHandler } from '../../../lib/api/leave-group.ts'
import { createListGroupsHandler } from '../../../lib/api/list-groups.ts'
import { createOffsetCommitHandler } from '../../../lib/api/offset-commit.ts'
import { createOffsetDeleteHandler } from '../../../lib/api/offset-delete.ts'
import { createOffsetFetchHandler } from '../../../lib/api/offset-fetch.ts'
import type { Parts } from '../../../lib/api/parts.ts'
import { createShareAcknowledgeHandler } from '../../../lib/api/share-acknowledge.ts'
import { createShareFetchHandler } from '../../../lib/api/share-fetch.ts'
import { createShareGroupDescribeHandler } from '../../../lib/api/share-group-describe.ts'
import { createShareGroupHeartbeatHandler } from '../../../lib/api/share-group-heartbeat.ts'
import { createStreamsGroupDescribeHandler } from '../../../lib/api/streams-group-describe.ts'
import { createStreamsGroupHeartbeatHandler } from '../../../lib/api/streams-group-heartbeat.ts'
import { createStreamsGroupTopologyDescriptionUpdateHandler } from '../../../lib/api/streams-group-topology-description-update.ts'
import { createSyncGroupHandler } from '../../../lib/api/sync-group.ts'
import { GroupCoordinator, type GroupCoordinatorOptions } from '../../../lib/groups/coordinator.ts'
import { ManualClock } from '../../../lib/lab/clock.ts'
import { SILENT } from '../../../lib/lab/logger.ts'
import { SeededRandom } from '../../../lib/lab/random.ts'
import { LogManager } from '../../../lib/log/log-manager.ts'
import { LogMemory } from '../../../lib/log/log-memory.ts'
import { MemoryStorage } from '../../../lib/log/log-storage.ts'
import { ReplicaManager } from '../../../lib/log/replica-manager.ts'
import { Controller } from '../../../lib/metadata/controller/controller.ts'
import { EffectiveConfigs } from '../../../lib/metadata/effective-configs.ts'
import { featureRecords } from '../../../lib/metadata/features.ts'
import { Metadata } from '../../../lib/metadata/metadata.ts'
import type { Handler } from '../../../lib/network/handler.ts'
import type { Authorizer } from '../../../lib/security/authorization/authorizer.ts'
import { ShareCoordinator } from '../../../lib/share/share-coordinator.ts'
import { SharePartitions } from '../../../lib/share/share-partitions.ts'
import { ShareSessions } from '../../../lib/share/share-sessions.ts'
import type { Api, Decoded, Encodable } from '../../../protocol/schema.ts'
import { ask, contextOf } from '../handlers.ts'

type GroupParts = Pick<
  Parts,
  | 'nodeId'
  | 'clock'
  | 'metadata'
  | 'controller'
  | 'configs'
  | 'replicas'
  | 'groupCoordinator'
  | 'shareCoordinator'
  | 'sharePartitions'
  | 'shareSessions'
>

export const FACTORIES: readonly ((parts: GroupParts) => Handler)[] = [
  createFindCoordinatorHandler,
  createJoinGroupHandler,
  createSyncGroupHandler,
  createHeartbeatHandler,
  createLeaveGroupHandler,
  createOffsetCommitHandler,
  createOffsetFetchHandler,
  createOffsetDeleteHandler,
  createDescribeGroupsHandler,
  createListGroupsHandler,
  createDeleteGroupsHandler,
  createConsumerGroupHeartbeatHandler,
  createConsumerGroupDescribeHandler,
  createShareGroupHeartbeatHandler,
  createShareGroupDescribeHandler,
  createShareFetchHandler,
  createShareAcknowledgeHandler,
  createDescribeShareGroupOffsetsHandler,
  createAlterShareGroupOffsetsHandler,
  createDeleteShareGroupOffsetsHandler,
  createStreamsGroupHeartbeatHandler,
  createStreamsGroupDescribeHandler,
  createStreamsGroupTopologyDescriptionUpdateHandler,
]

export interface GroupRigOptions {
  readonly brokers?: number
  /** By Kafka's names. */
  readonly configs?: Readonly<Record<string, string>>
  /** Of single brokers, by node id. */
  readonly brokerConfigs?: Readonly<Record<number, Readonly<Record<string, string>>>>
  readonly seed?: number
}

export interface SendOptions {
  readonly nodeId?: number
  readonly clientId?: string | null
  readonly authorizer?: Authorizer
}

/** The answer to one request, once it is there. */
export class Reply<A extends Api> {
  readonly api: A
  readonly promise: Promise<Decoded<A['response']>>
  #response: Decoded<A['response']> | undefined
  /** The connection goes away. */
  readonly disconnect: () => void

  constructor(api: A, answer: Promise<Decoded<A['response']>>, disconnect: () => void) {
    this.api = api
    this.disconnect = disconnect
    this.promise = answer.then((response) => {
      this.#response = response
      return response
    })
  }

  get isWaiting(): boolean {
    return this.#response === undefined
  }

  get response(): Decoded<A['response']> {
    if (this.#response === undefined) throw new Error(`${this.api.name} has not been answered`)
    return this.#response
  }
}

/**
 * A cluster's groups without sockets: requests go through the real codecs and handlers, over the real metadata, and time
 * is a manual clock.
 */
export class GroupRig {
  readonly clock = new ManualClock()
  readonly metadata = new Metadata('cluster-of-the-group-rig')
  readonly controller: Controller
  readonly logs: LogManager
  readonly replicas = new Map<number, ReplicaManager>()
  readonly coordinator: GroupCoordinator
  readonly shareCoordinator: ShareCoordinator
  readonly #effective: EffectiveConfigs
  readonly #coordinatorOptions: GroupCoordinatorOptions
  #handlers = new Map<number, Map<number, Handler>>()

  constructor({ brokers = 1, configs = {}, brokerConfigs = {}, seed = 1 }: GroupRigOptions = {}) {
    const random = new SeededRandom(seed)
    const replicas = String(Math.min(3, brokers))
    const cluster = new Map([
      ['offsets.topic.replication.factor', replicas],
      ['share.coordinator.state.topic.replication.factor', replicas],
      ['share.coordinator.state.topic.min.isr', '1'],
    ])
    for (const [name, value] of Object.entries(configs)) cluster.set(name, value)
    const own = new Map(
      Object.entries(brokerConfigs).map(([nodeId, values]) => [
        Number(nodeId),
        new Map(Object.entries(values)),
      ]),
    )
    const effective = new EffectiveConfigs(this.metadata, { cluster, brokers: own })
    this.controller = new Controller(this.metadata, effective, random)
    const memory = new LogMemory()
    const logs = new LogManager({
      clock: this.clock,
      random,
      storageOf: () => new MemoryStorage(memory),
      metadata: this.metadata,
      configOf: (topic) => effective.topicConfig(topic),
      producerIdExpirationMs: () => effective.cluster().config.producerIdExpirationMs,
    })
    this.logs = logs
    this.shareCoordinator = new ShareCoordinator({
      clock: this.clock,
      logs,
      metadata: this.metadata,
      config: (nodeId) => effective.brokerConfig(nodeId),
      createTopic: (name) => this.controller.createInternalTopic(name),
    })
    this.#effective = effective
    this.#coordinatorOptions = {
      shares: this.shareCoordinator,
      clock: this.clock,
      logs,
      random,
      logger: SILENT,
      metadata: this.metadata,
      config: (nodeId) => effective.brokerConfig(nodeId),
      groupConfig: (groupId) => effective.groupConfig(groupId),
    }
    this.coordinator = this.startCoordinator()
    this.metadata.commit(featureRecords())
    for (let nodeId = 1; nodeId <= brokers; nodeId++) this.startBroker(nodeId)
  }

  /** Another coordinator of the same logs, as after a restart; the handlers go on asking the first one. */
  startCoordinator(): GroupCoordinator {
    return new GroupCoordinator(this.#coordinatorOptions)
  }

  startBroker(nodeId: number): void {
    const endPoints = [
      { name: 'PLAINTEXT', host: 'localhost', port: 9000 + nodeId, securityProtocol: 'PLAINTEXT' },
    ] as const
    this.controller.registerBroker({ brokerId: nodeId, endPoints, rack: null })
    const parts = this.partsOf(nodeId)
    const handlers = FACTORIES.map((create) => create(parts))
    this.#handlers.set(nodeId, new Map(handlers.map((handler) => [handler.api.key, handler])))
  }

  partsOf(nodeId: number): GroupParts {
    const { clock, metadata, logs, controller } = this
    const configs = this.#effective
    const config = () => configs.brokerConfig(nodeId)
    const replicas = new ReplicaManager({ nodeId, clock, metadata, logs, config })
    const sharePartitions = new SharePartitions({
      clock,
      metadata,
      replicas,
      coordinator: this.shareCoordinator,
      configOf: (groupId) => configs.groupConfig(groupId),
    })
    const shareSessions = new ShareSessions(sharePartitions, () => config().groupShareMaxShareSessions)
    const groupCoordinator = this.coordinator
    this.replicas.set(nodeId, replicas)
    return {
      nodeId,
      clock,
      metadata,
      controller,
      configs,
      replicas,
      groupCoordinator,
      shareCoordinator: this.shareCoordinator,
      sharePartitions,
      shareSessions,
    }
  }

  stopBroker(nodeId: number): void {
    this.controller.fenceBroker(nodeId)
  }

  createTopic(name: string, numPartitions = 1, replicationFactor = 1): string {
    const topic = { name, numPartitions, replicationFactor, assignments: [], configs: [] }
    const results = this.controller.createTopics([topic])
    const [result] = Array.isArray(results) ? results : [results]
    if (!result || !('topicId' in result)) throw new Error(`topic ${name}: ${JSON.stringify(result)}`)
    return result.topicId
  }

  addPartitions(name: string, total: number): void {
    this.controller.createPartitions([{ name, count: total, assignments: null }])
  }

  /** Makes `__consumer_offsets`, so that groups have coordinators. */
  createOffsetsTopic(): void {
    this.controller.createInternalTopic('__consumer_offsets')
  }

  handlerOf(api: Api, nodeId = 1): Handler {
    const handler = this.#handlers.get(nodeId)?.get(api.key)
    if (!handler) throw new Error(`broker ${nodeId} has no handler of ${api.name}`)
    return handler
  }

  send<A extends Api>(
    api: A,
    version: number,
    request: Encodable<A['request']>,
    { nodeId = 1, clientId = 'client', authorizer }: SendOptions = {},
  ): Reply<A> {
    const handler = this.handlerOf(api, nodeId)
    const asked = contextOf(version, { clientId, ...(authorizer && { authorizer }) })
    return new Reply(api, ask(handler, api, version, request, asked), asked.close)
  }

  /** Lets answers arrive that are on their way. */
  async settle(): Promise<void> {
    await new Promise(setImmediate)
  }

  /** Moves time on and lets answers arrive. */
  async advance(ms: number): Promise<void> {
    await this.settle()
    this.clock.advance(ms)
    await this.settle()
  }
}
