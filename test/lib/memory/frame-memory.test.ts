import { connect } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import { Cluster } from '../../../lib/index.ts'
import { FrameMemory, isReused, release, retain } from '../../../lib/memory/frame-memory.ts'
import { FrameSplitter } from '../../../protocol/frame.ts'
import { fetch } from '../../../protocol/messages/fetch.ts'
import { produce } from '../../../protocol/messages/produce.ts'
import { decodeRecords } from '../../../protocol/records/decode-batch.ts'
import { encodeBatch } from '../../../protocol/records/encode-batch.ts'
import type { Decoded } from '../../../protocol/schema.ts'
import { decodeResponse, requestBytes } from '../../helpers/network.ts'
import { RawClient } from '../../helpers/raw-client.ts'

const KB = 1024
const MB = 1024 * KB

class TestHolder {
  quietSince = Number.POSITIVE_INFINITY
}

t.test('small and very large frames lie in ordinary memory', async (t) => {
  const memory = new FrameMemory()
  t.equal(memory.allocate(7 * KB), undefined)
  t.equal(memory.allocate(5 * MB), undefined)
  t.equal(memory.size, 0, 'nothing is taken from the system before it is needed')
  const frame = memory.allocate(100 * KB) as Buffer
  t.equal(frame.length, 100 * KB)
  t.ok(isReused(frame.subarray(50 * KB)))
  t.notOk(isReused(Buffer.alloc(100)))
  release(Buffer.alloc(100))
  retain(Buffer.alloc(100))
})

t.test('what is released too often is a mistake of ours, and told', async (t) => {
  const memory = new FrameMemory()
  const frame = memory.allocate(MB) as Buffer
  release(frame)
  memory.allocate(MB)
  t.equal(memory.used, 1 * MB, 'the first frame has been given back')
  t.throws(() => release(frame), /released too often/)
})

t.test('memory is used again when all owners and holders have let go, and not before', async () => {
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('receive' as const),
        size: fc.oneof(fc.integer({ min: 8 * KB, max: 40 * KB }), fc.integer({ min: 64 * KB, max: 4 * MB })),
        kept: fc.nat(3),
      }),
    },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('drop' as const), which: fc.nat() }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('send' as const), which: fc.nat(), holder: fc.nat(2) }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('sent' as const), holder: fc.nat(2) }) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
      const memory = new FrameMemory()
      const holders = [new TestHolder(), new TestHolder(), new TestHolder()]
      for (const holder of holders) memory.add(holder)
      /** What the log keeps, and what is being sent: a view and what must be found in it. */
      const kept: { view: Buffer; mark: number }[] = []
      const sending = holders.map((): { view: Buffer; mark: number }[] => [])
      let mark = 0
      for (const one of steps) {
        if (one.kind === 'receive') {
          const frame = memory.allocate(one.size) as Buffer
          mark++
          const third = Math.floor(frame.length / 3)
          const views = [0, 1, 2].map((i) => frame.subarray(i * third, i * third + 2 * KB))
          for (const view of views) view.fill(mark % 251)
          for (const view of views.slice(0, one.kept)) {
            retain(view)
            kept.push({ view, mark })
          }
          release(frame)
        } else if (one.kind === 'drop' && kept.length > 0) {
          const [dropped] = kept.splice(one.which % kept.length, 1)
          release((dropped as { view: Buffer }).view)
        } else if (one.kind === 'send' && kept.length > 0) {
          const holder = holders[one.holder] as TestHolder
          // As a connection does it: the epoch at which it was quiet last, which is now or before.
          if (holder.quietSince === Number.POSITIVE_INFINITY) holder.quietSince = memory.epoch
          sending[one.holder]?.push(kept[one.which % kept.length] as { view: Buffer; mark: number })
        } else if (one.kind === 'sent') {
          ;(holders[one.holder] as TestHolder).quietSince = Number.POSITIVE_INFINITY
          sending[one.holder] = []
        }
        for (const { view, mark } of [...kept, ...sending.flat()]) {
          if (view.some((byte) => byte !== mark % 251)) return false
        }
      }
      for (const { view } of kept) release(view)
      for (const holder of holders) memory.remove(holder)
      memory.allocate(64 * KB)
      return memory.used === 64 * KB
    }),
    { numRuns: 60 },
  )
})

const PARTITION = { partition: 0, currentLeaderEpoch: -1, logStartOffset: -1, partitionMaxBytes: MB }

t.test('a log that deletes while slow consumers read: every byte is right, and memory stays', async (t) => {
  const config = {
    'segment.bytes': String(2 * MB),
    'retention.bytes': String(4 * MB),
    'file.delete.delay.ms': '0',
  }
  await using cluster = await Cluster.start({ topics: [{ name: 'busy', config }] })
  await using producer = await RawClient.connect(cluster.bootstrapServers)
  const [host, port] = cluster.bootstrapServers.split(':') as [string, string]
  const batch = (value: number) =>
    encodeBatch({
      records: Array.from({ length: 9 }, () => ({
        timestamp: Date.now(),
        value: Buffer.alloc(100 * KB, value),
      })),
    })
  const store = async (value: number) => {
    const partitionData = [{ index: 0, records: batch(value) }]
    const answer = await producer.send(produce, 7, {
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ name: 'busy', partitionData }],
    })
    return answer.responses[0]?.partitionResponses[0] as { errorCode: number; baseOffset: number }
  }
  const first = await store(1)
  t.equal(first.errorCode, 0)
  // A consumer that asks and does not read: what it was sent waits on our side while the log moves on.
  const slow = connect({ host, port: Number(port) })
  t.teardown(() => slow.destroy())
  const ask = (fetchOffset: number) => {
    const topics = [{ topic: 'busy', partitions: [{ ...PARTITION, fetchOffset }] }]
    return requestBytes(fetch, 11, {
      replicaId: -1,
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: MB,
      sessionEpoch: -1,
      topics,
    })
  }
  slow.pause()
  const asked = 12
  for (let i = 0; i < asked; i++) slow.write(ask(first.baseOffset))
  for (let value = 2; value < 60; value++) {
    t.equal((await store(value)).errorCode, 0)
    cluster.applyRetention()
  }
  const frames = new FrameSplitter(2 * MB)
  const answers: Decoded<typeof fetch.response>[] = []
  slow.resume()
  for await (const chunk of slow) {
    frames.push(chunk as Buffer)
    for (let frame = frames.next(); frame; frame = frames.next()) {
      answers.push(decodeResponse(fetch, 11, frame).body as Decoded<typeof fetch.response>)
    }
    if (answers.length === asked) break
  }
  const partitions = answers.map(({ responses }) => responses[0]?.partitions[0])
  const served = partitions.filter((partition) => partition?.errorCode === 0)
  t.ok(served.length > 0, 'some were answered before the log let go of the records')
  t.ok(served.length < asked, 'and some after')
  for (const partition of served) {
    for (const { value } of decodeRecords(partition?.records as Buffer, 0, MB)) {
      t.ok(value?.equals(Buffer.alloc(100 * KB, 1)), 'the records of old')
    }
  }
})
