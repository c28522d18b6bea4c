import { deleteTopics } from '../../../../protocol/messages/delete-topics.ts'
import { ACCEPT } from '../member.ts'
import type { Script } from '../steps.ts'

export const offsetScripts: readonly Script[] = [
  {
    name: 'share offsets are told',
    async run(steps) {
      await steps.begin({}, 2)
      const { topic } = steps
      const both = [{ topicName: topic, partitions: [0, 1] }]
      await steps.offsets('of no group')
      await steps.offsets('of topics of no group', both)
      const one = await steps.joined()
      await steps.offsets('before anything is read')
      await steps.offsets('of topics before anything is read', both)
      await steps.produce(6)
      await one.fetch('takes all')
      await steps.offsets('taken')
      await one.acknowledge('accepts two in between', [
        [1, 1, ACCEPT],
        [3, 3, ACCEPT],
      ])
      await steps.offsets('with some done')
      await one.acknowledge('accepts the first', [[0, 0, ACCEPT]])
      await steps.offsets('with the first done')
      await steps.offsets('with the first done, in version 0', null, 0)
      await steps.offsets('of more than there is', [
        { topicName: topic, partitions: [0, 7, -1] },
        { topicName: `${topic}-none`, partitions: [0, 1] },
        { topicName: '', partitions: [0] },
      ])
      await steps.offsets('of nothing', [])
      await steps.offsets('of no partitions', [{ topicName: topic, partitions: [] }])
    },
  },
  {
    name: 'share offsets are altered',
    async run(steps) {
      await steps.begin({}, 2)
      const { topic } = steps
      await steps.produce(10)
      await steps.alter('of no group', { 0: 0 })
      const one = await steps.joined()
      await one.fetch('takes all')
      await one.acknowledge('accepts some', [[0, 4, ACCEPT]])
      await steps.alter('of a group with members', { 0: 0 })
      await one.beat('leaves', { memberEpoch: -1 })
      await steps.alter('to 2', { 0: 2 })
      await steps.offsets('at 2')
      await steps.describe('at 2')
      await steps.alter('of one that was not read', { 1: 0 })
      await steps.alter('of an unknown partition', { 7: 0 })
      await steps.alter('of an unknown topic', { 0: 0 }, `${topic}-none`)
      await steps.alter('below all', { 0: -1 })
      await steps.alter('far below all', { 0: -5 })
      await steps.alter('beyond the end', { 0: 100 })
      await steps.offsets('beyond the end')
      await steps.alter('of nothing', {})
      await steps.alter('to 8', { 0: 8 })
      const two = await steps.joined()
      await two.fetch('begins at 8')
      await two.acknowledge('accepts', [[8, 9, ACCEPT]])
      await steps.offsets('at the end')
    },
  },
  {
    name: 'share offsets are set before anybody reads',
    async run(steps) {
      await steps.begin({ 'share.auto.offset.reset': 'latest' }, 2)
      await steps.produce(5)
      const one = await steps.joined()
      await one.beat('leaves', { memberEpoch: -1 })
      await steps.offsets('of an empty group')
      await steps.alter('to 1', { 0: 1 })
      await steps.offsets('at 1')
      const two = await steps.joined()
      await two.fetch('begins at 1')
    },
  },
  {
    name: 'share offsets are deleted',
    async run(steps) {
      await steps.begin()
      const { topic } = steps
      await steps.produce(5)
      await steps.forget('of no group', topic)
      const one = await steps.joined()
      await one.fetch('takes all')
      await one.acknowledge('accepts some', [[0, 2, ACCEPT]])
      await steps.forget('of a group with members', topic)
      await one.beat('leaves', { memberEpoch: -1 })
      await steps.peer.createTopic(`${topic}-other`, 1)
      await steps.forget(
        'an unknown one, one that was not read, and its own',
        `${topic}-none`,
        `${topic}-other`,
        topic,
      )
      await steps.offsets('forgotten')
      await steps.offsets('forgotten, by name', [{ topicName: topic, partitions: [0] }])
      await steps.describe('forgotten')
      await steps.forget('again', topic)
      await steps.forget('nothing')
      const two = await steps.joined()
      await two.fetch('begins anew')
      await two.beat('leaves', { memberEpoch: -1 })
      await steps.delete('at the end')
      await steps.offsets('of what was deleted')
    },
  },
  {
    name: 'share offsets of topics that go',
    async run(steps) {
      await steps.begin()
      await steps.produce(5)
      const one = await steps.joined()
      await one.fetch('takes all')
      await one.beat('leaves', { memberEpoch: -1 })
      const request = { topics: [{ topicId: steps.topicId }], timeoutMs: 10_000 }
      await steps.peer.admin.send(deleteTopics, 6, request)
      await steps.pause(1000)
      await steps.offsets('of what is gone')
      await steps.offsets('of what is gone, by name', [{ topicName: steps.topic, partitions: [0] }])
      await steps.alter('of what is gone', { 0: 0 })
      await steps.forget('what is gone', steps.topic)
      await steps.peer.createTopic(steps.topic, 1)
      await steps.offsets('of another with its name')
      const two = await steps.joined()
      await steps.produce(1)
      await two.fetch('begins anew')
      await steps.offsets('read anew')
    },
  },
]
