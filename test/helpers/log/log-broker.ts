import { ManualClock } from '../../../lib/lab/clock.ts'
import { SILENT } from '../../../lib/lab/logger.ts'
import { SeededRandom } from '../../../lib/lab/random.ts'
import type { ReplicaConfig } from '../../../lib/log/hosted-replicas.ts'
import type { LogConfig } from '../../../lib/log/log-config.ts'
import { LogManager } from '../../../lib/log/log-manager.ts'
import { LogMemory } from '../../../lib/log/log-memory.ts'
import { MemoryStorage } from '../../../lib/log/log-storage.ts'
import { ReplicaManager } from '../../../lib/log/replica-manager.ts'
import { Metadata } from '../../../lib/metadata/metadata.ts'
import { ConfigResourceType } from '../../../lib/metadata/records.ts'
import { TransactionCoordinator } from '../../../lib/transactions/coordinator.ts'
import { TransactionVerifier } from '../../../lib/transactions/verification.ts'
import { ZERO_UUID } from '../../../protocol/schema.ts'

/** Kafka's defaults. */
export const LOG_CONFIG: LogConfig = {
  maxMessageBytes: 1_048_588,
  maxDecompressedMessageBytes: 2_147_483_639,
  cleanupPolicy: ['delete'],
  compressionType: 'producer',
  compressionGzipLevel: -1,
  compressionLz4Level: 9,
  compressionZstdLevel: 3,
  messageTimestampType: 'CreateTime',
  messageTimestampBeforeMaxMs: 2 ** 63,
  messageTimestampAfterMaxMs: 3_600_000,
  minInsyncReplicas: 1,
  segmentBytes: 1_073_741_824,
  internalSegmentBytes: null,
  segmentMs: 604_800_000,
  segmentJitterMs: 0,
  segmentIndexBytes: 10_485_760,
  indexIntervalBytes: 4096,
  retentionMs: 604_800_000,
  retentionBytes: -1,
  deleteRetentionMs: 86_400_000,
  minCompactionLagMs: 0,
  maxCompactionLagMs: 2 ** 63,
  minCleanableDirtyRatio: 0.5,
  flushMessages: 2 ** 63,
  flushMs: 2 ** 63,
}

export interface TestTopic {
  readonly name: string
  readonly topicId: string
}

/** A cluster's metadata, logs and replica managers, without brokers around them, on a manual clock. */
export class LogBrokers {
  readonly clock = new ManualClock()
  readonly random = new SeededRandom(1)
  readonly metadata = new Metadata('cluster')
  readonly logs: LogManager
  /** By topic; what is not there has the defaults. */
  readonly topicConfigs = new Map<string, LogConfig>()
  readonly config = {
    fetchMaxBytes: 57_671_680,
    replicaSelectorClass: null as string | null,
    maxIncrementalFetchSessionCacheSlots: 1000,
    transactionMaxTimeoutMs: 900_000,
    transactionAbortTimedOutTransactionCleanupIntervalMs: 10_000,
    transactionalIdExpirationMs: 604_800_000,
    transactionRemoveExpiredTransactionCleanupIntervalMs: 3_600_000,
    transactionPartitionVerificationEnable: true,
  } satisfies ReplicaConfig & Record<string, unknown>
  readonly transactionCoordinator: TransactionCoordinator
  #topics = 0

  /** @param racks one for each broker; node ids count from 0 */
  constructor(racks: readonly (string | null)[] = [null], { memoryLimit }: { memoryLimit?: number } = {}) {
    racks.forEach((rack, brokerId) => {
      const endPoint = { name: 'PLAINTEXT', host: 'localhost', port: 9092 + brokerId }
      this.metadata.commit([
        {
          type: 'RegisterBrokerRecord',
          brokerId,
          brokerEpoch: brokerId,
          endPoints: [{ ...endPoint, securityProtocol: 'PLAINTEXT' }],
          rack,
          fenced: false,
        },
      ])
    })
    const memory = new LogMemory(memoryLimit)
    this.logs = new LogManager({
      clock: this.clock,
      random: this.random,
      storageOf: () => new MemoryStorage(memory),
      metadata: this.metadata,
      configOf: (topic) => this.topicConfigs.get(topic) ?? LOG_CONFIG,
      producerIdExpirationMs: () => 86_400_000,
    })
    this.transactionCoordinator = new TransactionCoordinator({
      clock: this.clock,
      logger: SILENT,
      metadata: this.metadata,
      logs: this.logs,
      config: () => this.config,
      replicasOf: (nodeId) => this.replicas(nodeId),
      onOffsetsMarker: () => {},
    })
  }

  replicas(nodeId = 0): ReplicaManager {
    const { clock, metadata, logs } = this
    return new ReplicaManager({ nodeId, clock, metadata, logs, config: () => this.config })
  }

  /** What handlers of one broker are made from. */
  parts(nodeId = 0) {
    const { clock, random, metadata } = this
    const configs = { brokerConfig: () => this.config }
    const replicas = this.replicas(nodeId)
    return {
      nodeId,
      clock,
      random,
      metadata,
      configs: configs as never,
      replicas,
      transactionCoordinator: this.transactionCoordinator,
      transactionVerifier: new TransactionVerifier(this.transactionCoordinator, replicas, () => true),
    }
  }

  createTopic(
    name: string,
    { partitions = 1, replicas = [0], config = {} as Partial<LogConfig> } = {},
  ): TestTopic {
    this.topicConfigs.set(name, { ...LOG_CONFIG, ...config })
    const topicId = Buffer.alloc(16, ++this.#topics).toString('base64url')
    this.metadata.commit([
      { type: 'TopicRecord', name, topicId },
      ...Array.from({ length: partitions }, (_, partitionId) => ({
        type: 'PartitionRecord' as const,
        topicId,
        partitionId,
        replicas,
        isr: replicas,
        leader: replicas[0] as number,
        leaderEpoch: 0,
        partitionEpoch: 0,
      })),
    ])
    return { name, topicId }
  }

  deleteTopic({ topicId }: TestTopic): void {
    this.metadata.commit([{ type: 'RemoveTopicRecord', topicId }])
  }

  configure(name: string, config: Partial<LogConfig>): void {
    this.topicConfigs.set(name, { ...(this.topicConfigs.get(name) ?? LOG_CONFIG), ...config })
    const resourceType = ConfigResourceType.TOPIC
    this.metadata.commit([{ type: 'ConfigRecord', resourceType, resourceName: name, name: 'x', value: 'y' }])
  }

  change(topic: TestTopic, change: { leader?: number; isr?: number[] }, partitionId = 0): void {
    const { topicId } = topic
    this.metadata.commit([{ type: 'PartitionChangeRecord', topicId, partitionId, ...change }])
  }
}

/** A Fetch request of one partition, every field as the decoder gives it. */
export function fetchRequest(topic: TestTopic, partition: object = {}, request: object = {}) {
  return {
    clusterId: null,
    replicaId: -1,
    replicaState: { replicaId: -1, replicaEpoch: -1 },
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 0x7fff_ffff,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [
      {
        topic: topic.name,
        topicId: topic.topicId,
        partitions: [
          {
            partition: 0,
            currentLeaderEpoch: -1,
            fetchOffset: 0,
            lastFetchedEpoch: -1,
            logStartOffset: -1,
            partitionMaxBytes: 1_048_576,
            replicaDirectoryId: ZERO_UUID,
            ...partition,
          },
        ],
      },
    ],
    forgottenTopicsData: [],
    rackId: '',
    ...request,
  }
}

export function produceRequest(topic: TestTopic, records: Buffer | null, request: object = {}, index = 0) {
  return {
    transactionalId: null,
    acks: -1,
    timeoutMs: 1000,
    topicData: [{ name: topic.name, topicId: topic.topicId, partitionData: [{ index, records }] }],
    ...request,
  }
}
