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

/** Where clients of this listener reach the broker; undefined while it is down and where it has no such listener. */
export function endpointOf(
  image: MetadataImage,
  brokerId: number,
  listenerName: string,
): BrokerEndpoint | undefined {
  const broker = image.brokers.get(brokerId)
  if (!broker || broker.fenced) return undefined
  return broker.endPoints.find(({ name }) => name === listenerName)
}

/**
 * A partition as a client of that listener sees it (`KRaftMetadataCache.getPartitionMetadata`). Versions of Metadata
 * differ in what they say of brokers that are down or lack the listener.
 *
 * @param apiVersion of Metadata: 0 leaves such brokers out and says REPLICA_NOT_AVAILABLE; before 6 a leader without
 * the listener is LEADER_NOT_AVAILABLE, then LISTENER_NOT_FOUND
 */
export function partitionMetadata(
  image: MetadataImage,
  partition: PartitionState,
  listenerName: string,
  apiVersion: number,
): PartitionMetadata {
  const { partitionIndex, leader, leaderEpoch, replicas, isr } = partition
  const isReachable = (broker: number) => endpointOf(image, broker, listenerName) !== undefined
  const replicaNodes = apiVersion === 0 ? replicas.filter(isReachable) : replicas
  const isrNodes = apiVersion === 0 ? isr.filter(isReachable) : isr
  const hasLeader = isReachable(leader)
  let errorCode: number = ErrorCode.NONE
  if (!hasLeader) {
    const lacksListener = apiVersion >= 6 && image.brokers.has(leader)
    errorCode = lacksListener ? ErrorCode.LISTENER_NOT_FOUND : ErrorCode.LEADER_NOT_AVAILABLE
  } else if (replicaNodes.length < replicas.length || isrNodes.length < isr.length) {
    errorCode = ErrorCode.REPLICA_NOT_AVAILABLE
  }
  return {
    errorCode,
    partitionIndex,
    leaderId: hasLeader ? leader : -1,
    leaderEpoch,
    replicaNodes,
    isrNodes,
    offlineReplicas: replicas.filter((broker) => !isReachable(broker)),
  }
}

/** The brokers that clients of this listener can reach. */
export function reachableBrokers(
  image: MetadataImage,
  listenerName: string,
): { nodeId: number; host: string; port: number; rack: string | null }[] {
  const brokers = []
  for (const { id, rack } of image.activeBrokers()) {
    const endpoint = endpointOf(image, id, listenerName)
    if (endpoint) brokers.push({ nodeId: id, host: endpoint.host, port: endpoint.port, rack })
  }
  return brokers
}

/**
 * The broker that is called the controller. KRaft's brokers name any broker that is up, a random one, because each
 * hands on what is the controller's (KIP-590); here it stays the same while it is up.
 */
export function controllerId(image: MetadataImage): number {
  return image.activeBrokers()[0]?.id ?? -1
}
