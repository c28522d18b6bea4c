import { addPartitionsToTxn } from '../../../../protocol/messages/add-partitions-to-txn.ts'
import type { Producer, Script, Steps } from '../steps.ts'

/** As brokers ask it, from v4 on. */
function batched(
  s: Steps,
  label: string,
  transactions: { id?: string; producer: Producer; verifyOnly?: boolean; topics: [string, ...number[]][] }[],
  version = 5,
) {
  return s.ask(label, addPartitionsToTxn, version, {
    transactions: transactions.map(({ id = s.id, producer, verifyOnly = false, topics }) => ({
      transactionalId: id,
      producerId: producer.producerId,
      producerEpoch: producer.producerEpoch,
      verifyOnly,
      topics: topics.map(([name, ...partitions]) => ({ name, partitions })),
    })),
  })
}

/** What belongs to a transaction, and what may be written in it. */
export const partitionScripts: readonly Script[] = [
  {
    name: 'add-partitions',
    async run(s) {
      const nobody = { producerId: 12_345, producerEpoch: 0 }
      await s.add('nobody', nobody, [[s.topic, 0]])
      const p = await s.takeOver('producer')
      await s.add('another producer id', { ...p, producerId: p.producerId + 1000 }, [[s.topic, 0]])
      for (const version of [0, 1, 2, 3]) {
        const epoch = { ...p, producerEpoch: p.producerEpoch + 1 }
        await s.add('an epoch too high', epoch, [[s.topic, 0]], version)
      }
      await s.add('no such topic', p, [['nowhere', 0]])
      await s.add('one of them unknown', p, [
        [s.topic, 0, 1],
        ['nowhere', 0],
      ])
      await s.add('no such partition', p, [[s.topic, 0, 9]])
      await s.add('an internal topic', p, [
        ['__consumer_offsets', 0],
        [s.topic, 0],
      ])
      await s.add('nothing', p, [])
      await s.describe('after nothing')
      await s.add('one', p, [[s.topic, 0]])
      await s.describe('one')
      await s.add('the same and another', p, [[s.topic, 0, 1]])
      await s.add('the same', p, [[s.topic, 1]], 0)
      await s.addOffsets('offsets', p)
      await s.describe('all')
      await s.end('aborted', p, false, 4)
      await s.add('the next transaction', p, [[s.topic, 1]])
      await s.end('committed', p, true, 4)
      await s.log('log')
      await s.stored('stored')
    },
  },
  {
    name: 'add-batched',
    async run(s) {
      const p = await s.takeOver('producer')
      for (const version of [4, 5]) {
        await batched(
          s,
          'several',
          [
            { producer: p, topics: [[s.topic, 0]] },
            { id: `${s.id}-nobody`, producer: p, topics: [[s.topic, 0]] },
            { id: `${s.id}-nobody-asks`, producer: p, verifyOnly: true, topics: [[s.topic, 0, 1]] },
          ],
          version,
        )
        const verify = (label: string, producer: Producer, topics: [string, ...number[]][]) =>
          batched(s, label, [{ producer, verifyOnly: true, topics }], version)
        await verify('there and not', p, [[s.topic, 0, 1]])
        await verify('another epoch', { ...p, producerEpoch: 9 }, [[s.topic, 0]])
        await verify('another producer id', { ...p, producerId: 999_999 }, [[s.topic, 0]])
        await verify('no such topic', p, [
          ['nowhere', 0],
          [s.topic, 0],
        ])
        await verify('an internal topic', p, [['__consumer_offsets', 0]])
        await verify('nothing', p, [])
      }
      await batched(s, 'empty id', [{ id: '', producer: p, topics: [[s.topic, 0]] }])
      await batched(s, 'empty id verified', [
        { id: '', producer: p, verifyOnly: true, topics: [[s.topic, 0]] },
      ])
      await batched(s, 'another epoch', [{ producer: { ...p, producerEpoch: 9 }, topics: [[s.topic, 0]] }])
      await s.describe('described')
      await s.end('committed', p, true)
      await batched(s, 'old epoch', [{ producer: p, topics: [[s.topic, 0]] }])
      await batched(s, 'old epoch verified', [{ producer: p, verifyOnly: true, topics: [[s.topic, 0]] }])
      await s.stored('stored')
    },
  },
  {
    name: 'produce-verified',
    async run(s) {
      const nobody = { producerId: 54_321, producerEpoch: 0 }
      for (const version of [3, 9, 10, 11, 12]) await s.send('nobody', nobody, {}, version)
      const p = await s.takeOver('producer')
      for (const version of [3, 8, 9, 10, 11]) await s.send('not added', p, {}, version)
      await s.send('no transactional id', p, { transactionalId: null }, 11)
      await s.send('another transactional id', p, { transactionalId: `${s.id}-other` }, 11)
      await s.send('not transactional', p, { batch: { isTransactional: false } }, 11)
      await s.add('added', p, [[s.topic, 0]])
      await s.send('not transactional', p, { sequence: 1, batch: { isTransactional: false } }, 11)
      await s.send('later', p, { sequence: 5 }, 11)
      await s.send('next', p, { sequence: 1 }, 11)
      await s.send('the same', p, { sequence: 1 }, 11)
      await s.send('not transactional', p, { sequence: 2, batch: { isTransactional: false } }, 11)
      await s.send('another partition', p, { partition: 1 }, 11)
      await s.send('epoch too high', { ...p, producerEpoch: 5 }, {}, 11)
      await s.send('epoch too high', { ...p, producerEpoch: 5 }, {}, 9)
      await s.send('no such partition', p, { partition: 7 }, 11)
      await s.producers('producers')
      await s.log('open')
      await s.end('committed', p, true, 4)
      await s.send('the same after', p, { sequence: 1 }, 11)
      await s.send('another after', p, { sequence: 2 }, 11)
      await s.send('another after', p, { sequence: 2 }, 9)
      await s.log('log')
      await s.producers('producers')
    },
  },
  {
    name: 'produce-adds',
    async run(s) {
      const p = await s.takeOver('producer')
      await s.send('no transactional id', p, { transactionalId: null })
      await s.send('another transactional id', p, { transactionalId: `${s.id}-other` })
      await s.send('begins in the middle', p, { sequence: 3 })
      await s.describe('begun all the same')
      await s.send('first', p)
      await s.send('gap', p, { sequence: 2 })
      await s.send('second', p, { sequence: 1 }, 12)
      await s.send('another partition', p, { partition: 1 }, 12)
      await s.send('epoch too high', { ...p, producerEpoch: p.producerEpoch + 1 })
      await s.send('another producer id', { ...p, producerId: p.producerId + 1000 })
      await s.describe('open')
      const next = await s.end('committed', p, true)
      await s.send('old epoch', p, { sequence: 2 })
      await s.send('begins in the middle', next, { sequence: 2 })
      await s.send('first of the next', next)
      await s.log('open')
      await s.end('aborted', next, false)
      await s.log('log')
      await s.producers('producers')
      await s.stored('stored')
    },
  },
]
