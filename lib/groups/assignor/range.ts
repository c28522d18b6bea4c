import type { TopicPartitions } from '../topic-partitions.ts'
import type { GroupSpec, MemberSpec } from './assignor.ts'

/** How one topic's partitions are dealt out among its subscribers. */
interface Dealing {
  readonly partitions: number
  subscribers: number
  dealtTo: number
  next: number
}

/**
 * Each topic's partitions go to its subscribers in contiguous ranges, the first ones taking one more where they do not
 * divide evenly; static members come first, in the order of their instance ids, so that their ranges stay when they come
 * back under other member ids (`RangeAssignor`).
 */
export function assignRanges({ members, partitionCount }: GroupSpec): TopicPartitions[] {
  const topics = new Map<string, Dealing>()
  for (const { topicIds } of members) {
    for (const topicId of topicIds) {
      const topic = topics.get(topicId)
      if (topic) topic.subscribers++
      else topics.set(topicId, { partitions: partitionCount(topicId), subscribers: 1, dealtTo: 0, next: 0 })
    }
  }
  const result: TopicPartitions[] = []
  const inOrder = [...members.entries()].sort(([, a], [, b]) => compareMembers(a, b))
  for (const [index, { topicIds }] of inOrder) {
    const share = new Map<string, ReadonlySet<number>>()
    for (const topicId of topicIds) {
      const range = deal(topics.get(topicId) as Dealing)
      if (range.size > 0) share.set(topicId, range)
    }
    result[index] = share
  }
  return result
}

function compareMembers(a: MemberSpec, b: MemberSpec): number {
  if (a.instanceId !== null && b.instanceId !== null) return compare(a.instanceId, b.instanceId)
  if (a.instanceId !== null) return -1
  if (b.instanceId !== null) return 1
  return compare(a.memberId, b.memberId)
}

/** As Java compares strings: by UTF-16 units. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

function deal(topic: Dealing): Set<number> {
  const { partitions, subscribers } = topic
  const quota = Math.floor(partitions / subscribers) + Number(topic.dealtTo++ < partitions % subscribers)
  const range = new Set<number>()
  for (let i = 0; i < quota; i++) range.add(topic.next++)
  return range
}
