import { offsetCommit } from '../../../protocol/formats/consumer-offsets/offset-commit.ts'
import { type GroupRecord, type GroupRecordOf, isOfKind } from '../group-record.ts'

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

  /** What the record says happened; records of other kinds are none of ours. */
  replay(record: GroupRecord): void {
    if (!isOfKind(record, offsetCommit)) return
    const { group, topic, partition } = record.key
    if (record.value) this.#put(group, topic, partition, committedOf(record.value))
    else this.#delete(group, topic, partition)
  }

  #put(groupId: string, topic: string, partition: number, committed: CommittedOffset): void {
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

  #delete(groupId: string, topic: string, partition: number): void {
    const topics = this.#groups.get(groupId)
    const partitions = topics?.get(topic)
    if (!topics || !partitions) return
    partitions.delete(partition)
    if (partitions.size === 0) topics.delete(topic)
    if (topics.size === 0) this.#groups.delete(groupId)
  }
}

type OffsetCommitValue = NonNullable<GroupRecordOf<typeof offsetCommit>['value']>

function committedOf(value: OffsetCommitValue): CommittedOffset {
  const { offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp, topicId } = value
  return {
    offset,
    leaderEpoch,
    metadata,
    commitTimestampMs: commitTimestamp,
    expireTimestampMs: expireTimestamp,
    topicId,
  }
}

/** The record of an offset that is committed. */
export function offsetRecord(
  group: string,
  topic: string,
  partition: number,
  { offset, leaderEpoch, metadata, commitTimestampMs, expireTimestampMs, topicId }: CommittedOffset,
): GroupRecord {
  return {
    record: offsetCommit,
    key: { group, topic, partition },
    value: {
      offset,
      leaderEpoch,
      metadata,
      commitTimestamp: commitTimestampMs,
      expireTimestamp: expireTimestampMs,
      topicId,
    },
  }
}

/** The record of an offset that is forgotten. */
export function offsetTombstone(group: string, topic: string, partition: number): GroupRecord {
  return { record: offsetCommit, key: { group, topic, partition }, value: null }
}
