import { deleteRecords } from '../../../../protocol/messages/delete-records.ts'
import { deleteTopics } from '../../../../protocol/messages/delete-topics.ts'
import { endTxn } from '../../../../protocol/messages/end-txn.ts'
import { initProducerId } from '../../../../protocol/messages/init-producer-id.ts'
import { produce } from '../../../../protocol/messages/produce.ts'
import { encodeBatch } from '../../../../protocol/records/encode-batch.ts'
import { ACCEPT, GAP, RELEASE } from '../member.ts'
import type { Script, Steps } from '../steps.ts'

const RECORD_LIMIT = 1

export const fetchingScripts: readonly Script[] = [
  {
    name: 'share fetch begins at the beginning',
    async run(steps) {
      await steps.begin()
      await steps.produce(5)
      await steps.produce(5)
      const [one, two] = [await steps.joined(), await steps.joined()]
      await one.fetch('takes all')
      await two.fetch('finds nothing', { maxWaitMs: 500 })
      await steps.produce(3)
      await two.fetch('takes what is new')
      await one.fetch('finds nothing', { maxWaitMs: 0 })
      await steps.offsets('taken')
      await one.fetch('in version 1', {}, 1)
    },
  },
  {
    name: 'share fetch begins at the end',
    async run(steps) {
      await steps.begin({ 'share.auto.offset.reset': 'latest' })
      await steps.produce(5)
      const one = await steps.joined()
      await steps.offsets('before anything is read')
      await one.fetch('finds nothing', { maxWaitMs: 1000 })
      await steps.offsets('when nothing was there')
      await steps.produce(3)
      await one.fetch('takes what is new')
      await one.acknowledge('accepts', [[5, 7, ACCEPT]])
      await steps.offsets('accepted')
    },
  },
  {
    name: 'share fetch begins by time',
    async run(steps) {
      await steps.begin({ 'share.auto.offset.reset': 'by_duration:PT1H' })
      const old = Date.now() - 7_200_000
      const value = Buffer.from('old')
      await steps.produce(4, 0, {
        records: Array.from({ length: 4 }, () => ({ timestamp: old, key: null, value })),
      })
      await steps.produce(3)
      const one = await steps.joined()
      await one.fetch('takes what is not old')
    },
  },
  {
    name: 'share fetch by the batch',
    async run(steps) {
      await steps.begin()
      for (const count of [4, 6, 5, 5, 10]) await steps.produce(count)
      const one = await steps.joined()
      await one.fetch('takes whole batches', { maxRecords: 5 })
      await one.fetch('takes small batches', { maxRecords: 10, batchSize: 2 })
      await one.fetch('takes large batches', { maxRecords: 2, batchSize: 8 })
      await one.acknowledge('releases some', [[2, 6, RELEASE]])
      const two = await steps.joined()
      await two.fetch('takes two of what is released', { maxRecords: 2 })
      await two.fetch('takes the rest', { maxRecords: 100, batchSize: 2 })
      await one.acknowledge('releases all else', [
        [0, 1, RELEASE],
        [7, 19, RELEASE],
      ])
      await two.fetch('takes five', { maxRecords: 5 })
      await two.fetch('takes one', { maxRecords: 1, batchSize: 1 })
      await two.fetch('takes all', { maxRecords: 1000, batchSize: 1000 })
    },
  },
  {
    name: 'share fetch no record more',
    async run(steps) {
      await steps.begin()
      for (const count of [4, 6, 5]) await steps.produce(count)
      const one = await steps.joined()
      const shareAcquireMode = RECORD_LIMIT
      await one.fetch('takes five', { maxRecords: 5, shareAcquireMode })
      await one.fetch('takes one', { maxRecords: 1, shareAcquireMode })
      await one.fetch('takes three of two', { maxRecords: 3, batchSize: 2, shareAcquireMode })
      await one.fetch('takes all, two by two', { maxRecords: 100, batchSize: 2, shareAcquireMode })
      await one.acknowledge('releases', [
        [1, 3, RELEASE],
        [7, 8, RELEASE],
        [12, 12, RELEASE],
      ])
      const two = await steps.joined()
      await two.fetch('takes four', { maxRecords: 4, shareAcquireMode })
      await two.fetch('takes the rest', { maxRecords: 100, shareAcquireMode })
      await two.fetch('has a mode there is not', { shareAcquireMode: 2 })
    },
  },
  {
    name: 'share fetch from several partitions',
    async run(steps) {
      await steps.begin({}, 3)
      const one = await steps.joined()
      const partitions = [0, 1, 2].map((partitionIndex) => ({ partitionIndex, acknowledgementBatches: [] }))
      await one.open([{ topicId: steps.topicId, partitions }])
      for (const partition of [0, 1, 2]) await steps.produce(3, partition)
      await one.fetch('takes four', { maxRecords: 4 })
      await one.fetch('takes four more', { maxRecords: 4 })
      await one.fetch('takes what is left', { maxRecords: 400 })
      await one.fetch('forgets one', { forgottenTopicsData: [{ topicId: steps.topicId, partitions: [1] }] })
      for (const partition of [0, 1, 2]) await steps.produce(1, partition)
      await one.fetch('takes from two', { maxRecords: 400 })
    },
  },
  {
    name: 'share fetch waits',
    async run(steps) {
      await steps.begin()
      const [one, two] = [await steps.joined(), await steps.joined()]
      await steps.produce(1)
      await one.fetch('begins')
      await two.open()
      const waits = two.fetch('gets what is released', { maxWaitMs: 10_000 })
      await steps.pause(100)
      await one.acknowledge('releases', [[0, 0, RELEASE]])
      await waits
      const next = one.fetch('gets what is new', { maxWaitMs: 10_000, minBytes: 100 })
      await steps.pause(100)
      await steps.produce(2)
      await next
      await one.fetch('wants more than there is', { maxWaitMs: 300, minBytes: 100_000 })
    },
  },
  {
    name: 'share fetch of deleted records',
    async run(steps) {
      await steps.begin()
      for (let batch = 0; batch < 4; batch++) await steps.produce(5)
      const one = await steps.joined()
      await one.fetch('takes two batches', { maxRecords: 10 })
      await deleteBelow(steps, 7)
      await steps.offsets('deleted below 7')
      await one.acknowledge('accepts what is deleted', [[0, 2, ACCEPT]])
      await one.acknowledge('accepts both', [[3, 8, ACCEPT]])
      await one.fetch('takes the rest')
      await one.acknowledge('releases', [[9, 9, RELEASE]])
      await one.fetch('takes it again')
      await deleteBelow(steps, 18)
      await one.fetch('finds nothing')
      await one.acknowledge('accepts the rest', [[18, 19, ACCEPT]])
      await steps.offsets('at the end')
    },
  },
  {
    name: 'share fetch of a topic that goes',
    async run(steps) {
      await steps.begin()
      await steps.produce(2)
      const one = await steps.joined()
      await one.fetch('takes')
      const request = { topics: [{ topicId: steps.topicId }], timeoutMs: 10_000 }
      await steps.peer.admin.send(deleteTopics, 6, request)
      await steps.pause(1000)
      await one.fetch('finds it gone')
      await one.acknowledge('accepts what is gone', [[0, 1, ACCEPT]])
      await steps.offsets('of what is gone')
      await one.beat('is told of nothing')
      await steps.describe('reading what is gone')
    },
  },
  {
    name: 'share fetch of everything',
    async run(steps) {
      await steps.begin()
      await transaction(steps, 3, false)
      await steps.produce(2)
      await transaction(steps, 2, true)
      const one = await steps.joined()
      await one.fetch('takes all there is')
      await one.acknowledge('accepts, with markers', [
        [0, 2, ACCEPT],
        [3, 3, GAP],
        [4, 7, ACCEPT],
        [8, 8, GAP],
      ])
      await steps.offsets('accepted')
    },
  },
  {
    name: 'share fetch of what is committed',
    async run(steps) {
      await steps.begin({ 'share.isolation.level': 'read_committed' })
      await transaction(steps, 3, false)
      await steps.produce(2)
      await transaction(steps, 2, true)
      const open = await transaction(steps, 2)
      await steps.produce(1)
      const one = await steps.joined()
      await one.fetch('takes what is committed')
      await one.fetch('finds no more', { maxWaitMs: 300 })
      await steps.offsets('taken')
      await one.acknowledge('accepts', [
        [0, 3, GAP],
        [4, 7, ACCEPT],
        [8, 8, GAP],
      ])
      await one.acknowledge('accepts what is committed', [
        [4, 7, ACCEPT],
        [8, 8, GAP],
      ])
      await steps.offsets('accepted')
      await open(false)
      await one.fetch('takes what came after')
      await one.fetch('finds no more, again', { maxWaitMs: 300 })
      await steps.offsets('at the end')
    },
  },
]

async function deleteBelow(steps: Steps, offset: number): Promise<void> {
  const partitions = [{ partitionIndex: 0, offset }]
  const topics = [{ name: steps.topic, partitions }]
  await steps.peer.admin.send(deleteRecords, 2, { topics, timeoutMs: 10_000 })
}

/** Records of a transaction, which is ended at once where it is said how. */
async function transaction(steps: Steps, count: number, committed?: boolean) {
  const transactionalId = steps.groupId
  const { admin } = steps.peer
  let producer = { producerId: -1, producerEpoch: -1 }
  await steps.peer.until('a producer id', async () => {
    const begun = await admin.send(initProducerId, 5, { transactionalId, transactionTimeoutMs: 60_000 })
    producer = { producerId: begun.producerId, producerEpoch: begun.producerEpoch }
    return begun.errorCode === 0
  })
  const value = Buffer.from('in a transaction')
  const records = encodeBatch({
    records: Array.from({ length: count }, () => ({ timestamp: Date.now(), key: null, value })),
    ...producer,
    baseSequence: 0,
    isTransactional: true,
  })
  const { responses } = await admin.send(produce, 12, {
    transactionalId,
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name: steps.topic, partitionData: [{ index: 0, records }] }],
  })
  const errorCode = responses[0]?.partitionResponses[0]?.errorCode
  if (errorCode !== 0) throw new Error(`produce: ${errorCode}`)
  const end = async (isCommitted: boolean) => {
    const ended = await admin.send(endTxn, 5, { transactionalId, ...producer, committed: isCommitted })
    if (ended.errorCode !== 0) throw new Error(`end of transaction: ${ended.errorCode}`)
    // Kafka writes the marker when it has answered already.
    await steps.pause(400)
  }
  if (committed !== undefined) await end(committed)
  return end
}
