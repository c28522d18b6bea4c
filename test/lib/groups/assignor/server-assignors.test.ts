import fc from 'fast-check'
import t from 'tap'
import type { Assignor, GroupSpec, MemberSpec } from '../../../../lib/groups/assignor/assignor.ts'
import { serverAssignors } from '../../../../lib/groups/assignor/server-assignors.ts'
import {
  NO_PARTITIONS,
  samePartitions,
  type TopicPartitions,
} from '../../../../lib/groups/topic-partitions.ts'

/** Partition counts by topic id, and the topics of each member. */
interface Cluster {
  readonly counts: readonly number[]
  readonly members: readonly (readonly number[])[]
}

const TOPICS = 4
const topicIds = fc.uniqueArray(fc.nat(TOPICS - 1), { maxLength: TOPICS })
const cluster: fc.Arbitrary<Cluster> = fc.record({
  counts: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: TOPICS, maxLength: TOPICS }),
  members: fc.array(topicIds, { minLength: 1, maxLength: 8 }),
})
const alike: fc.Arbitrary<Cluster> = cluster.map(({ counts, members }) => ({
  counts,
  members: members.map(() => members[0] as number[]),
}))

function specOf(
  { counts, members }: Cluster,
  old: ReadonlyMap<string, TopicPartitions> = new Map(),
): GroupSpec {
  const specs: MemberSpec[] = members.map((topics, i) => ({
    memberId: `member-${i}`,
    instanceId: i % 3 === 0 ? `instance-${10 - i}` : null,
    topicIds: new Set(topics.map(String)),
    assigned: old.get(`member-${i}`) ?? NO_PARTITIONS,
  }))
  const assigned = (topicId: string) =>
    new Set(specs.flatMap((spec) => [...(spec.assigned.get(topicId) ?? [])]))
  const first = specs[0]?.topicIds as ReadonlySet<string>
  return {
    members: specs,
    assignedCounts: specs.map(({ assigned }) => sizeOf(assigned)),
    isHomogeneous: specs.every(
      (spec) => spec.topicIds.size === first.size && [...spec.topicIds].every((id) => first.has(id)),
    ),
    partitionCount: (topicId) => counts[Number(topicId)] as number,
    assigned,
  }
}

function sizeOf(topics: TopicPartitions | undefined): number {
  return [...(topics?.values() ?? [])].reduce((sum, partitions) => sum + partitions.size, 0)
}

/** Every partition that somebody subscribes to is one subscriber's, and nobody has any other. */
function checkShared(spec: GroupSpec, shares: ReadonlyMap<string, TopicPartitions>): void {
  const owners = new Map<string, string>()
  for (const { memberId, topicIds } of spec.members) {
    for (const [topicId, partitions] of shares.get(memberId) ?? []) {
      if (!topicIds.has(topicId)) throw new Error(`${memberId} has of ${topicId}`)
      if (partitions.size === 0) throw new Error(`${memberId} has nothing of ${topicId}`)
      for (const partition of partitions) {
        const place = `${topicId}-${partition}`
        if (owners.has(place)) throw new Error(`${owners.get(place)} and ${memberId} both have ${place}`)
        owners.set(place, memberId)
      }
    }
  }
  for (const topicId of new Set(spec.members.flatMap(({ topicIds }) => [...topicIds]))) {
    for (let p = 0; p < spec.partitionCount(topicId); p++) {
      if (!owners.has(`${topicId}-${p}`)) throw new Error(`nobody has ${topicId}-${p}`)
    }
  }
}

const [uniform, range] = serverAssignors([
  'uniform',
  'org.apache.kafka.coordinator.group.assignor.RangeAssignor',
]).map(({ assign }) => byMemberId(assign)) as [Assign, Assign]

type Assign = (spec: GroupSpec) => Map<string, TopicPartitions>

function byMemberId(assign: Assignor): Assign {
  return (spec) => {
    const shares = assign(spec)
    return new Map(
      spec.members.map(({ memberId }, index) => [memberId, shares[index] as TopicPartitions] as const),
    )
  }
}

t.test('every partition goes to one subscriber, whatever the members had before', async (t) => {
  fc.assert(
    fc.property(
      fc.oneof(cluster, alike),
      fc.oneof(cluster, alike),
      fc.constantFrom(uniform, range),
      (before, now, assign) => {
        // Topics may have got partitions since, never lost any.
        const counts = now.counts.map((count, i) => Math.max(count, before.counts[i] as number))
        const old = assign(specOf(before))
        const spec = specOf({ ...now, counts }, old)
        checkShared(spec, assign(spec))
      },
    ),
    { numRuns: 500 },
  )
  t.pass()
})

t.test('uniform: as many for each as for the others, and as few moves as that takes', async (t) => {
  fc.assert(
    fc.property(alike, fc.nat(8), (before, more) => {
      const old = uniform(specOf(before))
      const extra = Array.from({ length: more }, () => before.members[0] as number[])
      const spec = specOf({ ...before, members: [...before.members, ...extra] }, old)
      const shares = uniform(spec)
      const sizes = spec.members.map(({ memberId }) => sizeOf(shares.get(memberId)))
      if (Math.max(...sizes) - Math.min(...sizes) > 1) throw new Error(`shares of ${sizes}`)
      for (const { memberId, assigned } of spec.members) {
        const share = shares.get(memberId)
        const kept = [...assigned].flatMap(([id, ps]) => [...ps].filter((p) => share?.get(id)?.has(p))).length
        if (kept < Math.min(sizeOf(assigned), sizeOf(share)))
          throw new Error(`${memberId} lost what it could keep`)
      }
      const again = uniform(specOf({ ...before, members: [...before.members, ...extra] }, shares))
      for (const [memberId, share] of shares) {
        if (!samePartitions(share, again.get(memberId) ?? NO_PARTITIONS))
          throw new Error('it moved for nothing')
      }
    }),
    { numRuns: 500 },
  )
  t.pass()
})

t.test('uniform, of different subscriptions: no single move would even things out', async (t) => {
  fc.assert(
    fc.property(cluster, (members) => {
      const spec = specOf(members)
      const shares = uniform(spec)
      if (spec.isHomogeneous) return
      for (const from of spec.members) {
        for (const [topicId] of shares.get(from.memberId) ?? []) {
          for (const to of spec.members) {
            const gap = sizeOf(shares.get(from.memberId)) - sizeOf(shares.get(to.memberId))
            if (to.topicIds.has(topicId) && gap > 1)
              throw new Error(`${from.memberId} could give to ${to.memberId}`)
          }
        }
      }
    }),
    { numRuns: 1000 },
  )
  t.pass()
})

t.test('range: contiguous, static members first and in the order of their instances', async (t) => {
  const counts = [5, 2, 1, 1]
  const shares = range(specOf({ counts, members: [[0, 1], [0], [0, 1], [0]] }))
  const plain = Object.fromEntries(
    [...shares].map(([id, share]) => [id, [...share].map(([topic, ps]) => [topic, [...ps]])]),
  )
  t.same(plain, {
    'member-0': [
      ['0', [0, 1]],
      ['1', [0]],
    ],
    'member-3': [['0', [2]]],
    'member-1': [['0', [3]]],
    'member-2': [
      ['0', [4]],
      ['1', [1]],
    ],
  })
})

t.test('a class of the user cannot be had', async (t) => {
  t.same(
    serverAssignors(['com.example.Mine', 'range']).map(({ name }) => name),
    ['range'],
  )
})
