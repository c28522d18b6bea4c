import { GroupCoordinator } from '../../../lib/groups/coordinator.ts'
import { offsetRecord } from '../../../lib/groups/offsets/committed-offsets.ts'
import { ManualClock } from '../../../lib/lab/clock.ts'
import { SILENT } from '../../../lib/lab/logger.ts'
import { SeededRandom } from '../../../lib/lab/random.ts'
import { LogManager } from '../../../lib/log/log-manager.ts'
import { LogMemory } from '../../../lib/log/log-memory.ts'
import { MemoryStorage } from '../../../lib/log/log-storage.ts'
import type { PartitionLog } from '../../../lib/log/partition-log.ts'
import { ReplicaManager } from '../../../lib/log/replica-manager.ts'
import { Controller } from '../../../lib/metadata/controller/controller.ts'
import { EffectiveConfigs } from '../../../lib/metadata/effective-configs.ts'
import { featureRecords } from '../../../lib/metadata/features.ts'
import type { PartitionState } from '../../../lib/metadata/image.ts'
import { Metadata } from '../../../lib/metadata/metadata.ts'
import { ShareCoordinator } from '../../../lib/share/share-coordinator.ts'
import { addPartitions } from '../../../lib/transactions/add-partitions.ts'
import { TransactionCoordinator } from '../../../lib/transactions/coordinator.ts'
import { type EndedTransaction, endTransaction } from '../../../lib/transactions/end-transaction.ts'
import {
  type InitProducerIdResult,
  initProducerId,
  type ProducerIdAndEpoch,
} from '../../../lib/transactions/init-producer-id.ts'
import { TopicPartitions } from '../../../lib/transactions/topic-partitions.ts'
import { TransactionVerifier } from '../../../lib/transactions/verification.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { isControlBatch, NO_SEQUENCE, producerId as producerIdOf } from '../../../protocol/records/batch.ts'
import { BatchCursor } from '../../../protocol/records/batch-cursor.ts'
import { decodeEndTxnMarker } from '../../../protocol/records/control.ts'
import { decodeRecords } from '../../../protocol/records/decode-batch.ts'
import { encodeBatch } from '../../../protocol/records/encode-batch.ts'

const MAX_BYTES = 100_000_000

export interface TransactionRigOptions {
  readonly brokers?: number
  /** By Kafka's names. */
  readonly configs?: Readonly<Record<string, string>>
}

/** A cluster's transactions without sockets and handlers, on a manual clock. Node ids count from 1. */
export class TransactionRig {
  readonly clock = new ManualClock()
  readonly metadata = new Metadata('cluster-of-the-rig')
  readonly configs: EffectiveConfigs
  readonly controller: Controller
  readonly logs: LogManager
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  readonly #replicas = new Map<number, ReplicaManager>()

  constructor({ brokers = 2, configs = {} }: TransactionRigOptions = {}) {
    const { clock, metadata } = this
    const random = new SeededRandom(1)
    const replication = String(Math.min(3, brokers))
    const given = {
      'offsets.topic.num.partitions': '1',
      'offsets.topic.replication.factor': replication,
      'transaction.state.log.num.partitions': '1',
      'transaction.state.log.replication.factor': replication,
      'transaction.state.log.min.isr': '1',
      ...configs,
    }
    this.configs = new EffectiveConfigs(metadata, {
      cluster: new Map(Object.entries(given)),
      brokers: new Map(),
    })
    this.controller = new Controller(metadata, this.configs, random)
    const memory = new LogMemory()
    this.logs = new LogManager({
      clock,
      random,
      storageOf: () => new MemoryStorage(memory),
      metadata,
      configOf: (topic) => this.configs.topicConfig(topic),
      producerIdExpirationMs: () => 86_400_000,
    })
    const config = (nodeId: number) => this.configs.brokerConfig(nodeId)
    this.groups = new GroupCoordinator({
      shares: new ShareCoordinator({
        clock,
        logs: this.logs,
        metadata,
        config,
        createTopic: () => undefined,
      }),
      clock,
      logs: this.logs,
      random,
      logger: SILENT,
      metadata,
      config,
      groupConfig: (groupId) => this.configs.groupConfig(groupId),
    })
    this.transactions = new TransactionCoordinator({
      clock,
      logs: this.logs,
      logger: SILENT,
      metadata,
      config,
      replicasOf: (nodeId) => this.replicasOf(nodeId),
      onOffsetsMarker: (partition, { producerId, committed }) =>
        this.groups.completeTransaction(partition, producerId, committed),
    })
    metadata.commit(featureRecords())
    for (let nodeId = 1; nodeId <= brokers; nodeId++) this.startBroker(nodeId)
    this.controller.createInternalTopic('__consumer_offsets')
    this.controller.createInternalTopic('__transaction_state')
  }

  replicasOf(nodeId: number): ReplicaManager {
    let replicas = this.#replicas.get(nodeId)
    if (replicas === undefined) {
      const { clock, metadata, logs } = this
      const config = () => this.configs.brokerConfig(nodeId)
      replicas = new ReplicaManager({ nodeId, clock, metadata, logs, config } as never)
      this.#replicas.set(nodeId, replicas)
    }
    return replicas
  }

  startBroker(nodeId: number): void {
    const endPoint = { name: 'PLAINTEXT', host: 'localhost', port: 9000 + nodeId }
    const endPoints = [{ ...endPoint, securityProtocol: 'PLAINTEXT' }] as const
    this.controller.registerBroker({ brokerId: nodeId, endPoints, rack: null })
  }

  stopBroker(nodeId: number): void {
    this.controller.fenceBroker(nodeId)
  }

  /** A topic with these replicas of each partition. */
  createTopic(name: string, ...replicas: number[][]): void {
    const assignments = replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }))
    const wish = { name, numPartitions: -1, replicationFactor: -1, assignments, configs: [] }
    const [result] = [this.controller.createTopics([wish])].flat()
    if (result === undefined || 'errorCode' in result) throw new Error(`${name}: ${JSON.stringify(result)}`)
  }

  state(topic: string, partition = 0): PartitionState {
    const state = this.metadata.image.topicsByName.get(topic)?.partitions[partition]
    if (state === undefined) throw new Error(`there is no ${topic}-${partition}`)
    return state
  }

  log(topic: string, partition = 0): PartitionLog {
    const { topicId } = this.state(topic, partition)
    return this.logs.partition(topicId, partition)?.log as PartitionLog
  }

  init(
    transactionalId: string,
    expected?: ProducerIdAndEpoch,
    transactionTimeoutMs = 60_000,
  ): InitProducerIdResult {
    const shard = this.transactions.shardFor(transactionalId)
    if (shard === undefined)
      return { errorCode: ErrorCode.NOT_COORDINATOR, producerId: -1, producerEpoch: -1 }
    return initProducerId(shard, this.transactions.markers, {
      transactionalId,
      transactionTimeoutMs,
      expected,
    })
  }

  /** As AddPartitionsToTxn of clients does it, before KIP-890. */
  add(
    transactionalId: string,
    producer: ProducerIdAndEpoch,
    topic: string,
    ...partitions: number[]
  ): ErrorCode {
    const shard = this.transactions.shardFor(transactionalId)
    if (shard === undefined) return ErrorCode.NOT_COORDINATOR
    const { producerId, producerEpoch } = producer
    const added = new TopicPartitions(partitions.map((partition) => [topic, partition] as const))
    return addPartitions(shard, { transactionalId, producerId, producerEpoch, partitions: added }, 0)
  }

  /** One record in a batch of its own, by Produce with (2) or without (0) implicit adding of partitions. */
  produce(
    transactionalId: string,
    { producerId, producerEpoch }: ProducerIdAndEpoch,
    at: {
      readonly topic: string
      readonly partition: number
      readonly sequence: number
      readonly value: string
    },
    version: 0 | 2 = 2,
  ): ErrorCode {
    const { topic, partition, sequence, value } = at
    const { leader } = this.state(topic, partition)
    if (leader < 0) return ErrorCode.LEADER_NOT_AVAILABLE
    const partitions = new TopicPartitions([[topic, partition]])
    const write = { transactionalId, producerId, producerEpoch, partitions, sequenceOf: () => sequence }
    const support = version === 2 ? 'add-partition' : 'generic-error'
    const error = this.#verifier(leader).addOrVerify(write, support)(topic, partition)
    if (error !== ErrorCode.NONE) return error
    const records = encodeBatch({
      records: [{ timestamp: this.clock.now(), key: null, value: Buffer.from(value) }],
      producerId,
      producerEpoch,
      baseSequence: sequence,
      isTransactional: true,
    })
    return this.replicasOf(leader).append([{ topic, partition, records }], -1)[0]?.errorCode ?? ErrorCode.NONE
  }

  /** Commits an offset of a group of the same name as the transactional id. */
  commitOffset(
    transactionalId: string,
    { producerId, producerEpoch }: ProducerIdAndEpoch,
    offset: number,
  ): ErrorCode {
    const { leader } = this.state('__consumer_offsets')
    const shard = leader < 0 ? undefined : this.groups.shardOf(leader, transactionalId)
    if (shard === undefined) return ErrorCode.NOT_COORDINATOR
    const partitions = new TopicPartitions([['__consumer_offsets', 0]])
    const write = { transactionalId, producerId, producerEpoch, partitions, sequenceOf: () => NO_SEQUENCE }
    const error = this.#verifier(leader).addOrVerify(write, 'add-partition')('__consumer_offsets', 0)
    if (error !== ErrorCode.NONE) return error
    const now = this.clock.now()
    const committed = {
      offset,
      leaderEpoch: -1,
      metadata: '',
      commitTimestampMs: now,
      expireTimestampMs: -1,
      topicId: 'x',
    }
    const record = offsetRecord(transactionalId, 'input', 0, {
      ...committed,
      topicId: this.state('input').topicId,
    })
    return shard.writePendingOffsets([record], { producerId, producerEpoch })
  }

  /** What is committed for the group of that name; undefined where nothing, or nobody to ask. */
  committedOffset(transactionalId: string): number | undefined {
    const { leader } = this.state('__consumer_offsets')
    const shard = leader < 0 ? undefined : this.groups.shardOf(leader, transactionalId)
    return shard?.offsets.get(transactionalId, 'input', 0)?.offset
  }

  end(
    transactionalId: string,
    { producerId, producerEpoch }: ProducerIdAndEpoch,
    committed: boolean,
    version: 0 | 2 = 2,
  ): EndedTransaction {
    const shard = this.transactions.shardFor(transactionalId)
    if (shard === undefined)
      return { errorCode: ErrorCode.NOT_COORDINATOR, producerId: -1, producerEpoch: -1 }
    const request = { transactionalId, producerId, producerEpoch, committed }
    return endTransaction(shard, this.transactions.markers, request, version)
  }

  /** The values that a client reads from the start with `read_committed`, as it filters them itself. */
  readCommitted(topic: string, partition = 0): string[] {
    const { records, abortedTransactions } = this.log(topic, partition).read(0, MAX_BYTES, 'committed', true)
    const bytes = Buffer.concat(records)
    const cursor = new BatchCursor(bytes)
    const waiting = [...(abortedTransactions ?? [])].sort((a, b) => a.firstOffset - b.firstOffset)
    const aborted = new Set<number>()
    const values: string[] = []
    while (cursor.next()) {
      const producerId = producerIdOf(bytes, cursor.position)
      const batch = decodeRecords(bytes, cursor.position, MAX_BYTES)
      const [first] = batch
      if (first === undefined) continue
      while (waiting[0] && waiting[0].firstOffset <= first.offset) {
        aborted.add((waiting.shift() as { producerId: number }).producerId)
      }
      if (isControlBatch(bytes, cursor.position)) {
        if (decodeEndTxnMarker(first.key, first.value).type === 'ABORT') aborted.delete(producerId)
      } else if (!aborted.has(producerId)) values.push(...batch.map(({ value }) => String(value)))
    }
    return values
  }

  close(): void {
    this.transactions.close()
    this.groups.close()
    this.logs.close()
  }

  #verifier(nodeId: number): TransactionVerifier {
    return new TransactionVerifier(this.transactions, this.replicasOf(nodeId), () => true)
  }
}
