// The size from which a piece of a response is cheaper as a slice of its own than copied beside the others.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { COPY_LIMIT } from '../protocol/primitives/writer.ts'
import type { Report } from './harness/report.ts'
import { quantile } from './harness.ts'

const PIECES = 64
const SIZES = [256, 512, 1024, 2048, 4096, 8192, 16_384]
const ROUNDS = 9
/** So much for each size and round. */
const BYTES = 24 * 1024 * 1024
const HEADER = Buffer.alloc(80)

/** Reads as fast as it can, in a process of its own. */
const READER = `
const onread = { buffer: Buffer.alloc(1 << 20), callback: () => true }
require('node:net').connect({ port: process.argv[1], host: '127.0.0.1', onread }).on('error', () => {})
`

export async function bench(report: Report): Promise<void> {
  const server = createServer({ noDelay: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const reader = spawn(process.execPath, ['-e', READER, String(port)], { stdio: 'ignore' })
  const [socket] = (await once(server, 'connection')) as [Socket]
  try {
    const rows = [['bytes of a piece', 'as slices, us', 'copied, us', 'slices to copied']]
    const ratios = new Map<number, number>()
    for (const size of SIZES) {
      report.step(`${PIECES} pieces of ${size} bytes`)
      const { sliced, copied } = await compare(socket, size)
      ratios.set(size, sliced / copied)
      rows.push([String(size), sliced.toFixed(1), copied.toFixed(1), (sliced / copied).toFixed(2)])
    }
    report.show({
      title: 'Slices and copies',
      note: `CPU microseconds for a response of ${PIECES} pieces, the least of ${ROUNDS} rounds; the writer copies what is below ${COPY_LIMIT} bytes (COPY_LIMIT).`,
      rows,
      goals: [
        {
          what: 'a piece half as long, as a slice beside a copy',
          value: ratios.get(COPY_LIMIT / 2) ?? Number.NaN,
          atLeast: 0.95,
        },
        {
          what: 'a piece twice as long, as a slice beside a copy',
          value: ratios.get(COPY_LIMIT * 2) ?? Number.NaN,
          atMost: 1.05,
        },
      ],
    })
  } finally {
    socket.destroy()
    server.close()
    reader.kill()
  }
}

/** CPU microseconds of this process for a response: the kernel's copy for the peer is part of it either way. */
async function compare(socket: Socket, size: number): Promise<{ sliced: number; copied: number }> {
  const stored = Buffer.alloc(PIECES * size * 16, 7)
  const costs = { sliced: [] as number[], copied: [] as number[] }
  const responses = Math.max(20, Math.floor(BYTES / (PIECES * size)))
  for (let round = 0; round < ROUNDS; round++) {
    costs.sliced.push(await costOf(socket, responses, (at) => slicesOf(stored, at, size)))
    costs.copied.push(await costOf(socket, responses, (at) => copiesOf(stored, at, size)))
  }
  return { sliced: quantile(costs.sliced, 0), copied: quantile(costs.copied, 0) }
}

async function costOf(socket: Socket, responses: number, make: (at: number) => Buffer[]): Promise<number> {
  const before = process.cpuUsage()
  for (let i = 0; i < responses; i++) {
    socket.cork()
    for (const piece of make(i % 16)) socket.write(piece)
    socket.uncork()
    if (socket.writableNeedDrain) await once(socket, 'drain')
    else await new Promise(setImmediate)
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / responses
}

function slicesOf(stored: Buffer, at: number, size: number): Buffer[] {
  const pieces: Buffer[] = [HEADER]
  for (let i = 0; i < PIECES; i++) {
    const start = (at * PIECES + i) * size
    pieces.push(stored.subarray(start, start + size))
  }
  return pieces
}

const CHUNK_BYTES = 64 * 1024
let chunk = Buffer.alloc(0)
let used = 0

/** As the writer does it: into chunks, one behind the other, that are not used again. */
function copiesOf(stored: Buffer, at: number, size: number): Buffer[] {
  const pieces: Buffer[] = []
  let begun = used
  const put = (bytes: Buffer) => {
    if (used + bytes.length > chunk.length) {
      if (used > begun) pieces.push(chunk.subarray(begun, used))
      chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
      used = 0
      begun = 0
    }
    chunk.set(bytes, used)
    used += bytes.length
  }
  put(HEADER)
  for (let i = 0; i < PIECES; i++) {
    const start = (at * PIECES + i) * size
    put(stored.subarray(start, start + size))
  }
  pieces.push(chunk.subarray(begun, used))
  return pieces
}
