import fc from 'fast-check'
import t from 'tap'
import { assignTasks, type TaskGroup, type TaskMember } from '../../../../lib/groups/assignor/sticky-tasks.ts'
import { hashMapOrder, JavaPriorityQueue } from '../../../../lib/groups/java-collections.ts'

/* That it decides as Kafka's does is shown by test/conformance/streams-groups; here is what holds of any assignment. */

type Tasks = ReadonlyMap<string, ReadonlySet<number>>

function namesOf(tasks: Tasks): string[] {
  return [...tasks].flatMap(([id, partitions]) => [...partitions].map((partition) => `${id}_${partition}`))
}

function memberOf(
  memberId: string,
  processId: string,
  active: Tasks = new Map(),
  standby: Tasks = new Map(),
): TaskMember {
  return { memberId, processId, active, standby, taskOffsets: new Map() }
}

const group: fc.Arbitrary<TaskGroup> = fc.record({
  members: fc
    .array(fc.nat(4), { minLength: 1, maxLength: 9 })
    .map((processes) => processes.map((process, i) => memberOf(`member-${i}`, `process-${process}`))),
  subtopologies: fc
    .array(fc.record({ tasks: fc.integer({ min: 1, max: 9 }), isStateful: fc.boolean() }), {
      minLength: 1,
      maxLength: 4,
    })
    .map((list) => list.map((each, i) => ({ subtopologyId: String(i), ...each }))),
  standbyReplicas: fc.nat(2),
})

function check(
  { members, subtopologies, standbyReplicas }: TaskGroup,
  assignment: ReturnType<typeof assignTasks>,
): void {
  const processes = new Map(members.map(({ memberId, processId }) => [memberId, processId]))
  const active = [...assignment.values()].flatMap((assigned) => namesOf(assigned.active))
  const all = subtopologies.flatMap(({ subtopologyId, tasks }) =>
    Array.from({ length: tasks }, (_, partition) => `${subtopologyId}_${partition}`),
  )
  if (active.sort().join() !== all.sort().join()) throw new Error(`active: ${active}`)
  const placed = new Set<string>()
  const copies = new Map<string, number>()
  for (const [memberId, assigned] of assignment) {
    for (const task of [...namesOf(assigned.active), ...namesOf(assigned.standby)]) {
      const place = `${task} on ${processes.get(memberId)}`
      if (placed.has(place)) throw new Error(`twice: ${place}`)
      placed.add(place)
      copies.set(task, (copies.get(task) ?? 0) + 1)
    }
  }
  const replicas = Math.min(standbyReplicas + 1, new Set(processes.values()).size)
  for (const { subtopologyId, isStateful } of subtopologies) {
    const count = copies.get(`${subtopologyId}_0`)
    if (count !== (isStateful ? replicas : 1)) throw new Error(`${subtopologyId} is there ${count} times`)
  }
}

/** The group as it is when all have what they were assigned. */
function reconciled(before: TaskGroup, assignment: ReturnType<typeof assignTasks>): TaskGroup {
  const members = before.members.map((member) => ({ ...member, ...assignment.get(member.memberId) }))
  return { ...before, members }
}

t.test('every task is run once, and kept by as many other processes as can be', async (t) => {
  fc.assert(
    fc.property(group, (group) => {
      check(group, assignTasks(group))
    }),
  )
  t.pass()
})

t.test('nothing moves while nothing changes', async (t) => {
  const balanced = fc.tuple(group, fc.constantFrom(1, 2)).map(([each, perProcess]) => ({
    ...each,
    members: Array.from({ length: 2 * perProcess }, (_, i) => memberOf(`m${i}`, `p${i % 2}`)),
    standbyReplicas: 0,
  }))
  fc.assert(
    fc.property(balanced, (group) => {
      const first = assignTasks(group)
      const second = assignTasks(reconciled(group, first))
      for (const [memberId, { active }] of first) {
        const after = namesOf(second.get(memberId)?.active ?? new Map()).sort()
        if (namesOf(active).sort().join() !== after.join()) throw new Error(`${memberId}: ${after}`)
      }
    }),
  )
  t.pass()
})

t.test('a task goes to who has its state', async (t) => {
  const subtopologies = [{ subtopologyId: '0', tasks: 2, isStateful: true }]
  const has = (partition: number) => new Map([['0', new Set([partition])]])
  const a = memberOf('a', 'pa', has(0), has(1))
  const b = memberOf('b', 'pb', has(1), has(0))
  const c = memberOf('c', 'pc')
  const of = (...members: TaskMember[]) => {
    const assignment = assignTasks({ members, subtopologies, standbyReplicas: 1 })
    return members.map(({ memberId }) => {
      const { active, standby } = assignment.get(memberId) as NonNullable<ReturnType<typeof assignment.get>>
      return [memberId, namesOf(active).join(), namesOf(standby).join()]
    })
  }
  t.same(of(a, b), [
    ['a', '0_0', '0_1'],
    ['b', '0_1', '0_0'],
  ])
  t.match(
    of(a, c),
    [
      ['a', '0_0'],
      ['c', '0_1', '0_0'],
    ],
    'its quota is one task, whatever it has',
  )
  const restored = { ...c, taskOffsets: new Map([['0', new Map([[1, 100]])]]) }
  t.match(of(memberOf('d', 'pd'), restored, a), [
    ['d', ''],
    ['c', '0_1'],
    ['a', '0_0'],
  ])
})

t.test('collections give what those of Java give', async (t) => {
  const ids = ['member-a', 'member-b', 'member-c', 'other', 'another', 'Aa', 'BB']
  t.same(hashMapOrder(['BB', 'Aa']), ['BB', 'Aa'], 'of equal hashes in the order they came in')
  t.same(hashMapOrder(['b', 'a', 'q']), ['a', 'q', 'b'], 'by bucket, which is the hash for these')
  t.same(hashMapOrder(ids).sort(), [...ids].sort())
  fc.assert(
    fc.property(fc.array(fc.integer()), (numbers) => {
      const queue = new JavaPriorityQueue<number>((a, b) => a - b, numbers)
      const polled = numbers.map(() => queue.poll())
      return queue.poll() === undefined && polled.join() === [...numbers].sort((a, b) => a - b).join()
    }),
  )
  const named = (...names: string[]) => new JavaPriorityQueue<string>((a, b) => a.length - b.length, names)
  const queue = named('a', 'b', 'c', 'd')
  t.same(
    [queue.poll(), queue.poll(), queue.poll(), queue.poll()],
    ['a', 'd', 'c', 'b'],
    'ties as a heap leaves them',
  )
})
