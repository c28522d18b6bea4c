import { type Random, randomUuid } from './lab/random.ts'
import type { PartitionFolder } from './log/directory/partition-folder.ts'
import type { LogManager } from './log/log-manager.ts'
import type { BrokerConfig } from './metadata/configs/resolve.ts'
import { autoCreatedTopic } from './metadata/controller/internal-topics.ts'
import { ConfigResourceType, type MetadataRecord } from './metadata/records.ts'
import { isInternalTopic } from './metadata/topic-name.ts'

/** The producer ids that a broker of Kafka takes at a time: some of them may have been used nowhere but in memory. */
const PRODUCER_ID_BLOCK = 1000

/**
 * The topics whose logs a broker of Kafka has left in a directory, as far as the directory tells: names, ids, partitions
 * and epochs. What else there was lies in the cluster's metadata log, which is not read; brokers' own topics get the
 * configs that they are always created with.
 *
 * @param nodeIds of the brokers that are to have the replicas, one each, in turn
 */
export function adoptedTopics(
  folders: readonly PartitionFolder[],
  nodeIds: readonly number[],
  config: BrokerConfig,
  random: Random,
): MetadataRecord[] {
  const records: MetadataRecord[] = []
  for (const name of new Set(folders.map(({ topic }) => topic))) {
    const partitions = folders.filter(({ topic }) => topic === name)
    const topicId =
      partitions.find((partition) => partition.topicId !== undefined)?.topicId ?? randomUuid(random)
    records.push({ type: 'TopicRecord', name, topicId })
    const count = Math.max(...partitions.map(({ index }) => index)) + 1
    for (let partitionId = 0; partitionId < count; partitionId++) {
      const nodeId = nodeIds[partitionId % nodeIds.length] as number
      const leaderEpoch = partitions.find(({ index }) => index === partitionId)?.leaderEpoch ?? -1
      records.push({
        type: 'PartitionRecord',
        topicId,
        partitionId,
        replicas: [nodeId],
        isr: [nodeId],
        leader: -1,
        leaderEpoch: Math.max(0, leaderEpoch),
        partitionEpoch: 0,
      })
    }
    if (!isInternalTopic(name)) continue
    for (const { name: key, value } of autoCreatedTopic(name, config).configs) {
      const resource = { resourceType: ConfigResourceType.TOPIC, resourceName: name }
      records.push({ type: 'ConfigRecord', ...resource, name: key, value })
    }
  }
  return records
}

/** Producer ids go on behind those that the logs know of. */
export function adoptedProducerIds(logs: LogManager): MetadataRecord[] {
  let largest = -1
  for (const { log } of logs.partitions()) {
    for (const { producerId } of log.state.producers?.entries() ?? []) largest = Math.max(largest, producerId)
  }
  if (largest < 0) return []
  const nextProducerId = (Math.floor(largest / PRODUCER_ID_BLOCK) + 2) * PRODUCER_ID_BLOCK
  return [{ type: 'ProducerIdsRecord', nextProducerId }]
}
