import fc from 'fast-check'
import t from 'tap'
import { keepsView } from '../../../lib/log/keeps-view.ts'
import { LogMemory } from '../../../lib/log/log-memory.ts'
import { MemoryBytes } from '../../../lib/log/memory-bytes.ts'
import { FrameMemory, pinnedBytes, release } from '../../../lib/memory/frame-memory.ts'

const KB = 1024
const MB = 1024 * KB
const SEGMENTS = 3

/** A segment, and what must be found in it: of each batch its size and the byte that it is full of. */
interface Rig {
  bytes: MemoryBytes
  start: number
  batches: { size: number; mark: number }[]
}

const which = fc.nat(SEGMENTS - 1)
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      which,
      size: fc.oneof(
        fc.integer({ min: 61, max: 2 * KB }),
        fc.integer({ min: 8 * KB, max: 60 * KB }),
        fc.integer({ min: 64 * KB + 1, max: 200 * KB }),
      ),
      keep: fc.boolean(),
      times: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('dropBefore' as const), which, batches: fc.nat(20) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), which }) },
)

function append(rig: Rig, frames: FrameMemory, size: number, keep: boolean, mark: number): void {
  // As a frame comes: its memory is the request's until that has been handled.
  const frame = frames.allocate(size)
  const batch = frame ?? Buffer.alloc(size)
  batch.fill(mark)
  rig.bytes.append(batch, keep)
  if (frame !== undefined) release(frame)
  else if (!keep) batch.fill(0)
  rig.batches.push({ size, mark })
}

function dropBefore(rig: Rig, batches: number): void {
  const dropped = rig.batches.slice(0, batches)
  const position = dropped.reduce((end, { size }) => end + size, rig.start)
  rig.bytes.dropBefore(position)
  // Runs of batches go as a whole: what is still held may begin earlier.
  while (rig.start < rig.bytes.start) rig.start += rig.batches.shift()?.size ?? Number.NaN
}

function isRight({ bytes, start, batches }: Rig): boolean {
  const views: Buffer[] = []
  if (bytes.start !== start) return false
  if (bytes.size > start) bytes.slice(start, bytes.size, views)
  const expected = Buffer.concat(batches.map(({ size, mark }) => Buffer.alloc(size, mark)))
  return Buffer.concat(views).equals(expected)
}

t.test('segments of one cluster use the same memory again, and never one another’s', async () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const frames = new FrameMemory()
      const memory = new LogMemory(Number.POSITIVE_INFINITY, frames)
      const fresh = (): Rig => ({ bytes: new MemoryBytes(memory), start: 0, batches: [] })
      const rigs = Array.from({ length: SEGMENTS }, fresh)
      let mark = 0
      for (const one of steps) {
        const rig = rigs[one.which] as Rig
        if (one.kind === 'append') {
          for (let i = 0; i < one.times; i++) append(rig, frames, one.size, one.keep, ++mark % 251)
        } else if (one.kind === 'dropBefore') dropBefore(rig, one.batches)
        else {
          rig.bytes.delete()
          rigs[one.which] = fresh()
        }
        if (!rigs.every(isRight)) return false
      }
      for (const { bytes } of rigs) bytes.delete()
      const probe = frames.allocate(64 * KB) as Buffer
      return memory.used === 0 && frames.used === probe.length
    }),
    { numRuns: 40 },
  )
})

t.test('chunks of small batches lie in memory that is used again once they are large enough', async (t) => {
  const frames = new FrameMemory()
  const bytes = new MemoryBytes(new LogMemory(Number.POSITIVE_INFINITY, frames))
  const batch = Buffer.alloc(500, 1)
  bytes.append(batch, false)
  t.equal(frames.size, 0, 'a partition with a record takes no slab')
  while (bytes.size < 4 * MB) bytes.append(batch, false)
  t.ok(frames.used > 3 * MB && frames.used < 5 * MB)
  const { size } = frames
  for (let round = 0; round < 5; round++) {
    bytes.delete()
    const next = new MemoryBytes(new LogMemory(Number.POSITIVE_INFINITY, frames))
    while (next.size < 4 * MB) next.append(batch, false)
    next.delete()
  }
  t.equal(frames.size, size, 'nothing more is taken from the system')
})

t.test('one batch that compaction leaves does not pin the whole chunk it lies in', async (t) => {
  const bytes = new MemoryBytes(new LogMemory())
  const batch = Buffer.alloc(4 * KB, 1)
  while (bytes.size < MB) bytes.append(batch, false)
  const views: Buffer[] = []
  bytes.slice(bytes.size - batch.length, bytes.size, views)
  const last = views[0] as Buffer
  t.equal(last.length, batch.length)
  t.equal(pinnedBytes(last), 512 * KB)
  t.notOk(keepsView(last, last.length))
})
