import { leaveGroup } from '../../../../protocol/messages/leave-group.ts'
import { RANGE, subscription } from '../../../helpers/groups/group-driver.ts'
import type { Script } from '../steps.ts'

const OTHER = [{ name: 'range', metadata: subscription('payments') }]

/** Members that stay, come back, are fenced, fail and leave. */
export const membershipScripts: readonly Script[] = [
  {
    name: 'sync errors',
    async run(s) {
      const [a, b] = [await s.client('a'), await s.client('b')]
      await s.note('no group', s.sync(a, { memberId: 'x', generationId: 1 } as never))
      await s.note('no group id', s.sync(a, { memberId: 'x', generationId: 1 } as never, { groupId: '' }))
      await s.note(
        'no protocol',
        s.sync(a, { memberId: 'x', generationId: 1 } as never, { protocolName: null }),
      )
      await s.note(
        'neither',
        s.sync(a, { memberId: 'x', generationId: 1 } as never, { groupId: '', protocolType: null }),
      )
      const joined = await s.note('joined', s.joinTwice(a))
      await s.note('unknown member', s.sync(a, { ...joined, memberId: 'x' }))
      await s.note('unknown instance', s.sync(a, joined, { groupInstanceId: 'i' }))
      await s.note('old generation', s.sync(a, { ...joined, generationId: joined.generationId - 1 }))
      await s.note('new generation', s.sync(a, { ...joined, generationId: joined.generationId + 1 }))
      await s.note('other type', s.sync(a, joined, { protocolType: 'connect' }))
      await s.note('other name', s.sync(a, joined, { protocolName: 'sticky' }))
      await s.note('other name, v4', s.sync(a, joined, {}, 4))
      await s.note('v0', s.sync(a, joined, {}, 0))
      const joining = await s.joining(b)
      await s.note('during a rebalance', s.sync(a, joined))
      await s.note('heartbeat', s.heartbeat(a, joined))
      const [againA, againB] = await Promise.all([s.join(a, { memberId: joined.memberId }), joining.answer])
      await s.note('a', againA)
      await s.note('b', againB)
      // The leader assigns nothing to itself, and something to somebody unknown.
      const assignments = [
        { memberId: againB.memberId, assignment: Buffer.from('for b') },
        { memberId: 'x', assignment: Buffer.from('for x') },
      ]
      await s.note('leader', s.sync(a, againA, { assignments }))
      await s.note('follower', s.sync(b, againB))
      await s.note('described', s.describe(a))
    },
  },
  {
    name: 'heartbeat errors',
    async run(s) {
      const a = await s.client('a')
      await s.note('no group', s.heartbeat(a, { memberId: 'x', generationId: 1 } as never))
      const joined = await s.stable(a, { groupInstanceId: 'i' })
      await s.note('fine', s.heartbeat(a, joined, 'i'))
      await s.note('without its instance', s.heartbeat(a, joined))
      await s.note('unknown member', s.heartbeat(a, { ...joined, memberId: 'x' }))
      await s.note('fenced', s.heartbeat(a, { ...joined, memberId: 'x' }, 'i'))
      await s.note('unknown instance', s.heartbeat(a, joined, 'j'))
      await s.note('generation', s.heartbeat(a, { ...joined, generationId: 99 }, 'i'))
      await s.note('generation -1', s.heartbeat(a, { ...joined, generationId: -1 }, 'i'))
      await s.note('both', s.heartbeat(a, { ...joined, memberId: 'x', generationId: 99 }))
      await s.note('leaves', s.leave(a, [{ memberId: '', groupInstanceId: 'i' }]))
      await s.note('empty', s.heartbeat(a, joined, 'i'))
      await s.note('empty without instance', s.heartbeat(a, joined))
      await s.note('syncs with the empty', s.sync(a, joined))
    },
  },
  {
    name: 'leaving',
    async run(s) {
      const a = await s.client('a')
      const old = (version: number, memberId: string, groupId = s.groupId) =>
        a.send(leaveGroup, version, { groupId, memberId })
      await s.note('no group', s.leave(a, [{ memberId: 'x' }, { memberId: 'y', groupInstanceId: 'i' }]))
      await s.note('no group, v2', old(2, 'x'))
      await s.note('no group, v0', old(0, 'x'))
      await s.note('no group id', s.leave(a, [{ memberId: 'x' }], 3))
      await s.note('no group id, v1', old(1, 'x', ''))
      const b = await s.client('b')
      const waitsA = await s.sent(s.join(a, { groupInstanceId: 'i' }))
      const waitsB = await s.joining(b)
      const [joinedA, joinedB] = [await s.note('a', waitsA.answer), await s.note('b', waitsB.answer)]
      await s.note('leads', s.lead(a, joinedA))
      await s.note('nobody', s.leave(a, []))
      await s.note(
        'wrong ones',
        s.leave(a, [
          { memberId: '' },
          { memberId: '', groupInstanceId: 'j' },
          { memberId: 'x', groupInstanceId: 'i' },
          { memberId: joinedB.memberId, groupInstanceId: 'i' },
          { memberId: joinedB.memberId, groupInstanceId: 'j' },
          { memberId: 'x' },
        ]),
      )
      await s.note('stable still', s.heartbeat(a, joinedA, 'i'))
      await s.note(
        'one of two, twice',
        s.leave(a, [{ memberId: joinedB.memberId, reason: 'enough' }, { memberId: joinedB.memberId }]),
      )
      await s.note('the other learns', s.heartbeat(a, joinedA, 'i'))
      await s.note('joins again', s.join(a, { memberId: joinedA.memberId, groupInstanceId: 'i' }))
      await s.note('leaves in v2', old(2, joinedA.memberId))
      await s.note('empty', s.describe(a))
      await s.note('leaves the empty', old(2, joinedA.memberId))
      await s.note('deleted', s.remove(a))
      await s.note('deleted already', s.remove(a))
      await s.note('listed', s.list(a))
    },
  },
  {
    name: 'a leader leaves in the middle',
    async run(s) {
      const [a, b] = [await s.client('a'), await s.client('b')]
      const waitsA = await s.joining(a)
      const waitsB = await s.joining(b)
      const [joinedA, joinedB] = [await s.note('a', waitsA.answer), await s.note('b', waitsB.answer)]
      const syncing = await s.sent(s.sync(b, joinedB))
      await s.note('leader leaves', s.leave(a, [{ memberId: joinedA.memberId }]))
      await s.note('follower', syncing.answer)
      const again = await s.note('follower joins', s.join(b, { memberId: joinedB.memberId }))
      await s.note('follower leads', s.lead(b, again))
      await s.note('not deletable', s.remove(b))
    },
  },
  {
    name: 'static members',
    async run(s) {
      const [a, b] = [await s.client('a'), await s.client('b')]
      const waitsA = await s.sent(s.join(a, { groupInstanceId: 'i-a' }))
      const waitsB = await s.sent(s.join(b, { groupInstanceId: 'i-b' }))
      const joinedA = await s.note('a', waitsA.answer)
      const joinedB = await s.note('b', waitsB.answer)
      const syncing = await s.sent(s.sync(b, joinedB, { groupInstanceId: 'i-b' }))
      await s.note('leads', s.lead(a, joinedA))
      await s.note('follows', syncing.answer)
      const a2 = await s.client('a2')
      const leaderBack = await s.note('leader is back', s.join(a2, { groupInstanceId: 'i-a' }))
      await s.note('its assignment', s.sync(a2, leaderBack, { groupInstanceId: 'i-a' }))
      await s.note('the old one syncs', s.sync(a, joinedA, { groupInstanceId: 'i-a' }))
      await s.note('the old one syncs without instance', s.sync(a, joinedA))
      await s.note('the old one joins', s.join(a, { groupInstanceId: 'i-a', memberId: joinedA.memberId }))
      await s.note(
        'the old one commits',
        s.commit(a, {
          memberId: joinedA.memberId,
          groupInstanceId: 'i-a',
          generationIdOrMemberEpoch: joinedA.generationId,
        }),
      )
      await s.note('the old one leaves', s.leave(a, [{ memberId: joinedA.memberId, groupInstanceId: 'i-a' }]))
      const leaderBackOld = await s.note('leader is back, v8', s.join(a2, { groupInstanceId: 'i-a' }, 8))
      await s.note('leader is back, v5', s.join(a2, { groupInstanceId: 'i-a' }, 5))
      const b2 = await s.client('b2')
      await s.note('follower is back', s.join(b2, { groupInstanceId: 'i-b' }))
      await s.note('follower is back, v6', s.join(b2, { groupInstanceId: 'i-b' }, 6))
      await s.note('described', s.describe(a))
      await s.note('stale again', s.heartbeat(a, leaderBackOld, 'i-a'))
      await s.note('unknown with an instance', s.join(a, { groupInstanceId: 'i-x', memberId: 'nobody' }))
    },
  },
  {
    name: 'a static member that changes what it wants',
    async run(s) {
      const [a, b] = [await s.client('a'), await s.client('b')]
      const sticky = { name: 'sticky', metadata: Buffer.from('s') }
      const waitsA = await s.sent(s.join(a, { groupInstanceId: 'i-a', protocols: [...RANGE, sticky] }))
      const waitsB = await s.sent(s.join(b, { groupInstanceId: 'i-b', protocols: [...RANGE, sticky] }))
      const joinedA = await s.note('a', waitsA.answer)
      const joinedB = await s.note('b', waitsB.answer)
      await s.note('leads', s.lead(a, joinedA))
      await s.note('follows', s.sync(b, joinedB, { groupInstanceId: 'i-b' }))
      const b2 = await s.client('b2')
      await s.note('other metadata, same protocol', s.join(b2, { groupInstanceId: 'i-b', protocols: OTHER }))
      await s.note('stable', s.describe(a))
      const waitsB3 = await s.sent(s.join(b2, { groupInstanceId: 'i-b', protocols: [sticky] }))
      await s.note('refused', s.heartbeat(a, joinedA, 'i-a'))
      await s.note('still there', waitsB3.answer)
    },
  },
  {
    name: 'static members that wait are fenced',
    async run(s) {
      const [a, b, a2] = [await s.client('a'), await s.client('b'), await s.client('a2')]
      const waitsA = await s.sent(s.join(a, { groupInstanceId: 'i-a' }))
      const waitsA2 = await s.sent(s.join(a2, { groupInstanceId: 'i-a' }))
      await s.note('fenced while it joins', waitsA.answer)
      const waitsB = await s.sent(s.join(b, { groupInstanceId: 'i-b' }))
      const joinedA2 = await s.note('its follower', waitsA2.answer)
      const joinedB = await s.note('b', waitsB.answer)
      const syncing = await s.sent(s.sync(b, joinedB, { groupInstanceId: 'i-b' }))
      const b2 = await s.client('b2')
      const waitsB2 = await s.sent(s.join(b2, { groupInstanceId: 'i-b' }))
      await s.note('fenced while it syncs', syncing.answer)
      await s.note('a rebalance', s.heartbeat(a2, joinedA2, 'i-a'))
      const waitsAgain = await s.sent(s.join(a2, { groupInstanceId: 'i-a', memberId: joinedA2.memberId }))
      await s.note('b2', waitsB2.answer)
      await s.note('a2', waitsAgain.answer)
    },
  },
  {
    name: 'sessions end',
    async run(s) {
      const [a, b] = [await s.client('a'), await s.client('b')]
      const waitsA = await s.joining(a, { sessionTimeoutMs: 30_000 })
      const waitsB = await s.joining(b, { sessionTimeoutMs: 600 })
      const joinedA = await s.note('a', waitsA.answer)
      const joinedB = await s.note('b', waitsB.answer)
      await s.note('leads', s.lead(a, joinedA))
      await s.note('follows', s.sync(b, joinedB))
      await s.note('alive', s.heartbeat(b, joinedB))
      await s.pause(900)
      await s.note('b is out', s.heartbeat(b, joinedB))
      await s.note('a learns', s.heartbeat(a, joinedA))
      await s.note('b joins with its old id', s.join(b, { memberId: joinedB.memberId }))
      const again = await s.note(
        'a goes on',
        s.join(a, { memberId: joinedA.memberId, sessionTimeoutMs: 600 }),
      )
      await s.note('a leads', s.lead(a, again))
      await s.peer.disconnect(a)
      await s.pause(900)
      await s.note('nobody', s.describe(b))
      await s.note('listed', s.list(b))
    },
  },
  {
    name: 'rebalance timeouts',
    async run(s) {
      const [a, b] = [await s.client('a'), await s.client('b')]
      const waitsA = await s.joining(a, { rebalanceTimeoutMs: 1000 })
      const waitsB = await s.joining(b, { rebalanceTimeoutMs: 800 })
      const joinedA = await s.note('a', waitsA.answer)
      const joinedB = await s.note('b', waitsB.answer)
      await s.note('leads', s.lead(a, joinedA))
      await s.note('follows', s.sync(b, joinedB))
      const { memberId } = joinedB
      const rejoining = await s.sent(s.join(b, { memberId, rebalanceTimeoutMs: 800, protocols: OTHER }))
      await s.pause(600)
      await s.note('b waits for a', s.describe(a))
      await s.note('b leads now', rejoining.answer)
      await s.note('a is out', s.heartbeat(a, joinedA))
      // Nobody syncs: after the rebalance timeout those who did not are out too.
      await s.pause(1100)
      await s.note('nobody left', s.describe(a))
    },
  },
]
