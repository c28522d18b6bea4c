// Small requests: how many a second, beside a server that only counts frames and gathers its answers.

import { listOffsets } from '../protocol/messages/list-offsets.ts'
import { requestBytes } from '../test/helpers/network.ts'
import type { Bar, Goal, Report } from './harness/report.ts'
import { FrameClient } from './load/frame-client.ts'
import { type Best, inTurns, type Loaded, withServers } from './load/rounds.ts'
import { bare, josephk, kafka, kfake, mock, type RunningServer, type ServerKind } from './load/servers.ts'
import { batchOf, makeTopic, produceRequest, TOPIC } from './load/wire.ts'

const ANSWER_BYTES = 50
const ROUNDS = 4
const ROUND_MS = 400
/** Until what a server runs again and again is compiled. */
const WARM_UP_MS = 1_500
const GOAL = 0.7

const SHAPES = [
  { connections: 1, inFlight: 1 },
  { connections: 1, inFlight: 16 },
  { connections: 100, inFlight: 1 },
  { connections: 100, inFlight: 16 },
  { connections: 1000, inFlight: 1 },
  { connections: 1000, inFlight: 16 },
]
type Shape = (typeof SHAPES)[number]

interface Request {
  readonly name: string
  readonly bytes: Buffer
}

/** What a client asks most: the end of a partition, and (one record) to store a little. */
const REQUESTS: readonly Request[] = [
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

const FLOOR = bare(ANSWER_BYTES)
/** Those that are held against each other are measured by turns, the others when there is nothing else on the machine. */
const TEAMS: readonly (readonly ServerKind[])[] = [[FLOOR, josephk], [kafka], [kfake], [mock]]

interface Named {
  readonly name: string
  readonly server: RunningServer
}

/** By shape and server. */
type Cells = Map<string, Best>

function keyOf({ connections, inFlight }: Shape, server: string): string {
  return `${connections} x ${inFlight}: ${server}`
}

export async function bench(report: Report): Promise<void> {
  for (const request of REQUESTS) {
    const cells: Cells = new Map()
    for (const team of TEAMS) {
      report.step(`${team.map(({ name }) => name).join(' and ')}, being started`)
      const missing = (name: string, why: string) => report.missing(name, why)
      await withServers(team, missing, (servers) => measure(report, servers, request, cells))
    }
    show(report, request, cells)
  }
}

async function measure(
  report: Report,
  servers: readonly Named[],
  request: Request,
  cells: Cells,
): Promise<void> {
  for (const { name, server } of servers) if (name !== FLOOR.name) await makeTopic(server)
  const names = servers.map(({ name }) => name).join(' and ')
  const warmUp = (all: readonly Loaded[]) => inTurns(all, 1, WARM_UP_MS)
  report.step(`${request.name}, ${names}, getting warm`)
  await load(servers, request.bytes, { connections: 10, inFlight: 16 }, warmUp).catch(() => {})
  for (const shape of SHAPES) {
    const title = `${request.name}, ${keyOf(shape, names)}`
    report.step(title)
    try {
      const found = await load(servers, request.bytes, shape, (all) => inTurns(all, ROUNDS, ROUND_MS))
      for (const [i, { name }] of servers.entries()) cells.set(keyOf(shape, name), found[i] as Best)
    } catch (error) {
      report.missing(title, (error as Error).message)
    }
  }
}

async function load<T>(
  servers: readonly Named[],
  request: Buffer,
  shape: Shape,
  work: (all: readonly Loaded[]) => Promise<T>,
): Promise<T> {
  const all: Loaded[] = []
  try {
    for (const { server } of servers) {
      all.push({ server, client: await FrameClient.connect(server, request, shape) })
    }
    return await work(all)
  } finally {
    for (const { client } of all) client.close()
  }
}

function show(report: Report, { name, bytes }: Request, cells: Cells): void {
  const kinds = TEAMS.flat().filter((kind) => SHAPES.some((shape) => cells.has(keyOf(shape, kind.name))))
  const rows = [
    ['connections x in flight', ...kinds.map((kind) => kind.name), 'ours to bare', 'CPU, ours to bare'],
  ]
  const goals: Goal[] = []
  const bars: Bar[] = []
  for (const shape of SHAPES) {
    const cell = (kind: ServerKind) => cells.get(keyOf(shape, kind.name))
    const title = `${shape.connections} x ${shape.inFlight}`
    const [ours, floor] = [cell(josephk), cell(FLOOR)]
    const ratio = (ours?.requestsPerSecond ?? Number.NaN) / (floor?.requestsPerSecond ?? Number.NaN)
    const cost = (ours?.cpuSecondsPerRequest ?? Number.NaN) / (floor?.cpuSecondsPerRequest ?? Number.NaN)
    rows.push([title, ...kinds.map((kind) => shown(cell(kind))), ratio.toFixed(2), cost.toFixed(2)])
    goals.push({ what: `${name}, ${title}: requests of a bare server's`, value: ratio, atLeast: GOAL })
    for (const kind of kinds) {
      const value = cell(kind)?.requestsPerSecond
      if (value !== undefined) bars.push({ group: title, who: kind.name, value })
    }
  }
  report.show({
    title: `${name}, ${bytes.length} bytes`,
    note: `Requests a second (CPU seconds for a million), each the best of ${ROUNDS} rounds.`,
    rows,
    goals,
    charts: [
      { title: `${name}, by connections x in flight`, unit: 'requests a second', better: 'more', bars },
    ],
  })
}

function shown(cell: Best | undefined): string {
  if (cell === undefined) return '-'
  const perSecond = Math.round(cell.requestsPerSecond).toLocaleString('en')
  return `${perSecond} (${(cell.cpuSecondsPerRequest * 1e6).toFixed(1)})`
}
