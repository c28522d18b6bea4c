import t from 'tap'
import { TRANSITIONS } from '../../../lib/groups/classic/state.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { describeGroups } from '../../../protocol/messages/describe-groups.ts'
import { GroupDriver, type Joined, subscription } from '../../helpers/groups/group-driver.ts'
import { GroupRig, type GroupRigOptions } from '../../helpers/groups/group-rig.ts'

const { NONE, REBALANCE_IN_PROGRESS, UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, FENCED_INSTANCE_ID } = ErrorCode

function start(options: GroupRigOptions = {}): { rig: GroupRig; group: GroupDriver } {
  const rig = new GroupRig(options)
  rig.createTopic('orders')
  rig.createOffsetsTopic()
  return { rig, group: new GroupDriver(rig) }
}

async function stateOf(rig: GroupRig, groupId = 'group'): Promise<string> {
  const { groups } = await rig.send(describeGroups, 6, { groups: [groupId] }).promise
  return `${groups[0]?.groupState} ${groups[0]?.members.length}`
}

t.test('the table of transitions is the one of Kafka, and leads nowhere from Dead', async (t) => {
  t.same(TRANSITIONS.Dead, ['Dead'])
  const states = Object.keys(TRANSITIONS)
  const previous = (state: string) =>
    states.filter((from) => TRANSITIONS[from as keyof typeof TRANSITIONS].includes(state as never))
  t.same(previous('Empty'), ['PreparingRebalance'])
  t.same(previous('PreparingRebalance'), ['Empty', 'CompletingRebalance', 'Stable'])
  t.same(previous('CompletingRebalance'), ['PreparingRebalance'])
  t.same(previous('Stable'), ['CompletingRebalance'])
  t.same(previous('Dead'), states)
})

t.test('the initial rebalance waits for its delay, once more for each time that somebody came', async (t) => {
  const { rig, group } = start({ configs: { 'group.initial.rebalance.delay.ms': '3000' } })
  const first = await group.joinWithId()
  await rig.advance(2999)
  t.ok(first.isWaiting, 'alone it would have been answered one millisecond later')
  const second = await group.joinWithId()
  await rig.advance(1)
  t.ok(first.isWaiting)
  await rig.advance(2998)
  const third = await group.joinWithId()
  await rig.advance(2)
  t.ok(first.isWaiting)
  await rig.advance(2999)
  t.ok(third.isWaiting)
  await rig.advance(1)
  t.equal(first.response.members.length, 3, 'the first is the leader and knows all')
  t.equal(second.response.members.length, 0)
  t.equal(third.response.generationId, 1)
})

t.test('the initial delay ends at the rebalance timeout, whoever comes', async (t) => {
  const { rig, group } = start({ configs: { 'group.initial.rebalance.delay.ms': '3000' } })
  const first = await group.joinWithId({ rebalanceTimeoutMs: 7000 })
  for (let second = 1; second <= 6; second++) {
    await rig.advance(1000)
    await group.joinWithId({ rebalanceTimeoutMs: 7000 })
  }
  await rig.advance(999)
  t.ok(first.isWaiting)
  await rig.advance(1)
  t.equal(first.response.members.length, 7)
})

t.test('no delay where it is configured away', async (t) => {
  const { rig, group } = start({ configs: { 'group.initial.rebalance.delay.ms': '0' } })
  const only = await group.joinWithId()
  await rig.advance(0)
  t.equal(only.response.generationId, 1)
  t.equal((await group.lead(only.response).promise).assignment.toString(), only.response.memberId)
})

t.test('a session lives as long as it is heard of', async (t) => {
  const { rig, group } = start()
  const [leader, follower] = (await group.stable(2, { sessionTimeoutMs: 10_000 })) as [Joined, Joined]
  for (let i = 0; i < 5; i++) {
    await rig.advance(9999)
    t.equal(await group.heartbeat(leader), NONE)
    t.equal(await group.heartbeat(follower), NONE)
  }
  await rig.advance(9998)
  t.equal(await group.commit('orders', 1, leader), NONE, 'committing counts as a heartbeat')
  t.equal(await stateOf(rig), 'Stable 2')
  await rig.advance(2)
  t.equal(await stateOf(rig), 'PreparingRebalance 1', 'the follower is out, to the millisecond')
  t.equal(await group.heartbeat(leader), REBALANCE_IN_PROGRESS)
  t.equal(await group.heartbeat(follower), UNKNOWN_MEMBER_ID)
  const again = group.join({ memberId: leader.memberId })
  await rig.settle()
  t.equal(again.response.generationId, 2)
  t.equal(await group.heartbeat(leader), ILLEGAL_GENERATION)
})

t.test(
  'all sessions over: the group is empty, in its next generation, and no timer is left but expiry',
  async (t) => {
    const { rig, group } = start()
    await group.stable(3)
    await rig.advance(10_001)
    t.equal(await stateOf(rig), 'Empty 0')
    t.equal(rig.clock.pendingTimers, 1)
    const next = await group.joinWithId()
    await rig.advance(3000)
    t.equal(next.response.generationId, 3)
  },
)

t.test(
  'whoever waits in a rebalance is alive; whoever waits as a new member is so for five minutes',
  async (t) => {
    const { rig, group } = start()
    const [leader, follower] = (await group.stable(2, {
      rebalanceTimeoutMs: 900_000,
      sessionTimeoutMs: 400_000,
    })) as [Joined, Joined]
    const joined = { rebalanceTimeoutMs: 900_000, sessionTimeoutMs: 400_000 }
    const rejoining = group.join({ ...joined, memberId: leader.memberId })
    const newcomer = await group.joinWithId(joined)
    await rig.advance(299_999)
    t.equal(await group.heartbeat(follower), REBALANCE_IN_PROGRESS)
    t.ok(newcomer.isWaiting)
    await rig.advance(1)
    t.equal(newcomer.response.errorCode, UNKNOWN_MEMBER_ID)
    await rig.advance(200_000)
    t.ok(rejoining.isWaiting, 'the leader waits on for the follower, who heartbeats but does not join')
    t.equal(await stateOf(rig), 'PreparingRebalance 2')
    await rig.advance(200_000)
    t.equal(rejoining.response.members.length, 1, 'until the session of the follower is over')
  },
)

t.test('who does not rejoin within the rebalance timeout is out', async (t) => {
  const { rig, group } = start()
  const [leader, follower] = (await group.stable(2, {
    rebalanceTimeoutMs: 20_000,
    sessionTimeoutMs: 10_000,
  })) as [Joined, Joined]
  const rejoining = group.join({ memberId: leader.memberId })
  for (let second = 0; second < 19; second++) {
    await rig.advance(1000)
    t.equal(await group.heartbeat(follower), REBALANCE_IN_PROGRESS)
  }
  await rig.advance(999)
  t.ok(rejoining.isWaiting)
  await rig.advance(1)
  t.equal(rejoining.response.generationId, 2)
  t.equal(await group.heartbeat(follower), UNKNOWN_MEMBER_ID)
})

t.test('a leader that does not rejoin gives way to one that did', async (t) => {
  const { rig, group } = start()
  const [leader, follower] = (await group.stable(2, { sessionTimeoutMs: 60_000 })) as [Joined, Joined]
  const protocols = [{ name: 'range', metadata: subscription('payments') }]
  const rejoining = group.join({ memberId: follower.memberId, protocols })
  await rig.advance(20_000)
  t.equal(rejoining.response.leader, follower.memberId)
  t.equal(rejoining.response.members.length, 1)
  t.not(rejoining.response.leader, leader.memberId)
})

t.test('static members are waited for until their sessions are over, rebalance timeout or not', async (t) => {
  const { rig, group } = start()
  const a = group.join({ groupInstanceId: 'a', sessionTimeoutMs: 60_000 })
  const b = group.join({ groupInstanceId: 'b', sessionTimeoutMs: 60_000 })
  await rig.advance(6000)
  group.lead(a.response)
  group.sync(b.response, { groupInstanceId: 'b' })
  await rig.settle()
  const rejoining = group.join({
    groupInstanceId: 'a',
    memberId: a.response.memberId,
    sessionTimeoutMs: 60_000,
  })
  await rig.advance(20_000)
  t.equal(rejoining.response.members.length, 2, 'the static member that did not rejoin is in the generation')
  t.equal(await stateOf(rig), 'CompletingRebalance 2')
  await rig.advance(20_000)
  t.equal(await stateOf(rig), 'Empty 0', 'neither synced')
})

t.test('a group of static members that are all away postpones its rebalance', async (t) => {
  const { rig, group } = start()
  const a = group.join({ groupInstanceId: 'a', sessionTimeoutMs: 100_000 })
  const b = group.join({ groupInstanceId: 'b', sessionTimeoutMs: 100_000 })
  const c = await group.joinWithId({ sessionTimeoutMs: 10_000 })
  await rig.advance(6000)
  const replies = [group.lead(a.response), group.sync(b.response), group.sync(c.response)]
  await rig.settle()
  t.same(
    replies.map((reply) => reply.isWaiting),
    [false, false, false],
  )
  t.equal(await group.leave(c.response.memberId), NONE)
  t.equal(await stateOf(rig), 'PreparingRebalance 2')
  await rig.advance(20_000)
  t.equal(await stateOf(rig), 'PreparingRebalance 2', 'nobody rejoined, so there is no next generation yet')
  const back = group.join({ groupInstanceId: 'a' })
  await rig.advance(20_000)
  t.equal(back.response.generationId, 2)
})

t.test('who learnt of its generation and does not sync is out after the rebalance timeout', async (t) => {
  const { rig, group } = start()
  const a = await group.joinWithId({ sessionTimeoutMs: 60_000 })
  const b = await group.joinWithId({ sessionTimeoutMs: 60_000 })
  await rig.advance(6000)
  const synced = group.lead(a.response)
  t.notOk((await synced.promise).errorCode)
  await rig.advance(19_999)
  t.equal(await stateOf(rig), 'Stable 2')
  t.equal(await group.heartbeat(b.response), NONE)
  await rig.advance(1)
  t.equal(await stateOf(rig), 'PreparingRebalance 1')
  t.equal(await group.heartbeat(b.response), UNKNOWN_MEMBER_ID)
})

t.test('pending members hold a rebalance up until their sessions are over', async (t) => {
  const { rig, group } = start()
  const [only] = (await group.stable(1)) as [Joined]
  const { memberId } = await group.join({ sessionTimeoutMs: 8000 }).promise
  const rejoining = group.join({ memberId: only.memberId })
  await rig.advance(7999)
  t.ok(rejoining.isWaiting)
  await rig.advance(1)
  t.equal(rejoining.response.generationId, 2)
  t.equal((await group.join({ memberId }).promise).errorCode, UNKNOWN_MEMBER_ID)
})

t.test('SyncGroup waits for the leader; a rebalance sends the waiting ones back', async (t) => {
  const { rig, group } = start()
  const a = await group.joinWithId()
  const b = await group.joinWithId()
  const c = await group.joinWithId()
  await rig.advance(6000)
  const waiting = [group.sync(b.response), group.sync(c.response)]
  await rig.settle()
  t.same(
    waiting.map((reply) => reply.isWaiting),
    [true, true],
  )
  t.equal(await group.leave(c.response.memberId), NONE)
  await rig.settle()
  t.equal(waiting[0]?.response.errorCode, REBALANCE_IN_PROGRESS)
  t.equal(waiting[1]?.response.errorCode, UNKNOWN_MEMBER_ID, 'who was removed learns it')
  const again = [a, b].map(({ response: { memberId } }) => group.join({ memberId }))
  await rig.settle()
  t.same(
    again.map(({ response }) => response.generationId),
    [2, 2],
  )
})

t.test('a static member comes back: fenced is who was, and nothing is disturbed', async (t) => {
  const { rig, group } = start()
  const a = group.join({ groupInstanceId: 'a' })
  const b = await group.joinWithId()
  await rig.advance(6000)
  group.lead(a.response)
  group.sync(b.response)
  await rig.settle()
  const back = group.join({ groupInstanceId: 'a' })
  await rig.settle()
  t.match(back.response, {
    errorCode: NONE,
    generationId: 1,
    skipAssignment: true,
    leader: back.response.memberId,
  })
  t.equal(back.response.members.length, 2)
  t.equal(await group.heartbeat(a.response, 'a'), FENCED_INSTANCE_ID)
  t.equal(await group.heartbeat(b.response), NONE)
  const assignment = await group.sync(back.response, { groupInstanceId: 'a' }).promise
  t.equal(assignment.assignment.toString(), a.response.memberId, 'what was assigned to its old id')
  const older = group.join({ groupInstanceId: 'a' }, 8)
  await rig.settle()
  t.match(older.response, { skipAssignment: false, leader: back.response.memberId, members: [] })
  await rig.advance(10_001)
  t.equal(await stateOf(rig), 'Empty 0', 'the sessions of old ids do not linger')
})

t.test('a connection that goes away leaves its member to the session timeout', async (t) => {
  const { rig, group } = start()
  const gone = await group.joinWithId()
  const stays = await group.joinWithId()
  gone.disconnect()
  await rig.advance(6000)
  t.ok(gone.isWaiting, 'nobody is there to be answered')
  const { members } = stays.response.members.length > 0 ? stays.response : { members: [] }
  t.equal(members.length, 0, 'who went first is the leader')
  t.equal(await stateOf(rig), 'CompletingRebalance 2')
  await rig.advance(9999)
  t.equal(await group.heartbeat(stays.response), NONE)
  await rig.advance(1)
  t.equal(await stateOf(rig), 'PreparingRebalance 1')
})

t.test('cooperative rebalances: two in a row, nobody out', async (t) => {
  const { rig, group } = start()
  const protocols = [{ name: 'cooperative-sticky', metadata: subscription('orders') }]
  const named = { protocolName: 'cooperative-sticky' }
  const a = await group.joinWithId({ protocols })
  await rig.advance(3000)
  group.lead(a.response, named)
  await rig.settle()
  const b = await group.joinWithId({ protocols })
  t.equal(await group.heartbeat(a.response), REBALANCE_IN_PROGRESS)
  const a2 = group.join({ memberId: a.response.memberId, protocols })
  await rig.settle()
  t.equal(b.response.generationId, 2)
  group.lead(a2.response, named)
  group.sync(b.response, named)
  await rig.settle()
  // The one that has to give something up rejoins at once with what it owns no longer.
  const a3 = group.join({ memberId: a.response.memberId, protocols })
  t.equal(await group.heartbeat(b.response), REBALANCE_IN_PROGRESS)
  const b3 = group.join({ memberId: b.response.memberId, protocols })
  await rig.settle()
  t.same([a3.response.generationId, b3.response.generationId], [3, 3])
  t.equal(a3.response.members.length, 2)
})

t.test('five hundred members find together', async (t) => {
  const { rig, group } = start()
  const joined = await group.stable(500)
  t.equal(await stateOf(rig), 'Stable 500')
  t.equal(joined[0]?.members.length, 500)
  t.equal(rig.clock.pendingTimers, 501)
})
