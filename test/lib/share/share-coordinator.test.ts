import t from 'tap'
import { ErrorCode } from '../../../protocol/errors.ts'
import { GroupRig } from '../../helpers/groups/group-rig.ts'

const HOUR_MS = 3_600_000
const PRUNE_MS = 300_000

/** One share coordinator of two share partitions, and its log. */
function begin() {
  const rig = new GroupRig({
    brokers: 2,
    configs: {
      'share.coordinator.state.topic.num.partitions': '1',
      'share.coordinator.snapshot.update.records.per.snapshot': '2',
    },
  })
  const topicId = rig.createTopic('orders', 2)
  const keys = [0, 1].map((partition) => ({ groupId: 'sharers', topicId, partition })) as [Key, Key]
  for (const key of keys) rig.shareCoordinator.initialize(key, 1, 0)
  const state = rig.metadata.image.topicsByName.get('__share_group_state')
  const log = () => {
    const { log: of } = rig.logs.partition(state?.topicId as string, 0) ?? {}
    return { from: of?.logStartOffset, to: of?.logEndOffset }
  }
  const write = (key: Key, startOffset: number) =>
    rig.shareCoordinator.write(key, 1, {
      leaderEpoch: 0,
      startOffset,
      deliveryCompleteCount: 0,
      stateBatches: [],
    })
  return { rig, keys, log, write, stateTopicId: state?.topicId as string }
}

interface Key {
  readonly groupId: string
  readonly topicId: string
  readonly partition: number
}

t.test('records that later ones have made redundant are deleted', async (t) => {
  const { rig, keys, log, write } = begin()
  const [first, second] = keys
  t.same(log(), { from: 0, to: 2 })
  for (let startOffset = 1; startOffset <= 6; startOffset++)
    t.equal(write(first, startOffset), ErrorCode.NONE)
  await rig.advance(PRUNE_MS)
  t.same(log().from, 1, 'the other has had no snapshot since')
  await rig.advance(PRUNE_MS)
  const { from, to } = log()
  t.ok((from as number) > 1, 'what is cold got one')
  t.ok((to as number) > 8)
  t.match(rig.shareCoordinator.summary(first), { startOffset: 6 })
  t.match(rig.shareCoordinator.summary(second), { startOffset: 0 })
  for (const key of keys) t.equal(rig.shareCoordinator.delete(key), ErrorCode.NONE)
  await rig.advance(HOUR_MS)
  const left = log()
  t.equal((left.to as number) - (left.from as number), 1, 'the last tombstone')
})

t.test('what is left after pruning says all that was kept', async (t) => {
  const { rig, keys, write, stateTopicId } = begin()
  const [first, second] = keys
  for (let startOffset = 1; startOffset <= 5; startOffset++) write(first, startOffset)
  write(second, 3)
  await rig.advance(PRUNE_MS)
  await rig.advance(PRUNE_MS)
  const before = keys.map((key) => rig.shareCoordinator.summary(key))
  const { leader } = rig.metadata.image.partition(stateTopicId, 0) ?? {}
  rig.stopBroker(leader as number)
  const after = keys.map((key) => rig.shareCoordinator.summary(key))
  t.not(rig.metadata.image.partition(stateTopicId, 0)?.leader, leader)
  t.same(after, before)
})

t.test(
  'a topic that goes takes the states of its partitions along; later leaders fence earlier ones',
  async (t) => {
    const { rig, keys, write } = begin()
    const [first] = keys
    t.match(rig.shareCoordinator.read(first, 3), { startOffset: 0 })
    t.equal(write(first, 1), ErrorCode.FENCED_LEADER_EPOCH)
    t.equal(rig.shareCoordinator.read(first, 2), ErrorCode.FENCED_LEADER_EPOCH)
    t.equal(rig.shareCoordinator.initialize(first, 0, 9), ErrorCode.FENCED_STATE_EPOCH)
    rig.metadata.commit([{ type: 'RemoveTopicRecord', topicId: first.topicId }])
    t.equal(rig.shareCoordinator.summary(first), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  },
)
