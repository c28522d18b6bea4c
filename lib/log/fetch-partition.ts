import { ErrorCode } from '../../protocol/errors.ts'
import { NO_PREFERRED_REPLICA } from './replica-selector.ts'
import type { AbortedTransaction } from './transaction-index.ts'

/** What a Fetch request asks of one partition; -1 where it does not say. */
export interface FetchPartitionData {
  fetchOffset: number
  partitionMaxBytes: number
  currentLeaderEpoch: number
  lastFetchedEpoch: number
  logStartOffset: number
}

/** One partition of a fetch, in a session or not. */
export class FetchPartition {
  /** null while the id is of no known topic. */
  topic: string | null
  /** The zero UUID in versions that speak of topics by name. */
  readonly topicId: string
  readonly partition: number
  fetchOffset = -1
  maxBytes = -1
  currentLeaderEpoch = -1
  lastFetchedEpoch = -1
  /** What the session's last response said (KIP-227): only what differs is said again. */
  highWatermark = -1
  logStartOffset = -1

  constructor(topic: string | null, topicId: string, partition: number) {
    this.topic = topic
    this.topicId = topicId
    this.partition = partition
  }

  update(data: FetchPartitionData): void {
    this.fetchOffset = data.fetchOffset
    this.maxBytes = data.partitionMaxBytes
    this.currentLeaderEpoch = data.currentLeaderEpoch
    this.lastFetchedEpoch = data.lastFetchedEpoch
  }
}

/** The partitions of a fetch, in order, each once. */
export class FetchPartitions implements Iterable<FetchPartition> {
  readonly #order = new Set<FetchPartition>()
  /** By topic (name or id), then by index. */
  readonly #byTopic = new Map<string, Map<number, FetchPartition>>()

  get size(): number {
    return this.#order.size
  }

  [Symbol.iterator](): Iterator<FetchPartition> {
    return this.#order.values()
  }

  get(topicKey: string, partition: number): FetchPartition | undefined {
    return this.#byTopic.get(topicKey)?.get(partition)
  }

  add(topicKey: string, partition: FetchPartition): void {
    let partitions = this.#byTopic.get(topicKey)
    if (partitions === undefined) {
      partitions = new Map()
      this.#byTopic.set(topicKey, partitions)
    }
    partitions.set(partition.partition, partition)
    this.#order.add(partition)
  }

  remove(topicKey: string, index: number): void {
    const partitions = this.#byTopic.get(topicKey)
    const partition = partitions?.get(index)
    if (partitions === undefined || partition === undefined) return
    partitions.delete(index)
    if (partitions.size === 0) this.#byTopic.delete(topicKey)
    this.#order.delete(partition)
  }

  /** What has had data goes behind the others, so that all have their turn when a response is full. */
  moveToEnd(partition: FetchPartition): void {
    this.#order.delete(partition)
    this.#order.add(partition)
  }
}

const NO_RECORDS: readonly Buffer[] = []

/**
 * What a fetch found in one partition, under the names of Fetch's response, so that it can be sent as it is. Beside
 * that, what the way to the response needs.
 */
export class FetchResult {
  readonly target: FetchPartition
  /** Bytes of `records`. */
  size = 0
  /** There is a batch, but the limits let none through. */
  isFirstTooLarge = false
  /** There is more in later segments, which has to be asked for again. */
  isBehind = false

  readonly partitionIndex: number
  errorCode: ErrorCode
  highWatermark = -1
  lastStableOffset = -1
  logStartOffset = -1
  divergingEpoch: { epoch: number; endOffset: number } | undefined
  currentLeader: { leaderId: number; leaderEpoch: number } | undefined
  abortedTransactions: AbortedTransaction[] | null = null
  preferredReadReplica = NO_PREFERRED_REPLICA
  /** Views of the log, never null. */
  records: readonly Buffer[] = NO_RECORDS

  constructor(target: FetchPartition, errorCode: ErrorCode = ErrorCode.NONE) {
    this.target = target
    this.partitionIndex = target.partition
    this.errorCode = errorCode
  }
}
