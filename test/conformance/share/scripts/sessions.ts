import { ACCEPT, RELEASE } from '../member.ts'
import type { Script } from '../steps.ts'

const NOBODY = 'd-d-d-d-d-d-d-d-d-d-dw'
const KEPT_MS = 1000
const NO_TOPIC = 'AAAAAAAAAAAAAAAAAAAAeQ'

export const sessionScripts: readonly Script[] = [
  {
    name: 'share session epochs',
    async run(steps) {
      await steps.begin()
      await steps.produce(3)
      const one = await steps.joined()
      await one.fetch('has no session', { shareSessionEpoch: 1 })
      await one.fetch('ends what has not begun', { shareSessionEpoch: -1 })
      await one.fetch('begins with nothing', { shareSessionEpoch: 0, topics: [], maxWaitMs: 300 })
      await one.fetch('begins')
      await one.fetch('is ahead', { shareSessionEpoch: 3 })
      await one.fetch('is behind', { shareSessionEpoch: -2 })
      await one.acknowledge('is ahead', [[0, 0, ACCEPT]], { shareSessionEpoch: 3 })
      await one.acknowledge('begins', [[0, 0, ACCEPT]], { shareSessionEpoch: 0 })
      await one.acknowledge('goes on', [[0, 0, ACCEPT]])
      await one.fetch('goes on', { maxWaitMs: 100 })
      await one.fetch('begins anew', { shareSessionEpoch: 0, maxWaitMs: 300 })
      await one.fetch('finds itself at 1', { shareSessionEpoch: 1, maxWaitMs: 100 })
      await one.acknowledge('accepts from before', [[1, 1, ACCEPT]], { shareSessionEpoch: 2 })
      await one.fetch('ends', { shareSessionEpoch: -1 })
      await one.fetch('has ended', { shareSessionEpoch: 4 })
      await one.fetch('begins again', { shareSessionEpoch: 0 })
      await one.acknowledge('ends with an answer', [[2, 2, ACCEPT]], { shareSessionEpoch: -1 })
      await one.acknowledge('has ended', [[2, 2, ACCEPT]], { shareSessionEpoch: 1 })
      await one.acknowledge('ends twice', [[2, 2, ACCEPT]], { shareSessionEpoch: -1 })
      await steps.offsets('at the end')
    },
  },
  {
    name: 'share session ends',
    async run(steps) {
      await steps.begin()
      await steps.produce(6)
      const one = await steps.joined()
      await one.fetch('takes all')
      const topics = one.said([0, 1, ACCEPT], [2, 2, RELEASE])
      await one.fetch('ends with answers', { shareSessionEpoch: -1, topics, maxRecords: 0, maxWaitMs: 0 })
      // Kafka keeps what became of them when it has answered.
      await steps.pause(KEPT_MS)
      const two = await steps.joined()
      await two.fetch('gets what was not answered for')
      await two.client.close()
      await steps.pause(KEPT_MS)
      await one.fetch('gets what the dead one held', { shareSessionEpoch: 0 })
      await one.fetch('ends with records wanted', { shareSessionEpoch: -1, maxRecords: 100 })
      await steps.pause(KEPT_MS)
      two.client = await steps.connect()
      await two.fetch('comes back', { shareSessionEpoch: 2 })
      await two.fetch('begins anew', { shareSessionEpoch: 0 })
    },
  },
  {
    name: 'share session of nonsense',
    async run(steps) {
      await steps.begin()
      await steps.produce(3)
      const one = await steps.joined()
      const anew = { shareSessionEpoch: 0 }
      await one.fetch('has no member id', { ...anew, memberId: null })
      await one.fetch('has an empty member id', { ...anew, memberId: '' })
      await one.fetch('has an id that is no UUID', { ...anew, memberId: 'somebody' })
      await one.fetch('has no group', { ...anew, groupId: null })
      await one.fetch('has an empty group', { ...anew, groupId: '' })
      await one.fetch('acknowledges at once', { ...anew, topics: one.said([0, 0, ACCEPT]) })
      await one.fetch('wants no records', { ...anew, maxRecords: 0 })
      await one.fetch('wants fewer than none', { ...anew, maxRecords: -1 })
      await one.fetch('wants no bytes', { ...anew, maxBytes: 0, maxWaitMs: 300 })
      await one.fetch('wants batches of nothing', { ...anew, batchSize: 0, maxWaitMs: 300 })
      await one.fetch('wants an unknown topic', {
        ...anew,
        maxWaitMs: 1000,
        topics: [{ topicId: NO_TOPIC, partitions: [{ partitionIndex: 0 }] }],
      })
      await one.fetch('wants an unknown partition', {
        ...anew,
        maxWaitMs: 1000,
        topics: [{ topicId: steps.topicId, partitions: [{ partitionIndex: 7 }] }],
      })
      await one.fetch('wants one twice', {
        ...anew,
        maxWaitMs: 500,
        topics: [{ topicId: steps.topicId, partitions: [{ partitionIndex: 0 }, { partitionIndex: 0 }] }],
      })
      await one.fetch('begins', { ...anew, maxWaitMs: 500 })
      await one.acknowledge('has no member id', [[0, 0, ACCEPT]], { memberId: null })
      await one.acknowledge('has an id that is no UUID', [[0, 0, ACCEPT]], { memberId: 'somebody' })
      await one.acknowledge('has no group', [[0, 0, ACCEPT]], { groupId: null })
      await one.acknowledge('has an empty group', [[0, 0, ACCEPT]], { groupId: '' })
      await one.acknowledge('is nobody', [[0, 0, ACCEPT]], { memberId: NOBODY, shareSessionEpoch: 1 })
      await one.acknowledge('means an unknown topic', [], {
        shareSessionEpoch: 1,
        topics: one.said([0, 0, ACCEPT]).map((topic) => ({ ...topic, topicId: NO_TOPIC })),
      })
      await one.acknowledge('means an unknown partition', [], {
        shareSessionEpoch: 2,
        topics: one.said([0, 0, ACCEPT]).map(({ topicId, partitions }) => {
          return { topicId, partitions: partitions.map((each) => ({ ...each, partitionIndex: 7 })) }
        }),
      })
      await one.acknowledge('means nothing', [], { shareSessionEpoch: 3, topics: [] })
      await one.acknowledge('means no offsets', [], { shareSessionEpoch: 4 })
    },
  },
  {
    name: 'share session of strangers',
    async run(steps) {
      await steps.begin()
      await steps.produce(3)
      const stranger = await steps.member()
      await stranger.fetch('has joined nothing', { maxWaitMs: 1000 })
      await steps.describe('of nobody')
      await steps.offsets('of nobody')
      await stranger.acknowledge('accepts', [[0, 0, ACCEPT]])
    },
  },
]
