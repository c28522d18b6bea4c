import t from 'tap'
import { createFetchHandler } from '../../../lib/api/fetch.ts'
import { createProduceHandler } from '../../../lib/api/produce.ts'
import { fetch } from '../../../protocol/messages/fetch.ts'
import { produce } from '../../../protocol/messages/produce.ts'
import { encodeBatch } from '../../../protocol/records/encode-batch.ts'
import { ask, contextOf, fetchRequest, LogBrokers, produceRequest } from '../../helpers/log/log-broker.ts'

t.test('what is produced is fetched, byte for byte where it lies', async (t) => {
  const brokers = new LogBrokers()
  const topic = brokers.createTopic('topic')
  const parts = brokers.parts()
  const produceHandler = createProduceHandler(parts)
  const fetchHandler = createFetchHandler(parts)
  const timestamp = brokers.clock.now()
  const batch = encodeBatch({ records: [{ timestamp, value: Buffer.alloc(100_000, 'x') }] })
  const produced = await ask(produceHandler, produce, 12, produceRequest(topic, batch))
  t.match(produced.responses, [{ partitionResponses: [{ errorCode: 0, baseOffset: 0, logStartOffset: 0 }] }])
  const fetched = await ask(fetchHandler, fetch, 12, fetchRequest(topic))
  t.match(fetched.responses, [{ partitions: [{ errorCode: 0, highWatermark: 1 }] }])
  const records = fetched.responses?.[0]?.partitions?.[0]?.records as Buffer[]
  t.equal(records.length, 1)
  t.equal(records[0]?.buffer, batch.buffer)
  t.equal(records[0]?.byteOffset, batch.byteOffset)
  t.equal(records[0]?.length, batch.length)
})

t.test('a long poll wakes on append', async (t) => {
  const brokers = new LogBrokers()
  const topic = brokers.createTopic('topic')
  const parts = brokers.parts()
  const { context } = contextOf(17)
  const answer = createFetchHandler(parts).handle(
    fetchRequest(topic, {}, { maxWaitMs: 500 }) as never,
    context,
  )
  t.ok(answer instanceof Promise)
  t.equal(brokers.clock.pendingTimers, 1)
  const batch = encodeBatch({ records: [{ timestamp: brokers.clock.now(), value: Buffer.from('x') }] })
  await ask(createProduceHandler(parts), produce, 12, produceRequest(topic, batch))
  t.match(await answer, { responses: [{ partitions: [{ highWatermark: 1 }] }] })
  t.equal(brokers.clock.pendingTimers, 0)
})
