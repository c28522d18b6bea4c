import { ErrorCode } from '../../protocol/errors.ts'
import type { MetadataImage, PartitionState } from '../metadata/image.ts'
import type { BrokerEndpoint } from '../metadata/records.ts'

/** A partition as Metadata and DescribeTopicPartitions show it. */
export interface PartitionMetadata {
  readonly errorCode: number
  readonly partitionIndex: number
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly replicaNodes: readonly number[]
  readonly isrNodes: readonly number[]
  readonly offlineReplicas: readonly number[]
}

const NONE: readonly number[] = []

/** Where clients of this listener reach the broker; undefined while it is down and where it has no such listener. */
export function endpointOf(
  image: MetadataImage,
  brokerId: number,
  listenerName: string,
): BrokerEndpoint | undefined {
  if (!image.isActive(brokerId)) return undefined
  return image.brokers.get(brokerId)?.endPoints.find(({ name }) => name === listenerName)
}

/** The brokers of a cluster as clients of one listener can reach them: without those that are down or lack the listener. */
export class ListenerView {
  readonly image: MetadataImage
  readonly #endpoints = new Map<number, BrokerEndpoint>()

  constructor(image: MetadataImage, listenerName: string) {
    this.image = image
    for (const { id } of image.activeBrokers()) {
      const endpoint = endpointOf(image, id, listenerName)
      if (endpoint) this.#endpoints.set(id, endpoint)
    }
  }

  isReachable(brokerId: number): boolean {
    return this.#endpoints.has(brokerId)
  }

  /** In order of their ids. */
  brokers(): { nodeId: number; host: string; port: number; rack: string | null }[] {
    return [...this.#endpoints].map(([nodeId, { host, port }]) => {
      return { nodeId, host, port, rack: this.image.brokers.get(nodeId)?.rack ?? null }
    })
  }

  /**
   * A partition as these clients see it (`KRaftMetadataCache.getPartitionMetadata`). Versions of Metadata differ in what they
   * say of brokers that cannot be reached.
   *
   * @param apiVersion of Metadata: 0 leaves such brokers out and says REPLICA_NOT_AVAILABLE; before 6 a leader without
   * the listener is LEADER_NOT_AVAILABLE, then LISTENER_NOT_FOUND
   */
  partition(partition: PartitionState, apiVersion: number): PartitionMetadata {
    const { partitionIndex, leader, leaderEpoch, replicas, isr } = partition
    const offlineReplicas = this.#unreachable(replicas)
    const isShortened = apiVersion === 0 && offlineReplicas.length > 0
    const hasLeader = this.isReachable(leader)
    let errorCode: number = ErrorCode.NONE
    if (!hasLeader) {
      const lacksListener = apiVersion >= 6 && this.image.brokers.has(leader)
      errorCode = lacksListener ? ErrorCode.LISTENER_NOT_FOUND : ErrorCode.LEADER_NOT_AVAILABLE
    } else if (isShortened) errorCode = ErrorCode.REPLICA_NOT_AVAILABLE
    return {
      errorCode,
      partitionIndex,
      leaderId: hasLeader ? leader : -1,
      leaderEpoch,
      replicaNodes: isShortened ? replicas.filter((broker) => this.isReachable(broker)) : replicas,
      isrNodes: isShortened ? isr.filter((broker) => this.isReachable(broker)) : isr,
      offlineReplicas,
    }
  }

  #unreachable(replicas: readonly number[]): readonly number[] {
    // Nearly always there are none: a list of them costs nothing then.
    let found: number[] | undefined
    for (const broker of replicas) {
      if (this.#endpoints.has(broker)) continue
      found ??= []
      found.push(broker)
    }
    return found ?? NONE
  }
}

/**
 * The broker that is called the controller. KRaft's brokers name any broker that is up, a random one, because each
 * hands on what is the controller's (KIP-590); here it stays the same while it is up.
 */
export function controllerId(image: MetadataImage): number {
  return image.activeBrokers()[0]?.id ?? -1
}
