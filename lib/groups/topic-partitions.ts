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

/** Who has each partition of one topic. An array, because assignors look at each of thousands of partitions. */
class TopicOwners {
  readonly #owners: (string | undefined)[] = []
  #size = 0

  /** How many partitions have one. */
  get size(): number {
    return this.#size
  }

  has(partition: number): boolean {
    return this.#owners[partition] !== undefined
  }

  get(partition: number): string | undefined {
    return this.#owners[partition]
  }

  set(partition: number, owner: string | undefined): void {
    const owners = this.#owners
    // Without holes: far beyond the end of an array they would make a hash map of it.
    while (owners.length <= partition) owners.push(undefined)
    this.#size += Number(owner !== undefined) - Number(owners[partition] !== undefined)
    owners[partition] = owner
  }
}

const NO_OWNERS = new TopicOwners()

/** Who has each partition of each topic. */
export class PartitionOwners {
  readonly #owners = new Map<string, TopicOwners>()

  ownerOf(topicId: string, partition: number): string | undefined {
    return this.#owners.get(topicId)?.get(partition)
  }

  /** The partitions of the topic that have an owner. */
  ofTopic(topicId: string): { readonly size: number; has(partition: number): boolean } {
    return this.#owners.get(topicId) ?? NO_OWNERS
  }

  give(owner: string, topics: Partitions): void {
    for (const [topicId, partitions] of topics) {
      let owners = this.#owners.get(topicId)
      if (!owners) {
        owners = new TopicOwners()
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
        if (owners.get(partition) === owner) owners.set(partition, undefined)
      }
      if (owners.size === 0) this.#owners.delete(topicId)
    }
  }
}
