// The records of a request are never copied once its frame is whole: what a socket read is what another one writes.
import { Socket } from 'node:net'
import t from 'tap'
import { Cluster } from '../../lib/index.ts'
import { Inbox } from '../../lib/network/inbox.ts'
import type { Intake } from '../../lib/network/place-reader.ts'
import { PlaceReader } from '../../lib/network/place-reader.ts'
import { keptFrame } from '../../protocol/frame.ts'
import { fetch } from '../../protocol/messages/fetch.ts'
import { produce } from '../../protocol/messages/produce.ts'
import { COPY_LIMIT } from '../../protocol/primitives/writer.ts'
import { encodeBatch } from '../../protocol/records/encode-batch.ts'
import { RawClient } from '../helpers/raw-client.ts'

const KB = 1024

/** Memory that a socket of the cluster was read into, by the system or (what has no place yet) by the reader. */
interface Range {
  readonly buffer: ArrayBufferLike
  readonly start: number
  end: number
}

/** Watches, while it lasts, where sockets that were accepted are read to and what is written to them. */
class Watch implements Disposable {
  readonly read: Range[] = []
  /** Whole frames, as they are taken up. */
  readonly frames: Buffer[] = []
  readonly written: Buffer[] = []
  readonly #restore: () => void

  constructor() {
    const watch = this
    const accepted = new WeakSet<Socket>()
    const { takeOver, begin } = PlaceReader.prototype
    const { next } = Inbox.prototype
    Inbox.prototype.next = function (this: Inbox) {
      const frame = next.call(this)
      if (frame !== undefined) watch.frames.push(keptFrame(frame))
      return frame
    }
    const { _writev, _write } = Socket.prototype as unknown as Writing
    PlaceReader.prototype.takeOver = function (this: PlaceReader, socket) {
      const taken = takeOver.call(this, socket)
      accepted.add(taken)
      return taken
    }
    PlaceReader.prototype.begin = function (this: PlaceReader, intake) {
      begin.call(this, watch.#watched(intake))
    }
    const writing = Socket.prototype as unknown as Writing
    writing._writev = function (this: Socket, chunks, done) {
      if (accepted.has(this)) watch.written.push(...chunks.map(({ chunk }) => chunk))
      _writev.call(this, chunks, done)
    }
    writing._write = function (this: Socket, chunk, encoding, done) {
      if (accepted.has(this)) watch.written.push(chunk)
      _write.call(this, chunk, encoding, done)
    }
    this.#restore = () => {
      Object.assign(PlaceReader.prototype, { takeOver, begin })
      Object.assign(Inbox.prototype, { next })
      Object.assign(Socket.prototype, { _writev, _write })
    }
  }

  #watched(intake: Intake): Intake {
    const watch = this
    let place: Buffer | undefined
    return {
      get place() {
        place = intake.place
        return place
      },
      get expectsLarge() {
        return intake.expectsLarge
      },
      placed(length) {
        const { buffer, byteOffset } = place as Buffer
        watch.#note(buffer, byteOffset, length)
        intake.placed(length)
      },
      lent(memory, length) {
        watch.#note(memory.buffer, memory.byteOffset, length)
        intake.lent(memory, length)
      },
    }
  }

  #note(buffer: ArrayBufferLike, start: number, length: number): void {
    const last = this.read.at(-1)
    if (last?.buffer === buffer && last.end === start) last.end += length
    else this.read.push({ buffer, start, end: start + length })
  }

  [Symbol.dispose](): void {
    this.#restore()
  }
}

interface Writing {
  _writev(this: Socket, chunks: { chunk: Buffer }[], done: () => void): void
  _write(this: Socket, chunk: Buffer, encoding: string, done: () => void): void
}

function batchOf(bytes: number, fill: number): Buffer {
  return encodeBatch({ records: [{ timestamp: Date.now(), value: Buffer.alloc(bytes, fill) }] })
}

function store(client: RawClient, batches: readonly Buffer[]) {
  const partitionData = batches.map((records, index) => ({ index, records }))
  return client.send(produce, 7, { acks: -1, topicData: [{ name: 'bytes', partitionData }] })
}

async function read(client: RawClient, partitions: readonly number[], fetchOffset: number) {
  const { responses } = await client.send(fetch, 11, {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 100_000 * KB,
    sessionEpoch: -1,
    topics: [
      {
        topic: 'bytes',
        partitions: partitions.map((partition) => ({
          partition,
          fetchOffset,
          partitionMaxBytes: 10_000 * KB,
        })),
      },
    ],
  })
  return responses[0]?.partitions.map(({ records }) => records as Buffer) ?? []
}

const lengthOf = (pieces: readonly Buffer[]) => pieces.reduce((sum, { length }) => sum + length, 0)

t.test('from a frame to the log to an answer', async (t) => {
  using watch = new Watch()
  await using cluster = await Cluster.start({ topics: [{ name: 'bytes', partitions: 3 }] })
  let offset = 0
  for (const sizes of [[9 * KB], [20 * KB], [100 * KB], [1000 * KB], [900 * KB, 500 * KB, 700 * KB]]) {
    await t.test(`${sizes.map((size) => `${size / KB} KB`).join(' + ')}`, async (t) => {
      await using producer = await RawClient.connect(cluster.bootstrapServers)
      await using consumer = await RawClient.connect(cluster.bootstrapServers)
      const partitions = sizes.map((_, i) => i)
      // Every partition gets as many, so that they can be read from the same offset.
      const batches = [0, 1, 2].map((i) => batchOf(sizes[i] ?? 20 * KB, offset + i))
      watch.frames.length = 0
      const { responses } = await store(producer, batches)
      t.strictSame(
        responses[0]?.partitionResponses.map(({ errorCode, baseOffset }) => [errorCode, baseOffset]),
        [0, 1, 2].map(() => [0, offset]),
      )
      const frame = watch.frames.reduce((a, b) => (b.length > a.length ? b : a))
      watch.written.length = 0
      const got = await read(consumer, partitions, offset)
      for (const i of partitions) {
        t.ok(got[i]?.subarray(21).equals((batches[i] as Buffer).subarray(21)), 'the bytes that were produced')
      }
      const end = frame.byteOffset + frame.length
      const views = watch.written.filter(({ buffer, byteOffset, length }) => {
        return buffer === frame.buffer && byteOffset >= frame.byteOffset && byteOffset + length <= end
      })
      t.equal(views.length, sizes.length, 'a view for each batch')
      t.equal(lengthOf(views), lengthOf(partitions.map((i) => batches[i] as Buffer)))
      const rest = watch.written.filter((piece) => !views.includes(piece))
      t.ok(lengthOf(rest) < 50 + 70 * sizes.length, 'and beside them nothing but the fields of the response')
    })
    offset++
  }

  await t.test('below the limit, which `npm run bench slices` finds, they are copied', async (t) => {
    await using client = await RawClient.connect(cluster.bootstrapServers)
    const small = batchOf(COPY_LIMIT - 100, 1)
    t.ok(small.length < COPY_LIMIT)
    await store(client, [small, small, small])
    watch.written.length = 0
    const got = await read(client, [0, 1, 2], offset)
    t.strictSame(
      got.map(({ length }) => length),
      [small.length, small.length, small.length],
    )
    t.equal(watch.written.length, 1, 'the answer leaves in one piece')
  })

  await t.test('of a large frame after another hardly more than the size is read elsewhere', async (t) => {
    await using client = await RawClient.connect(cluster.bootstrapServers)
    const batches = [0, 1, 2].map((i) => batchOf(300 * KB, i))
    await store(client, batches)
    for (const again of [1, 2]) {
      watch.read.length = 0
      await store(client, batches)
      const all = watch.read.reduce((sum, { start, end }) => sum + end - start, 0)
      const largest = watch.read.reduce((most, { start, end }) => Math.max(most, end - start), 0)
      t.ok(all > lengthOf(batches) && largest >= all - 64, `${largest} of ${all} bytes, time ${again}`)
    }
    watch.read.length = 0
    await store(client, [batchOf(100, 1), batchOf(100, 2), batchOf(100, 3)])
    await read(client, [0], 0)
    t.ok(watch.read.length <= 3, 'a small frame is read at once again')
  })
})
