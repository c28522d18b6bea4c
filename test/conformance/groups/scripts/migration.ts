import { consumerProtocolAssignment } from '../../../../protocol/formats/consumer-protocol-assignment.ts'
import { consumerProtocolSubscription } from '../../../../protocol/formats/consumer-protocol-subscription.ts'
import { encodeVersioned } from '../../../../protocol/formats/versioned.ts'
import type { Script } from '../steps.ts'

/** Member metadata with what the member owns, as cooperative assignors tell it. */
function metadata(topic: string, ...partitions: number[]): Buffer {
  return encodeVersioned(consumerProtocolSubscription, 1, {
    topics: [topic],
    userData: null,
    ownedPartitions: partitions.length === 0 ? [] : [{ topic, partitions }],
  })
}

function assignment(topic: string, ...partitions: number[]): Buffer {
  return encodeVersioned(consumerProtocolAssignment, 1, {
    assignedPartitions: [{ topic, partitions }],
    userData: null,
  })
}

const range = (...partitions: number[]) => [{ name: 'range', metadata: metadata('orders', ...partitions) }]

/** Groups whose members speak both protocols, one after the other or at the same time (KIP-848). */
export const migrationScripts: readonly Script[] = [
  {
    name: 'a classic group is upgraded and downgraded',
    async run(s) {
      const [a, b] = [await s.client('a'), await s.client('b')]
      const joined = await s.note('a joins', s.joinTwice(a, { protocols: range() }))
      const { memberId } = joined
      const all = [{ memberId, assignment: assignment('orders', 0, 1, 2) }]
      await s.note('a is assigned', s.sync(a, joined, { assignments: all }))
      await s.note('b joins', s.enter(b, 'member-b'))
      await s.note('upgraded', s.consumers(b))
      await s.note('listed', s.list(b))
      const beatB = (epoch: number) => s.beat(b, { memberId: 'member-b', memberEpoch: epoch })
      await s.note('a syncs in its generation', s.sync(a, joined))
      await s.note('a must join', s.heartbeat(a, joined))
      await s.note('b waits', beatB(2))
      await s.note('a commits', s.commit(a, { memberId, generationIdOrMemberEpoch: 1 }))
      await s.note('a commits to come', s.commit(a, { memberId, generationIdOrMemberEpoch: 2 }))
      const revoking = await s.note(
        'a joins with what it owns',
        s.join(a, { memberId, protocols: range(0, 1, 2) }),
      )
      await s.note('a syncs to give up', s.sync(a, revoking))
      await s.note('a must join again', s.heartbeat(a, revoking))
      const revoked = await s.note(
        'a joins with what it keeps',
        s.join(a, { memberId, protocols: range(0, 1) }),
      )
      await s.note('a syncs', s.sync(a, revoked))
      await s.note('a in another protocol', s.sync(a, revoked, { protocolName: 'sticky' }))
      await s.note('a in another type', s.sync(a, revoked, { protocolType: 'connect' }))
      await s.note('a heartbeats', s.heartbeat(a, revoked))
      await s.note('a in its old generation', s.heartbeat(a, joined))
      await s.note('b gets', beatB(2))
      await s.note('both described', s.consumers(b))
      await s.note('both described, v0', s.consumers(b, 0))
      await s.note('b leaves', s.beat(b, { memberId: 'member-b', memberEpoch: -1 }))
      await s.note('downgraded', s.describe(a))
      await s.note('no longer', s.consumers(a))
      await s.note('a is told of a rebalance', s.heartbeat(a, revoked))
      const last = await s.note('a joins the classic group', s.join(a, { memberId, protocols: range(0, 1) }))
      await s.note('a heartbeats in it', s.heartbeat(a, last))
    },
  },
  {
    name: 'a consumer group takes in classic members',
    async run(s) {
      const [a, b] = [await s.client('a'), await s.client('b')]
      await s.note('a joins', s.enter(a, 'member-a'))
      const asked = await s.note('b asks for an id', s.join(b, { protocols: range() }))
      const { memberId } = asked
      const joined = await s.note('b joins', s.join(b, { memberId, protocols: range() }))
      await s.note('b syncs', s.sync(b, joined))
      const two = s.partitions('orders', 0, 1)
      await s.note('a is told', s.beat(a, { memberId: 'member-a', memberEpoch: 2 }))
      await s.note('a gives up', s.beat(a, { memberId: 'member-a', memberEpoch: 2, topicPartitions: two }))
      await s.note('b is told', s.heartbeat(b, joined))
      const again = await s.note('b joins again', s.join(b, { memberId, protocols: range() }))
      await s.note('b gets', s.sync(b, again))
      await s.note('b heartbeats', s.heartbeat(b, again))
      await s.note('described', s.consumers(a))
      await s.note('b changes to the consumer protocol', s.enter(b, memberId))
      await s.note('described again', s.consumers(a))
      await s.note('b is classic no longer', s.heartbeat(b, again))
      await s.note('both leave', s.leave(b, [{ memberId }, { memberId: 'member-a' }]))
      await s.note('empty', s.consumers(a))
    },
  },
  {
    name: 'the last consumer is replaced by a classic member',
    async run(s) {
      const [a, b] = [await s.client('a'), await s.client('b')]
      const groupInstanceId = 'i'
      await s.note('a joins', s.enter(a, 'member-a', { instanceId: groupInstanceId }))
      const joined = await s.note('b takes its place', s.join(b, { groupInstanceId, protocols: range() }))
      await s.note('a is fenced', s.beat(a, { memberId: 'member-a', memberEpoch: 2, instanceId: 'i' }))
      await s.note('described', s.describe(b))
      await s.note('b syncs', s.sync(b, joined, { groupInstanceId }))
      await s.note('b heartbeats', s.heartbeat(b, joined, groupInstanceId))
      await s.note('a takes it back', s.enter(a, 'member-a', { instanceId: groupInstanceId }))
      await s.note('b is fenced', s.heartbeat(b, joined, groupInstanceId))
      await s.note('described again', s.consumers(a))
    },
  },
  {
    name: 'groups that cannot be upgraded',
    async run(s) {
      const [a, b] = [await s.client('a'), await s.client('b')]
      const protocols = [{ name: 'compatible', metadata: Buffer.from('told') }]
      const joined = await s.stable(a, { protocolType: 'connect', protocols })
      await s.note('of another type', s.enter(b, 'member-b'))
      await s.note('heartbeat to a classic group', s.beat(b, { memberId: 'member-b', memberEpoch: 1 }))
      await s.note('leaves a classic group', s.beat(b, { memberId: 'member-b', memberEpoch: -1 }))
      await s.note('described', s.consumers(b))
      await s.note('goes on', s.heartbeat(a, joined))
      await s.note('leaves', s.leave(a, [{ memberId: joined.memberId }]))
      await s.note('the empty group becomes one of consumers', s.enter(b, 'member-b'))
      await s.note('as such', s.consumers(b))
    },
  },
  {
    name: 'a classic group with what cannot be read is not upgraded',
    async run(s) {
      const [a, b] = [await s.client('a'), await s.client('b')]
      const joined = await s.note('a joins', s.joinTwice(a, { protocols: range() }))
      const { memberId } = joined
      const userData = Buffer.from('custom')
      const custom = encodeVersioned(consumerProtocolAssignment, 1, { assignedPartitions: [], userData })
      await s.note('a is assigned', s.sync(a, joined, { assignments: [{ memberId, assignment: custom }] }))
      await s.note('b cannot join', s.enter(b, 'member-b'))
      await s.note('a goes on', s.heartbeat(a, joined))
      const again = await s.note('a joins again', s.join(a, { memberId, protocols: range() }))
      const broken = Buffer.from([0, 1, 0])
      await s.note('a is assigned', s.sync(a, again, { assignments: [{ memberId, assignment: broken }] }))
      await s.note('b cannot join that', s.enter(b, 'member-b'))
      await s.note('described', s.describe(a))
    },
  },
  {
    name: 'a classic group that has not agreed on a protocol is not upgraded',
    async run(s) {
      const [a, b] = [await s.client('a'), await s.client('b')]
      const { answer } = await s.joining(a, { protocols: range() })
      await s.note('b joins', s.enter(b, 'member-b'))
      const { errorCode, memberId } = await answer
      await s.note('a is told', { errorCode, memberId })
      await s.note('described', s.describe(a))
    },
  },
  {
    name: 'a group is upgraded during a rebalance',
    async run(s) {
      const [a, b] = [await s.client('a'), await s.client('b')]
      const joined = await s.note('a joins', s.joinTwice(a, { protocols: range() }))
      const { memberId } = joined
      const waiting = await s.sent(s.sync(a, joined, { assignments: [] }))
      await waiting.answer
      const { answer } = await s.joining(b, { protocols: range() })
      const entered = await s.enter(await s.client('c'), 'member-c')
      // Which of them is chance.
      const partitions = entered.assignment?.topicPartitions.map((each) => each.partitions.length)
      await s.note('c joins', { ...entered, assignment: partitions })
      await s.note('b is told', answer)
      await s.note('a is told', s.heartbeat(a, joined))
      const again = await s.note('a joins again', s.join(a, { memberId, protocols: range() }))
      // Whose partitions these are is chance.
      const { errorCode, assignment: given } = await s.sync(a, again)
      await s.note('a syncs', { errorCode, bytes: given.length })
      const [group] = (await s.consumers(a)).groups
      const members = group?.members.map(({ memberId: id, memberType }) => ({ memberId: id, memberType }))
      await s.note('described', { ...group, members })
    },
  },
]
