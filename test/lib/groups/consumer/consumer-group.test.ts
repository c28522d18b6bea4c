import t from 'tap'
import { ConsumerGroupDriver } from '../../../helpers/groups/consumer-driver.ts'
import { GroupRig, type GroupRigOptions } from '../../../helpers/groups/group-rig.ts'

function start(options: GroupRigOptions = {}) {
  const rig = new GroupRig(options)
  rig.createTopic('orders', 6)
  rig.createOffsetsTopic()
  return { rig, group: new ConsumerGroupDriver(rig) }
}

t.test('one member gets all; a second one half of it, once the first has given that up', async (t) => {
  const { rig, group } = start()
  const a = group.member('a')
  const joined = await a.join()
  t.match(joined, { errorCode: 0, memberId: 'a', memberEpoch: 2, heartbeatIntervalMs: 5000 })
  t.equal(a.owned[0]?.partitions?.length, 6)
  await rig.advance(1000)
  const b = group.member('b')
  t.match(await b.join(), { errorCode: 0, memberEpoch: 3, assignment: { topicPartitions: [] } })
  t.match(await group.describe(), { groupState: 'Reconciling', groupEpoch: 3, assignmentEpoch: 3 })
  const revoked = await a.heartbeat({ topicPartitions: null })
  t.match(revoked, { memberEpoch: 2, assignment: { topicPartitions: [{ partitions: { length: 3 } }] } })
  t.match(await b.heartbeat(), { memberEpoch: 3, assignment: null }, 'not before the other has given up')
  t.match(await a.heartbeat(), { memberEpoch: 3, assignment: null })
  t.match(await b.heartbeat(), {
    memberEpoch: 3,
    assignment: { topicPartitions: [{ partitions: { length: 3 } }] },
  })
  t.match(await group.describe(), { groupState: 'Stable' })
})
