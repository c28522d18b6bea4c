import { shareGroupHeartbeat } from '../../../../protocol/messages/share-group-heartbeat.ts'
import { type Script, tasks } from '../steps.ts'

const A = 'member-a'
const SHARER = 'c2hhcmUtbWVtYmVyLTAwMQ'

/** Streams groups among groups of other kinds, and what they commit. */
export const neighbourScripts: readonly Script[] = [
  {
    name: 'streams offsets',
    async run(steps) {
      const client = await steps.client()
      const first = await steps.note('a joins', steps.enter(client, A, steps.stateless('orders')))
      const { memberEpoch } = first
      await steps.note('commits', steps.commit(client, A, memberEpoch))
      await steps.note('in too old a version', steps.commit(client, A, memberEpoch, 0, 8))
      await steps.note('of nobody', steps.commit(client, '', -1))
      await steps.note('of another', steps.commit(client, 'other', memberEpoch))
      await steps.note('ahead', steps.commit(client, A, memberEpoch + 1))
      await steps.note('behind', steps.commit(client, A, memberEpoch - 1))
      await steps.note('fetches', steps.fetch(client, A, memberEpoch))
      await steps.note('fetches behind', steps.fetch(client, A, memberEpoch - 1))
      await steps.note('fetches as nobody', steps.fetch(client, null, -1))
      await steps.note('another', steps.fetch(client, 'other', memberEpoch))
      await steps.note('another rack', steps.beat(client, { memberId: A, memberEpoch, rackId: 'r' }))
      await steps.note('commits with the epoch before', steps.commit(client, A, memberEpoch, 2))
      await steps.note('leaves', steps.beat(client, { memberId: A, memberEpoch: -1 }))
      await steps.note('of nobody again', steps.commit(client, '', -1))
      await steps.note('of one who left', steps.commit(client, A, memberEpoch))
    },
  },
  {
    name: 'streams groups and others',
    async run(steps) {
      const client = await steps.client()
      const topology = steps.stateless('orders')
      await steps.note('a joins', steps.enter(client, A, topology))
      await steps.note('a classic member', steps.joinClassic(client))
      await steps.note('a consumer', steps.joinConsumer(client, 'b'))
      await steps.note('a consumer that is known', steps.joinConsumer(client, 'b', 1))
      const share = {
        groupId: steps.groupId,
        memberId: SHARER,
        memberEpoch: 0,
        subscribedTopicNames: ['orders'],
      }
      await steps.note('a sharer', client.send(shareGroupHeartbeat, 1, share))
      await steps.note('a leaves', steps.beat(client, { memberId: A, memberEpoch: -1 }))
      await steps.note('a consumer joins what is empty', steps.joinConsumer(client, 'b'))
      await steps.note('a sharer joins what is empty', client.send(shareGroupHeartbeat, 1, share))
      await steps.note('a classic member joins what is empty', steps.joinClassic(client))
      // Kafka answers before what it answers is committed, and lists what is.
      await steps.settle()
      await steps.note('listed', steps.list(client))
      await steps.note('a joins what is empty again', steps.enter(client, A, topology))
      await steps.note('listed again', steps.list(client))
    },
  },
  {
    name: 'streams members of other groups',
    async run(steps) {
      const client = await steps.client()
      const topology = steps.stateless('orders')
      await steps.note('a consumer', steps.joinConsumer(client, 'b'))
      await steps.note('a joins', steps.enter(client, A, topology))
      await steps.note('a is there', steps.owns(client, A, 1, tasks('0', 0)))
      await steps.note('a leaves', steps.beat(client, { memberId: A, memberEpoch: -1 }))
      await steps.note('described', steps.describe(client))
      await steps.note('the consumer leaves', steps.joinConsumer(client, 'b', -1))
      await steps.note('a joins what is empty', steps.enter(client, A, topology))
    },
  },
]
