import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Cluster } from '../../../lib/index.ts'
import { isLent, Loans, ReadBuffers } from '../../../lib/memory/read-buffers.ts'
import { FrameSplitter } from '../../../protocol/frame.ts'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { fetch } from '../../../protocol/messages/fetch.ts'
import { produce } from '../../../protocol/messages/produce.ts'
import { decodeRecords } from '../../../protocol/records/decode-batch.ts'
import { encodeBatch } from '../../../protocol/records/encode-batch.ts'
import type { Decoded } from '../../../protocol/schema.ts'
import { decodeResponse, requestBytes } from '../../helpers/network.ts'
import { turns, until } from '../../helpers/network-turns.ts'
import { RawClient } from '../../helpers/raw-client.ts'

const KB = 1024
const MB = 1024 * KB
const METRIC = 'read-buffer-bytes'

t.test('what is borrowed for one answer lies in as few buffers as it can, and ends together', async (t) => {
  const pool = new ReadBuffers(3 * 256 * KB)
  const loans = new Loans()
  t.ok(loans.isEmpty)
  const first = loans.borrow(pool, 100 * KB) as Buffer
  const second = loans.borrow(pool, 200 * KB) as Buffer
  t.equal(second.buffer, first.buffer)
  t.equal(second.byteOffset, 100 * KB)
  t.equal(second.length, 156 * KB, 'as much as there is room for')
  t.ok(isLent(second))
  t.notOk(isLent(Buffer.alloc(10)))
  t.equal(loans.borrow(pool, MB)?.length, 256 * KB)
  const others = new Loans()
  t.not(others.borrow(pool, 1)?.buffer, first.buffer, 'another answer has its own')
  t.equal(pool.lent, 768 * KB)
  t.equal(loans.borrow(pool, 1), undefined)
  t.equal(others.borrow(pool, 10)?.length, 10, 'what is there already has room')

  loans.moveTo(others)
  t.ok(loans.isEmpty)
  loans.end()
  t.equal(pool.lent, 768 * KB, 'nothing is left to end')
  others.end()
  others.end()
  t.equal(pool.lent, 0)
  others.borrow(pool, 1)
  t.equal(pool.lent, 256 * KB)
})

const BATCHES = 16

/** A cluster on a directory, with batches of 900 KB, each of a byte of its own. */
async function filled(t: Test): Promise<Cluster> {
  const dataDir = mkdtempSync(join(tmpdir(), 'josephk-read-buffers-'))
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }))
  const cluster = await Cluster.start({
    dataDir,
    topics: ['large'],
    listeners: [{ name: 'TCP' }, { name: 'MEMORY', transport: 'memory' }],
  })
  t.teardown(() => cluster.stop())
  await using producer = await RawClient.connect(cluster.bootstrapServers)
  for (let i = 0; i < BATCHES; i++) await send(t, producer, i)
  return cluster
}

async function send(t: Test, producer: RawClient, batch: number): Promise<void> {
  const value = Buffer.alloc(100 * KB, batch + 1)
  const records = encodeBatch({
    records: Array.from({ length: 9 }, () => ({ timestamp: Date.now(), value })),
  })
  const { responses } = await producer.send(produce, 7, {
    acks: -1,
    topicData: [{ name: 'large', partitionData: [{ index: 0, records }] }],
  })
  t.equal(responses[0]?.partitionResponses[0]?.errorCode, 0)
}

function asking(batch: number, maxBytes: number, { maxWaitMs = 0, minBytes = 0 } = {}): Uint8Array {
  const partitions = [{ partition: 0, fetchOffset: batch * 9, partitionMaxBytes: maxBytes }]
  const topics = [{ topic: 'large', partitions }]
  return requestBytes(fetch, 11, { maxWaitMs, minBytes, maxBytes, sessionEpoch: -1, topics })
}

type Answer = Decoded<typeof fetch.response>

/** The answers that come, until it is so many. */
async function answersFrom(socket: AsyncIterable<unknown>, count: number): Promise<Answer[]> {
  const frames = new FrameSplitter(16 * MB)
  const answers: Answer[] = []
  for await (const chunk of socket) {
    frames.push(chunk as Buffer)
    for (let frame = frames.next(); frame; frame = frames.next()) {
      answers.push(decodeResponse(fetch, 11, frame).body as Answer)
    }
    if (answers.length >= count) break
  }
  return answers
}

/** How many whole batches there are, from `first` on, each with the bytes that were stored. */
function batchesIn(answer: Answer | undefined, first: number): number {
  const records = answer?.responses[0]?.partitions[0]?.records as Buffer
  let count = 0
  for (let at = 0; at + 12 <= records.length; ) {
    const size = 12 + records.readInt32BE(at + 8)
    if (at + size > records.length) break
    for (const { offset, value } of decodeRecords(records, at, MB)) {
      if (!value?.equals(Buffer.alloc(100 * KB, first + count + 1))) {
        throw new Error(`record ${offset} holds other bytes than were stored`)
      }
    }
    at += size
    count++
  }
  return count
}

async function dial(t: Test, cluster: Cluster): Promise<Socket> {
  const { hostname, port } = new URL(`kafka://${cluster.bootstrapServers.split(',')[0]}`)
  const socket = connect({ host: hostname, port: Number(port) })
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

t.test('what a slow reader has been sent stays as it is while others read', async (t) => {
  const cluster = await filled(t)
  const lent = () => cluster.metrics.total(METRIC)
  t.equal(lent(), 0)
  const slow = await dial(t, cluster)
  slow.pause()
  // More than systems keep for a connection.
  const asked = 4
  for (let i = 0; i < asked; i++) slow.write(asking(0, 7 * MB))
  await until(() => lent() > 0)
  for (let round = 0; round < 3; round++) {
    const quick = await dial(t, cluster)
    for (const first of [0, 5, 10, 15]) quick.write(asking(first, 5 * MB))
    const answers = await answersFrom(quick, 4)
    t.strictSame(
      answers.map((answer, i) => batchesIn(answer, 5 * i)),
      [5, 5, 5, 1],
    )
  }
  t.ok(lent() > 0, 'the slow one still holds what it was sent')
  const answers = await answersFrom(slow, asked)
  for (const answer of answers) t.equal(batchesIn(answer, 0), 7)
  await until(() => lent() === 0)
  t.pass('everything was given back')
})

t.test('readers that never read hold no more than there is, and the others move on', async (t) => {
  const cluster = await filled(t)
  const lent = () => cluster.metrics.total(METRIC)
  const slow = await Promise.all(Array.from({ length: 12 }, () => dial(t, cluster)))
  for (const socket of slow) {
    socket.pause()
    for (let i = 0; i < 2; i++) socket.write(asking(0, 14 * MB))
  }
  await until(() => lent() >= 64 * MB)
  await turns(20)
  t.equal(lent(), 64 * MB, 'more was asked for')
  const quick = await dial(t, cluster)
  for (let first = 0; first < BATCHES; ) {
    quick.write(asking(first, 14 * MB))
    const read = batchesIn((await answersFrom(quick.iterator({ destroyOnReturn: false }), 1))[0], first)
    t.ok(read >= 1, 'a batch always comes (KIP-74)')
    first += read
  }
  t.ok(lent() <= 64 * MB)
  for (const socket of slow) socket.destroy()
  await until(() => lent() === 0)
  t.pass('what was never sent is given back')
})

t.test('who waits for more holds nothing, whether it comes or the reader goes', async (t) => {
  const cluster = await filled(t)
  const lent = () => cluster.metrics.total(METRIC)
  const [patient, gone] = [await dial(t, cluster), await dial(t, cluster)]
  // From the second batch on there are 13.2 MB.
  for (const socket of [patient, gone]) {
    socket.write(asking(1, 14 * MB, { maxWaitMs: 600_000, minBytes: 14 * MB }))
  }
  // Both have looked at the log, for they are handled before what comes behind them.
  await using client = await RawClient.connect(cluster.bootstrapServers)
  for (let i = 0; i < 5; i++) await client.send(apiVersions, 0, {})
  t.equal(lent(), 0)
  gone.destroy()
  await send(t, client, BATCHES)
  t.equal(batchesIn((await answersFrom(patient, 1))[0], 1), 15)
  await until(() => lent() === 0)
})

t.test('a reader within the process may keep what it has read', async (t) => {
  const cluster = await filled(t)
  const address = cluster.brokers[0]?.listeners[1]?.address as string
  const [host, port] = address.split(':') as [string, string]
  const socket = cluster.socketFactory({ host, port: Number(port) })
  t.teardown(() => socket.destroy())
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  const received = () => chunks.reduce((sum, { length }) => sum + length, 0)
  for (const first of [0, 8, 0]) {
    const wanted = received() + 3 * MB
    socket.write(asking(first, 3 * MB))
    await until(() => received() >= wanted)
  }
  const frames = new FrameSplitter(16 * MB)
  for (const chunk of chunks) frames.push(chunk)
  for (const first of [0, 8, 0]) {
    const { body } = decodeResponse(fetch, 11, frames.next() as Buffer)
    t.equal(batchesIn(body as Answer, first), 3)
  }
})
