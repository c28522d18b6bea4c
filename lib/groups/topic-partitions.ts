/** Partitions by topic id; topics without partitions are left out. */
export type TopicPartitions = ReadonlyMap<string, ReadonlySet<number>>

/** Partitions by topic id, each with the epoch in which its owner was given it (KIP-1251). */
export type PartitionEpochs = ReadonlyMap<string, ReadonlyMap<number, number>>

/** As messages and records list them. */
export type ListedPartitions = readonly { readonly topicId: string; readonly partitions: readonly number[] }[]

type Partitions = ReadonlyMap<string, ReadonlySet<number> | ReadonlyMap<number, number>>

export const NO_PARTITIONS: ReadonlyMap<string, never> = new Map<string, never>()

export function listPartitions(topics: Partitions): { topicId: string; partitions: number[] }[] {
  return [...topics].map(([topicId, partitions]) => ({ topicId, partitions: inOrder(partitions.keys()) }))
}

/** Partitions as Kafka's sets of small numbers list them. */
export function inOrder(partitions: Iterable<number>): number[] {
  return [...partitions].sort((a, b) => a - b)
}

export function partitionsOf(listed: ListedPartitions): TopicPartitions {
  return new Map(listed.map(({ topicId, partitions }) => [topicId, new Set(partitions)]))
}

export function withEpoch(topics: TopicPartitions, epoch: number): PartitionEpochs {
  return new Map(
    [...topics].map(([topicId, partitions]) => [topicId, new Map([...partitions].map((p) => [p, epoch]))]),
  )
}

export function samePartitions(a: TopicPartitions, b: TopicPartitions): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId)
    if (others?.size !== partitions.size) return false
    for (const partition of partitions) if (!others.has(partition)) return false
  }
  return true
}

export function sameEpochs(a: PartitionEpochs, b: PartitionEpochs): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId)
    if (others?.size !== partitions.size) return false
    for (const [partition, epoch] of partitions) if (others.get(partition) !== epoch) return false
  }
  return true
}

const NO_OWNERS: ReadonlyMap<number, string> = new Map()

/** Who has each partition of each topic. */
export class PartitionOwners {
  #owners = new Map<string, Map<number, string>>()

  ownerOf(topicId: string, partition: number): string | undefined {
    return this.#owners.get(topicId)?.get(partition)
  }

  /** The partitions of the topic that have an owner, by partition. */
  ofTopic(topicId: string): ReadonlyMap<number, string> {
    return this.#owners.get(topicId) ?? NO_OWNERS
  }

  give(owner: string, topics: Partitions): void {
    for (const [topicId, partitions] of topics) {
      let owners = this.#owners.get(topicId)
      if (!owners) {
        owners = new Map()
        this.#owners.set(topicId, owners)
      }
      for (const partition of partitions.keys()) owners.set(partition, owner)
    }
  }

  /** Takes what the owner still has of these. */
  take(owner: string, topics: Partitions): void {
    for (const [topicId, partitions] of topics) {
      const owners = this.#owners.get(topicId)
      if (!owners) continue
      for (const partition of partitions.keys()) {
        if (owners.get(partition) === owner) owners.delete(partition)
      }
      if (owners.size === 0) this.#owners.delete(topicId)
    }
  }
}
