import t from 'tap'
import { shareCoordinatorKey } from '../../../lib/groups/share-coordinator-key.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { describeGroups } from '../../../protocol/messages/describe-groups.ts'
import { findCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { joinGroup } from '../../../protocol/messages/join-group.ts'
import { leaveGroup } from '../../../protocol/messages/leave-group.ts'
import { listGroups } from '../../../protocol/messages/list-groups.ts'
import { GroupDriver, type Joined } from '../../helpers/groups/group-driver.ts'
import { FACTORIES, GroupRig } from '../../helpers/groups/group-rig.ts'

/*
 * What answers look like on the wire, version by version, is in lib/groups/kafka-answers.test.ts; here is what a single
 * broker of Kafka cannot show.
 */

t.test('every API of groups is served, in every version', async (t) => {
  const rig = new GroupRig()
  const served = FACTORIES.map((create) => create(rig.partsOf(1)))
  const versions = served.map(({ api, minVersion, maxVersion }) => `${api.name} ${minVersion}-${maxVersion}`)
  t.same(versions, [
    'FindCoordinator 0-6',
    'JoinGroup 0-9',
    'SyncGroup 0-5',
    'Heartbeat 0-4',
    'LeaveGroup 0-5',
    'OffsetCommit 0-10',
    'OffsetFetch 0-10',
    'OffsetDelete 0-0',
    'DescribeGroups 0-6',
    'ListGroups 0-5',
    'DeleteGroups 0-3',
    'ConsumerGroupHeartbeat 0-1',
    'ConsumerGroupDescribe 0-1',
    'ShareGroupHeartbeat 1-1',
    'ShareGroupDescribe 1-1',
    'ShareFetch 1-2',
    'ShareAcknowledge 1-2',
    'DescribeShareGroupOffsets 0-1',
    'AlterShareGroupOffsets 0-0',
    'DeleteShareGroupOffsets 0-0',
    'StreamsGroupHeartbeat 0-1',
    'StreamsGroupDescribe 0-1',
    'StreamsGroupTopologyDescriptionUpdate 0-0',
  ])
})

t.test(
  'coordinators of groups, transactions and share groups lead topics of their own, made when needed',
  async (t) => {
    const rig = new GroupRig({
      brokers: 3,
      configs: {
        'offsets.topic.num.partitions': '7',
        'transaction.state.log.num.partitions': '5',
        'share.coordinator.state.topic.num.partitions': '3',
      },
    })
    const topicId = rig.createTopic('orders')
    const find = async (keyType: number, key: string) => {
      const { coordinators } = await rig.send(findCoordinator, 6, { keyType, coordinatorKeys: [key] }).promise
      return coordinators[0]
    }
    const topics: [name: string, keyType: number, keys: string[], partitions: number][] = [
      ['__consumer_offsets', 0, ['a', 'b', 'some group'], 7],
      ['__transaction_state', 1, ['a', 'b', 'some transaction'], 5],
      ['__share_group_state', 2, [`g:${topicId}:0`, `g:with:colons:${topicId}:12`], 3],
    ]
    for (const [name, keyType, keys, count] of topics) {
      t.notOk(rig.metadata.image.topicsByName.has(name))
      for (const key of keys) {
        const found = await find(keyType, key)
        const partitions = rig.metadata.image.topicsByName.get(name)?.partitions ?? []
        t.equal(partitions.length, count)
        t.ok(partitions.every(({ replicas }) => replicas.length === 3))
        let hash = 0
        for (const character of key) hash = (Math.imul(31, hash) + character.charCodeAt(0)) | 0
        const leader = partitions[Math.abs(hash) % count]?.leader
        t.match(found, { key, errorCode: 0, nodeId: leader, host: 'localhost', port: 9000 + (leader ?? 0) })
      }
    }
  },
)

t.test('a coordinator that the client cannot reach is not available', async (t) => {
  const rig = new GroupRig({ configs: { 'offsets.topic.num.partitions': '1' } })
  const find = async (version: number) =>
    rig.send(findCoordinator, version, { key: 'g', coordinatorKeys: [] }).promise
  t.equal((await find(3)).errorCode, 0)
  const endPoints = [{ name: 'OTHER', host: 'h', port: 1, securityProtocol: 'PLAINTEXT' }] as const
  rig.controller.registerBroker({ brokerId: 1, endPoints, rack: null })
  t.match(await find(3), { errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, nodeId: -1, host: '', port: -1 })
  t.match(await find(0), { errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, nodeId: -1 })
})

t.test('keys of share coordinators', async (t) => {
  const id = '9KObILYaR5SOt8rw3rqhmQ'
  t.equal(shareCoordinatorKey(`g:${id}:0`), `g:${id}:0`)
  t.equal(shareCoordinatorKey(`a:b:${id}:+3`), `a:b:${id}:3`)
  for (const key of ['', 'g', `g:${id}`, `g:${id}:`, `g:${id}:x`, `:${id}:0`, ` :${id}:0`, 'g:short:0']) {
    t.equal(shareCoordinatorKey(key), undefined, key)
  }
})

t.test('a group is shown by its coordinator alone, with what its members told', async (t) => {
  const rig = new GroupRig({ brokers: 3 })
  rig.createOffsetsTopic()
  const names = Array.from({ length: 20 }, (_, i) => `group-${i}`)
  for (const name of names) {
    const { coordinators } = await rig.send(findCoordinator, 6, { coordinatorKeys: [name] }).promise
    const joined = new GroupDriver(rig, name).join(
      { groupInstanceId: 'i', sessionTimeoutMs: 600_000, rebalanceTimeoutMs: 600_000 },
      9,
      {
        nodeId: coordinators[0]?.nodeId as number,
        clientId: null,
      },
    )
    await rig.advance(3000)
    t.match(joined.response.memberId, /^i-[\da-f-]{36}$/)
  }
  const seen: string[] = []
  for (const nodeId of [1, 2, 3]) {
    const { groups } = await rig.send(listGroups, 5, {}, { nodeId }).promise
    seen.push(...groups.map(({ groupId }) => groupId))
    const described = await rig.send(describeGroups, 6, { groups: names }, { nodeId }).promise
    for (const { groupId, errorCode, members } of described.groups) {
      const isHere = groups.some((group) => group.groupId === groupId)
      t.equal(errorCode, isHere ? ErrorCode.NONE : ErrorCode.NOT_COORDINATOR)
      if (isHere) t.match(members, [{ clientId: '', clientHost: '/127.0.0.1', groupInstanceId: 'i' }])
    }
  }
  t.same(seen.sort(), names.sort())
})

t.test("nobody else's bytes: what a member told is kept apart from the frame it came in", async (t) => {
  const rig = new GroupRig()
  rig.createOffsetsTopic()
  const group = new GroupDriver(rig)
  const metadata = Buffer.from('what a member tells')
  const request = { protocols: [{ name: 'range', metadata }] }
  const a = await group.joinWithId(request)
  const b = await group.joinWithId(request)
  await rig.advance(6000)
  const [leader, follower] = [a.response, b.response] as [Joined, Joined]
  t.same(
    leader.members.map((member) => member.metadata.toString()),
    ['what a member tells', 'what a member tells'],
  )
  group.lead(leader)
  const { assignment } = await group.sync(follower).promise
  t.equal(assignment.toString(), follower.memberId)
})

t.test('a reason may be long, or none', async (t) => {
  const rig = new GroupRig()
  rig.createOffsetsTopic()
  const group = new GroupDriver(rig)
  const [member] = (await group.stable(1, { reason: 'x'.repeat(300) })) as [Joined]
  const members = [{ memberId: member.memberId, reason: 'y'.repeat(300) }]
  const left = await rig.send(leaveGroup, 5, { groupId: 'group', members }).promise
  t.equal(left.members[0]?.errorCode, ErrorCode.NONE)
  const again = await rig.send(joinGroup, 8, { groupId: 'group', sessionTimeoutMs: 1 }).promise
  t.equal(again.errorCode, ErrorCode.INVALID_SESSION_TIMEOUT)
})
