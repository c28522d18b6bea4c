import type { Script } from '../steps.ts'

/** Consumers that stay away, come back, are too many or too slow. */
export const consumerMembershipScripts: readonly Script[] = [
  {
    name: 'static consumers',
    async run(s) {
      const [a, b] = [await s.client('a'), await s.client('b')]
      const instanceId = 'i'
      const owned = s.partitions('orders', 0, 1, 2)
      await s.note('joins', s.enter(a, 'member-a', { instanceId }))
      await s.note('is described', s.consumers(a))
      await s.note('its place is not free', s.enter(b, 'member-b', { instanceId }))
      await s.note('fine', s.beat(a, { memberId: 'member-a', memberEpoch: 2, instanceId }))
      await s.note('without its instance', s.beat(a, { memberId: 'member-a', memberEpoch: 2 }))
      await s.note('fenced', s.beat(b, { memberId: 'member-b', memberEpoch: 2, instanceId }))
      await s.note('unknown instance', s.beat(a, { memberId: 'member-a', memberEpoch: 2, instanceId: 'j' }))
      await s.note('fenced when leaving', s.beat(b, { memberId: 'member-b', memberEpoch: -2, instanceId }))
      await s.note(
        'unknown when leaving',
        s.beat(b, { memberId: 'member-b', memberEpoch: -1, instanceId: 'j' }),
      )
      await s.note('leaves for a while', s.beat(a, { memberId: 'member-a', memberEpoch: -2, instanceId }))
      await s.note('is away', s.consumers(a))
      await s.note('heartbeat while away', s.beat(a, { memberId: 'member-a', memberEpoch: 2, instanceId }))
      await s.note('is back', s.enter(b, 'member-b', { instanceId }))
      await s.note('is back, described', s.consumers(a))
      await s.note(
        'goes on',
        s.beat(b, { memberId: 'member-b', memberEpoch: 2, instanceId, topicPartitions: owned }),
      )
      await s.note('the old one', s.beat(a, { memberId: 'member-a', memberEpoch: 2, instanceId }))
      await s.note(
        'commits',
        s.commit(b, { memberId: 'member-b', generationIdOrMemberEpoch: 2, groupInstanceId: instanceId }),
      )
      await s.note(
        'removed by hand',
        s.leave(a, [
          { memberId: '', groupInstanceId: 'j' },
          { memberId: 'member-a', groupInstanceId: instanceId },
          { memberId: '', groupInstanceId: instanceId },
          { memberId: 'member-x' },
        ]),
      )
      await s.note('empty', s.consumers(a))
    },
  },
  {
    name: 'a static consumer joins otherwise',
    async run(s) {
      const [a, b, c] = [await s.client('a'), await s.client('b'), await s.client('c')]
      await s.note('a joins', s.enter(a, 'member-a', { instanceId: 'i' }))
      await s.note('b joins', s.enter(b, 'member-b'))
      await s.note('a leaves', s.beat(a, { memberId: 'member-a', memberEpoch: -2, instanceId: 'i' }))
      const subscribedTopicNames = ['orders', 'payments']
      await s.note('c takes its place', s.enter(c, 'member-c', { instanceId: 'i', subscribedTopicNames }))
      await s.note('described', s.consumers(a))
      await s.note('c leaves for good', s.beat(c, { memberId: 'member-c', memberEpoch: -1, instanceId: 'i' }))
      await s.note('b heartbeats', s.beat(b, { memberId: 'member-b', memberEpoch: 3 }))
    },
  },
  {
    name: 'sessions of consumers end',
    async run(s) {
      const [a, b] = [await s.client('a'), await s.client('b')]
      const beatA = (epoch: number, request: object = {}) =>
        s.beat(a, { memberId: 'member-a', memberEpoch: epoch, ...request })
      await s.enter(a, 'member-a')
      await s.enter(b, 'member-b')
      await s.pause(1800)
      await s.note('a is asked to give up', beatA(2))
      await s.pause(1800)
      await s.note('b is gone', s.beat(b, { memberId: 'member-b', memberEpoch: 3 }))
      await s.note('a has all', beatA(2, { topicPartitions: s.partitions('orders', 0, 1) }))
      await s.note('described', s.consumers(a))
    },
  },
  {
    name: 'a consumer does not give up in time',
    async run(s) {
      const [a, b] = [await s.client('a'), await s.client('b')]
      await s.enter(a, 'member-a', { rebalanceTimeoutMs: 1500 })
      await s.enter(b, 'member-b')
      const owned = s.partitions('orders', 0, 1, 2)
      const beatA = () => s.beat(a, { memberId: 'member-a', memberEpoch: 2, topicPartitions: owned })
      await s.note('a is asked', beatA())
      await s.pause(700)
      await s.note('a is asked again', beatA())
      await s.note('b waits', s.beat(b, { memberId: 'member-b', memberEpoch: 3 }))
      await s.pause(1300)
      await s.note('a is fenced', beatA())
      await s.note('b has all', s.beat(b, { memberId: 'member-b', memberEpoch: 3 }))
    },
  },
  {
    name: 'too many consumers',
    async run(s) {
      const a = await s.client('a')
      for (const name of ['a', 'b', 'c']) await s.enter(a, `member-${name}`)
      await s.note('a fourth', s.enter(a, 'member-d'))
      await s.note('a fourth, static', s.enter(a, 'member-d', { instanceId: 'i' }))
      await s.note('the third again', s.enter(a, 'member-c'))
      await s.note('described', s.consumers(a))
    },
  },
  {
    name: 'consumers that speak the classic protocol are refused',
    async run(s) {
      const [a, b] = [await s.client('a'), await s.client('b')]
      await s.enter(a, 'member-a')
      await s.note('joins in another type', s.join(b, { protocolType: 'connect' }))
      await s.note('joins with no protocol', s.join(b, { protocols: [] }))
      const broken = [{ name: 'range', metadata: Buffer.from([0]) }]
      await s.note('is asked for its id', s.join(b))
      await s.note('joins with what cannot be read', s.join(b, { protocols: broken, memberId: 'member-b' }))
      await s.note('unknown static member', s.join(b, { memberId: 'x', groupInstanceId: 'i' }))
      const joined = { memberId: 'member-a', generationId: 2 } as never
      await s.note('syncs as the other', s.sync(b, joined))
      await s.note('heartbeats as the other', s.heartbeat(b, joined))
      await s.note('syncs as nobody', s.sync(b, { memberId: 'x', generationId: 2 } as never))
      await s.note('heartbeats as nobody', s.heartbeat(b, { memberId: 'x', generationId: 2 } as never))
      await s.note('instance of nobody', s.heartbeat(b, joined, 'i'))
      await s.note('the other leaves', s.leave(b, [{ memberId: 'member-a' }]))
      await s.note('left', s.consumers(a))
      await s.note('the empty group becomes classic', s.join(b))
      // Kafka asks for the id before what it writes of the group is committed, and describes what is committed.
      await s.pause(300)
      await s.note('described as such', s.describe(b))
    },
  },
]
