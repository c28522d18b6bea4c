import { ACCEPT, GAP, REJECT, RELEASE, RENEW } from '../member.ts'
import type { Script } from '../steps.ts'

export const acknowledgingScripts: readonly Script[] = [
  {
    name: 'share acknowledgements of each kind',
    async run(steps) {
      await steps.begin()
      await steps.produce(12)
      const one = await steps.joined()
      await one.fetch('takes all')
      await one.acknowledge('accepts one', [[0, 0, ACCEPT]])
      await one.acknowledge('releases two', [[1, 2, RELEASE]])
      await one.acknowledge('rejects one', [[3, 3, REJECT]])
      await one.acknowledge('says one is a gap', [[4, 4, GAP]])
      await one.acknowledge('says each', [[5, 8, ACCEPT, RELEASE, REJECT, GAP]])
      await one.acknowledge('says in two batches', [
        [9, 9, ACCEPT],
        [10, 11, ACCEPT, RELEASE],
      ])
      await steps.offsets('answered for')
      await one.fetch('takes what is released')
      await one.acknowledge(
        'in version 1',
        [
          [1, 2, ACCEPT],
          [6, 6, ACCEPT],
          [11, 11, REJECT],
        ],
        {},
        1,
      )
      await steps.offsets('at the end')
      await steps.offsets('at the end, in version 0', null, 0)
    },
  },
  {
    name: 'share acknowledgements with fetches',
    async run(steps) {
      await steps.begin()
      await steps.produce(4)
      await steps.produce(4)
      const one = await steps.joined()
      await one.fetch('takes one batch', { maxRecords: 4 })
      await one.fetch('answers and takes more', { topics: one.said([0, 1, ACCEPT]) })
      await one.acknowledge('releases', [[2, 2, RELEASE]])
      await one.fetch('answers wrongly', { topics: one.said([0, 0, ACCEPT]), maxWaitMs: 100 })
      await one.fetch('answers beyond all', { topics: one.said([6, 9, ACCEPT]), maxWaitMs: 100 })
      await one.fetch('answers in disorder', {
        topics: one.said([6, 6, ACCEPT], [4, 4, ACCEPT]),
        maxWaitMs: 100,
      })
      await one.fetch('rejects', { topics: one.said([2, 7, REJECT]), maxWaitMs: 100 })
      await steps.offsets('at the end')
    },
  },
  {
    name: 'share acknowledgements that are wrong',
    async run(steps) {
      await steps.begin()
      const [one, two] = [await steps.joined(), await steps.joined()]
      await two.open()
      await steps.produce(5)
      await steps.produce(5)
      await one.acknowledge('has no session', [[0, 0, ACCEPT]], { shareSessionEpoch: 1 })
      await one.fetch('takes the first', { maxRecords: 5 })
      await two.fetch('takes the others', { maxRecords: 5 })
      await two.acknowledge('means what others have', [[0, 0, ACCEPT]])
      await one.acknowledge('means what others have', [[4, 5, ACCEPT]])
      await one.acknowledge('means what is not there', [[10, 12, ACCEPT]])
      await one.acknowledge('goes beyond the end', [[8, 12, ACCEPT]])
      await one.acknowledge('ends before it begins', [[4, 2, ACCEPT]])
      await one.acknowledge('overlaps', [
        [0, 2, ACCEPT],
        [2, 4, ACCEPT],
      ])
      await one.acknowledge('is out of order', [
        [3, 4, ACCEPT],
        [0, 2, ACCEPT],
      ])
      await one.acknowledge('says too little', [[0, 2, ACCEPT, ACCEPT]])
      await one.acknowledge('says too much', [[0, 1, ACCEPT, ACCEPT, ACCEPT]])
      await one.acknowledge('says nothing', [[0, 1]])
      await one.acknowledge('says what is not known', [[0, 1, 7]])
      await one.acknowledge('says what is below all', [[0, 1, -1]])
      await one.acknowledge('begins below all', [[-3, 1, ACCEPT]])
      await one.acknowledge('renews without saying so', [[0, 1, RENEW]])
      await one.acknowledge('answers for half', [[0, 1, ACCEPT]])
      await one.acknowledge('answers again', [[0, 1, ACCEPT]])
      await one.acknowledge('answers across the start', [[0, 3, ACCEPT]])
      await one.acknowledge('answers with one that is done', [
        [3, 4, ACCEPT],
        [2, 2, ACCEPT],
      ])
      await one.acknowledge('releases', [[4, 4, RELEASE]])
      await one.acknowledge('accepts what it released', [[4, 4, ACCEPT]])
      await steps.offsets('at the end')
    },
  },
  {
    name: 'share acknowledgements in versions before renewing',
    async run(steps) {
      await steps.begin()
      await steps.produce(3)
      const one = await steps.joined()
      await one.fetch('takes all', {}, 1)
      await one.acknowledge('renews', [[0, 0, RENEW]], {}, 1)
      await one.acknowledge('accepts', [[0, 0, ACCEPT]], {}, 1)
      await one.fetch('renews', { topics: one.said([1, 1, RENEW]), maxWaitMs: 100 }, 1)
      await one.fetch('rejects', { topics: one.said([1, 1, REJECT]), maxWaitMs: 100 }, 1)
    },
  },
  {
    name: 'share renewal',
    async run(steps) {
      await steps.begin()
      await steps.produce(4)
      const one = await steps.joined()
      const isRenewAck = true
      await one.fetch('takes all')
      await one.acknowledge('renews', [[0, 1, RENEW]], { isRenewAck })
      await one.acknowledge('renews and accepts', [[0, 1, RENEW, ACCEPT]], { isRenewAck })
      await one.acknowledge('accepts, renewing nothing', [[2, 2, ACCEPT]], { isRenewAck })
      await one.acknowledge('renews what is accepted', [[2, 2, RENEW]], { isRenewAck })
      await one.acknowledge('renews at the end', [[0, 0, RENEW]], { isRenewAck, shareSessionEpoch: -1 })
      const nothing = { maxRecords: 0, maxBytes: 0, minBytes: 0, maxWaitMs: 0 }
      await one.fetch('renews', { isRenewAck, ...nothing, topics: one.said([0, 0, RENEW]) })
      await one.fetch('renews and wants records', {
        isRenewAck,
        ...nothing,
        maxRecords: 1,
        topics: one.said([0, 0, RENEW]),
      })
      await one.fetch('renews and wants bytes', {
        isRenewAck,
        ...nothing,
        maxBytes: 1,
        topics: one.said([0, 0, RENEW]),
      })
      await one.fetch('renews and waits', {
        isRenewAck,
        ...nothing,
        maxWaitMs: 1,
        topics: one.said([0, 0, RENEW]),
      })
      await one.fetch('renews and wants some bytes', {
        isRenewAck,
        ...nothing,
        minBytes: 1,
        topics: one.said([0, 0, RENEW]),
      })
      await one.fetch('renews nothing', { isRenewAck, ...nothing })
      await one.fetch('renews without saying so', { topics: one.said([0, 0, RENEW]), maxWaitMs: 100 })
      await one.fetch('renews at the end', {
        isRenewAck,
        ...nothing,
        shareSessionEpoch: -1,
        topics: one.said([0, 0, RENEW]),
      })
      await one.fetch('renews at the beginning', { isRenewAck, ...nothing, shareSessionEpoch: 0 })
      await steps.offsets('renewed')
      await steps.configure({ 'share.renew.acknowledge.enable': 'false' })
      await one.acknowledge('may not renew', [[0, 0, RENEW]], { isRenewAck })
      await one.fetch('may not renew', { isRenewAck, ...nothing, topics: one.said([0, 0, RENEW]) })
    },
  },
]
