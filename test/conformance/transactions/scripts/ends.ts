import type { Script } from '../steps.ts'

/** How transactions end, and what is answered to those who end them at a wrong time. */
export const endScripts: readonly Script[] = [
  {
    name: 'end-v4',
    async run(s) {
      await s.end('nobody', { producerId: 777_777, producerEpoch: 0 }, true, 4)
      const p = await s.takeOver('producer')
      await s.end('nothing to commit', p, true, 4)
      await s.end('nothing to abort', p, false, 4)
      await s.end('another producer id', { ...p, producerId: p.producerId + 1000 }, true, 4)
      for (const version of [0, 1, 2, 3, 4]) {
        await s.end('epoch too high', { ...p, producerEpoch: p.producerEpoch + 1 }, true, version)
      }
      for (const committed of [true, false]) {
        await s.add('adds', p, [[s.topic, 0]])
        await s.end('ends', p, committed, 4)
        await s.describe('ended')
        await s.end('the same again', p, committed, 4)
        await s.end('the other way', p, !committed, 4)
      }
      await s.addOffsets('offsets', p)
      await s.end('committed', p, true, 0)
      await s.log('log')
      await s.stored('stored')
    },
  },
  {
    name: 'end-v5',
    async run(s) {
      await s.end('nobody', { producerId: 777_777, producerEpoch: 0 }, true)
      const p = await s.takeOver('producer')
      await s.end('nothing to commit', p, true)
      await s.end('epoch too high', { ...p, producerEpoch: p.producerEpoch + 1 }, false)
      const aborted = await s.end('nothing to abort', p, false)
      await s.describe('aborted')
      await s.end('the same again', p, false)
      await s.end('the other way', p, true)
      await s.end('nothing to commit after an abort', aborted, true)
      const again = await s.end('nothing to abort after an abort', aborted, false)
      await s.send('writes', again)
      await s.end('another producer id', { ...again, producerId: again.producerId + 1000 }, true)
      await s.end('old epoch', aborted, true)
      const committed = await s.end('commits', again, true)
      await s.end('the same again', again, true)
      await s.end('the other way', again, false)
      await s.end('an epoch before', aborted, true)
      await s.end('nothing to commit after a commit', committed, true)
      await s.end('epoch too high', { ...committed, producerEpoch: committed.producerEpoch + 1 }, true)
      const last = await s.end('nothing to abort after a commit', committed, false)
      await s.send('writes', last)
      await s.send('writes', last, { partition: 1 })
      await s.end('aborts', last, false)
      await s.end('the same again', last, false)
      await s.end('the other way', last, true)
      await s.log('log')
      await s.producers('producers')
      await s.stored('stored')
    },
  },
  {
    name: 'end-mixed',
    async run(s) {
      const p = await s.takeOver('producer')
      await s.add('adds as of old', p, [[s.topic, 0]])
      await s.send('writes as of old', p, {}, 11)
      const next = await s.end('ends as of now', p, true)
      await s.send('writes as of now', next)
      await s.end('ends as of old', next, true, 4)
      await s.end('the same again as of now', next, true)
      await s.end('aborts as of now', next, false)
      await s.describe('described')
      await s.log('log')
      await s.stored('stored')
    },
  },
  {
    name: 'two-producers',
    async run(s) {
      const p = await s.takeOver('first')
      await s.send('first', p)
      const { producerId, producerEpoch } = await s.init('idempotent', { transactionalId: null })
      const batch = { isTransactional: false }
      await s.send('idempotent', { producerId, producerEpoch }, { batch, transactionalId: null })
      await s.log('held back')
      await s.end('aborts', p, false)
      await s.log('all')
    },
  },
  {
    name: 'markers',
    async run(s) {
      const p = await s.takeOver('producer')
      await s.send('first', p)
      const topic = (name: string, ...partitionIndexes: number[]) => [{ name, partitionIndexes }]
      await s.marker('no such partition', p, { topics: topic(s.topic, 9) })
      await s.marker('no such topic', p, { topics: topic('nowhere', 0) })
      await s.marker('nothing', p, { topics: [] })
      await s.marker('a partition without it', p, { topics: topic(s.topic, 1), coordinatorEpoch: 3 })
      await s.marker('an older coordinator', p, { topics: topic(s.topic, 1), coordinatorEpoch: 2 })
      await s.marker('of now, epoch of the transaction', p, { transactionVersion: 2 })
      await s.log('open')
      await s.marker('an administrator aborts', p, {}, 1)
      await s.log('aborted')
      await s.producers('producers')
      await s.send('goes on', p, { sequence: 1 })
      await s.marker(
        'of now, epoch raised',
        { ...p, producerEpoch: p.producerEpoch + 1 },
        { transactionVersion: 2 },
      )
      await s.marker('again', { ...p, producerEpoch: p.producerEpoch + 1 }, { transactionVersion: 2 })
      await s.marker('epoch too old', p, { transactionVersion: 2 })
      await s.marker('epoch too old', p)
      await s.end('commits', p, true)
      await s.log('log')
      await s.producers('producers')
    },
  },
]
