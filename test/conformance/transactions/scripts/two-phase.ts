import { describeTransactions } from '../../../../protocol/messages/describe-transactions.ts'
import { initProducerId } from '../../../../protocol/messages/init-producer-id.ts'
import type { Script } from '../steps.ts'

const NEVER_MS = 2_147_483_647

/** InitProducerId v6, which brokers have with `unstable.api.versions.enable`: what is asked for, one thing and another. */
async function wishes(s: Parameters<Script['run']>[0]): Promise<void> {
  await s.init('plain', {}, 6)
  for (const enable2Pc of [false, true]) {
    for (const keepPreparedTxn of [false, true]) {
      const wish = { enable2Pc, keepPreparedTxn }
      const label = JSON.stringify(wish)
      await s.init(label, wish, 6)
      await s.init(`${label}, no transactional id`, { ...wish, transactionalId: null }, 6)
      await s.init(`${label}, empty`, { ...wish, transactionalId: '' }, 6)
      for (const transactionTimeoutMs of [-1, 0, 60_001, NEVER_MS]) {
        await s.init(`${label}, ${transactionTimeoutMs} ms`, { ...wish, transactionTimeoutMs }, 6)
      }
      await s.init(`${label}, another producer`, { ...wish, producerId: 7_000, producerEpoch: 3 }, 6)
      await s.init(`${label}, half a producer`, { ...wish, producerId: 7_000 }, 6)
    }
  }
  await s.describe('described')
  await s.stored('stored')
}

/** Where `transaction.two.phase.commit.enable` is not set, as by default. */
export const onePhaseScripts: readonly Script[] = [{ name: 'init-v6', run: wishes }]

/** Where it is (KIP-939): transactions whose end others decide on, whenever that is. */
export const twoPhaseScripts: readonly Script[] = [
  { name: 'two-phase-wishes', run: wishes },
  {
    name: 'two-phase-waits',
    async run(s) {
      const producer = await s.init('for two phases', { enable2Pc: true, transactionTimeoutMs: 100 }, 6)
      await s.send('writes', producer)
      await s.describe('open')
      // Meanwhile the time of one for one phase is up.
      const other = { transactionalId: `${s.id}-other`, transactionTimeoutMs: 100 }
      const { producerId, producerEpoch } = await s.peer.send(initProducerId, 6, other)
      const theirs = { producerId, producerEpoch }
      await s.send('another writes', theirs, { transactionalId: other.transactionalId, partition: 1 })
      await s.peer.until('the time of the other to be up', async () => {
        const { transactionStates } = await s.peer.send(describeTransactions, 0, {
          transactionalIds: [other.transactionalId],
        })
        return transactionStates[0]?.transactionState === 'CompleteAbort'
      })
      await s.describe('still open')
      await s.list('listed')
      await s.end('commits', producer, true)
      await s.log('log')
      await s.stored('stored')
    },
  },
  {
    name: 'two-phase-taken-over',
    async run(s) {
      const producer = await s.init('for two phases', { enable2Pc: true }, 6)
      await s.send('writes', producer)
      await s.init('cannot be kept', { enable2Pc: true, keepPreparedTxn: true }, 6)
      await s.describe('open')
      await s.init('aborted by the next', { enable2Pc: true }, 6)
      await s.settled()
      await s.describe('aborted')
      await s.init('for two phases again', { enable2Pc: true }, 6)
      await s.describe('described')
      const next = await s.init('for one phase', {}, 6)
      await s.describe('described')
      await s.send('writes', next)
      await s.end('commits', next, true)
      await s.log('log')
      await s.stored('stored')
    },
  },
]
