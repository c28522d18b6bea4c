import type { TopicPartitions } from '../topic-partitions.ts'
import type { GroupSpec, MemberSpec } from './assignor.ts'

/** A partition with those who shall read it. */
interface Shared {
  readonly topicId: string
  readonly partition: number
  readonly readers: Set<Reader>
}

interface Reader {
  readonly spec: MemberSpec
  readonly shares: Set<Shared>
}

/**
 * For share groups (KIP-932, `SimpleAssignor`): every partition has a member that reads it, every member a partition to
 * read; where there are more members than partitions, all partitions have as many. Members keep what they had as far as
 * that allows. Where they read different topics each topic is shared out by itself.
 */
export function assignShares(
  spec: Pick<GroupSpec, 'members'> & {
    /** Those of the topic that can be read. */
    readonly partitionsOf: (topicId: string) => Iterable<number>
  },
): Map<string, TopicPartitions> {
  const readers = spec.members.map((each): Reader => ({ spec: each, shares: new Set() }))
  const topicIds = [...new Set(spec.members.flatMap((member) => [...member.topicIds]))]
  const areAlike = spec.members.every((member) => member.topicIds.size === topicIds.length)
  const topics = topicIds.map((topicId) =>
    [...spec.partitionsOf(topicId)].map((partition): Shared => ({ topicId, partition, readers: new Set() })),
  )
  if (areAlike) shareOut(topics.flat(), readers)
  else {
    topicIds.forEach((topicId, index) => {
      shareOut(
        topics[index] as Shared[],
        readers.filter((reader) => reader.spec.topicIds.has(topicId)),
      )
    })
  }
  return new Map(readers.map(({ spec: { memberId }, shares }) => [memberId, byTopic(shares)]))
}

function shareOut(partitions: readonly Shared[], readers: readonly Reader[]): void {
  if (partitions.length === 0) return
  const readersEach = Math.ceil(readers.length / partitions.length)
  const sharesEach = (readersEach * partitions.length) / readers.length
  const wanted = new Map(
    readers.map((reader, index) => [
      reader,
      Math.ceil(sharesEach * (index + 1)) - Math.ceil(sharesEach * index),
    ]),
  )
  const held = new Map(readers.map((reader) => [reader, keptBy(reader, partitions)]))
  for (const [reader, kept] of held) {
    for (const shared of kept.slice(Math.max(0, kept.length - (wanted.get(reader) as number)))) {
      give(reader, shared)
    }
  }
  for (const shared of partitions) {
    for (const reader of [...shared.readers].slice(0, Math.max(0, shared.readers.size - readersEach))) {
      reader.shares.delete(shared)
      shared.readers.delete(reader)
    }
  }
  // Shares of other topics do not count here.
  const before = new Map(readers.map((reader) => [reader, reader.shares.size - sharesIn(reader, partitions)]))
  const isFilled = (reader: Reader) =>
    reader.shares.size - (before.get(reader) as number) >= (wanted.get(reader) as number)
  fill(partitions, new Set(readers.filter((reader) => !isFilled(reader))), readersEach, isFilled)
}

/** In turn each that has too few gets one, as long as there are some to give. */
function fill(
  partitions: readonly Shared[],
  unfilled: Set<Reader>,
  readersEach: number,
  isFilled: (reader: Reader) => boolean,
): void {
  let turn = [...unfilled]
  let hasGiven = false
  for (const shared of partitions) {
    while (shared.readers.size < readersEach) {
      const reader = turn.shift()
      if (!reader) {
        if (!hasGiven) break
        turn = [...unfilled]
        hasGiven = false
        if (turn.length === 0) return
        continue
      }
      if (shared.readers.has(reader)) continue
      give(reader, shared)
      hasGiven = true
      if (isFilled(reader)) unfilled.delete(reader)
    }
    if (unfilled.size === 0) return
  }
}

function sharesIn(reader: Reader, partitions: readonly Shared[]): number {
  return partitions.filter((shared) => shared.readers.has(reader)).length
}

function keptBy({ spec: { assigned } }: Reader, partitions: readonly Shared[]): Shared[] {
  return partitions.filter(({ topicId, partition }) => assigned.get(topicId)?.has(partition))
}

function give(reader: Reader, shared: Shared): void {
  reader.shares.add(shared)
  shared.readers.add(reader)
}

function byTopic(shares: Iterable<Shared>): TopicPartitions {
  const topics = new Map<string, Set<number>>()
  for (const { topicId, partition } of shares) {
    const partitions = topics.get(topicId)
    if (partitions) partitions.add(partition)
    else topics.set(topicId, new Set([partition]))
  }
  return topics
}
