import { offsetDelete } from '../../../../protocol/messages/offset-delete.ts'
import { offsetFetch } from '../../../../protocol/messages/offset-fetch.ts'
import type { Script } from '../steps.ts'

const BLANK = ' '

/** Consumer groups (KIP-848): what is refused, and what heartbeats bring about. */
export const consumerScripts: readonly Script[] = [
  {
    name: 'malformed heartbeats',
    async run(s) {
      const a = await s.client('a')
      for (const version of [0, 1]) {
        const note = (what: string, request: object) =>
          s.note(`${what}, v${version}`, s.beat(a, { memberId: 'a', ...request }, version))
        await note('no group id', { groupId: '', memberEpoch: 1 })
        await note('blank group id', { groupId: BLANK, memberEpoch: 1 })
        await note('no member id, heartbeat', { memberId: '', memberEpoch: 1 })
        await note('no member id, leaves', { memberId: '', memberEpoch: -1 })
        await note('no member id, leaves for a while', { memberId: '', memberEpoch: -2, instanceId: 'i' })
        await note('blank instance id', { instanceId: BLANK, memberEpoch: 1 })
        await note('blank rack', { rackId: '', memberEpoch: 1 })
        await note('epoch -2 without instance', { memberEpoch: -2 })
        await note('epoch -3', { memberEpoch: -3 })
        await note('no rebalance timeout', { subscribedTopicNames: ['orders'], topicPartitions: [] })
        await note('partitions unknown', { rebalanceTimeoutMs: 1, subscribedTopicNames: ['orders'] })
        const partitions = s.partitions('orders', 0)
        await note('owns partitions', {
          rebalanceTimeoutMs: 1,
          subscribedTopicNames: ['orders'],
          topicPartitions: partitions,
        })
        await note('no subscription', { rebalanceTimeoutMs: 1, topicPartitions: [] })
        await note('unknown assignor', { memberEpoch: 1, serverAssignor: 'sticky' })
        await note('no assignor', { memberEpoch: 1, serverAssignor: '' })
        await note('no such group', { memberEpoch: 1 })
        await note('leaves no such group', { memberEpoch: -1 })
        await note('leaves no such group for a while', { memberEpoch: -2, instanceId: 'i' })
      }
      await s.note('described', s.consumers(a))
      await s.note('described, v0', s.consumers(a, 0))
      await s.note('listed', s.list(a))
    },
  },
  {
    name: 'a consumer alone',
    async run(s) {
      const a = await s.client('a')
      await s.note('joined', s.enter(a, 'member-a'))
      await s.note('described', s.consumers(a))
      await s.note('described, v0', s.consumers(a, 0))
      await s.note('heartbeat', s.beat(a, { memberId: 'member-a', memberEpoch: 2 }))
      const owned = s.partitions('orders', 0, 1, 2)
      await s.note('owns', s.beat(a, { memberId: 'member-a', memberEpoch: 2, topicPartitions: owned }))
      await s.note(
        'tells everything',
        s.enter(a, 'member-a', { memberEpoch: 2, rebalanceTimeoutMs: 6000, topicPartitions: owned }),
      )
      await s.note('joins again', s.enter(a, 'member-a'))
      await s.note('listed', s.list(a))
      await s.note('listed by type', s.list(a, { typesFilter: ['Consumer'] }))
      await s.note('listed by state', s.list(a, { statesFilter: ['stable', 'Reconciling'] }))
      await s.note('listed by other state', s.list(a, { statesFilter: ['Empty', 'Assigning'] }))
      await s.note('as a classic group', s.describe(a))
      await s.note('as a classic group, v5', s.describe(a, 5))
      await s.note('cannot be deleted', s.remove(a))
      await s.note('left', s.beat(a, { memberId: 'member-a', memberEpoch: -1 }))
      await s.note('left again', s.beat(a, { memberId: 'member-a', memberEpoch: -1 }))
      await s.note('heartbeat afterwards', s.beat(a, { memberId: 'member-a', memberEpoch: 2 }))
      await s.note('empty', s.consumers(a))
      await s.note('listed empty', s.list(a, { statesFilter: ['empty'] }))
      await s.note('joined the empty group', s.enter(a, 'member-a'))
      await s.note('left it', s.beat(a, { memberId: 'member-a', memberEpoch: -1 }))
      await s.note('deleted', s.remove(a))
      await s.note('gone', s.consumers(a))
    },
  },
  {
    name: 'a consumer without a name',
    async run(s) {
      const a = await s.client('a')
      const request = { memberEpoch: 0, rebalanceTimeoutMs: 5000, topicPartitions: [] }
      const joined = await s.note(
        'joined, v0',
        s.beat(a, { ...request, subscribedTopicNames: ['orders'] }, 0),
      )
      await s.note(
        'heartbeat',
        s.beat(a, { memberId: joined.memberId ?? '', memberEpoch: joined.memberEpoch }, 0),
      )
      await s.note('joined, v1', s.beat(a, { ...request, subscribedTopicNames: ['orders'] }, 1))
    },
  },
  {
    name: 'consumers share',
    async run(s) {
      const [a, b] = [await s.client('a'), await s.client('b')]
      const beat = (client: typeof a, epoch: number, request: object = {}) =>
        s.beat(client, { memberId: `member-${client.clientId}`, memberEpoch: epoch, ...request })
      const all = s.partitions('orders', 0, 1, 2)
      const two = s.partitions('orders', 0, 1)
      await s.note('a joins', s.enter(a, 'member-a'))
      await s.note('b joins', s.enter(b, 'member-b'))
      await s.note('described', s.consumers(a))
      await s.note('a still owns all', beat(a, 2, { topicPartitions: all }))
      await s.note('a says nothing', beat(a, 2))
      await s.note('b waits', beat(b, 3, { topicPartitions: [] }))
      await s.note('a in an epoch to come', beat(a, 3, { topicPartitions: two }))
      await s.note('reconciling', s.consumers(a))
      await s.note('a gives up', beat(a, 2, { topicPartitions: two }))
      await s.note('a in its last epoch', beat(a, 2, { topicPartitions: two }))
      await s.note('a in its last epoch, with what it gave up', beat(a, 2, { topicPartitions: all }))
      await s.note('a in its last epoch, saying nothing', beat(a, 2))
      await s.note('a in an epoch before', beat(a, 1, { topicPartitions: two }))
      await s.note('b gets', beat(b, 3, { topicPartitions: [] }))
      await s.note('stable', s.consumers(a))
      await s.note('somebody else', s.beat(a, { memberId: 'member-c', memberEpoch: 3 }))
      await s.note('somebody else leaves', s.beat(a, { memberId: 'member-c', memberEpoch: -1 }))
      await s.note('b leaves', beat(b, -1))
      await s.note('a is told', beat(a, 3, { topicPartitions: two }))
      await s.note('alone', s.consumers(a))
    },
  },
  {
    name: 'consumers commit',
    async run(s) {
      const [a, b] = [await s.client('a'), await s.client('b')]
      const commit = (memberId: string, epoch: number, version = 9) =>
        s.commit(a, { memberId, generationIdOrMemberEpoch: epoch }, version)
      await s.note('to no group', commit('member-a', 1))
      await s.note('to no group, v8', commit('member-a', 1, 8))
      await s.enter(a, 'member-a')
      await s.note('in its epoch', commit('member-a', 2))
      await s.note('in its epoch, v8', commit('member-a', 2, 8))
      await s.note('in an epoch to come', commit('member-a', 3))
      await s.note('in an epoch before', commit('member-a', 1))
      await s.note('somebody else', commit('member-b', 2))
      await s.note('nobody', commit('', -1))
      await s.note('without epoch', commit('member-a', -1))
      await s.enter(b, 'member-b')
      const owned = s.partitions('orders', 0, 1, 2)
      await s.beat(a, { memberId: 'member-a', memberEpoch: 2, topicPartitions: owned })
      await s.beat(a, { memberId: 'member-a', memberEpoch: 2, topicPartitions: s.partitions('orders', 0, 1) })
      await s.note('in the epoch it was given the partition in', commit('member-a', 2))
      const last = { name: 'orders', partitions: [{ partitionIndex: 2, committedOffset: 1 }] }
      const request = { memberId: 'member-a', generationIdOrMemberEpoch: 2, topics: [last] }
      await s.note('what it has no longer', s.commit(a, request))
      const both = { ...last, partitions: [{ partitionIndex: 0, committedOffset: 9 }, ...last.partitions] }
      await s.note('one of each', s.commit(a, { ...request, topics: [both] }))
      await s.note('what it has no longer, now', s.commit(a, { ...request, generationIdOrMemberEpoch: 3 }))
      const fetch = async (memberId: string | null, memberEpoch: number, version = 9) => {
        const topics = [{ name: 'orders', topicId: s.peer.topicId('orders'), partitionIndexes: [0, 2] }]
        const group = { groupId: s.groupId, memberEpoch, topics, ...(memberId !== null && { memberId }) }
        return (await a.send(offsetFetch, version, { groups: [group] })).groups
      }
      await s.note('fetches', fetch('member-a', 3))
      await s.note('fetches, v10', fetch('member-a', 3, 10))
      await s.note('fetches in the last epoch', fetch('member-a', 2))
      await s.note('somebody else fetches', fetch('member-c', 3))
      await s.note('nobody fetches', fetch(null, -1))
      await s.note('nobody fetches in an epoch', fetch(null, 3))
      await s.note('an empty name fetches', fetch('', -1))
      const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0 }] }]
      const forget = (names = topics) => a.send(offsetDelete, 0, { groupId: s.groupId, topics: names })
      await s.note('cannot be forgotten', forget())
      await s.note('other topic', forget([{ name: 'payments', partitions: [{ partitionIndex: 0 }] }]))
      await s.beat(a, { memberId: 'member-a', memberEpoch: -1 })
      await s.beat(b, { memberId: 'member-b', memberEpoch: -1 })
      await s.note('to the empty group', commit('', -1))
      await s.note('to the empty group, in an epoch', commit('member-a', 3))
      await s.note('forgotten', forget())
      await s.note('all', s.fetchAll(a))
    },
  },
  {
    name: 'what consumers subscribe to',
    async run(s) {
      const a = await s.client('a')
      const beat = (epoch: number, request: object = {}) =>
        s.beat(a, { memberId: 'member-a', memberEpoch: epoch, ...request })
      await s.note('nothing there', s.enter(a, 'member-a', { subscribedTopicNames: ['nowhere'] }))
      await s.note('two topics', beat(2, { subscribedTopicNames: ['orders', 'payments', 'nowhere'] }))
      await s.note('described', s.consumers(a))
      const payments = s.partitions('payments', 0)
      const both = [...s.partitions('orders', 0, 1, 2), ...payments]
      const less = { subscribedTopicNames: ['payments'] }
      await s.note('one of them', beat(3, { ...less, topicPartitions: both }))
      await s.note('has given up', beat(3, { topicPartitions: payments }))
      await s.note('the same again', beat(4, { ...less, topicPartitions: payments }))
      await s.note('none', beat(4, { subscribedTopicNames: [], topicPartitions: payments }))
      await s.note('has given up all', beat(4, { topicPartitions: [] }))
      await s.note('none described', s.consumers(a))
      await s.note('another client id', s.beat(await s.client('b'), { memberId: 'member-a', memberEpoch: 5 }))
      await s.note('another rack', beat(5, { rackId: 'r' }))
      await s.note('described again', s.consumers(a))
    },
  },
  {
    name: 'subscriptions by regular expression',
    async run(s) {
      const a = await s.client('a')
      const beat = (epoch: number, request: object = {}) =>
        s.beat(a, { memberId: 'member-a', memberEpoch: epoch, ...request })
      const regex = (subscribedTopicRegex: string) => ({ subscribedTopicNames: [], subscribedTopicRegex })
      await s.note('invalid', s.enter(a, 'member-a', regex('(')))
      await s.note('of another language', s.enter(a, 'member-a', regex('a(?=b)')))
      await s.note('nothing came of it', s.consumers(a))
      await s.note('joins', s.enter(a, 'member-a', regex('orde.*')))
      await s.pause(500)
      await s.note('resolved', beat(2))
      await s.note('described', s.consumers(a))
      await s.note('described, v0', s.consumers(a, 0))
      await s.note('invalid later', beat(3, { subscribedTopicRegex: '[' }))
      await s.note('the same', beat(3, { subscribedTopicRegex: 'orde.*' }))
      await s.note('with names', beat(3, { subscribedTopicNames: ['payments'] }))
      await s.note('no longer', beat(4, { subscribedTopicRegex: '' }))
      await s.note('has given up', beat(4, { topicPartitions: s.partitions('payments', 0) }))
      await s.note('described at last', s.consumers(a))
    },
  },
  {
    name: 'topics of consumers change',
    async run(s) {
      const a = await s.client('a')
      const beat = (epoch: number) => s.beat(a, { memberId: 'member-a', memberEpoch: epoch })
      await s.note('joins', s.enter(a, 'member-a', { subscribedTopicNames: ['fresh', 'orders'] }))
      await s.peer.createTopic('fresh', 1)
      await s.note('a topic came', beat(2))
      await s.peer.addPartitions('fresh', 3)
      await s.note('it grew', beat(3))
      await s.note('nothing happened', beat(4))
      await s.note('described', s.consumers(a))
    },
  },
  {
    name: 'assignors of consumers',
    async run(s) {
      const [a, b] = [await s.client('a'), await s.client('b')]
      const topics = { subscribedTopicNames: ['orders'] }
      await s.note('a wants ranges', s.enter(a, 'member-a', { ...topics, serverAssignor: 'range' }))
      await s.note('described', s.consumers(a))
      await s.note('b wants nothing', s.enter(b, 'member-b', topics))
      await s.note('a heartbeats', s.beat(a, { memberId: 'member-a', memberEpoch: 2 }))
      await s.note('shared', s.consumers(a))
      const uniform = { memberId: 'member-a', memberEpoch: 2, serverAssignor: 'uniform' }
      await s.note('a changes its mind', s.beat(a, uniform))
      await s.note('described again', s.consumers(a))
    },
  },
]
