import { deleteGroups } from '../../../../protocol/messages/delete-groups.ts'
import { findCoordinator } from '../../../../protocol/messages/find-coordinator.ts'
import { offsetCommit } from '../../../../protocol/messages/offset-commit.ts'
import { offsetDelete } from '../../../../protocol/messages/offset-delete.ts'
import { offsetFetch } from '../../../../protocol/messages/offset-fetch.ts'
import { RANGE, subscription } from '../../../helpers/groups/group-driver.ts'
import type { Script } from '../steps.ts'

const MISSING_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'

/** Offsets committed, fetched and deleted, and what is found where. */
export const offsetScripts: readonly Script[] = [
  {
    name: 'commit',
    async run(s) {
      const a = await s.client('a')
      await s.note('generation of no group, v9', s.commit(a, { generationIdOrMemberEpoch: 1, memberId: 'x' }))
      await s.note(
        'generation of no group, v8',
        s.commit(a, { generationIdOrMemberEpoch: 1, memberId: 'x' }, 8),
      )
      await s.note('no such group yet', s.list(a))
      const topics = [
        {
          name: 'orders',
          partitions: [0, 1, 3, -1].map((partitionIndex) => ({
            partitionIndex,
            committedOffset: 10 + partitionIndex,
            committedLeaderEpoch: 2,
            committedMetadata: null,
          })),
        },
        { name: 'nothing', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] },
        {
          name: 'payments',
          partitions: [
            { partitionIndex: 0, committedOffset: -5, committedMetadata: 'x'.repeat(17) },
            { partitionIndex: 7, committedOffset: 1, committedMetadata: '' },
          ],
        },
        {
          name: 'orders',
          partitions: [{ partitionIndex: 2, committedOffset: 2 ** 40, committedMetadata: 'x'.repeat(16) }],
        },
      ]
      await s.note('simple', s.commit(a, { topics }))
      await s.note('all', s.fetchAll(a))
      await s.note('listed', s.list(a))
      await s.note('described', s.describe(a))
      await s.note('simple, v2', s.commit(a, { topics: topics.slice(0, 2) }, 2))
      await s.note(
        'nothing known',
        s.commit(a, { topics: topics.slice(1, 2), memberId: 'x', generationIdOrMemberEpoch: 4 }),
      )
      await s.note('nothing at all', s.commit(a, { topics: [], memberId: 'x', generationIdOrMemberEpoch: 4 }))
      await s.note('a member of it', s.commit(a, { memberId: 'x' }))
      await s.note('a generation of it', s.commit(a, { memberId: 'x', generationIdOrMemberEpoch: 0 }))
      await s.note('an instance of it', s.commit(a, { groupInstanceId: 'i' }))
      await s.note(
        'an instance and a generation',
        s.commit(a, { groupInstanceId: 'i', generationIdOrMemberEpoch: 1 }),
      )
      const ids = [
        {
          topicId: s.peer.topicId('orders'),
          partitions: [
            { partitionIndex: 0, committedOffset: 33, committedMetadata: 'id' },
            { partitionIndex: 9, committedOffset: 1 },
          ],
        },
        { topicId: MISSING_ID, partitions: [{ partitionIndex: 0, committedOffset: 1 }] },
        { topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitions: [{ partitionIndex: 0, committedOffset: 1 }] },
      ]
      await s.note('by id', s.commit(a, { topics: ids }, 10))
      await s.note('by id, wrong generation', s.commit(a, { topics: ids, generationIdOrMemberEpoch: 5 }, 10))
      await s.note('empty group id', a.send(offsetCommit, 9, { groupId: '', topics: topics.slice(1, 3) }))
      await s.note('after all', s.fetchAll(a))
    },
  },
  {
    name: 'commit as a member',
    async run(s) {
      const [a, b] = [await s.client('a'), await s.client('b')]
      const joined = await s.note('joined', s.joinTwice(a))
      const { memberId, generationId } = joined
      const own = { memberId, generationIdOrMemberEpoch: generationId }
      await s.note('while completing', s.commit(a, own))
      await s.note('nobody while completing', s.commit(a))
      await s.note('syncs', s.lead(a, joined))
      await s.note('fine', s.commit(a, own))
      await s.note('simple', s.commit(a))
      await s.note('simple, v2', s.commit(a, {}, 2))
      await s.note('old generation', s.commit(a, { ...own, generationIdOrMemberEpoch: generationId - 1 }))
      await s.note('generation -1', s.commit(a, { memberId }))
      await s.note('unknown member', s.commit(a, { ...own, memberId: 'x' }))
      await s.note('unknown instance', s.commit(a, { ...own, groupInstanceId: 'i' }))
      const waits = await s.joining(b)
      await s.note('while preparing', s.commit(a, own))
      await s.note('nobody while preparing', s.commit(a))
      await s.note('leaves', s.leave(a, [{ memberId }]))
      await s.note('b', waits.answer)
      await s.note('after it left', s.commit(a, own))
    },
  },
  {
    name: 'fetch',
    async run(s) {
      const a = await s.client('a')
      const topics = [
        { name: 'orders', partitionIndexes: [0, 1, 99] },
        { name: 'nothing', partitionIndexes: [0] },
      ]
      const { groupId } = s
      const fetch = (version: number, all = false) =>
        version >= 8
          ? a.send(offsetFetch, version, {
              groups: [{ groupId, topics: all ? null : topics }],
              requireStable: true,
            })
          : a.send(offsetFetch, version, { groupId, topics: all ? null : topics })
      await s.note('no group', fetch(9))
      await s.note('no group, all', fetch(9, true))
      await s.note('no group, v1', fetch(1))
      await s.note('no group, v5, all', fetch(5, true))
      await s.note('commits', s.commit(a))
      for (let version = 1; version <= 9; version++) {
        await s.note(`v${version}`, fetch(version))
        if (version >= 2) await s.note(`v${version} all`, fetch(version, true))
      }
      const orders = s.peer.topicId('orders')
      const byId = [
        { topicId: MISSING_ID, partitionIndexes: [0, 1] },
        { topicId: orders, partitionIndexes: [0, 2] },
        { topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitionIndexes: [0] },
      ]
      await s.note('v10', a.send(offsetFetch, 10, { groups: [{ groupId, topics: byId }] }))
      await s.note('v10 all', a.send(offsetFetch, 10, { groups: [{ groupId, topics: null }] }))
      const groups = [
        { groupId: `${groupId}-none`, topics },
        { groupId, topics: [], memberId: 'x', memberEpoch: 3 },
        { groupId: `${groupId}-nobody`, topics: null },
      ]
      await s.note('several', a.send(offsetFetch, 9, { groups }))
      await s.note('none', a.send(offsetFetch, 9, { groups: [] }))
    },
  },
  {
    name: 'delete offsets',
    async run(s) {
      const a = await s.client('a')
      const topics = [
        { name: 'payments', partitions: [{ partitionIndex: 0 }, { partitionIndex: 4 }] },
        { name: 'orders', partitions: [{ partitionIndex: 0 }, { partitionIndex: 2 }] },
        { name: 'nothing', partitions: [{ partitionIndex: 0 }] },
      ]
      const remove = (groupId = s.groupId, which = topics) =>
        a.send(offsetDelete, 0, { groupId, topics: which })
      await s.note('no group', remove())
      await s.note('no group id', remove(''))
      await s.note('no group, no topics', remove(s.groupId, []))
      await s.note('commits', s.commit(a))
      await s.note('simple', remove())
      await s.note('gone', s.fetchAll(a))
      const joined = await s.stable(a, { protocols: [{ name: 'range', metadata: subscription('orders') }] })
      const own = { memberId: joined.memberId, generationIdOrMemberEpoch: joined.generationId }
      await s.note('commits', s.commit(a, own))
      await s.note('subscribed', remove())
      await s.note('leaves', s.leave(a, [{ memberId: joined.memberId }]))
      await s.note('empty', remove())
      await s.note('nothing is left', s.fetchAll(a))
      const unreadable = await s.client('u')
      const groupId = `${s.groupId}-unreadable`
      const first = await s.join(unreadable, {
        groupId,
        protocols: [{ name: 'range', metadata: Buffer.from([0]) }],
      })
      await s.note(
        'joined',
        s.join(unreadable, {
          groupId,
          memberId: first.memberId,
          protocols: [{ name: 'range', metadata: Buffer.from([0]) }],
        }),
      )
      await s.note('unreadable', remove(groupId))
      const connect = await s.client('c')
      const other = `${s.groupId}-connect`
      const id = await s.join(connect, { groupId: other, protocolType: 'connect' })
      await s.note(
        'joined',
        s.join(connect, { groupId: other, protocolType: 'connect', memberId: id.memberId }),
      )
      await s.note('of another type', remove(other))
    },
  },
  {
    name: 'delete groups',
    async run(s) {
      const [a, b] = [await s.client('a'), await s.client('b')]
      const { groupId } = s
      await s.note('commits', s.commit(a))
      const joined = await s.note('joins', s.joinTwice(a))
      const groupsNames = [groupId, `${groupId}-none`, groupId]
      await s.note('not empty', b.send(deleteGroups, 3, { groupsNames }))
      await s.note('not empty, v0', b.send(deleteGroups, 0, { groupsNames }))
      await s.note('leaves', s.leave(a, [{ memberId: joined.memberId }]))
      await s.note('empty', s.describe(a))
      await s.note('v4 described', s.describe(a, 4))
      await s.note('deleted', b.send(deleteGroups, 2, { groupsNames }))
      await s.note('nothing is left', s.fetchAll(a))
      await s.note('anew', s.joinTwice(a, { protocols: RANGE }))
    },
  },
  {
    name: 'find coordinator',
    async run(s) {
      const a = await s.client('a')
      const topicId = s.peer.topicId('orders')
      for (let version = 0; version <= 6; version++) {
        const find = (keyType: number, key: string) =>
          a.send(
            findCoordinator,
            version,
            version >= 4 ? { keyType, coordinatorKeys: [key, key] } : { keyType, key },
          )
        await s.note(`v${version} group`, find(0, s.groupId))
        await s.note(`v${version} no key`, find(0, ''))
        if (version === 0) continue
        await s.note(`v${version} unknown type`, find(3, s.groupId))
        await s.note(`v${version} negative type`, find(-1, s.groupId))
        if (version < 6) await s.note(`v${version} share`, find(2, `${s.groupId}:${topicId}:0`))
        else
          for (const key of [
            '',
            'g',
            'g:0',
            ':id:0',
            `g:${topicId}:x`,
            `g:${topicId}:`,
            'g:short:0',
            ` :${topicId}:0`,
          ]) {
            await s.note(
              `share key ${key.replace(topicId, 'ID')}`,
              (await find(2, key)).coordinators.map(({ errorCode, errorMessage }) => ({
                errorCode,
                errorMessage,
              })),
            )
          }
      }
      await s.note('no keys', a.send(findCoordinator, 4, { coordinatorKeys: [] }))
    },
  },
]
