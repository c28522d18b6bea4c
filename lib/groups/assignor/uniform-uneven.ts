import type { TopicPartitions } from '../topic-partitions.ts'
import { type GroupSpec, Shares } from './assignor.ts'

/** Kafka gives up as well, rather than shuffle for ever where topics hinder each other. */
const MAX_ROUNDS = 16
const NOBODY = -1

interface Topic {
  readonly topicId: string
  /** Indexes of the members that subscribe to it. */
  readonly subscribers: number[]
  /** By partition, the index of the member that shall have it. */
  readonly owners: Int32Array
}

/**
 * Where members subscribe to different topics no quota can be told beforehand: partitions stay where they are, free ones
 * go to the least loaded subscriber, and then they move from the most to the least loaded subscribers of each topic
 * until no move helps (`UniformHeterogeneousAssignmentBuilder`).
 */
export function balanceUnevenSubscriptions(spec: GroupSpec): TopicPartitions[] {
  return new UnevenBalance(spec).balance()
}

class UnevenBalance {
  readonly #spec: GroupSpec
  readonly #topics: Topic[] = []
  readonly #loads: Int32Array
  readonly #shares: Shares

  constructor(spec: GroupSpec) {
    this.#spec = spec
    this.#shares = new Shares(spec.members)
    this.#loads = new Int32Array(spec.members.length)
    const byId = new Map<string, Topic>()
    for (const [member, { topicIds }] of spec.members.entries()) {
      for (const topicId of topicIds) {
        let topic = byId.get(topicId)
        if (!topic) {
          const owners = new Int32Array(spec.partitionCount(topicId)).fill(NOBODY)
          topic = { topicId, subscribers: [], owners }
          byId.set(topicId, topic)
        }
        topic.subscribers.push(member)
      }
    }
    this.#keepWhatIsSubscribed(byId)
    // Topics with many partitions for each subscriber first: the others then even out what these leave uneven.
    this.#topics = [...byId.values()].sort(
      (a, b) =>
        b.owners.length / b.subscribers.length - a.owners.length / a.subscribers.length ||
        a.subscribers.length - b.subscribers.length ||
        (a.topicId < b.topicId ? -1 : 1),
    )
  }

  #keepWhatIsSubscribed(byId: ReadonlyMap<string, Topic>): void {
    for (const [member, { topicIds, assigned }] of this.#spec.members.entries()) {
      for (const [topicId, partitions] of assigned) {
        const topic = topicIds.has(topicId) ? byId.get(topicId) : undefined
        if (!topic) {
          this.#shares.removeTopic(member, topicId)
          continue
        }
        for (const partition of partitions) topic.owners[partition] = member
        this.#loads[member] = this.#loadOf(member) + partitions.size
      }
    }
  }

  balance(): TopicPartitions[] {
    for (const topic of this.#topics) {
      for (const [partition, owner] of topic.owners.entries()) {
        if (owner === NOBODY) this.#give(topic, partition, this.#leastLoaded(topic))
      }
    }
    for (let round = 0; round < MAX_ROUNDS; round++) {
      let moved = 0
      for (const topic of this.#topics) moved += this.#balanceTopic(topic)
      if (moved === 0) break
    }
    return this.#shares.result
  }

  #loadOf(member: number): number {
    return this.#loads[member] as number
  }

  #leastLoaded({ subscribers }: Topic): number {
    let least = subscribers[0] as number
    for (const member of subscribers) if (this.#loadOf(member) < this.#loadOf(least)) least = member
    return least
  }

  #give({ topicId, owners }: Topic, partition: number, member: number): void {
    const from = owners[partition] as number
    if (from !== NOBODY) {
      this.#shares.remove(from, topicId, partition)
      this.#loads[from] = this.#loadOf(from) - 1
    }
    this.#shares.add(member, topicId, partition)
    this.#loads[member] = this.#loadOf(member) + 1
    owners[partition] = member
  }

  /** @returns how many partitions moved */
  #balanceTopic(topic: Topic): number {
    const owned = new Map<number, number[]>()
    for (const [partition, member] of topic.owners.entries()) {
      const partitions = owned.get(member)
      if (partitions) partitions.push(partition)
      else owned.set(member, [partition])
    }
    for (let moved = 0; ; moved++) {
      const least = this.#leastLoaded(topic)
      let most = NOBODY
      for (const [member, partitions] of owned) {
        if (partitions.length === 0) continue
        if (most === NOBODY || this.#loadOf(member) > this.#loadOf(most)) most = member
      }
      if (most === NOBODY || this.#loadOf(most) - this.#loadOf(least) <= 1) return moved
      const partition = owned.get(most)?.pop() as number
      this.#give(topic, partition, least)
      const taken = owned.get(least)
      if (taken) taken.push(partition)
      else owned.set(least, [partition])
    }
  }
}
