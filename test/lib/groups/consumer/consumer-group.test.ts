import t from 'tap'
import { decodeGroupRecord } from '../../../../lib/groups/group-record.ts'
import { ConfigResourceType } from '../../../../lib/metadata/records.ts'
import type { Permissions } from '../../../../lib/security/authorization/authorizer.ts'
import { ErrorCode } from '../../../../protocol/errors.ts'
import { deleteGroups } from '../../../../protocol/messages/delete-groups.ts'
import { describeGroups } from '../../../../protocol/messages/describe-groups.ts'
import { listGroups } from '../../../../protocol/messages/list-groups.ts'
import { BatchCursor } from '../../../../protocol/records/batch-cursor.ts'
import { decodeRecords } from '../../../../protocol/records/decode-batch.ts'
import { ConsumerGroupDriver } from '../../../helpers/groups/consumer-driver.ts'
import { GroupDriver } from '../../../helpers/groups/group-driver.ts'
import { GroupRig, type GroupRigOptions } from '../../../helpers/groups/group-rig.ts'

/*
 * What heartbeats are answered is held against Kafka in kafka-answers.test.ts, what must hold whatever happens in
 * model.test.ts; here is what one broker of Kafka cannot show, or not soon enough.
 */

const { NONE, UNKNOWN_MEMBER_ID, UNSUPPORTED_VERSION, GROUP_ID_NOT_FOUND, NOT_COORDINATOR } = ErrorCode

function start(options: GroupRigOptions = {}) {
  const rig = new GroupRig({
    ...options,
    configs: { 'offsets.topic.num.partitions': '1', ...options.configs },
  })
  const topicId = rig.createTopic('orders', 6)
  rig.createOffsetsTopic()
  return { rig, topicId, group: new ConsumerGroupDriver(rig) }
}

function setGroupConfig(rig: GroupRig, name: string, value: string): void {
  const resourceType = ConfigResourceType.GROUP
  rig.metadata.commit([{ type: 'ConfigRecord', resourceType, resourceName: 'group', name, value }])
}

/** Every record of `__consumer_offsets`, as the name of its kind and whether it deletes. */
function written(rig: GroupRig): string[] {
  const topicId = rig.metadata.image.topicsByName.get('__consumer_offsets')?.topicId as string
  const log = rig.logs.partition(topicId, 0)?.log
  const read = log?.read(0, Number.MAX_SAFE_INTEGER, 'log-end', true)
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

t.test('who joins within the assignment interval waits for it', async (t) => {
  const { rig, group } = start()
  const [a, b] = [group.member('a'), group.member('b')]
  await a.join()
  await b.join()
  t.match(await group.describe(), { groupState: 'Assigning', groupEpoch: 3, assignmentEpoch: 2 })
  await rig.advance(999)
  t.match(await b.heartbeat(), { memberEpoch: 2, assignment: null })
  await rig.advance(1)
  t.match(await b.heartbeat(), { memberEpoch: 3 })
  await group.rounds([a, b], 3)
  t.match(await group.describe(), { groupState: 'Stable', assignmentEpoch: 3 })
  t.equal([a.partitions, b.partitions].join(' '), 'orders-0 orders-1 orders-2 orders-3 orders-4 orders-5')
})

t.test('a group can have configs of its own, which count from its next heartbeat', async (t) => {
  const { rig, group } = start()
  const a = group.member('a')
  t.match(await a.join(), { heartbeatIntervalMs: 5000 })
  setGroupConfig(rig, 'consumer.heartbeat.interval.ms', '7000')
  setGroupConfig(rig, 'consumer.session.timeout.ms', '50000')
  setGroupConfig(rig, 'consumer.assignment.interval.ms', '0')
  t.match(await a.heartbeat(), { heartbeatIntervalMs: 7000 })
  t.match(await group.member('b').join(), { memberEpoch: 3 }, 'assigned at once')
  await rig.advance(49_999)
  t.equal((await group.describe()).members.length, 2)
  await rig.advance(1)
  t.match(await group.describe(), { groupState: 'Empty', members: { length: 0 } })
  t.equal((await a.heartbeat()).errorCode, UNKNOWN_MEMBER_ID)
})

t.test(
  'nobody is given what a member is not asked to give up in vain: it has its rebalance timeout',
  async (t) => {
    const { rig, group } = start()
    const a = group.member('a', { subscribedTopicNames: ['orders'], rebalanceTimeoutMs: 20_000 })
    await a.join()
    await rig.advance(1000)
    const b = group.member('b')
    await b.join()
    const { owned } = a
    await a.heartbeat()
    for (let second = 0; second < 19; second++) {
      await rig.advance(1000)
      await a.heartbeat({ topicPartitions: owned })
      t.equal((await b.heartbeat()).assignment, null)
    }
    await rig.advance(1000)
    t.equal((await a.heartbeat({ topicPartitions: owned })).errorCode, UNKNOWN_MEMBER_ID)
    await rig.advance(1000)
    await b.heartbeat()
    t.equal(b.owned[0]?.partitions?.length, 6)
  },
)

t.test('topics that go take their partitions along; one of the same name is another', async (t) => {
  const { rig, group, topicId } = start()
  rig.createTopic('payments', 1)
  const a = group.member('a', { subscribedTopicNames: ['orders', 'payments'] })
  await a.join()
  t.equal(a.owned.length, 2)
  rig.metadata.commit([{ type: 'RemoveTopicRecord', topicId }])
  await rig.advance(1000)
  await a.heartbeat()
  t.equal(a.partitions, 'payments-0')
  rig.createTopic('orders', 2)
  await group.rounds([a], 2)
  t.equal(a.partitions, 'orders-0 orders-1 payments-0')
  t.match(await group.describe(), { groupState: 'Stable', groupEpoch: 4 })
})

t.test('racks of replicas count as a change of topics; leaders do not', async (t) => {
  const { rig, group, topicId } = start({ brokers: 2 })
  const a = group.member('a')
  const elsewhere = {
    nodeId: rig.metadata.image.topicsByName.get('__consumer_offsets')?.partitions[0]?.leader ?? 1,
  }
  await a.join(elsewhere)
  await rig.advance(1000)
  rig.metadata.commit([{ type: 'PartitionChangeRecord', topicId, partitionId: 0, leader: 1 }])
  t.match(await a.heartbeat({}, elsewhere), { memberEpoch: 2 })
  rig.controller.registerBroker({ brokerId: 9, endPoints: [], rack: 'far' })
  rig.metadata.commit([{ type: 'PartitionChangeRecord', topicId, partitionId: 0, replicas: [9] }])
  t.match(await a.heartbeat({}, elsewhere), { memberEpoch: 3 })
})

t.test('regular expressions find topics that come later, at most every ten seconds', async (t) => {
  const { rig, group } = start()
  const a = group.member('a', { subscribedTopicRegex: 'ord.*|late' })
  t.match(await a.join(), { memberEpoch: 1, assignment: { topicPartitions: [] } })
  await rig.settle()
  t.match(await a.heartbeat(), { memberEpoch: 2 })
  rig.createTopic('late', 1)
  await group.rounds([a], 10)
  t.notMatch(a.partitions, /late/)
  await group.rounds([a], 3)
  t.match(a.partitions, /late-0/)
  t.match(
    written(rig).filter((name) => name.endsWith('RegularExpression')),
    { length: 2 },
  )
  await a.leave()
  t.match(written(rig), new Set(['-ConsumerGroupRegularExpression']))
})

t.test('where the protocol is switched off it is not known', async (t) => {
  for (const level of [0, 1]) {
    const protocols = level === 0 ? 'classic,consumer' : 'classic'
    const { rig, group } = start({ configs: { 'group.coordinator.rebalance.protocols': protocols } })
    rig.metadata.commit([{ type: 'FeatureLevelRecord', name: 'group.version', featureLevel: level }])
    t.equal((await group.member('a').join()).errorCode, UNSUPPORTED_VERSION)
    t.equal((await group.describe()).errorCode, UNSUPPORTED_VERSION)
  }
})

t.test('the coordinator moves: everybody goes on where they were', async (t) => {
  const { rig, group } = start({ brokers: 2 })
  const here = {
    nodeId: rig.metadata.image.topicsByName.get('__consumer_offsets')?.partitions[0]?.leader ?? 1,
  }
  const there = { nodeId: 3 - here.nodeId }
  const [a, b] = [group.member('a'), group.member('b', { subscribedTopicNames: ['orders'] }, 'i')]
  await a.join(here)
  await rig.advance(1000)
  await b.join(here)
  await a.heartbeat({}, here)
  const before = await group.describe(here)
  rig.stopBroker(here.nodeId)
  t.equal((await a.heartbeat({}, here)).errorCode, NOT_COORDINATOR)
  t.same(await group.describe(there), before)
  await group.rounds([a, b], 3, there)
  t.match(await group.describe(there), { groupState: 'Stable', groupEpoch: 3 })
  rig.startBroker(here.nodeId)
  rig.stopBroker(there.nodeId)
  await rig.advance(20_000)
  t.equal((await a.heartbeat({}, here)).errorCode, NONE)
  await rig.advance(25_000)
  t.match(await group.describe(here), { members: { length: 1 } }, 'sessions begin anew, and end')
})

t.test('who is asked to give up is waited for by the next coordinator too', async (t) => {
  const { rig, group } = start({ brokers: 2 })
  const here = {
    nodeId: rig.metadata.image.topicsByName.get('__consumer_offsets')?.partitions[0]?.leader ?? 1,
  }
  const there = { nodeId: 3 - here.nodeId }
  const [a, b] = [group.member('a'), group.member('b')]
  await a.join(here)
  await rig.advance(1000)
  await b.join(here)
  const { owned } = a
  await a.heartbeat({}, here)
  rig.stopBroker(here.nodeId)
  await rig.advance(19_999)
  t.equal((await a.heartbeat({ topicPartitions: owned }, there)).errorCode, NONE)
  await rig.advance(1)
  t.equal((await a.heartbeat({ topicPartitions: owned }, there)).errorCode, UNKNOWN_MEMBER_ID)
})

t.test('all is written as Kafka writes it, and what is deleted stays deleted', async (t) => {
  const { rig, group } = start({ brokers: 2 })
  const here = {
    nodeId: rig.metadata.image.topicsByName.get('__consumer_offsets')?.partitions[0]?.leader ?? 1,
  }
  const a = group.member('a')
  await a.join(here)
  const join = [
    'ConsumerGroupMemberMetadata',
    'ConsumerGroupMetadata',
    'ConsumerGroupTargetAssignmentMember',
    'ConsumerGroupTargetAssignmentMetadata',
    'ConsumerGroupCurrentMemberAssignment',
  ]
  t.same(written(rig), join)
  await a.heartbeat({}, here)
  t.same(written(rig), join, 'a heartbeat that tells nothing new is not written')
  await a.leave(-1, here)
  const leave = [
    '-ConsumerGroupCurrentMemberAssignment',
    '-ConsumerGroupTargetAssignmentMember',
    '-ConsumerGroupMemberMetadata',
    'ConsumerGroupMetadata',
    'ConsumerGroupTargetAssignmentMetadata',
  ]
  t.same(written(rig), [...join, ...leave])
  await rig.send(deleteGroups, 2, { groupsNames: ['group'] }, here).promise
  t.same(written(rig).slice(join.length + leave.length), [
    '-ConsumerGroupTargetAssignmentMetadata',
    '-ConsumerGroupPartitionMetadata',
    '-ConsumerGroupMetadata',
  ])
  rig.stopBroker(here.nodeId)
  t.equal((await group.describe({ nodeId: 3 - here.nodeId })).errorCode, GROUP_ID_NOT_FOUND)
})

t.test(
  'offsets of consumer groups expire for topics that are read no longer, and empty groups after them',
  async (t) => {
    const configs = { 'offsets.retention.minutes': '1', 'offsets.retention.check.interval.ms': '1000' }
    const { rig, group } = start({ configs })
    rig.createTopic('payments', 1)
    const a = group.member('a', { subscribedTopicNames: ['orders', 'payments'] })
    await a.join()
    t.equal(await group.commit(a), NONE)
    t.equal(await group.commit(a, 'payments'), NONE)
    await a.subscribe({ subscribedTopicNames: ['orders'] })
    await group.rounds([a], 62)
    const offsets = new GroupDriver(rig)
    t.same(await offsets.committed(), { orders: 1 })
    await a.leave()
    await rig.advance(2000)
    t.same(await offsets.committed(), {})
    const { groups } = await rig.send(listGroups, 5, {}).promise
    t.same(groups, [], 'with its last offset the empty group goes')
  },
)

t.test('a broker may refuse to let groups change their protocol', async (t) => {
  const { rig, group } = start({ configs: { 'group.consumer.migration.policy': 'DISABLED' } })
  const classic = new GroupDriver(rig)
  await classic.stable(1)
  t.equal((await group.member('a').join()).errorCode, GROUP_ID_NOT_FOUND)
  const other = new ConsumerGroupDriver(rig, 'other')
  await other.member('a').join()
  const refused = await new GroupDriver(rig, 'other').join().promise
  t.equal(refused.errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  const { groups } = await rig.send(describeGroups, 6, { groups: ['group'] }).promise
  t.match(groups[0], { groupState: 'Stable' })
})

t.test('nobody learns of topics that they may not describe', async (t) => {
  const { rig, group } = start()
  rig.createTopic('secrets', 1)
  const permissions: Permissions = {
    allows: (_operation, _type, name) => name !== 'secrets',
    allowsTopic: () => true,
    allowsOnAny: () => true,
  }
  const limited = { authorizer: { permissionsOf: () => permissions } as never }
  const a = group.member('a', { subscribedTopicNames: ['secrets'] })
  t.equal((await a.join(limited)).errorCode, ErrorCode.TOPIC_AUTHORIZATION_FAILED)
  const b = group.member('b', { subscribedTopicRegex: '.*' })
  await b.join(limited)
  await rig.advance(1000)
  await b.heartbeat({}, limited)
  t.match(b.partitions, /orders-0/)
  t.notMatch(b.partitions, /secrets/)
  t.equal((await group.describe(limited)).errorCode, NONE)
  await group.member('c', { subscribedTopicNames: ['secrets'] }).join()
  await rig.advance(1000)
  await b.heartbeat({}, limited)
  t.equal((await group.describe(limited)).errorCode, ErrorCode.TOPIC_AUTHORIZATION_FAILED)
  t.equal((await group.describe()).errorCode, NONE)
})
