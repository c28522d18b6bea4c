import type { TopicPartitions } from '../topic-partitions.ts'
import type { GroupSpec, MemberSpec } from './assignor.ts'

/** A partition with those who shall read it. */
interface Shared {
  readonly topicId: string
  readonly partition: number
  readonly members: Member[]
}

interface Member {
  readonly spec: MemberSpec
  /** How many partitions it may keep, so that others get theirs. */
  readonly quota: number
  readonly shares: Shared[]
}

/**
 * For share groups (KIP-932, `SimpleAssignor`): every partition has a member that reads it, every member a partition to
 * read, as many as the others; where there are more members than partitions they share. Members keep what they had as far
 * as that allows.
 */
export function assignShares(
  spec: Pick<GroupSpec, 'members' | 'partitionCount'>,
): Map<string, TopicPartitions> {
  const subscribers = new Map<string, number>()
  for (const { topicIds } of spec.members) {
    for (const topicId of topicIds) subscribers.set(topicId, (subscribers.get(topicId) ?? 0) + 1)
  }
  const partitions = new Map<string, Shared[]>()
  for (const topicId of subscribers.keys()) {
    const count = spec.partitionCount(topicId)
    const shared = Array.from({ length: count }, (_, partition) => ({ topicId, partition, members: [] }))
    partitions.set(topicId, shared)
  }
  const all = [...partitions.values()].flat()
  const members = spec.members.map((each) => {
    let quota = 0
    for (const topicId of each.topicIds) {
      quota += (partitions.get(topicId)?.length ?? 0) / (subscribers.get(topicId) as number)
    }
    return { spec: each, quota: Math.max(1, Math.ceil(quota)), shares: [] }
  })
  const mostReaders = Math.max(1, Math.ceil(members.length / Math.max(1, all.length)))
  for (const member of members) keep(member, partitions, mostReaders)
  for (const shared of all) {
    if (shared.members.length > 0) continue
    const reader = leastOf(
      members.filter(({ spec: { topicIds } }) => topicIds.has(shared.topicId)),
      ({ shares }) => shares.length,
    )
    if (reader) give(reader, shared)
  }
  for (const member of members) {
    if (member.shares.length > 0) continue
    const readable = [...member.spec.topicIds].flatMap((topicId) => partitions.get(topicId) ?? [])
    const shared = leastOf(readable, ({ members: readers }) => readers.length)
    if (shared) give(member, shared)
  }
  return new Map(members.map(({ spec: { memberId }, shares }) => [memberId, byTopic(shares)]))
}

function keep(member: Member, partitions: ReadonlyMap<string, readonly Shared[]>, mostReaders: number): void {
  for (const [topicId, assigned] of member.spec.assigned) {
    if (!member.spec.topicIds.has(topicId)) continue
    for (const partition of assigned) {
      const shared = partitions.get(topicId)?.[partition]
      if (shared && shared.members.length < mostReaders && member.shares.length < member.quota) {
        give(member, shared)
      }
    }
  }
}

function give(member: Member, shared: Shared): void {
  member.shares.push(shared)
  shared.members.push(member)
}

function leastOf<T>(all: readonly T[], count: (one: T) => number): T | undefined {
  let least: T | undefined
  for (const one of all) if (least === undefined || count(one) < count(least)) least = one
  return least
}

function byTopic(shares: readonly Shared[]): TopicPartitions {
  const topics = new Map<string, Set<number>>()
  for (const { topicId, partition } of shares) {
    const partitions = topics.get(topicId)
    if (partitions) partitions.add(partition)
    else topics.set(topicId, new Set([partition]))
  }
  return topics
}
