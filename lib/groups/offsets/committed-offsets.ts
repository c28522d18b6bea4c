/** What a group committed for one partition (`OffsetAndMetadata`). */
export interface CommittedOffset {
  readonly offset: number
  /** -1: not told. */
  readonly leaderEpoch: number
  readonly metadata: string
  readonly commitTimestampMs: number
  /** -1: as `offsets.retention.minutes` says; only OffsetCommit v2 to v4 say otherwise. */
  readonly expireTimestampMs: number
  readonly topicId: string
}

export type OffsetsByPartition = ReadonlyMap<number, CommittedOffset>
export type OffsetsByTopic = ReadonlyMap<string, OffsetsByPartition>

const NONE: OffsetsByTopic = new Map()

/** Committed offsets by group, topic and partition. */
export class CommittedOffsets {
  #groups = new Map<string, Map<string, Map<number, CommittedOffset>>>()

  groupIds(): Iterable<string> {
    return this.#groups.keys()
  }

  ofGroup(groupId: string): OffsetsByTopic {
    return this.#groups.get(groupId) ?? NONE
  }

  get(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#groups.get(groupId)?.get(topic)?.get(partition)
  }

  put(groupId: string, topic: string, partition: number, committed: CommittedOffset): void {
    let topics = this.#groups.get(groupId)
    if (!topics) {
      topics = new Map()
      this.#groups.set(groupId, topics)
    }
    let partitions = topics.get(topic)
    if (!partitions) {
      partitions = new Map()
      topics.set(topic, partitions)
    }
    partitions.set(partition, committed)
  }

  delete(groupId: string, topic: string, partition: number): void {
    const topics = this.#groups.get(groupId)
    const partitions = topics?.get(topic)
    if (!topics || !partitions) return
    partitions.delete(partition)
    if (partitions.size === 0) topics.delete(topic)
    if (topics.size === 0) this.#groups.delete(groupId)
  }

  deleteGroup(groupId: string): void {
    this.#groups.delete(groupId)
  }
}
