import t from 'tap'
import { coordinatorPartition } from '../../../lib/groups/coordinator-key.ts'
import { javaHash } from '../../../lib/groups/java-hash.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { describeGroups } from '../../../protocol/messages/describe-groups.ts'
import { findCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { heartbeat } from '../../../protocol/messages/heartbeat.ts'
import { joinGroup } from '../../../protocol/messages/join-group.ts'
import { leaveGroup } from '../../../protocol/messages/leave-group.ts'
import { listGroups } from '../../../protocol/messages/list-groups.ts'
import { offsetCommit } from '../../../protocol/messages/offset-commit.ts'
import { offsetDelete } from '../../../protocol/messages/offset-delete.ts'
import { offsetFetch } from '../../../protocol/messages/offset-fetch.ts'
import { syncGroup } from '../../../protocol/messages/sync-group.ts'
import { GroupDriver, type Joined } from '../../helpers/groups/group-driver.ts'
import { GroupRig, type GroupRigOptions } from '../../helpers/groups/group-rig.ts'

const { NONE, NOT_COORDINATOR, UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, COORDINATOR_NOT_AVAILABLE } = ErrorCode

/** Two brokers; `here` coordinates the group, `there` would after it. */
function start(options: GroupRigOptions = {}) {
  const rig = new GroupRig({ brokers: 2, ...options })
  rig.createTopic('orders')
  rig.createOffsetsTopic()
  const group = new GroupDriver(rig)
  const partitions = rig.metadata.image.topicsByName.get('__consumer_offsets')?.partitions ?? []
  const partition = coordinatorPartition(group.groupId, partitions.length)
  const here = partitions[partition]?.leader as number
  return { rig, group, here, there: 3 - here }
}

async function describe(rig: GroupRig, nodeId: number) {
  const { groups } = await rig.send(describeGroups, 6, { groups: ['group'] }, { nodeId }).promise
  return groups[0]
}

async function coordinatorOf(rig: GroupRig, nodeId = 1): Promise<number> {
  const request = { coordinatorKeys: ['group'] }
  const { coordinators } = await rig.send(findCoordinator, 6, request, { nodeId }).promise
  return coordinators[0]?.errorCode ? -coordinators[0].errorCode : (coordinators[0]?.nodeId ?? Number.NaN)
}

/** A stable group on `nodeId`: the leader and a follower. */
async function stableOn(rig: GroupRig, group: GroupDriver, nodeId: number, sessionTimeoutMs = 10_000) {
  const replies = [
    await group.joinWithId({ sessionTimeoutMs }, { nodeId }),
    await group.joinWithId({ sessionTimeoutMs }, { nodeId }),
  ] as const
  await rig.advance(6000)
  const [leader, follower] = [replies[0].response, replies[1].response]
  group.lead(leader, {}, { nodeId })
  group.sync(follower, {}, { nodeId })
  await rig.settle()
  return { leader, follower }
}

t.test('hashes are those of Java', async (t) => {
  t.equal(javaHash(''), 0)
  t.equal(javaHash('group'), 98629247)
  t.equal(javaHash('polygenelubricants'), -2147483648)
  t.equal(coordinatorPartition('polygenelubricants', 50), 0)
  t.equal(coordinatorPartition('console-consumer-1234', 50), Math.abs(javaHash('console-consumer-1234')) % 50)
})

t.test('everybody but the coordinator says so', async (t) => {
  const { rig, group, here, there } = start()
  t.equal(await coordinatorOf(rig, here), here)
  t.equal(await coordinatorOf(rig, there), here)
  const { leader } = await stableOn(rig, group, here)
  const elsewhere = { nodeId: there }
  const { groupId } = group
  const { memberId, generationId } = leader
  const topics = [
    { name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] },
  ]
  const code = async (reply: { promise: Promise<{ errorCode: number }> }) => (await reply.promise).errorCode
  t.equal(await code(group.join({}, 9, elsewhere)), NOT_COORDINATOR)
  t.equal(
    await code(rig.send(joinGroup, 2, { groupId, sessionTimeoutMs: 10_000 }, elsewhere)),
    NOT_COORDINATOR,
  )
  t.equal(await code(group.sync(leader, {}, elsewhere)), NOT_COORDINATOR)
  t.equal(await code(rig.send(syncGroup, 0, { groupId }, elsewhere)), NOT_COORDINATOR)
  t.equal(await code(rig.send(heartbeat, 0, { groupId, memberId, generationId }, elsewhere)), NOT_COORDINATOR)
  t.equal(
    await code(rig.send(leaveGroup, 5, { groupId, members: [{ memberId }] }, elsewhere)),
    NOT_COORDINATOR,
  )
  t.equal(await code(rig.send(leaveGroup, 0, { groupId, memberId }, elsewhere)), NOT_COORDINATOR)
  t.equal(await code(rig.send(offsetDelete, 0, { groupId }, elsewhere)), NOT_COORDINATOR)
  t.equal((await describe(rig, there))?.errorCode, NOT_COORDINATOR)
  const committed = await rig.send(offsetCommit, 9, { groupId, topics }, elsewhere).promise
  t.equal(committed.topics[0]?.partitions[0]?.errorCode, NOT_COORDINATOR)
  const asked = [{ name: 'orders', partitionIndexes: [0] }]
  const fetched = await rig.send(offsetFetch, 8, { groups: [{ groupId, topics: asked }] }, elsewhere).promise
  t.equal(fetched.groups[0]?.errorCode, NOT_COORDINATOR)
  t.equal(
    (await rig.send(offsetFetch, 2, { groupId, topics: asked }, elsewhere).promise).errorCode,
    NOT_COORDINATOR,
  )
  const old = await rig.send(offsetFetch, 1, { groupId, topics: asked }, elsewhere).promise
  t.match(old.topics[0]?.partitions[0], { errorCode: NOT_COORDINATOR, committedOffset: -1 })
  t.same((await rig.send(listGroups, 5, {}, elsewhere).promise).groups, [])
  t.equal((await rig.send(listGroups, 5, {}, { nodeId: here }).promise).groups.length, 1)
})

t.test(
  'no coordinators before there is an offsets topic, and none with too few brokers for it',
  async (t) => {
    const rig = new GroupRig({ configs: { 'offsets.topic.replication.factor': '3' } })
    t.equal((await new GroupDriver(rig).join().promise).errorCode, NOT_COORDINATOR)
    t.equal(await coordinatorOf(rig), -COORDINATOR_NOT_AVAILABLE)
    rig.startBroker(2)
    rig.startBroker(3)
    const found = await coordinatorOf(rig)
    t.ok(found >= 1 && found <= 3)
  },
)

t.test(
  'a stable group moves on with its members, generation and assignments; its sessions start anew',
  async (t) => {
    const { rig, group, here, there } = start()
    const { leader, follower } = await stableOn(rig, group, here)
    t.equal(await group.commit('orders', 42, leader, { nodeId: here }), NONE)
    await rig.advance(9000)
    rig.stopBroker(here)
    t.equal(await group.heartbeat(leader, null, { nodeId: here }), NOT_COORDINATOR)
    t.equal(await coordinatorOf(rig, there), there)
    t.match(await describe(rig, there), {
      groupState: 'Stable',
      protocolData: 'range',
      members: { length: 2 },
    })
    const synced = await group.sync(follower, {}, { nodeId: there }).promise
    t.equal(synced.assignment.toString(), follower.memberId)
    t.same(await group.committed({ nodeId: there }), { orders: 42 })
    await rig.advance(9999)
    t.equal(
      await group.heartbeat(leader, null, { nodeId: there }),
      NONE,
      'nobody has missed a heartbeat by moving',
    )
    await rig.advance(1)
    t.match(await describe(rig, there), { groupState: 'PreparingRebalance', members: { length: 1 } })
    const again = group.join({ memberId: leader.memberId }, 9, { nodeId: there })
    await rig.settle()
    t.match(again.response, { generationId: 2, leader: leader.memberId })
  },
)

t.test('sessions end at the next coordinator even if nobody ever asks it', async (t) => {
  const { rig, group, here, there } = start()
  await stableOn(rig, group, here)
  rig.stopBroker(here)
  await rig.advance(10_000)
  t.match(await describe(rig, there), { groupState: 'Empty', members: { length: 0 } })
})

t.test('whoever waits is sent away; what was under way is lost, the last generation is not', async (t) => {
  const { rig, group, here, there } = start()
  const { leader, follower } = await stableOn(rig, group, here)
  const joining = group.join({ memberId: leader.memberId }, 9, { nodeId: here })
  const newcomer = await group.joinWithId({}, { nodeId: here })
  await rig.settle()
  t.ok(joining.isWaiting)
  rig.stopBroker(here)
  await rig.settle()
  t.match(joining.response, { errorCode: NOT_COORDINATOR, memberId: leader.memberId })
  t.match(newcomer.response, { errorCode: NOT_COORDINATOR })
  t.match(await describe(rig, there), { groupState: 'Stable', members: { length: 2 } })
  const { memberId } = newcomer.response
  t.equal((await group.join({ memberId }, 9, { nodeId: there }).promise).errorCode, UNKNOWN_MEMBER_ID)
  t.equal(await group.heartbeat(follower, null, { nodeId: there }), NONE)
})

t.test('a generation that nobody was assigned in did not happen', async (t) => {
  const { rig, group, here, there } = start()
  const { leader, follower } = await stableOn(rig, group, here)
  const rejoining = [leader, follower].map(({ memberId }) => group.join({ memberId }, 9, { nodeId: here }))
  await rig.settle()
  t.equal(rejoining[0]?.response.generationId, 2)
  const syncing = group.sync(rejoining[1]?.response as Joined, {}, { nodeId: here })
  await rig.settle()
  rig.stopBroker(here)
  await rig.settle()
  t.equal(syncing.response.errorCode, NOT_COORDINATOR)
  const { memberId } = leader
  t.equal(await group.heartbeat({ memberId, generationId: 2 }, null, { nodeId: there }), ILLEGAL_GENERATION)
  t.equal(await group.heartbeat(leader, null, { nodeId: there }), NONE)
})

t.test('a broker that comes back has what the one between has learnt', async (t) => {
  const { rig, group, here, there } = start()
  const { leader } = await stableOn(rig, group, here, 60_000)
  rig.stopBroker(here)
  t.equal(await group.commit('orders', 7, leader, { nodeId: there }), NONE)
  rig.stopBroker(there)
  t.equal(await group.commit('orders', 8, leader, { nodeId: there }), NOT_COORDINATOR)
  rig.startBroker(there)
  t.equal(await coordinatorOf(rig, there), there)
  t.equal(await group.heartbeat(leader, null, { nodeId: there }), NONE)
  t.same(await group.committed({ nodeId: there }), { orders: 7 })
})

t.test('nobody coordinates while nobody leads', async (t) => {
  const rig = new GroupRig()
  rig.createOffsetsTopic()
  t.equal(await coordinatorOf(rig), 1)
  rig.stopBroker(1)
  t.equal(await coordinatorOf(rig), -COORDINATOR_NOT_AVAILABLE)
  rig.startBroker(1)
  t.equal(await coordinatorOf(rig), 1)
})

t.test(
  'a group larger than its new coordinator allows rebalances and loses the last to rejoin',
  async (t) => {
    const limits = { 1: { 'group.max.size': '1' }, 2: { 'group.max.size': '1' } }
    const { here, there } = start()
    const brokerConfigs = { [there]: limits[1] }
    const { rig, group } = start({ brokerConfigs })
    const { leader, follower } = await stableOn(rig, group, here)
    rig.stopBroker(here)
    t.equal(await group.heartbeat(leader, null, { nodeId: there }), ErrorCode.REBALANCE_IN_PROGRESS)
    const stays = group.join({ memberId: leader.memberId }, 9, { nodeId: there })
    const goes = await group.join({ memberId: follower.memberId }, 9, { nodeId: there }).promise
    t.match(goes, { errorCode: ErrorCode.GROUP_MAX_SIZE_REACHED, memberId: '' })
    await rig.advance(20_000)
    t.match(stays.response, { generationId: 2, members: { length: 1 } })
  },
)

t.test('static members and simple groups survive as well', async (t) => {
  const { rig, group, here, there } = start()
  const simple = new GroupDriver(rig, 'group')
  t.equal(await simple.commit('orders', 5, {}, { nodeId: here }), NONE)
  rig.stopBroker(here)
  t.match(await describe(rig, there), { groupState: 'Empty', protocolType: '' })
  const first = group.join({ groupInstanceId: 'i' }, 9, { nodeId: there })
  await rig.advance(3000)
  group.lead(first.response, {}, { nodeId: there })
  await rig.settle()
  const back = group.join({ groupInstanceId: 'i' }, 9, { nodeId: there })
  await rig.settle()
  rig.startBroker(here)
  rig.stopBroker(there)
  t.equal(await group.heartbeat(first.response, 'i', { nodeId: here }), ErrorCode.FENCED_INSTANCE_ID)
  t.equal(await group.heartbeat(back.response, 'i', { nodeId: here }), NONE)
  t.same(await group.committed({ nodeId: here }), { orders: 5 })
})

t.test('deleting the offsets topic forgets every group', async (t) => {
  const { rig, group, here } = start()
  await stableOn(rig, group, here)
  const waiting = await group.joinWithId({}, { nodeId: here })
  const topicId = rig.metadata.image.topicsByName.get('__consumer_offsets')?.topicId as string
  rig.metadata.commit([{ type: 'RemoveTopicRecord', topicId }])
  await rig.settle()
  t.equal(waiting.response.errorCode, NOT_COORDINATOR)
  t.equal(rig.clock.pendingTimers, 0)
  const found = await coordinatorOf(rig)
  t.match(await describe(rig, found), { errorCode: ErrorCode.GROUP_ID_NOT_FOUND })
})

t.test(
  'a coordinator that finds logs of an earlier run lists their groups, and ends their sessions',
  async (t) => {
    const { rig, group, here } = start()
    await stableOn(rig, group, here)
    rig.coordinator.close()
    const next = rig.startCoordinator()
    const listed = next.shardsOf(here).flatMap((shard) => [...shard.groups.values()])
    t.match(
      listed.map(({ groupId, state }) => [groupId, state]),
      [[group.groupId, 'Stable']],
    )
    next.close()
    const last = rig.startCoordinator()
    rig.stopBroker(here)
    rig.clock.advance(10_000)
    t.match(last.shardsOf(3 - here)[0]?.groups.get(group.groupId), { state: 'Empty' })
  },
)

t.test('closing answers whoever waits and leaves no timer', async (t) => {
  const { rig, group, here } = start()
  await stableOn(rig, group, here)
  const waiting = await group.joinWithId({}, { nodeId: here })
  rig.coordinator.close()
  await rig.settle()
  t.equal(waiting.response.errorCode, NOT_COORDINATOR)
  t.equal(rig.clock.pendingTimers, 0)
})
