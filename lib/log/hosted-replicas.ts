import { ErrorCode } from '../../protocol/errors.ts'
import type { Clock } from '../lab/clock.ts'
import type { Metadata } from '../metadata/metadata.ts'
import type { LogManager } from './log-manager.ts'
import type { Partition } from './partition.ts'

/** What a broker's configs say of its replicas. */
export interface ReplicaConfig {
  readonly fetchMaxBytes: number
  readonly replicaSelectorClass: string | null
}

export interface HostedReplicasOptions {
  readonly nodeId: number
  readonly clock: Clock
  readonly metadata: Metadata
  readonly logs: LogManager
  readonly config: () => ReplicaConfig
}

/** The replicas of one broker: may it answer for that partition, to this client, in this epoch? */
export class HostedReplicas {
  readonly nodeId: number
  readonly clock: Clock
  readonly metadata: Metadata
  readonly #logs: LogManager
  readonly #config: () => ReplicaConfig

  constructor({ nodeId, clock, metadata, logs, config }: HostedReplicasOptions) {
    this.nodeId = nodeId
    this.clock = clock
    this.metadata = metadata
    this.#logs = logs
    this.#config = config
  }

  get config(): ReplicaConfig {
    return this.#config()
  }

  /** The partition, if this broker has a replica of it; else why not. */
  hosted(topic: string, index: number): Partition | ErrorCode {
    const state = this.metadata.image.topicsByName.get(topic)
    const partition = state === undefined ? undefined : this.#logs.partition(state.topicId, index)
    if (partition === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return partition.state.replicas.includes(this.nodeId) ? partition : ErrorCode.NOT_LEADER_OR_FOLLOWER
  }

  isLeader(partition: Partition): boolean {
    return partition.state.leader === this.nodeId
  }

  /**
   * The partition for a client that believes in `currentLeaderEpoch` (-1: it does not say), or why it is not to be had
   * here. Without `onlyLeader` a follower will do.
   */
  available(
    topic: string,
    index: number,
    currentLeaderEpoch: number,
    onlyLeader: boolean,
  ): Partition | ErrorCode {
    const partition = this.hosted(topic, index)
    if (typeof partition === 'number') return partition
    const error = partition.checkLeaderEpoch(currentLeaderEpoch)
    if (error !== ErrorCode.NONE) return error
    return onlyLeader && !this.isLeader(partition) ? ErrorCode.NOT_LEADER_OR_FOLLOWER : partition
  }
}
