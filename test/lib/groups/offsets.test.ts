import t from 'tap'
import { ErrorCode } from '../../../protocol/errors.ts'
import { describeGroups } from '../../../protocol/messages/describe-groups.ts'
import { offsetCommit } from '../../../protocol/messages/offset-commit.ts'
import { offsetFetch } from '../../../protocol/messages/offset-fetch.ts'
import { GroupDriver, type Joined, subscription } from '../../helpers/groups/group-driver.ts'
import { GroupRig } from '../../helpers/groups/group-rig.ts'

const { NONE } = ErrorCode
const MINUTE = 60_000
/** Retention of an hour, looked at each ten minutes. */
const HOUR_OF_RETENTION = {
  'offsets.retention.minutes': '60',
  'offsets.retention.check.interval.ms': String(10 * MINUTE),
}

function start(configs: Record<string, string> = HOUR_OF_RETENTION) {
  const rig = new GroupRig({ configs })
  for (const name of ['orders', 'payments']) rig.createTopic(name, 2)
  rig.createOffsetsTopic()
  return { rig, group: new GroupDriver(rig) }
}

async function exists(rig: GroupRig): Promise<boolean> {
  const { groups } = await rig.send(describeGroups, 6, { groups: ['group'] }).promise
  return groups[0]?.errorCode === NONE
}

t.test('offsets of a group that nobody joins expire one by one, each after its last commit', async (t) => {
  const { rig, group } = start()
  await group.commit('orders', 1)
  await rig.advance(30 * MINUTE)
  await group.commit('payments', 2)
  await rig.advance(29 * MINUTE)
  t.same(await group.committed(), { orders: 1, payments: 2 })
  await rig.advance(MINUTE)
  t.same(await group.committed(), { payments: 2 })
  await group.commit('payments', 3)
  await rig.advance(59 * MINUTE)
  t.same(await group.committed(), { payments: 3 })
  t.ok(await exists(rig))
  await rig.advance(MINUTE)
  t.notOk(await exists(rig), 'with its last offset the group goes')
  t.equal(rig.clock.pendingTimers, 1, 'the look at what has expired goes on')
})

t.test('offsets of a group that had members expire together, after it became empty', async (t) => {
  const { rig, group } = start()
  const [member] = (await group.stable(1, { sessionTimeoutMs: 1_800_000 })) as [Joined]
  await group.commit('orders', 1, member)
  await group.commit('payments', 2, member)
  await group.leave(member.memberId)
  await rig.advance(59 * MINUTE)
  await group.commit('orders', 9)
  t.same(await group.committed(), { orders: 9, payments: 2 })
  // The look after an hour came three seconds early: the group was empty from then on.
  await rig.advance(10 * MINUTE)
  t.same(await group.committed(), { orders: 9, payments: 2 })
  await rig.advance(MINUTE)
  t.same(await group.committed(), {}, 'even what was committed since')
  t.notOk(await exists(rig))
})

t.test('while consumers are there only topics that they left expire', async (t) => {
  const { rig, group } = start()
  const protocols = [{ name: 'range', metadata: subscription('payments') }]
  const [member] = (await group.stable(1, { protocols, sessionTimeoutMs: 1_800_000 })) as [Joined]
  await group.commit('orders', 1, member)
  await group.commit('payments', 2, member)
  for (let minutes = 0; minutes < 70; minutes += 10) {
    await rig.advance(10 * MINUTE)
    t.equal(await group.heartbeat(member), NONE)
  }
  t.same(await group.committed(), { payments: 2 })
})

t.test('what members of other types committed does not expire while they are there', async (t) => {
  const { rig, group } = start()
  const request = { protocolType: 'connect', sessionTimeoutMs: 1_800_000 }
  const joining = await group.joinWithId(request)
  await rig.advance(3000)
  const member = joining.response
  group.lead(member, { protocolType: 'connect' })
  await rig.settle()
  await group.commit('orders', 1, member)
  for (let minutes = 0; minutes < 70; minutes += 10) {
    await rig.advance(10 * MINUTE)
    t.equal(await group.heartbeat(member), NONE)
  }
  t.same(await group.committed(), { orders: 1 })
})

t.test('old versions say when an offset was committed, or how long it is to be kept', async (t) => {
  const { rig, group } = start()
  const { groupId } = group
  const partition = { partitionIndex: 0, committedOffset: 1, committedMetadata: '' }
  const commit = (version: number, topic: string, more: object, retention = {}) =>
    rig.send(offsetCommit, version, {
      groupId,
      ...retention,
      topics: [{ name: topic, partitions: [{ ...partition, ...more }] }],
    }).promise
  await commit(1, 'orders', { commitTimestamp: rig.clock.now() - 50 * MINUTE })
  await commit(3, 'payments', {}, { retentionTimeMs: 90 * MINUTE })
  await rig.advance(10 * MINUTE)
  t.same(await group.committed(), { payments: 1 })
  await rig.advance(79 * MINUTE)
  t.same(await group.committed(), { payments: 1 })
  await rig.advance(MINUTE)
  t.same(await group.committed(), {})
})

t.test('a group that never came to anything goes at the next look', async (t) => {
  const { rig, group } = start()
  await group.join().promise
  t.ok(await exists(rig))
  await rig.advance(10 * MINUTE)
  t.notOk(await exists(rig))
})

t.test('offsets go with their topic; its namesake inherits nothing', async (t) => {
  const { rig, group } = start()
  await group.commit('orders', 1)
  await group.commit('payments', 2)
  const topicId = rig.metadata.image.topicsByName.get('orders')?.topicId as string
  rig.metadata.commit([{ type: 'RemoveTopicRecord', topicId }])
  t.same(await group.committed(), { payments: 2 })
  rig.createTopic('orders', 1)
  t.same(await group.committed(), { payments: 2 })
})

t.test('an offset of a topic that was deleted while nobody led is not one of its namesake', async (t) => {
  const { rig, group } = start()
  await group.commit('orders', 1)
  rig.stopBroker(1)
  const topicId = rig.metadata.image.topicsByName.get('orders')?.topicId as string
  rig.metadata.commit([{ type: 'RemoveTopicRecord', topicId }])
  rig.startBroker(1)
  const newId = rig.createTopic('orders', 1)
  const topics = [{ topicId: newId, partitionIndexes: [0] }]
  const byId = await rig.send(offsetFetch, 10, { groups: [{ groupId: 'group', topics }] }).promise
  t.equal(byId.groups[0]?.topics[0]?.partitions[0]?.committedOffset, -1)
  t.same(await group.committed(), { orders: 1 }, 'by name there is nothing to tell them apart')
})

t.test('OffsetFetch v0 calls a partition without an offset unknown', async (t) => {
  const { rig, group } = start()
  await group.commit('orders', 5)
  const topics = [{ name: 'orders', partitionIndexes: [0, 1] }]
  const fetched = await rig.send(offsetFetch, 0, { groupId: 'group', topics }).promise
  t.match(fetched.topics[0]?.partitions, [
    { partitionIndex: 0, committedOffset: 5, errorCode: NONE },
    { partitionIndex: 1, committedOffset: -1, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION },
  ])
})

t.test('OffsetCommit v0 commits for whoever asks', async (t) => {
  const { rig, group } = start()
  const partitions = [{ partitionIndex: 0, committedOffset: 5, committedMetadata: null }]
  const topics = [{ name: 'orders', partitions: partitions.map((p) => ({ ...p, committedMetadata: 'm' })) }]
  const committed = await rig.send(offsetCommit, 0, { groupId: 'group', topics }).promise
  t.match(committed.topics[0]?.partitions[0], { errorCode: NONE })
  t.same(await group.committed(), { orders: 5 })
})

t.test('metadata as long as allowed, and no longer', async (t) => {
  const { rig } = start({ 'offset.metadata.max.bytes': '4' })
  const commit = async (committedMetadata: string) => {
    const topics = [
      { name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: 5, committedMetadata }] },
    ]
    const { topics: answered } = await rig.send(offsetCommit, 9, { groupId: 'group', topics }).promise
    return answered[0]?.partitions[0]?.errorCode
  }
  t.equal(await commit('1234'), NONE)
  t.equal(await commit('12345'), ErrorCode.OFFSET_METADATA_TOO_LARGE)
  t.equal(await commit('äöüß'), NONE, 'characters are counted, whatever the name of the config says')
})
