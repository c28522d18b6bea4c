import t from 'tap'
import { decodeGroupRecord } from '../../../../lib/groups/group-record.ts'
import { StatusCode } from '../../../../lib/groups/streams/status.ts'
import { ConfigResourceType } from '../../../../lib/metadata/records.ts'
import { AclOperation } from '../../../../lib/security/authorization/acl.ts'
import type { Permissions } from '../../../../lib/security/authorization/authorizer.ts'
import { ErrorCode } from '../../../../protocol/errors.ts'
import { deleteGroups } from '../../../../protocol/messages/delete-groups.ts'
import { listGroups } from '../../../../protocol/messages/list-groups.ts'
import { BatchCursor } from '../../../../protocol/records/batch-cursor.ts'
import { decodeRecords } from '../../../../protocol/records/decode-batch.ts'
import { GroupRig, type GroupRigOptions } from '../../../helpers/groups/group-rig.ts'
import { StreamsGroupDriver, stateless, WORD_COUNT } from '../../../helpers/groups/streams-driver.ts'

/*
 * What heartbeats are answered is held against Kafka in test/conformance/streams-groups, what must hold whatever happens in
 * model.test.ts; here is what one broker of Kafka cannot show, or not soon enough.
 */

const { NONE, NOT_COORDINATOR, UNKNOWN_MEMBER_ID, UNSUPPORTED_VERSION } = ErrorCode

function start(topology = stateless('orders'), options: GroupRigOptions = {}) {
  const rig = new GroupRig({
    ...options,
    configs: {
      'offsets.topic.num.partitions': '1',
      'group.streams.initial.rebalance.delay.ms': '0',
      'default.replication.factor': String(options.brokers ?? 1),
      ...options.configs,
    },
  })
  rig.createTopic('orders', 3, options.brokers)
  rig.createOffsetsTopic()
  return { rig, group: new StreamsGroupDriver(rig, topology) }
}

function coordinatorOf(rig: GroupRig): number {
  return rig.metadata.image.topicsByName.get('__consumer_offsets')?.partitions[0]?.leader as number
}

/** Every record of `__consumer_offsets`, as the name of its kind and whether it deletes. */
function written(rig: GroupRig): string[] {
  const topicId = rig.metadata.image.topicsByName.get('__consumer_offsets')?.topicId as string
  const read = rig.logs.partition(topicId, 0)?.log.read(0, Number.MAX_SAFE_INTEGER, 'log-end', true)
  const cursor = new BatchCursor(Buffer.concat(read?.records ?? []))
  const names: string[] = []
  while (cursor.next()) {
    for (const record of decodeRecords(cursor.buffer, cursor.position, 1_000_000)) {
      const decoded = decodeGroupRecord(record)
      names.push(`${decoded?.value ? '' : '-'}${decoded?.record.name}`)
    }
  }
  return names
}

t.test('new members of a new group are waited for, and share its tasks', async (t) => {
  const { rig, group } = start(stateless('orders'), {
    configs: { 'group.streams.initial.rebalance.delay.ms': '3000' },
  })
  const [a, b] = [group.member('a'), group.member('b')]
  t.match(await a.join(), { memberEpoch: 1, status: [{ statusCode: StatusCode.ASSIGNMENT_DELAYED }] })
  await b.join()
  await a.heartbeat()
  await rig.advance(2999)
  t.match(await group.describe(), { groupState: 'Assigning', groupEpoch: 3, assignmentEpoch: 1 })
  await rig.advance(1)
  t.match(await group.describe(), { groupState: 'Reconciling', groupEpoch: 3, assignmentEpoch: 3 })
  await group.rounds([a, b], 1)
  t.same([a.active, b.active], ['0_1', '0_0 0_2'])
  t.match(await group.describe(), { groupState: 'Stable' })
})

t.test('nobody is waited for to give up tasks longer than its rebalance timeout', async (t) => {
  const { rig, group } = start()
  const [a, b] = [group.member('a'), group.member('b')]
  await a.join()
  await rig.advance(1000)
  await b.join()
  const { owned } = a
  await a.heartbeat()
  t.equal(a.active, '0_0 0_1', 'it is asked to give one up')
  await rig.advance(19_999)
  a.owned = owned
  await b.heartbeat()
  t.equal((await a.heartbeat()).errorCode, NONE, 'it still has it')
  t.equal(b.active, '')
  await rig.advance(1)
  a.owned = owned
  t.equal((await a.heartbeat()).errorCode, UNKNOWN_MEMBER_ID)
  await group.rounds([b], 2)
  t.equal(b.active, '0_0 0_1 0_2')
})

t.test('internal topics are made as the topology needs them, by whoever may make them', async (t) => {
  const { rig, group } = start(WORD_COUNT)
  const a = group.member('a')
  const denying: Permissions = {
    allows: (operation) => operation !== AclOperation.CREATE,
    allowsTopic: () => true,
    allowsOnAny: () => true,
  }
  const authorizer = { permissionsOf: () => denying }
  const missing = 'Internal topics are missing: group-changelog, group-repartition'
  t.match(await a.join(), { status: [{ statusCode: StatusCode.MISSING_INTERNAL_TOPICS }] })
  t.same(
    ['group-changelog', 'group-repartition'].map(
      (topic) => rig.metadata.image.topicsByName.get(topic)?.partitions.length,
    ),
    [3, 3],
  )
  const other = start(WORD_COUNT)
  const b = other.group.member('b')
  const heard = await b.join({ authorizer })
  t.same(heard.status, [
    {
      statusCode: StatusCode.MISSING_INTERNAL_TOPICS,
      statusDetail: `${missing}; Unauthorized to CREATE on topics ${missing.slice(missing.indexOf(':') + 2)}.`,
    },
  ])
  t.notOk(other.rig.metadata.image.topicsByName.get('group-changelog'))
  t.match(await other.group.describe(), { groupState: 'NotReady' })
})

t.test('standby tasks lie on other processes, and take over when one dies', async (t) => {
  const { rig, group } = start(WORD_COUNT, {
    configs: { 'group.streams.num.standby.replicas': '1', 'group.streams.assignment.interval.ms': '0' },
  })
  const [a1, a2, b1] = [group.member('a1', 'a'), group.member('a2', 'a'), group.member('b1', 'b')]
  const members = [a1, a2, b1]
  for (const member of members) await member.join()
  await group.rounds(members, 6)
  t.match(await group.describe(), { groupState: 'Stable' })
  const tasks = (texts: string[]) => texts.join(' ').trim().split(/ +/).sort().join(' ')
  t.equal(tasks(members.map(({ active }) => active)), '0_0 0_1 0_2 1_0 1_1 1_2')
  t.equal(tasks(members.map(({ standby }) => standby)), '1_0 1_1 1_2', 'only of what has state')
  const ofA = new Set(tasks([a1.active, a2.active]).split(' '))
  t.ok(b1.standby.split(' ').every((task) => ofA.has(task)))
  await rig.advance(30_000)
  await group.rounds([b1], 1)
  await rig.advance(20_000)
  await group.rounds([b1], 2)
  t.equal(b1.active, '0_0 0_1 0_2 1_0 1_1 1_2')
})

t.test('the coordinator moves: everybody goes on where they were', async (t) => {
  const { rig, group } = start(WORD_COUNT, { brokers: 2 })
  const here = { nodeId: coordinatorOf(rig) }
  const there = { nodeId: 3 - here.nodeId }
  const [a, b] = [group.member('a'), group.member('b', 'p', 'i')]
  await a.join(here)
  await rig.advance(1000)
  await b.join(here)
  await group.rounds([a, b], 3, here)
  const before = await group.describe(here)
  t.match(before, { groupState: 'Stable', members: { length: 2 } })
  rig.stopBroker(here.nodeId)
  t.equal((await a.heartbeat({}, here)).errorCode, NOT_COORDINATOR)
  await group.rounds([a, b], 1, there)
  t.same(await group.describe(there), before)
  rig.startBroker(here.nodeId)
  rig.stopBroker(there.nodeId)
  await rig.advance(20_000)
  t.equal((await a.heartbeat({}, here)).errorCode, NONE)
  await rig.advance(25_000)
  t.match(await group.describe(here), { members: { length: 1 } }, 'sessions begin anew, and end')
})

t.test('who is asked to give up is waited for by the next coordinator too', async (t) => {
  const { rig, group } = start(stateless('orders'), { brokers: 2 })
  const here = { nodeId: coordinatorOf(rig) }
  const there = { nodeId: 3 - here.nodeId }
  const [a, b] = [group.member('a'), group.member('b')]
  await a.join(here)
  await rig.advance(1000)
  await b.join(here)
  const { owned } = a
  await a.heartbeat({}, here)
  rig.stopBroker(here.nodeId)
  await rig.advance(19_999)
  a.owned = owned
  t.equal((await a.heartbeat({}, there)).errorCode, NONE)
  await rig.advance(1)
  t.equal((await a.heartbeat({}, there)).errorCode, UNKNOWN_MEMBER_ID)
  await group.rounds([b], 2, there)
  t.equal(b.active, '0_0 0_1 0_2')
})

t.test('all is written as Kafka writes it, and what is deleted stays deleted', async (t) => {
  const { rig, group } = start()
  const a = group.member('a')
  await a.join()
  t.same(written(rig), [
    'StreamsGroupMemberMetadata',
    'StreamsGroupTopology',
    'StreamsGroupMetadata',
    'StreamsGroupTargetAssignmentMember',
    'StreamsGroupTargetAssignmentMetadata',
    'StreamsGroupCurrentMemberAssignment',
  ])
  await a.leave()
  t.same(written(rig).slice(6), [
    '-StreamsGroupCurrentMemberAssignment',
    '-StreamsGroupTargetAssignmentMember',
    '-StreamsGroupMemberMetadata',
    'StreamsGroupMetadata',
    'StreamsGroupTargetAssignmentMetadata',
  ])
  t.match(await rig.send(deleteGroups, 2, { groupsNames: ['group'] }).promise, {
    results: [{ errorCode: NONE }],
  })
  t.same(written(rig).slice(11), [
    '-StreamsGroupTargetAssignmentMetadata',
    '-StreamsGroupTopology',
    '-StreamsGroupMetadata',
  ])
  t.equal(rig.startCoordinator().shardOf(1, 'group')?.groups.has('group'), false)
  t.match(await rig.send(listGroups, 5, {}).promise, { groups: [] })
})

t.test('a member commits for tasks that it was given no later than it knows', async (t) => {
  const { rig, group } = start(stateless('orders'), {
    configs: { 'group.streams.assignment.interval.ms': '0' },
  })
  const [a, b] = [group.member('a'), group.member('b')]
  await a.join()
  await b.join()
  await group.rounds([a, b], 2)
  t.match([a.epoch, a.active], [3, '0_0 0_1'])
  t.equal(await group.commit('a', 3), NONE)
  t.equal(await group.commit('a', 2), NONE, 'it has had this one since then')
  t.equal(await group.commit('b', 2), ErrorCode.STALE_MEMBER_EPOCH, 'it never had this one')
  t.equal(await group.commit('a', 4), ErrorCode.STALE_MEMBER_EPOCH)
  await a.leave()
  await b.leave()
  await rig.advance(7 * 24 * 3_600_000 + 600_000)
  t.match(
    await group.describe(),
    { errorCode: ErrorCode.GROUP_ID_NOT_FOUND },
    'offsets expire, and the group',
  )
})

t.test(
  'a group can have configs of its own, which raise its epoch when they concern assignments',
  async (t) => {
    const { rig, group } = start(WORD_COUNT)
    const [a, b] = [group.member('a'), group.member('b')]
    await a.join()
    await b.join()
    await group.rounds([a, b], 4)
    const { groupEpoch } = await group.describe()
    const set = (name: string, value: string) => {
      const resourceType = ConfigResourceType.GROUP
      rig.metadata.commit([{ type: 'ConfigRecord', resourceType, resourceName: 'group', name, value }])
    }
    set('streams.heartbeat.interval.ms', '7000')
    t.match(await a.heartbeat(), { heartbeatIntervalMs: 7000, memberEpoch: groupEpoch })
    set('streams.num.standby.replicas', '1')
    await group.rounds([a, b], 3)
    t.match(await group.describe(), { groupState: 'Stable', groupEpoch: groupEpoch + 1 })
    t.equal(a.standby.length + b.standby.length > 0, true)
  },
)

t.test('where streams groups are switched off they are not known', async (t) => {
  for (const off of ['config', 'feature']) {
    const protocols = off === 'config' ? 'classic,consumer' : 'classic,consumer,streams'
    const { rig, group } = start(stateless('orders'), {
      configs: { 'group.coordinator.rebalance.protocols': protocols },
    })
    if (off === 'feature') {
      rig.metadata.commit([{ type: 'FeatureLevelRecord', name: 'streams.version', featureLevel: 0 }])
    }
    t.equal((await group.member('a').join()).errorCode, UNSUPPORTED_VERSION)
    t.equal((await group.describe()).errorCode, UNSUPPORTED_VERSION)
  }
})
