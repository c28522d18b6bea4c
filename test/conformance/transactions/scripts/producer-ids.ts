import type { Script } from '../steps.ts'

/** Who gets a producer id, in which epoch, and who is fenced by it. */
export const producerIdScripts: readonly Script[] = [
  {
    name: 'init-refusals',
    async run(s) {
      await s.init('no transactional id', { transactionalId: null, transactionTimeoutMs: 0 })
      await s.init('empty', { transactionalId: '' })
      await s.init('empty, and no time', { transactionalId: '', transactionTimeoutMs: 0 })
      for (const transactionTimeoutMs of [-1, 0, 60_001]) {
        await s.init(`timeout ${transactionTimeoutMs}`, { transactionTimeoutMs })
      }
      await s.init('producer id without epoch', { producerId: 7 })
      await s.init('epoch without producer id', { producerEpoch: 7 })
      await s.init('an id of another life', { producerId: 7_000, producerEpoch: 3 })
      await s.describe('described')
    },
  },
  {
    name: 'init-again',
    async run(s) {
      for (const version of [0, 1, 2, 3, 4, 5]) await s.init('again', {}, version)
      const { producerId, producerEpoch } = await s.init('and again')
      const expecting = (label: string, epoch: number, version = 5, id = producerId) =>
        s.init(label, { producerId: id, producerEpoch: epoch }, version)
      await expecting('with the current epoch', producerEpoch)
      await expecting('the answer was lost', producerEpoch)
      await expecting('an epoch too old', producerEpoch - 1)
      await expecting('an epoch too old', producerEpoch - 1, 4)
      await expecting('an epoch too old', producerEpoch - 1, 3)
      await expecting('an epoch too high', producerEpoch + 7)
      await expecting('another producer id', producerEpoch, 5, producerId + 1000)
      await expecting('another producer id', producerEpoch, 3, producerId + 1000)
      await expecting('with the current epoch', producerEpoch + 1)
      await s.describe('described')
      await s.stored('stored')
    },
  },
  {
    name: 'init-fences',
    async run(s) {
      const old = await s.takeOver('first')
      await s.add('adds', old, [[s.topic, 0, 1]])
      await s.send('writes', old, {}, 11)
      await s.init('a second one has to wait')
      await s.settled()
      await s.describe('aborted')
      const next = await s.takeOver('second')
      await s.send('the first writes', old, { sequence: 1 }, 11)
      await s.send('the first writes', old, { sequence: 1 }, 12)
      for (const version of [0, 1, 2, 3]) await s.add('the first adds', old, [[s.topic, 1]], version)
      for (const version of [0, 1, 2, 3, 4]) await s.addOffsets('the first adds offsets', old, version)
      for (const version of [0, 1, 2, 3, 4, 5]) await s.end('the first commits', old, true, version)
      await s.commitOffset('the first commits offsets', old, {}, 3)
      await s.commitOffset('the first commits offsets', old, {}, 5)
      const expected = { producerId: old.producerId, producerEpoch: old.producerEpoch }
      await s.init('the first comes back', expected)
      await s.send('the second writes', next)
      await s.end('the second commits', next, true)
      await s.log('log')
      await s.producers('producers')
      await s.stored('stored')
    },
  },
  {
    name: 'init-while-open',
    async run(s) {
      const producer = await s.takeOver('first')
      await s.send('writes', producer)
      await s.init('of another life', { producerId: producer.producerId + 1000, producerEpoch: 0 })
      await s.init('the same producer', producer)
      await s.settled()
      await s.init('the same producer again', producer)
      await s.takeOver('a new one')
      await s.log('log')
      await s.stored('stored')
    },
  },
  {
    name: 'times-out',
    async run(s) {
      const producer = await s.init('short', { transactionTimeoutMs: 100 })
      await s.send('writes', producer)
      await s.peer.until('the time to be up', async () => {
        const { transactionStates } = await s.peerDescribe()
        return transactionStates[0]?.transactionState === 'CompleteAbort'
      })
      await s.send('writes', producer, { sequence: 1 })
      await s.send('writes', producer, { sequence: 1 }, 11)
      await s.end('commits', producer, true)
      await s.end('commits', producer, true, 4)
      await s.init('comes back', { ...producer, transactionTimeoutMs: 30_000 })
      const next = await s.takeOver('new')
      await s.send('writes', next)
      await s.end('commits', next, true)
      await s.log('log')
      await s.stored('stored')
    },
  },
]
