import { NO_PARTITIONS, type TopicPartitions } from '../topic-partitions.ts'
import { type GroupSpec, type MemberSpec, Shares } from './assignor.ts'
import { balanceUnevenSubscriptions } from './uniform-uneven.ts'

/** What all members subscribe to. */
interface Subscribed {
  readonly topicIds: ReadonlySet<string>
  /** How many partitions that are. */
  readonly total: number
  /** Nobody has anything else. */
  readonly areAllSubscribed: boolean
}

/** Members that may still take partitions, and how many. */
interface Unfilled {
  /** The index. */
  readonly member: number
  readonly room: number
}

/**
 * All members get as many partitions as the others, give or take one, and keep as many of theirs as that allows
 * (`UniformAssignor`).
 */
export function assignUniformly(spec: GroupSpec): TopicPartitions[] {
  if (spec.members.length === 0) return []
  return spec.isHomogeneous ? balanceEvenSubscriptions(spec) : balanceUnevenSubscriptions(spec)
}

/** Where all subscribe to the same, quotas can be told beforehand (`UniformHomogeneousAssignmentBuilder`). */
function balanceEvenSubscriptions(spec: GroupSpec): TopicPartitions[] {
  const { members } = spec
  const { topicIds } = members[0] as MemberSpec
  const free: [topicId: string, partition: number][] = []
  let total = 0
  let assignedTotal = 0
  for (const topicId of topicIds) {
    const partitions = spec.partitionCount(topicId)
    total += partitions
    const assigned = spec.assigned(topicId)
    assignedTotal += assigned.size
    if (assigned.size >= partitions) continue
    for (let partition = 0; partition < partitions; partition++) {
      if (!assigned.has(partition)) free.push([topicId, partition])
    }
  }
  const shares = new Shares(members)
  const areAllSubscribed = spec.assignedCounts.reduce((sum, count) => sum + count, 0) === assignedTotal
  const unfilled = takeWhatExceeds(spec, { topicIds, total, areAllSubscribed }, shares, free)
  let next = 0
  for (const { member, room } of unfilled) {
    for (let i = 0; i < room && next < free.length; i++) {
      const [topicId, partition] = free[next++] as (typeof free)[number]
      shares.add(member, topicId, partition)
    }
  }
  return shares.result
}

/** Members keep what they have up to their quota; the rest, and what they no longer subscribe to, is free. */
function takeWhatExceeds(
  { members, assignedCounts }: GroupSpec,
  { topicIds, total, areAllSubscribed }: Subscribed,
  shares: Shares,
  free: [topicId: string, partition: number][],
): Unfilled[] {
  const quota = Math.floor(total / members.length)
  let extras = total % members.length
  const unfilled: Unfilled[] = []
  for (let member = 0; member < members.length; member++) {
    const count = assignedCounts[member] as number
    let hasExtra = extras > 0
    let room = quota + Number(hasExtra)
    const keepsAll = areAllSubscribed && count <= room
    if (keepsAll) room -= count
    for (const [topicId, partitions] of keepsAll ? NO_PARTITIONS : (members[member] as MemberSpec).assigned) {
      if (!topicIds.has(topicId)) {
        shares.removeTopic(member, topicId)
        continue
      }
      if (partitions.size <= room) {
        room -= partitions.size
        continue
      }
      for (const partition of partitions) {
        if (room > 0) room--
        else {
          shares.remove(member, topicId, partition)
          free.push([topicId, partition])
        }
      }
    }
    // One more than the others is for those who have it already, as long as there are enough members left to take it.
    if (room > 0 && hasExtra && members.length - member > extras) {
      room--
      hasExtra = false
    }
    if (room > 0) unfilled.push({ member, room })
    if (hasExtra) extras--
  }
  return unfilled
}
