import { type Script, tasks } from '../steps.ts'

const [A, B, C, D] = ['member-a', 'member-b', 'member-c', 'member-d'] as const

/** Members come, go, are refused and fenced. */
export const membershipScripts: readonly Script[] = [
  {
    name: 'streams members come and go',
    async run(steps) {
      const client = await steps.client()
      const topology = steps.stateless('orders')
      const first = await steps.note('a joins', steps.enter(client, A, topology))
      await steps.note('described', steps.describe(client))
      await steps.note('a is there', steps.owns(client, A, first.memberEpoch, tasks('0', 0, 1, 2)))
      await steps.note('described again', steps.describe(client, 1, true))
      const second = await steps.note('b joins', steps.enter(client, B, topology))
      await steps.note('described with two', steps.describe(client, 0))
      const asked = await steps.note(
        'a is asked to give up',
        steps.owns(client, A, first.memberEpoch, tasks('0', 0, 1, 2)),
      )
      await steps.note('while it does', steps.describe(client))
      const left = asked.activeTasks ?? []
      const given = await steps.note('a has given up', steps.owns(client, A, asked.memberEpoch, left))
      await steps.note('b is there', steps.owns(client, B, second.memberEpoch, []))
      await steps.note('listed', steps.list(client))
      await steps.note(
        'listed by state',
        steps.list(client, { statesFilter: ['stable'], typesFilter: ['streams'] }),
      )
      await steps.note('not deleted', steps.remove(client))
      await steps.note(
        'a says nothing of its tasks',
        steps.beat(client, { memberId: A, memberEpoch: given.memberEpoch }),
      )
      await steps.note('a leaves', steps.beat(client, { memberId: A, memberEpoch: -1 }))
      await steps.note('a is gone', steps.beat(client, { memberId: A, memberEpoch: given.memberEpoch }))
      await steps.note('b gets all', steps.owns(client, B, second.memberEpoch, []))
      await steps.note('b leaves', steps.beat(client, { memberId: B, memberEpoch: -1 }))
      await steps.note('empty', steps.describe(client))
      await steps.note('deleted', steps.remove(client))
      await steps.note('not there', steps.describe(client))
    },
  },
  {
    name: 'streams heartbeats that are malformed',
    async run(steps) {
      const client = await steps.client()
      const topology = steps.stateless('orders')
      const joining = { memberId: A, memberEpoch: 0, rebalanceTimeoutMs: 1000, topology }
      await steps.note('no member', steps.beat(client, { ...joining, memberId: '' }))
      await steps.note('no group', steps.beat(client, { ...joining, groupId: ' ' }))
      await steps.note('empty instance', steps.beat(client, { ...joining, instanceId: '' }))
      await steps.note('empty rack', steps.beat(client, { ...joining, rackId: '' }))
      await steps.note('no rebalance timeout', steps.beat(client, { ...joining, rebalanceTimeoutMs: -1 }))
      await steps.note('no topology', steps.beat(client, { ...joining, topology: null }))
      const owned = { activeTasks: tasks('0', 0), standbyTasks: [], warmupTasks: [] }
      await steps.note('joins with tasks', steps.beat(client, { ...joining, ...owned }))
      await steps.note('some tasks', steps.beat(client, { ...joining, activeTasks: [] }))
      await steps.note('too early an epoch', steps.beat(client, { memberId: A, memberEpoch: -3 }))
      await steps.note('away without instance', steps.beat(client, { memberId: A, memberEpoch: -2 }))
      await steps.note('topology later', steps.beat(client, { memberId: A, memberEpoch: 1, topology }))
      await steps.note('not there', steps.beat(client, { memberId: A, memberEpoch: 1 }))
      await steps.note('leaves what is not there', steps.beat(client, { memberId: A, memberEpoch: -1 }))
      await steps.note('described', steps.describe(client))
      await steps.note('v0', steps.enter(client, A, topology, {}, 0))
    },
  },
  {
    name: 'streams epochs',
    async run(steps) {
      const client = await steps.client()
      const topology = steps.stateless('orders')
      const { memberEpoch } = await steps.note('a joins', steps.enter(client, A, topology))
      await steps.note('greater', steps.owns(client, A, memberEpoch + 1, []))
      await steps.note(
        'previous, without tasks',
        steps.beat(client, { memberId: A, memberEpoch: memberEpoch - 1 }),
      )
      await steps.note('unknown', steps.beat(client, { memberId: B, memberEpoch: 1 }))
      await steps.note('another rack', steps.beat(client, { memberId: A, memberEpoch, rackId: 'r1' }))
      const { memberEpoch: next } = await steps.note(
        'then',
        steps.beat(client, { memberId: A, memberEpoch: memberEpoch + 1 }),
      )
      await steps.note('previous with tasks', steps.owns(client, A, next - 1, tasks('0', 0, 1)))
      await steps.note('previous with others', steps.owns(client, A, next - 1, tasks('1', 0)))
      await steps.note('older', steps.owns(client, A, next - 2, []))
      await steps.note('an impossible task', steps.owns(client, A, next, tasks('0', 3)))
      await steps.note('an impossible subtopology', steps.owns(client, A, next, tasks('9', 0)))
      await steps.note('a joins again', steps.enter(client, A, topology))
      await steps.note('as another process', steps.enter(client, A, topology, { processId: 'other' }))
      await steps.note('another topology', steps.enter(client, B, steps.stateless('payments')))
      await steps.note('a later topology', steps.enter(client, B, { ...topology, epoch: 1 }))
    },
  },
  {
    name: 'streams topologies of another epoch',
    async run(steps) {
      const client = await steps.client()
      const topology = { ...steps.stateless('orders'), epoch: 3 }
      await steps.note('a joins', steps.enter(client, A, topology))
      const stale = await steps.note(
        'b joins with an older one',
        steps.enter(client, B, { ...topology, epoch: 2 }),
      )
      await steps.note('b is there', steps.owns(client, B, stale.memberEpoch, []))
      await steps.note('described', steps.describe(client))
    },
  },
  {
    name: 'streams static members',
    async run(steps) {
      const client = await steps.client()
      const topology = steps.stateless('orders')
      const first = await steps.note('a joins', steps.enter(client, A, topology, { instanceId: 'i1' }))
      await steps.note('b wants its place', steps.enter(client, B, topology, { instanceId: 'i1' }))
      await steps.note(
        'of another instance',
        steps.beat(client, { memberId: A, memberEpoch: first.memberEpoch, instanceId: 'i2' }),
      )
      await steps.note(
        'as another member',
        steps.beat(client, { memberId: B, memberEpoch: first.memberEpoch, instanceId: 'i1' }),
      )
      await steps.note(
        'b leaves for a',
        steps.beat(client, { memberId: B, memberEpoch: -2, instanceId: 'i1' }),
      )
      await steps.note('a is away', steps.beat(client, { memberId: A, memberEpoch: -2, instanceId: 'i1' }))
      await steps.note('described', steps.describe(client))
      const second = await steps.note(
        'b takes its place',
        steps.enter(client, B, topology, { instanceId: 'i1' }),
      )
      await steps.note('described with b', steps.describe(client))
      const b = { memberId: B, instanceId: 'i1' }
      await steps.note(
        'b is there',
        steps.owns(client, B, second.memberEpoch, tasks('0', 0, 1, 2), { instanceId: 'i1' }),
      )
      await steps.note(
        'a is none',
        steps.beat(client, { memberId: A, memberEpoch: second.memberEpoch, instanceId: 'i1' }),
      )
      await steps.note(
        'another rebalance timeout',
        steps.beat(client, { ...b, memberEpoch: second.memberEpoch, rebalanceTimeoutMs: 900 }),
      )
      await steps.note('b leaves', steps.beat(client, { ...b, memberEpoch: -1 }))
      await steps.note('instance unknown', steps.beat(client, { ...b, memberEpoch: second.memberEpoch }))
    },
  },
  {
    name: 'streams groups that are full',
    async run(steps) {
      const client = await steps.client()
      const topology = steps.stateless('orders')
      for (const memberId of [A, B, 'e', 'f', 'g']) await steps.enter(client, memberId, topology)
      await steps.note('the last', steps.enter(client, C, topology, { instanceId: 'i' }))
      await steps.note('one too many', steps.enter(client, D, topology))
      await steps.note('one of them again', steps.enter(client, B, topology))
      await steps.beat(client, { memberId: C, memberEpoch: -2, instanceId: 'i' })
      await steps.note('in the place of the last', steps.enter(client, D, topology, { instanceId: 'i' }))
    },
  },
  {
    name: 'streams sessions',
    async run(steps) {
      const client = await steps.client()
      const topology = steps.stateless('orders')
      await steps.note('short', steps.configure(client, 'streams.session.timeout.ms', '1500'))
      await steps.note('shorter', steps.configure(client, 'streams.heartbeat.interval.ms', '200'))
      const { memberEpoch } = await steps.note('a joins', steps.enter(client, A, topology))
      await steps.pause(800)
      await steps.note('still there', steps.owns(client, A, memberEpoch, tasks('0', 0, 1, 2)))
      await steps.pause(2500)
      await steps.note('gone', steps.owns(client, A, memberEpoch, []))
      await steps.note('described', steps.describe(client))
    },
  },
  {
    name: 'streams shutdown of an application',
    async run(steps) {
      const client = await steps.client()
      const topology = steps.stateless('orders')
      const first = await steps.note('a joins', steps.enter(client, A, topology))
      await steps.note('b joins', steps.enter(client, B, topology))
      await steps.note(
        'a wants all to stop',
        steps.beat(client, { memberId: A, memberEpoch: first.memberEpoch, shutdownApplication: true }),
      )
      await steps.note('b is told', steps.beat(client, { memberId: B, memberEpoch: first.memberEpoch + 1 }))
      await steps.note(
        'b leaves, too',
        steps.beat(client, { memberId: B, memberEpoch: -1, shutdownApplication: true }),
      )
      await steps.note('a is told', steps.beat(client, { memberId: A, memberEpoch: first.memberEpoch }))
      await steps.note('a leaves', steps.beat(client, { memberId: A, memberEpoch: -1 }))
      await steps.note('a joins again', steps.enter(client, A, topology))
    },
  },
]
