import { joinGroup } from '../../../../protocol/messages/join-group.ts'
import { listGroups } from '../../../../protocol/messages/list-groups.ts'
import { RANGE, subscription } from '../../../helpers/groups/group-driver.ts'
import type { Script } from '../steps.ts'

const ROUND_ROBIN = { name: 'roundrobin', metadata: Buffer.from('rr') }
const RANGE_FIRST = [...RANGE, ROUND_ROBIN]
const ROUND_ROBIN_FIRST = [ROUND_ROBIN, ...RANGE]

/** Who may join, and what a generation looks like to its members. */
export const joiningScripts: readonly Script[] = [
  {
    name: 'refusals',
    async run(s) {
      const a = await s.client('a')
      await s.note('no group id', s.join(a, { groupId: '' }))
      await s.note('unknown member of no group', s.join(a, { memberId: 'nobody' }))
      await s.note('short session', s.join(a, { sessionTimeoutMs: 499 }))
      await s.note('long session', s.join(a, { sessionTimeoutMs: 60_001 }))
      await s.note('both wrong', s.join(a, { groupId: '', sessionTimeoutMs: 1, memberId: 'x' }))
      await s.note('no such group', s.describe(a))
      await s.note('no such group, v5', s.describe(a, 5))
      await s.note('no such group, v2', s.describe(a, 2))
      await s.note('no protocols', s.join(a, { protocols: [] }))
      await s.note('the group is there all the same', s.list(a))
      await s.note('described', s.describe(a))
      await s.note('no protocol type', s.join(a, { protocolType: '' }))
      await s.note('no protocols, v2', s.join(a, { protocols: [] }, 2))
      await s.note('no protocols, v6', s.join(a, { protocols: [] }, 6))
      await s.note('no protocols, v7', s.join(a, { protocols: [] }, 7))
      await s.note('unknown member of an empty group', s.join(a, { memberId: 'nobody' }))
    },
  },
  {
    name: 'every version',
    async run(s) {
      for (let version = 0; version <= 9; version++) {
        const groupId = `${s.groupId}-${version}`
        const client = await s.client(`client-${version}`)
        const first = await s.note(
          `v${version}`,
          s.join(client, { groupId, reason: version >= 8 ? 'why' : null }, version),
        )
        if (first.errorCode === 79) {
          await s.note(`v${version} again`, s.join(client, { groupId, memberId: first.memberId }, version))
        }
      }
    },
  },
  {
    name: 'two members, leader and follower',
    async run(s) {
      const [a, b] = [await s.client('a'), await s.client('b')]
      const waitsA = await s.joining(a, { protocols: RANGE_FIRST })
      await s.note('joining', s.list(b, { statesFilter: ['PREPARINGrebalance '] }))
      const waitsB = await s.joining(b, { protocols: RANGE_FIRST })
      const joinedA = await s.note('a', waitsA.answer)
      const joinedB = await s.note('b', waitsB.answer)
      await s.note('described while completing', s.describe(a))
      await s.note('heartbeat while completing', s.heartbeat(b, joinedB))
      const syncing = await s.sent(s.sync(b, joinedB))
      await s.note('leader', s.lead(a, joinedA))
      await s.note('follower', syncing.answer)
      await s.note('described', s.describe(b))
      await s.note('v0', s.describe(b, 0))
      await s.note('listed', s.list(a))
      await s.note('v3', s.list(a, {}, 3))
      await s.note('v4 in a state', s.list(a, { statesFilter: ['Stable', 'Empty'] }, 4))
      await s.note('in a state that is none', s.list(a, { statesFilter: ['Stable!'] }))
      await s.note('of its type', s.list(a, { typesFilter: ['CLASSIC'] }))
      await s.note('of another type', s.list(a, { typesFilter: ['consumer'] }))
      await s.note('of a type that is none', s.list(a, { typesFilter: ['nonsense'] }))
      await s.note('sync again', s.sync(b, joinedB))
      await s.note(
        'follower joins with the same',
        s.join(b, { memberId: joinedB.memberId, protocols: RANGE_FIRST }),
      )
      await s.note(
        'follower joins with another order',
        (await s.sent(s.join(b, { memberId: joinedB.memberId, protocols: ROUND_ROBIN_FIRST }))) &&
          s.heartbeat(a, joinedA),
      )
      const rejoining = await s.sent(
        s.join(a, { memberId: joinedA.memberId, protocols: RANGE_FIRST, reason: 'because' }),
      )
      await s.note('next generation', rejoining.answer)
    },
  },
  {
    name: 'votes',
    async run(s) {
      // One vote each: the tie is decided by the order of a HashMap.
      const [a, b] = [await s.client('a'), await s.client('b')]
      const waitsA = await s.joining(a, { protocols: RANGE_FIRST })
      const waitsB = await s.joining(b, { protocols: ROUND_ROBIN_FIRST })
      await s.note('a', waitsA.answer)
      await s.note('b', waitsB.answer)
      const c = await s.client('c')
      await s.note(
        'unknown protocol',
        s.join(c, { protocols: [{ name: 'sticky', metadata: Buffer.alloc(0) }] }),
      )
      await s.note('another type', s.join(c, { protocolType: 'connect' }))
      await s.note(
        'unknown protocol, v6',
        s.join(c, { protocols: [{ name: 'sticky', metadata: Buffer.alloc(0) }] }, 6),
      )
    },
  },
  {
    name: 'more ties',
    async run(s) {
      // No two of these lie in one bucket, where the order of arrival would decide.
      const names = ['cooperative-sticky', 'range', 'roundrobin', 'sticky', 'a', 'b', 'zz', 'consumer']
      for (const [i, one] of names.entries()) {
        for (const two of names.slice(i + 1)) {
          const groupId = `${s.groupId}-${one}-${two}`
          const [a, b] = [await s.client('a'), await s.client('b')]
          const metadata = Buffer.from('m')
          const protocols = [
            { name: one, metadata },
            { name: two, metadata },
          ]
          const answerA = s.join(a, { groupId, protocols }, 3)
          await s.pause(5)
          const answerB = s.join(b, { groupId, protocols: protocols.toReversed() }, 3)
          const { protocolName } = await answerA
          await s.note(`${one} or ${two}`, protocolName)
          await answerB
        }
      }
    },
  },
  {
    name: 'a full group',
    async run(s) {
      const [a, b, c, d] = [
        await s.client('a'),
        await s.client('b'),
        await s.client('c'),
        await s.client('d'),
      ]
      const waitsA = await s.joining(a)
      const waitsB = await s.joining(b)
      const waitsC = await s.joining(c)
      await s.note('a fourth', s.join(d))
      await s.note('a fourth, v3', s.join(d, {}, 3))
      await s.note('a fourth static', s.join(d, { groupInstanceId: 'd' }))
      const joinedA = await s.note('a', waitsA.answer)
      const joinedB = await s.note('b', waitsB.answer)
      await s.note('c', waitsC.answer)
      await s.note('a fourth while completing', s.join(d))
      await s.note('leads', s.lead(a, joinedA))
      await s.note('a fourth while stable', s.join(d))
      await s.note('a member', s.join(b, { memberId: joinedB.memberId }))
    },
  },
  {
    name: 'pending members',
    async run(s) {
      const [a, b] = [await s.client('a'), await s.client('b')]
      const { memberId } = await s.note('an id', s.join(a))
      await s.note('listed', s.list(a))
      await s.note('described', s.describe(a))
      await s.note('syncs', s.sync(a, { memberId, generationId: 0 } as never))
      await s.note('heartbeats', s.heartbeat(a, { memberId, generationId: 0 } as never))
      await s.note('commits', s.commit(a, { memberId, generationIdOrMemberEpoch: 0 }))
      await s.note('says it is static', s.join(a, { memberId, groupInstanceId: 'i' }))
      await s.note('leaves', s.leave(a, [{ memberId }]))
      await s.note('is gone', s.join(a, { memberId }))
      const joinedB = await s.stable(b)
      const pending = await s.note('another id', s.join(a, { sessionTimeoutMs: 600 }))
      await s.note('b does not care', s.heartbeat(b, joinedB))
      // Now the group rebalances, and waits for the pending member until its session ends.
      const rejoining = await s.sent(s.join(b, { memberId: joinedB.memberId }))
      await s.note('b waits', s.describe(a))
      await s.note('b goes on', rejoining.answer)
      await s.note('too late', s.join(a, { memberId: pending.memberId }))
      await s.note('another id yet', s.join(a))
      await s.note('it leaves', s.leave(a, [{ memberId: pending.memberId }]))
    },
  },
  {
    name: 'consumer metadata and other types',
    async run(s) {
      const a = await s.client('a')
      const protocols = [{ name: 'range', metadata: subscription('payments', 'orders') }]
      await s.stable(a, { protocols })
      const connect = await s.client('connect')
      const groupId = `${s.groupId}-connect`
      const first = await s.note(
        'an id',
        s.join(connect, {
          groupId,
          protocolType: 'connect',
          protocols: [{ name: 'sessioned', metadata: Buffer.from('x') }],
        }),
      )
      await s.note(
        'joined',
        connect.send(joinGroup, 9, {
          groupId,
          sessionTimeoutMs: 1000,
          rebalanceTimeoutMs: 1000,
          memberId: first.memberId,
          protocolType: 'connect',
          protocols: [{ name: 'sessioned', metadata: Buffer.from('x') }],
        }),
      )
      const { groups } = await connect.send(listGroups, 5, {})
      await s.note(
        'listed',
        groups.filter((group) => group.groupId === groupId),
      )
    },
  },
]
