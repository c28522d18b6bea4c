import { joinGroup } from '../../../../protocol/messages/join-group.ts'
import { offsetCommit } from '../../../../protocol/messages/offset-commit.ts'
import { offsetDelete } from '../../../../protocol/messages/offset-delete.ts'
import { syncGroup } from '../../../../protocol/messages/sync-group.ts'
import type { Script, Steps } from '../steps.ts'

function offset(
  s: Steps,
  committedOffset: number,
  partitionIndex = 0,
  committedMetadata: string | null = '',
) {
  return { topics: [{ name: s.topic, partitions: [{ partitionIndex, committedOffset, committedMetadata }] }] }
}

function plainCommit(s: Steps, label: string, committedOffset: number) {
  return s.ask(label, offsetCommit, 8, { groupId: s.id, ...offset(s, committedOffset) })
}

/** Offsets that are committed in transactions. */
export const offsetScripts: readonly Script[] = [
  {
    name: 'offsets-verified',
    async run(s) {
      const nobody = { producerId: 54_321, producerEpoch: 0 }
      for (const version of [0, 2, 3, 4]) await s.commitOffset('nobody', nobody, {}, version)
      const p = await s.takeOver('producer')
      for (const version of [0, 1, 2, 3, 4]) await s.commitOffset('not added', p, {}, version)
      await s.addOffsets('added', p)
      for (const version of [0, 1, 2, 3, 4]) {
        await s.commitOffset('added', p, offset(s, 10 + version), version)
      }
      await s.commitOffset('long metadata', p, offset(s, 1, 1, 'more than it may have'), 4)
      await s.commitOffset('no such partition', p, offset(s, 1, 9), 4)
      const nowhere = [
        { name: 'nowhere', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }] },
      ]
      await s.commitOffset('no such topic', p, { topics: nowhere }, 4)
      await s.commitOffset('no group', p, { groupId: '' }, 4)
      await s.offsets('pending')
      await s.offsets('pending, stable', true)
      await s.end('committed', p, true, 4)
      await s.offsets('committed', true)
      await s.stored('stored')
    },
  },
  {
    name: 'offsets-added',
    async run(s) {
      const p = await s.takeOver('producer')
      await s.commitOffset('first', p, offset(s, 1))
      await s.describe('begun')
      await s.commitOffset('second', p, { ...offset(s, 2), topics: offset(s, 2).topics })
      await s.commitOffset('other partition', p, offset(s, 20, 1))
      await s.offsets('pending, stable', true)
      const next = await s.end('aborted', p, false)
      await s.offsets('aborted', true)
      await s.commitOffset('old epoch', p, offset(s, 3))
      await s.commitOffset('third', next, offset(s, 3))
      const last = await s.end('committed', next, true)
      await s.offsets('committed', true)
      await s.commitOffset('fourth', last, offset(s, 4))
      await plainCommit(s, 'somebody else commits', 40)
      await s.offsets('both')
      await s.offsets('both, stable', true)
      const after = await s.end('committed', last, true)
      await s.offsets('what came later stays', true)
      await s.commitOffset('fifth', after, offset(s, 5, 1))
      const topics = [{ name: s.topic, partitions: [{ partitionIndex: 1 }] }]
      await s.ask('deleted', offsetDelete, 0, { groupId: s.id, topics })
      await s.offsets('deleted', true)
      await s.end('committed', after, true)
      await s.offsets('nothing comes back', true)
      await s.stored('stored')
    },
  },
  {
    name: 'offsets-of-members',
    async run(s) {
      const p = await s.takeOver('producer')
      for (const version of [3, 5]) {
        const request = { generationIdOrMemberEpoch: 3, memberId: 'x' }
        await s.commitOffset('no such group', p, { ...request, groupId: `${s.id}-nowhere` }, version)
      }
      const protocols = [{ name: 'range', metadata: Buffer.from('m') }]
      const join = {
        groupId: s.id,
        sessionTimeoutMs: 30_000,
        rebalanceTimeoutMs: 30_000,
        protocolType: 'consumer',
        protocols,
      }
      const { memberId } = await s.peer.send(joinGroup, 4, join)
      const { generationId } = await s.peer.send(joinGroup, 4, { ...join, memberId })
      const member = { memberId, generationIdOrMemberEpoch: generationId }
      await s.commitOffset('before it is stable', p, { ...offset(s, 1), ...member })
      await s.peer.send(syncGroup, 4, { groupId: s.id, memberId, generationId })
      await s.commitOffset('member', p, { ...offset(s, 1), ...member })
      await s.commitOffset('another generation', p, {
        ...offset(s, 1),
        ...member,
        generationIdOrMemberEpoch: 9,
      })
      await s.commitOffset('no generation', p, { ...offset(s, 1), memberId, generationIdOrMemberEpoch: -1 })
      await s.commitOffset('another member', p, { ...offset(s, 1), ...member, memberId: 'nobody' })
      await s.commitOffset('a static member', p, { ...offset(s, 1), ...member, groupInstanceId: 'nobody' })
      await s.commitOffset('nobody says who', p, offset(s, 2))
      await s.commitOffset('of old', p, offset(s, 3), 2)
      await s.end('committed', p, true)
      await s.offsets('committed', true)
    },
  },
]
