import type { Script } from '../steps.ts'

/** What is shown of transactions and producers (KIP-664). */
export const listScripts: readonly Script[] = [
  {
    name: 'shown',
    async run(s) {
      await s.describe('nobody, and no name', s.id, '')
      const p = await s.takeOver('producer')
      await s.describe('empty')
      await s.list('all', {}, 0)
      await s.send('writes', p)
      await s.list('all', {}, 1)
      await s.list('all')
      await s.list('ongoing', { stateFilters: ['Ongoing'] })
      await s.list('in other states', {
        stateFilters: ['Empty', 'CompleteCommit', 'Dead', 'ongoing', 'Nonsense'],
      })
      await s.list('only a state that is none', { stateFilters: ['Nonsense'] })
      await s.list('of the producer', { producerIdFilters: [p.producerId] })
      await s.list('of others', { producerIdFilters: [p.producerId + 1000, -1] })
      await s.list('for long', { durationFilter: 60_000 })
      untilLater()
      await s.list('for short', { durationFilter: 0 })
      await s.list('by name', { transactionalIdPattern: 'sho.*' })
      await s.list('by part of the name', { transactionalIdPattern: 'sho' })
      await s.list('by no name', { transactionalIdPattern: '' })
      await s.list('by no expression', { transactionalIdPattern: '(' })
      await s.list('by a backreference', { transactionalIdPattern: '(s)\\1' })
      await s.producers('producers')
      await s.producers('errors', [
        { name: 'nowhere', partitionIndexes: [0] },
        { name: 'not a name', partitionIndexes: [0] },
        { name: s.topic, partitionIndexes: [0, 9] },
        { name: '__transaction_state', partitionIndexes: [] },
      ])
      await s.end('commits', p, true)
      await s.list('complete', { stateFilters: ['CompleteCommit'] })
      await s.producers('producers')
    },
  },
]

/** Till the clock shows another millisecond: josephk may have answered all of the above within one. */
function untilLater(): void {
  const now = Date.now()
  while (Date.now() <= now);
}
