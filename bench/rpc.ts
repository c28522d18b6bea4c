// Small requests: how many a second, beside a server that only counts frames and gathers its answers.

import { listOffsets } from '../protocol/messages/list-offsets.ts'
import { requestBytes } from '../test/helpers/network.ts'
import type { Bar, Goal, Report } from './harness/report.ts'
import { FrameClient } from './load/frame-client.ts'
import { usageOf } from './load/process-usage.ts'
import { bare, josephk, kafka, kfake, mock, type RunningServer, type ServerKind } from './load/servers.ts'
import { batchOf, makeTopic, produceRequest, TOPIC } from './load/wire.ts'

const ANSWER_BYTES = 50
const ROUND_MS = 1_000
const GOAL = 0.7

const SHAPES = [
  { connections: 1, inFlight: 1 },
  { connections: 1, inFlight: 16 },
  { connections: 100, inFlight: 1 },
  { connections: 100, inFlight: 16 },
  { connections: 1000, inFlight: 1 },
  { connections: 1000, inFlight: 16 },
]

/** What a client asks most: the end of a partition, and (one record) to store a little. */
const REQUESTS: readonly { name: string; bytes: Buffer }[] = [
  {
    name: 'ListOffsets',
    bytes: Buffer.from(
      requestBytes(
        listOffsets,
        2,
        {
          replicaId: -1,
          isolationLevel: 0,
          topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
        },
        { correlationId: 1, clientId: 'bench' },
      ),
    ),
  },
  { name: 'Produce of 100 B', bytes: produceRequest(batchOf(100)) },
]

export async function bench(report: Report): Promise<void> {
  for (const request of REQUESTS) await compare(report, request)
}

async function compare(report: Report, { name, bytes }: (typeof REQUESTS)[number]): Promise<void> {
  const kinds = [bare(ANSWER_BYTES), josephk, kafka, kfake, mock]
  const results = new Map<string, (Cell | undefined)[]>()
  for (const kind of kinds) {
    const missing = kind.missing()
    if (missing !== undefined) {
      report.missing(kind.name, missing)
      continue
    }
    results.set(kind.name, await measure(report, name, kind, bytes))
  }
  const rows = [['connections x in flight', ...results.keys(), 'ours to bare']]
  const goals: Goal[] = []
  const bars: Bar[] = []
  for (const [i, { connections, inFlight }] of SHAPES.entries()) {
    const shape = `${connections} x ${inFlight}`
    const ratio =
      (results.get('josephk')?.[i]?.perSecond ?? 0) / (results.get('bare sockets')?.[i]?.perSecond ?? 1)
    rows.push([shape, ...[...results.values()].map((cells) => shown(cells[i])), ratio.toFixed(2)])
    goals.push({ what: `${name}, ${shape}: requests of a bare server's`, value: ratio, atLeast: GOAL })
    for (const [who, cells] of results)
      bars.push({ group: shape, who, value: cells[i]?.perSecond ?? Number.NaN })
  }
  report.show({
    title: `${name}, ${bytes.length} bytes`,
    note: 'Requests a second (CPU seconds for a million).',
    rows,
    goals,
    charts: [
      { title: `${name}, by connections x in flight`, unit: 'requests a second', better: 'more', bars },
    ],
  })
}

interface Cell {
  readonly perSecond: number
  readonly cpuSecondsPerMillion: number
}

function shown(cell: Cell | undefined): string {
  if (cell === undefined) return '-'
  return `${Math.round(cell.perSecond).toLocaleString('en')} (${cell.cpuSecondsPerMillion.toFixed(1)})`
}

async function measure(
  report: Report,
  name: string,
  kind: ServerKind,
  request: Buffer,
): Promise<(Cell | undefined)[]> {
  const server = await kind.start()
  try {
    if (kind.name !== 'bare sockets') await makeTopic(server)
    const cells: (Cell | undefined)[] = []
    for (const shape of SHAPES) {
      const title = `${name}: ${kind.name}, ${shape.connections} x ${shape.inFlight}`
      report.step(title)
      try {
        cells.push(await run(server, request, shape))
      } catch (error) {
        report.missing(title, (error as Error).message)
        cells.push(undefined)
      }
    }
    return cells
  } finally {
    await server.stop()
  }
}

async function run(server: RunningServer, request: Buffer, shape: (typeof SHAPES)[number]): Promise<Cell> {
  const client = await FrameClient.connect(server, request, shape)
  try {
    await client.run(ROUND_MS / 2)
    let best: Cell = { perSecond: 0, cpuSecondsPerMillion: 0 }
    for (let round = 0; round < 2; round++) {
      const before = usageOf(server.pid)
      const flow = await client.run(ROUND_MS)
      const after = usageOf(server.pid)
      const cpu = (after?.cpuSeconds ?? Number.NaN) - (before?.cpuSeconds ?? Number.NaN)
      const cell = {
        perSecond: flow.requests / flow.seconds,
        cpuSecondsPerMillion: (cpu / flow.requests) * 1e6,
      }
      if (cell.perSecond > best.perSecond) best = cell
    }
    return best
  } finally {
    client.close()
  }
}
