import type { TopicPartitions } from '../topic-partitions.ts'
import { type GroupSpec, type MemberSpec, Shares } from './assignor.ts'
import { balanceUnevenSubscriptions } from './uniform-uneven.ts'

/** Members that may still take partitions, and how many. */
interface Unfilled {
  readonly memberId: string
  readonly room: number
}

/**
 * All members get as many partitions as the others, give or take one, and keep as many of theirs as that allows
 * (`UniformAssignor`).
 */
export function assignUniformly(spec: GroupSpec): Map<string, TopicPartitions> {
  if (spec.members.length === 0) return new Map()
  return spec.isHomogeneous ? balanceEvenSubscriptions(spec) : balanceUnevenSubscriptions(spec)
}

/** Where all subscribe to the same, quotas can be told beforehand (`UniformHomogeneousAssignmentBuilder`). */
function balanceEvenSubscriptions(spec: GroupSpec): Map<string, TopicPartitions> {
  const { members } = spec
  const { topicIds } = members[0] as MemberSpec
  const free: [topicId: string, partition: number][] = []
  let total = 0
  for (const topicId of topicIds) {
    const partitions = spec.partitionCount(topicId)
    total += partitions
    const assigned = spec.assigned(topicId)
    if (assigned.size >= partitions) continue
    for (let partition = 0; partition < partitions; partition++) {
      if (!assigned.has(partition)) free.push([topicId, partition])
    }
  }
  const shares = new Shares()
  const unfilled = takeWhatExceeds(spec, topicIds, total, shares, free)
  let next = 0
  for (const { memberId, room } of unfilled) {
    for (let i = 0; i < room && next < free.length; i++) {
      const [topicId, partition] = free[next++] as (typeof free)[number]
      shares.add(memberId, topicId, partition)
    }
  }
  return shares.result
}

/** Members keep what they have up to their quota; the rest, and what they no longer subscribe to, is free. */
function takeWhatExceeds(
  { members }: GroupSpec,
  topicIds: ReadonlySet<string>,
  total: number,
  shares: Shares,
  free: [topicId: string, partition: number][],
): Unfilled[] {
  const quota = Math.floor(total / members.length)
  let extras = total % members.length
  const unfilled: Unfilled[] = []
  for (const [index, { memberId, assigned }] of members.entries()) {
    shares.begin(memberId, assigned)
    let hasExtra = extras > 0
    let room = quota + Number(hasExtra)
    for (const [topicId, partitions] of assigned) {
      if (!topicIds.has(topicId)) {
        shares.removeTopic(memberId, topicId)
        continue
      }
      if (partitions.size <= room) {
        room -= partitions.size
        continue
      }
      for (const partition of partitions) {
        if (room > 0) room--
        else {
          shares.remove(memberId, topicId, partition)
          free.push([topicId, partition])
        }
      }
    }
    // One more than the others is for those who have it already, as long as there are enough members left to take it.
    if (room > 0 && hasExtra && members.length - index > extras) {
      room--
      hasExtra = false
    }
    if (room > 0) unfilled.push({ memberId, room })
    if (hasExtra) extras--
  }
  return unfilled
}
