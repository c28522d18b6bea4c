import type { MetadataImage, PartitionState } from '../metadata/image.ts'

export const NO_PREFERRED_REPLICA = -1

/** The one selector that Kafka brings along besides "always the leader". */
export const RACK_AWARE_SELECTOR = 'org.apache.kafka.common.replica.RackAwareReplicaSelector'

/**
 * Which follower a consumer in `rackId` had better read from (KIP-392, RackAwareReplicaSelector); -1: the leader. All
 * replicas in sync are equally caught up here, and between those Kafka takes the highest id.
 */
export function preferredReadReplica(
  image: MetadataImage,
  partition: PartitionState,
  rackId: string,
  listenerName: string,
): number {
  if (rackId === '' || image.brokers.get(partition.leader)?.rack === rackId) return NO_PREFERRED_REPLICA
  let preferred = NO_PREFERRED_REPLICA
  for (const nodeId of partition.isr) {
    const broker = image.brokers.get(nodeId)
    if (broker === undefined || broker.fenced || broker.rack !== rackId || nodeId <= preferred) continue
    if (broker.endPoints.some(({ name }) => name === listenerName)) preferred = nodeId
  }
  return preferred
}
