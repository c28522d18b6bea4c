import type { Clock } from '../lab/clock.ts'
import type { Random } from '../lab/random.ts'
import type { TopicState } from '../metadata/image.ts'
import type { Metadata } from '../metadata/metadata.ts'
import { type ConfigRecord, ConfigResourceType, type MetadataRecord } from '../metadata/records.ts'
import type { LogConfig } from './log-config.ts'
import type { LogStorage } from './log-storage.ts'
import { Partition } from './partition.ts'
import { PartitionLog } from './partition-log.ts'

export interface LogManagerOptions {
  readonly clock: Clock
  readonly random: Random
  /** Where the log of a partition is kept. */
  readonly storageOf: (partition: { topic: string; topicId: string; index: number }) => LogStorage
  readonly metadata: Metadata
  /** The configs of a topic as they are now. */
  readonly configOf: (topic: string) => LogConfig
  /** `producer.id.expiration.ms` */
  readonly producerIdExpirationMs: () => number
}

/** The partitions of a cluster and their logs, made and removed as the metadata say. */
export class LogManager {
  readonly #options: LogManagerOptions
  readonly #partitions = new Map<string, Partition[]>()
  readonly #unsubscribe: () => void

  constructor(options: LogManagerOptions) {
    this.#options = options
    const { metadata } = options
    for (const topic of metadata.image.topicsById.values()) {
      for (const { partitionIndex } of topic.partitions) this.#create(topic.topicId, partitionIndex)
    }
    this.#unsubscribe = metadata.subscribe((records) => {
      for (const record of records) this.#apply(record)
    })
  }

  partition(topicId: string, index: number): Partition | undefined {
    return this.#partitions.get(topicId)?.[index]
  }

  *partitions(): Generator<Partition> {
    for (const partitions of this.#partitions.values()) yield* partitions
  }

  /** Lets go of all logs; who waits is woken and finds nothing. */
  close(): void {
    this.#unsubscribe()
    const partitions = [...this.partitions()]
    this.#partitions.clear()
    for (const partition of partitions) {
      partition.log.close()
      partition.wake()
    }
  }

  #apply(record: MetadataRecord): void {
    switch (record.type) {
      case 'PartitionRecord':
        this.#create(record.topicId, record.partitionId)
        return
      case 'RemoveTopicRecord':
        this.#remove(record.topicId)
        return
      case 'PartitionChangeRecord': {
        const partition = this.partition(record.topicId, record.partitionId)
        if (partition === undefined) return
        if (record.leader !== undefined) partition.onLeader()
        partition.updateHighWatermark()
        partition.wake()
        return
      }
      case 'ConfigRecord':
        this.#reconfigure(record)
    }
  }

  #create(topicId: string, index: number): void {
    const topic = this.#options.metadata.image.topicsById.get(topicId)
    const state = topic?.partitions[index]
    // One commit may create and delete a topic.
    if (topic === undefined || state === undefined) return
    let partitions = this.#partitions.get(topicId)
    if (partitions === undefined) {
      partitions = []
      this.#partitions.set(topicId, partitions)
    }
    const { clock, random, storageOf, producerIdExpirationMs } = this.#options
    // Partitions of a topic share one config object.
    const config = partitions[0]?.log.config ?? this.#options.configOf(topic.name)
    const storage = storageOf({ topic: topic.name, topicId, index })
    const log = new PartitionLog({ clock, random, config, storage, producerIdExpirationMs })
    partitions[index] = new Partition(topic.name, state, log)
  }

  #remove(topicId: string): void {
    const partitions = this.#partitions.get(topicId)
    if (partitions === undefined) return
    this.#partitions.delete(topicId)
    for (const partition of partitions) {
      partition.log.delete()
      partition.wake()
    }
  }

  /** What a topic does not say itself it inherits from the brokers, so a broker's config may change every topic's. */
  #reconfigure({ resourceType, resourceName }: ConfigRecord): void {
    const { image } = this.#options.metadata
    if (resourceType === ConfigResourceType.BROKER) {
      for (const topic of image.topicsById.values()) this.#reconfigureTopic(topic)
    } else if (resourceType === ConfigResourceType.TOPIC) {
      const topic = image.topicsByName.get(resourceName)
      if (topic !== undefined) this.#reconfigureTopic(topic)
    }
  }

  #reconfigureTopic({ name, topicId }: TopicState): void {
    const config = this.#options.configOf(name)
    for (const partition of this.#partitions.get(topicId) ?? []) {
      partition.log.config = config
      if (partition.updateHighWatermark()) partition.wake()
    }
  }
}
