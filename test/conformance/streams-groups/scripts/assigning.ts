import { SeededRandom } from '../../../../lib/lab/random.ts'
import type { GroupClient } from '../../groups/peer.ts'
import { type Script, type Steps, tasks } from '../steps.ts'

const [A, B, C] = ['member-a', 'member-b', 'member-c'] as const

/** Heartbeats of members that do at once what they are told, until the group is stable. */
async function reconcile(steps: Steps, client: GroupClient, members: readonly string[]): Promise<void> {
  const known = new Map<string, { epoch: number; owned: object }>()
  for (let round = 0; round < 10; round++) {
    const described = await steps.describe(client)
    for (const memberId of members) {
      const member = described?.members.find((each) => each.memberId === memberId)
      if (!member) throw new Error(`${memberId} is not in ${steps.groupId}`)
      const { epoch, owned } = known.get(memberId) ?? { epoch: member.memberEpoch, owned: member.assignment }
      const heard = await steps.beat(client, { memberId, memberEpoch: epoch, ...owned })
      if (heard.errorCode !== 0)
        throw new Error(`${memberId} is told ${heard.errorCode}: ${heard.errorMessage}`)
      const { activeTasks, standbyTasks, warmupTasks } = heard
      known.set(memberId, {
        epoch: heard.memberEpoch,
        owned: activeTasks ? { activeTasks, standbyTasks, warmupTasks } : owned,
      })
    }
    if ((await steps.describe(client))?.groupState === 'Stable') return
  }
}

/** Members of that many processes come and go by chance, the same on both sides; each time it is told who has what. */
function randomScript(seed: number, processes: number, standbyReplicas: number): Script {
  return {
    name: `streams assignments by chance ${seed}`,
    async run(steps) {
      const client = await steps.client()
      const random = new SeededRandom(seed)
      const upTo = (count: number) => random.below(count)
      const topology = steps.wordCount()
      await steps.note(
        'standby',
        steps.configure(client, 'streams.num.standby.replicas', String(standbyReplicas)),
      )
      const members: string[] = []
      for (let turn = 0; turn < 9; turn++) {
        if (members.length === 6 || (members.length > 1 && upTo(3) === 0)) {
          const [leaving] = members.splice(upTo(members.length), 1)
          await steps.note(
            `${leaving} leaves`,
            steps.beat(client, { memberId: leaving as string, memberEpoch: -1 }),
          )
        } else {
          const memberId = `member-${turn}-${upTo(1000)}`
          members.push(memberId)
          const processId = `process-${upTo(processes)}`
          const { errorCode } = await steps.enter(client, memberId, topology, { processId })
          await steps.note(`${memberId} of ${processId} joins`, errorCode)
          if (turn === 0) await steps.settle()
        }
        await reconcile(steps, client, members)
        const described = await steps.describe(client)
        const assignments = described?.members.map(({ memberId, assignment }) => ({
          memberId,
          ...assignment,
        }))
        await steps.note('has', { state: described?.groupState, members: assignments })
      }
    },
  }
}

/** Who gets which tasks, and when. */
export const assigningScripts: readonly Script[] = [
  randomScript(1, 6, 0),
  randomScript(2, 3, 1),
  randomScript(3, 4, 2),
  randomScript(4, 2, 1),
  {
    name: 'streams initial rebalance',
    async run(steps) {
      const client = await steps.client()
      const topology = steps.stateless('orders')
      await steps.note('delayed', steps.configure(client, 'streams.initial.rebalance.delay.ms', '1200'))
      const first = await steps.note('a joins', steps.enter(client, A, topology))
      await steps.note('a is there', steps.owns(client, A, first.memberEpoch, []))
      await steps.note('b joins', steps.enter(client, B, topology))
      await steps.note('described', steps.describe(client))
      await steps.pause(1800)
      await steps.note('described later', steps.describe(client))
      await steps.note('a gets its part', steps.owns(client, A, first.memberEpoch, []))
      await steps.note('b gets its part', steps.owns(client, B, first.memberEpoch, []))
    },
  },
  {
    name: 'streams initial rebalance of one heartbeat',
    async run(steps) {
      const client = await steps.client()
      await steps.note('delayed', steps.configure(client, 'streams.initial.rebalance.delay.ms', '600'))
      const { memberEpoch } = await steps.note('a joins', steps.enter(client, A, steps.stateless('orders')))
      await steps.pause(1200)
      await steps.note('described', steps.describe(client))
      await steps.note('a gets all', steps.owns(client, A, memberEpoch, []))
    },
  },
  {
    name: 'streams assignment interval',
    async run(steps) {
      const client = await steps.client()
      const topology = steps.stateless('orders')
      await steps.note('an interval', steps.configure(client, 'streams.assignment.interval.ms', '2000'))
      const first = await steps.note('a joins', steps.enter(client, A, topology))
      const second = await steps.note('b joins', steps.enter(client, B, topology))
      await steps.note('a is there', steps.owns(client, A, first.memberEpoch, tasks('0', 0, 1, 2)))
      await steps.pause(2500)
      await steps.note('b later', steps.owns(client, B, second.memberEpoch, []))
      await steps.note('a later', steps.owns(client, A, first.memberEpoch, tasks('0', 0, 1, 2)))
    },
  },
  {
    name: 'streams standby tasks',
    async run(steps) {
      const client = await steps.client()
      const topology = steps.stateful()
      await steps.note('one each', steps.configure(client, 'streams.num.standby.replicas', '1'))
      await steps.note('a joins', steps.enter(client, A, topology))
      await steps.settle()
      await reconcile(steps, client, [A])
      await steps.note('a alone', steps.describe(client))
      await steps.note('b joins', steps.enter(client, B, topology))
      await reconcile(steps, client, [A, B])
      await steps.note('two', steps.describe(client))
      await steps.note('c joins', steps.enter(client, C, topology))
      await reconcile(steps, client, [A, B, C])
      await steps.note('three', steps.describe(client))
      await steps.note('a leaves', steps.beat(client, { memberId: A, memberEpoch: -1 }))
      await reconcile(steps, client, [B, C])
      await steps.note('two are left', steps.describe(client))
      await steps.note('none', steps.configure(client, 'streams.num.standby.replicas', '0'))
      await reconcile(steps, client, [B, C])
      await steps.note('without standby tasks', steps.describe(client))
    },
  },
  {
    name: 'streams members of one process',
    async run(steps) {
      const client = await steps.client()
      const topology = steps.wordCount()
      await steps.note('one each', steps.configure(client, 'streams.num.standby.replicas', '1'))
      await steps.note('a joins', steps.enter(client, A, topology, { processId: 'p' }))
      await steps.settle()
      await steps.note('b joins', steps.enter(client, B, topology, { processId: 'p' }))
      await reconcile(steps, client, [A, B])
      await steps.note('two', steps.describe(client))
      await steps.note('c joins', steps.enter(client, C, topology, { processId: 'q' }))
      await reconcile(steps, client, [A, B, C])
      await steps.note('three', steps.describe(client))
    },
  },
  {
    name: 'streams task offsets',
    async run(steps) {
      const client = await steps.client()
      const offset = (partition: number, value: number) => ({ subtopologyId: '0', partition, offset: value })
      const { memberEpoch } = await steps.note('a joins', steps.enter(client, A, steps.stateful()))
      await steps.settle()
      const a = { memberId: A, memberEpoch }
      const told = { taskOffsets: [offset(1, 5), offset(0, 2)], taskEndOffsets: [offset(0, 9)] }
      const next = await steps.note('a tells', steps.beat(client, { ...a, ...told }))
      await steps.note('described', steps.describe(client))
      const later = { memberId: A, memberEpoch: next.memberEpoch }
      await steps.note('twice', steps.beat(client, { ...later, taskOffsets: [offset(1, 5), offset(1, 6)] }))
      await steps.note('less', steps.beat(client, { ...later, taskOffsets: [offset(2, 8)] }))
      await steps.note('described again', steps.describe(client))
    },
  },
  {
    name: 'streams tags',
    async run(steps) {
      const client = await steps.client()
      const topology = steps.stateless('orders')
      const clientTags = [{ key: 'zone', value: 'z1' }]
      await steps.note('tags', steps.configure(client, 'streams.rack.aware.assignment.tags', 'zone,cluster'))
      await steps.note('a joins', steps.enter(client, A, topology, { clientTags }))
      await steps.note('b joins', steps.enter(client, B, topology))
      await steps.note('v0 is not told', steps.enter(client, C, topology, {}, 0))
      await steps.note('described', steps.describe(client))
    },
  },
  {
    name: 'streams endpoints',
    async run(steps) {
      const client = await steps.client()
      const topology = steps.stateless('orders', 'payments')
      const userEndpoint = { host: 'somewhere', port: 80 }
      const first = await steps.note('a joins', steps.enter(client, A, topology, { userEndpoint }))
      const a = { memberId: A, memberEpoch: first.memberEpoch }
      const known = await steps.note(
        'a is there',
        steps.beat(client, { ...a, endpointInformationEpoch: first.endpointInformationEpoch }),
      )
      await steps.note(
        'knows',
        steps.beat(client, { ...a, endpointInformationEpoch: known.endpointInformationEpoch }),
      )
      const second = await steps.note(
        'b joins',
        steps.enter(client, B, topology, { userEndpoint: { host: 'elsewhere', port: 81 } }),
      )
      await steps.note(
        'a is asked to give up',
        steps.owns(client, A, first.memberEpoch, tasks('0', 0, 1, 2), {
          endpointInformationEpoch: known.endpointInformationEpoch,
        }),
      )
      await steps.note(
        'a moves',
        steps.beat(client, {
          ...a,
          userEndpoint: { host: 'nowhere', port: 80 },
          endpointInformationEpoch: second.endpointInformationEpoch,
        }),
      )
      await steps.note(
        'b is there',
        steps.owns(client, B, second.memberEpoch, [], { endpointInformationEpoch: 0 }),
      )
      await steps.note('described', steps.describe(client))
    },
  },
]
