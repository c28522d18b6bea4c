import { ACCEPT, RELEASE, RENEW } from '../member.ts'
import type { Script } from '../steps.ts'

const LOCK_MS = 1000
/** Long enough for locks to have ended, on a busy machine, too. */
const AFTER_LOCK_MS = 1700

export const limitScripts: readonly Script[] = [
  {
    name: 'share locks end',
    async run(steps) {
      await steps.begin({ 'share.record.lock.duration.ms': String(LOCK_MS) })
      await steps.produce(4)
      const one = await steps.joined()
      await one.fetch('takes all')
      await steps.pause(AFTER_LOCK_MS)
      await one.acknowledge('comes too late', [[0, 3, ACCEPT]])
      await one.fetch('takes them again')
      await one.acknowledge('accepts two', [[0, 1, ACCEPT]])
      await steps.pause(AFTER_LOCK_MS)
      await one.fetch('takes the others again')
      await steps.offsets('locked')
    },
  },
  {
    name: 'share locks are renewed',
    async run(steps) {
      await steps.begin({ 'share.record.lock.duration.ms': '3000' })
      await steps.produce(2)
      const one = await steps.joined()
      await one.fetch('takes both')
      for (let times = 0; times < 3; times++) {
        await steps.pause(1200)
        await one.acknowledge('renews one', [[0, 0, RENEW]], { isRenewAck: true })
      }
      await one.acknowledge('accepts it', [[0, 0, ACCEPT]])
      await one.acknowledge('accepts the other', [[1, 1, ACCEPT]])
    },
  },
  {
    name: 'share locks end for good',
    async run(steps) {
      await steps.begin({
        'share.record.lock.duration.ms': String(LOCK_MS),
        'share.delivery.count.limit': '2',
      })
      await steps.produce(2)
      const one = await steps.joined()
      await one.fetch('takes both')
      await steps.pause(AFTER_LOCK_MS)
      await one.fetch('takes both again')
      await steps.pause(AFTER_LOCK_MS)
      await one.fetch('finds nothing')
      await steps.offsets('given up')
    },
  },
  {
    name: 'share deliveries are counted',
    async run(steps) {
      await steps.begin({ 'share.delivery.count.limit': '3' })
      await steps.produce(5)
      const one = await steps.joined()
      await one.fetch('takes')
      await one.acknowledge('releases all', [[0, 4, RELEASE]])
      await one.fetch('takes twice')
      await one.acknowledge('releases four', [[1, 4, RELEASE]])
      await one.fetch('takes a third time')
      await one.acknowledge('releases three', [[1, 3, RELEASE]])
      await one.fetch('finds nothing')
      await steps.offsets('given up')
      await one.acknowledge('answers for what is given up', [[2, 2, ACCEPT]])
      await one.acknowledge('accepts the others', [
        [0, 0, ACCEPT],
        [4, 4, ACCEPT],
      ])
      await steps.offsets('at the end')
    },
  },
  {
    name: 'share locks are limited',
    async run(steps) {
      await steps.begin({ 'share.partition.max.record.locks': '100' })
      for (let batch = 0; batch < 8; batch++) await steps.produce(30)
      const one = await steps.joined()
      await one.fetch('takes what is allowed', { maxRecords: 1000, batchSize: 1000 })
      await one.fetch('is allowed no more', { maxRecords: 1000 })
      await one.acknowledge('accepts some', [
        [0, 9, ACCEPT],
        [40, 49, ACCEPT],
      ])
      await one.fetch('takes some more', { maxRecords: 1000 })
      await one.acknowledge('accepts at the front', [[10, 39, ACCEPT]])
      await one.fetch('takes more', { maxRecords: 1000, shareAcquireMode: 1 })
      await steps.offsets('limited')
    },
  },
  {
    name: 'share members fall silent',
    async run(steps) {
      await steps.begin({ 'share.session.timeout.ms': '2500' })
      const [one, two] = [await steps.joined(), await steps.joined()]
      await steps.pause(1500)
      await one.beat('says that it is there')
      await steps.pause(1800)
      await one.beat('says it again')
      await two.beat('comes too late')
      await steps.describe('with one')
    },
  },
]
