import { hash } from 'node:crypto'
import type { MetadataImage, TopicState } from '../metadata/image.ts'

const HASH_BYTES = 6

/**
 * A number that is another when the topics of these names are: their ids, their numbers of partitions, the racks of their
 * replicas. 0 when none of them is there. Kafka takes XXH3 of the same; what comes out is nobody's business but the
 * coordinator's.
 */
export function metadataHash(image: MetadataImage, topicNames: Iterable<string>): number {
  const topics: TopicState[] = []
  for (const name of topicNames) {
    const topic = image.topicsByName.get(name)
    if (topic) topics.push(topic)
  }
  if (topics.length === 0) return 0
  topics.sort((a, b) => (a.name < b.name ? -1 : 1))
  const text = JSON.stringify(
    topics.map(({ name, topicId, partitions }) => [
      name,
      topicId,
      partitions.length,
      racksOf(image, partitions),
    ]),
  )
  return hash('sha256', text, 'buffer').readUIntBE(0, HASH_BYTES)
}

function racksOf({ brokers }: MetadataImage, partitions: TopicState['partitions']): string[][] {
  const racks = new Map<number, string>()
  for (const { id, rack } of brokers.values()) if (rack !== null) racks.set(id, rack)
  if (racks.size === 0) return []
  return partitions.map(({ replicas }) => replicas.flatMap((nodeId) => racks.get(nodeId) ?? []).sort())
}
