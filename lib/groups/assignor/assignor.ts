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
  /** How many partitions each should have until now, in the order of `members`. */
  readonly assignedCounts: readonly number[]
  /** All members subscribe to the same topics. */
  readonly isHomogeneous: boolean
  partitionCount(topicId: string): number
  /** The partitions of the topic that somebody should have until now. */
  assigned(topicId: string): PartitionSet
}

/**
 * Says which partitions each member shall have, in the order of `spec.members`. Who keeps what it has gets the same object
 * back, so that a look tells.
 */
export type Assignor = (spec: GroupSpec) => TopicPartitions[]

/** Partitions that are being shared out, by the index of the member: what one had is copied only when it changes. */
export class Shares {
  readonly result: TopicPartitions[]
  readonly #copied = new Set<number>()

  constructor(members: readonly MemberSpec[]) {
    this.result = members.map(({ assigned }) => assigned)
  }

  add(member: number, topicId: string, partition: number): void {
    const share = this.#ownCopy(member)
    const partitions = share.get(topicId)
    if (partitions) partitions.add(partition)
    else share.set(topicId, new Set([partition]))
  }

  remove(member: number, topicId: string, partition: number): void {
    const share = this.#ownCopy(member)
    const partitions = share.get(topicId)
    partitions?.delete(partition)
    if (partitions?.size === 0) share.delete(topicId)
  }

  removeTopic(member: number, topicId: string): void {
    this.#ownCopy(member).delete(topicId)
  }

  #ownCopy(member: number): Map<string, Set<number>> {
    const share = this.result[member] as TopicPartitions
    if (this.#copied.has(member)) return share as Map<string, Set<number>>
    const copy = new Map([...share].map(([topicId, partitions]) => [topicId, new Set(partitions)]))
    this.result[member] = copy
    this.#copied.add(member)
    return copy
  }
}
