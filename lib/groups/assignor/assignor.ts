import type { TopicPartitions } from '../topic-partitions.ts'

/** A member as assignors see it. */
export interface MemberSpec {
  readonly memberId: string
  readonly instanceId: string | null
  /** Ids of the topics that it subscribes to and that are there. */
  readonly topicIds: ReadonlySet<string>
  /** What it should have until now. */
  readonly assigned: TopicPartitions
}

interface PartitionSet {
  readonly size: number
  has(partition: number): boolean
}

/** What there is to share out (`GroupSpec`, `SubscribedTopicDescriber`). */
export interface GroupSpec {
  readonly members: readonly MemberSpec[]
  /** All members subscribe to the same topics. */
  readonly isHomogeneous: boolean
  partitionCount(topicId: string): number
  /** The partitions of the topic that somebody should have until now. */
  assigned(topicId: string): PartitionSet
}

/**
 * Says which member shall have which partitions, by member id. Who is left out gets none; who keeps what it has gets the
 * same object back.
 */
export type Assignor = (spec: GroupSpec) => Map<string, TopicPartitions>

/** Partitions that are being shared out: what a member had is copied only when it changes. */
export class Shares {
  readonly #shares = new Map<string, TopicPartitions>()
  readonly #copied = new Set<string>()

  get result(): Map<string, TopicPartitions> {
    return this.#shares
  }

  begin(memberId: string, assigned: TopicPartitions): void {
    this.#shares.set(memberId, assigned)
  }

  add(memberId: string, topicId: string, partition: number): void {
    const share = this.#ownCopy(memberId)
    const partitions = share.get(topicId)
    if (partitions) partitions.add(partition)
    else share.set(topicId, new Set([partition]))
  }

  remove(memberId: string, topicId: string, partition: number): void {
    const share = this.#ownCopy(memberId)
    const partitions = share.get(topicId)
    partitions?.delete(partition)
    if (partitions?.size === 0) share.delete(topicId)
  }

  removeTopic(memberId: string, topicId: string): void {
    this.#ownCopy(memberId).delete(topicId)
  }

  #ownCopy(memberId: string): Map<string, Set<number>> {
    const share = this.#shares.get(memberId) as TopicPartitions
    if (this.#copied.has(memberId)) return share as Map<string, Set<number>>
    const copy = new Map([...share].map(([topicId, partitions]) => [topicId, new Set(partitions)]))
    this.#shares.set(memberId, copy)
    this.#copied.add(memberId)
    return copy
  }
}
