import fc from 'fast-check'
import t from 'tap'
import { ProtocolError } from '../../protocol/error.ts'
import { FrameSplitter } from '../../protocol/frame.ts'
import { heldBytes } from '../helpers/held-memory.ts'

const NO_CAP = 2 ** 31 - 1

function framed(...bodies: Uint8Array[]): Buffer {
  return Buffer.concat(
    bodies.flatMap((body) => {
      const size = Buffer.alloc(4)
      size.writeInt32BE(body.length)
      return [size, body]
    }),
  )
}

function sizePrefix(size: number): Buffer {
  const prefix = Buffer.alloc(4)
  prefix.writeInt32BE(size)
  return prefix
}

/** Cuts `stream` at the given places, which need not be in order or within it. */
function cut(stream: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [...new Set([0, ...places.map((place) => place % (stream.length + 1)), stream.length])]
  sorted.sort((a, b) => a - b)
  return sorted.slice(1).map((end, index) => stream.subarray(sorted[index], end))
}

function takeAll(splitter: FrameSplitter): Buffer[] {
  const frames: Buffer[] = []
  for (let frame = splitter.next(); frame; frame = splitter.next()) frames.push(frame)
  return frames
}

t.test('however a stream is cut and whenever frames are asked for, the frames are the same', async () => {
  const body = fc.oneof(
    { weight: 6, arbitrary: fc.uint8Array({ maxLength: 40 }) },
    { weight: 1, arbitrary: fc.uint8Array({ minLength: 900, maxLength: 3000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 7_000, max: 20_000 }).map((n) => new Uint8Array(n).fill(n)) },
    // Beyond what is allocated at once.
    { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 300_000 }).map((n) => new Uint8Array(n).fill(n)) },
  )
  fc.assert(
    fc.property(
      fc.array(body, { maxLength: 12 }),
      fc.array(fc.nat(), { maxLength: 60 }),
      fc.infiniteStream(fc.boolean()),
      fc.infiniteStream(fc.boolean()),
      (bodies, places, asks, lends) => {
        const splitter = new FrameSplitter(NO_CAP)
        const stream = framed(...bodies)
        const frames: Buffer[] = []
        let pushed = 0
        for (const chunk of cut(stream, places)) {
          const isLent = lends.next().value === true
          const lent = Buffer.concat([chunk, Buffer.alloc(10)])
          if (isLent) splitter.lend(lent, chunk.length)
          else splitter.push(chunk)
          pushed += chunk.length
          if (asks.next().value) frames.push(...takeAll(splitter))
          if (isLent) splitter.keep()
          lent.fill(255)
          const given = frames.reduce((sum, frame) => sum + frame.length + 4, 0)
          // The four bytes of a size are let go of once they have been read.
          if (![0, 4].includes(pushed - given - splitter.buffered)) return false
        }
        frames.push(...takeAll(splitter))
        return (
          splitter.buffered === 0 &&
          frames.length === bodies.length &&
          frames.every((frame, index) => frame.equals(bodies[index] as Uint8Array))
        )
      },
    ),
    { numRuns: 600 },
  )
})

t.test('a frame cut at each byte', async (t) => {
  const body = Buffer.from('a frame of some length')
  const stream = framed(body)
  for (let place = 0; place <= stream.length; place++) {
    const splitter = new FrameSplitter(NO_CAP)
    splitter.push(stream.subarray(0, place))
    const early = splitter.next()
    splitter.push(stream.subarray(place))
    const frame = early ?? splitter.next()
    if (!frame?.equals(body)) t.fail(`cut at ${place}`)
    t.equal(splitter.next(), undefined)
  }
})

t.test('frames within one chunk are views of it, one over several is memory of its own size', async (t) => {
  const splitter = new FrameSplitter(NO_CAP)
  const chunk = framed(Buffer.alloc(100, 1), Buffer.alloc(200, 2))
  splitter.push(chunk)
  for (const start of [4, 108]) {
    const frame = splitter.next()
    t.equal(frame?.buffer, chunk.buffer)
    t.equal(frame?.byteOffset, chunk.byteOffset + start)
  }
  const large = Buffer.alloc(500_000, 3)
  for (const piece of cut(framed(large), [65_536, 131_072, 196_608, 262_144, 327_680])) {
    splitter.push(piece)
    splitter.next()
  }
  splitter.push(framed(large).subarray(0, 100_000))
  splitter.push(framed(large).subarray(100_000))
  const frame = splitter.next()
  t.equal(frame?.length, large.length)
  t.equal(frame?.buffer.byteLength, large.length)
})

t.test('a large frame of lent memory is copied once, to where it is told, a small one is not', async (t) => {
  const places: [number, number][] = []
  const own = Buffer.alloc(20_000)
  const splitter = new FrameSplitter(NO_CAP, (size, start) => {
    places.push([size, start])
    return own.subarray(0, size)
  })
  const body = Buffer.alloc(10_000, 3)
  const chunk = framed(body, Buffer.alloc(100, 4), Buffer.alloc(200, 5))
  splitter.lend(chunk, chunk.length)
  const frame = splitter.next()
  t.equal(frame?.buffer, own.buffer)
  t.same(places, [[10_000, 0x0303]])
  const small = splitter.find()
  t.match(small, { start: 10_008, end: 10_108, isLent: true }, 'a small one is shown where it lies')
  t.equal(small?.buffer, chunk)
  const last = splitter.next()
  chunk.fill(9)
  t.same(last, Buffer.alloc(200, 5), 'or given as a copy')
  t.equal(splitter.buffered, 0)
  splitter.keep()
})

t.test('a size that cannot be is refused, again and again', async (t) => {
  for (const size of [-1, -(2 ** 31), 101, 2 ** 31 - 1]) {
    const splitter = new FrameSplitter(100)
    splitter.push(sizePrefix(size))
    t.throws(() => splitter.next(), ProtocolError)
    splitter.push(Buffer.alloc(10))
    t.throws(() => splitter.next(), ProtocolError)
  }
  const splitter = new FrameSplitter(100)
  splitter.push(framed(Buffer.alloc(100), Buffer.alloc(0)))
  t.equal(splitter.next()?.length, 100)
  t.equal(splitter.next()?.length, 0)
})

t.test('the cap may change between two frames of one chunk', async (t) => {
  const splitter = new FrameSplitter(10)
  splitter.push(framed(Buffer.alloc(10), Buffer.alloc(50), Buffer.alloc(11)))
  t.equal(splitter.next()?.length, 10)
  splitter.maxFrameSize = 50
  t.equal(splitter.next()?.length, 50)
  splitter.maxFrameSize = 10
  t.throws(() => splitter.next(), ProtocolError)
})

t.test('a claim of 100 MB allocates nothing before it is half true', async (t) => {
  const size = 100_000_000
  const before = process.memoryUsage().arrayBuffers
  const splitters = Array.from({ length: 50 }, () => new FrameSplitter(size))
  for (const splitter of splitters) {
    splitter.push(sizePrefix(size))
    splitter.push(Buffer.alloc(10))
    t.equal(splitter.next(), undefined)
  }
  t.ok(process.memoryUsage().arrayBuffers - before < 1_000_000)

  const [splitter] = splitters as [FrameSplitter]
  const chunk = Buffer.alloc(1_000_000, 7)
  for (let sent = 10; sent < size / 2 - 1_000_000; sent += chunk.length) {
    splitter.push(chunk)
    t.equal(splitter.next(), undefined)
  }
  t.ok(process.memoryUsage().arrayBuffers - before < 3_000_000, 'the chunks are held, not copied')
})

t.test('a dribble of single bytes does not cost quadratic time', async (t) => {
  const perByte = (length: number, ask: boolean): number => {
    const splitter = new FrameSplitter(NO_CAP)
    const stream = framed(Buffer.alloc(length, 5))
    const bytes = Array.from(stream, (_, index) => stream.subarray(index, index + 1))
    let frame: Buffer | undefined
    const start = process.hrtime.bigint()
    for (const byte of bytes) {
      splitter.push(byte)
      if (ask) frame = splitter.next()
    }
    frame ??= splitter.next()
    const elapsed = Number(process.hrtime.bigint() - start)
    t.ok(frame?.equals(stream.subarray(4)))
    return elapsed / length
  }
  for (const ask of [true, false]) {
    perByte(20_000, ask)
    const small = Math.min(perByte(20_000, ask), perByte(20_000, ask), perByte(20_000, ask))
    const large = Math.min(perByte(400_000, ask), perByte(400_000, ask))
    t.ok(large < small * 8, `${small.toFixed(0)} ns a byte of 20 KB, ${large.toFixed(0)} ns of 400 KB`)
  }
})

t.test('a dribble that nobody takes holds little more than its bytes', async (t) => {
  const splitter = new FrameSplitter(NO_CAP)
  splitter.push(sizePrefix(100_000_000))
  const before = await heldBytes()
  for (let count = 0; count < 500_000; count++) splitter.push(Buffer.from([5]))
  const held = (await heldBytes()) - before
  t.equal(splitter.buffered, 500_004)
  t.ok(held < 5_000_000, `${held} bytes are held for 500000`)
})

t.test('clear forgets what has arrived', async (t) => {
  const splitter = new FrameSplitter(NO_CAP)
  splitter.push(framed(Buffer.alloc(10)).subarray(0, 9))
  splitter.next()
  splitter.clear()
  t.equal(splitter.buffered, 0)
  splitter.push(framed(Buffer.from('new')))
  t.equal(splitter.next()?.toString(), 'new')
})
