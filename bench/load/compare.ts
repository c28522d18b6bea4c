import type { Chart, Goal, Report } from '../harness/report.ts'
import type { Flow, FrameClient } from './frame-client.ts'
import { usageOf } from './process-usage.ts'
import type { RunningServer, ServerKind } from './servers.ts'

export interface Comparison {
  readonly title: string
  /** The first is the ceiling, the second ours. */
  readonly kinds: readonly ServerKind[]
  prepare(server: RunningServer): Promise<void>
  connect(server: RunningServer): Promise<FrameClient>
  /** The bytes that count. */
  bytes(flow: Flow): number
  /** As multiples of the ceiling's: at least so many bytes a second, at most so many CPU seconds a GB. */
  readonly goals: { readonly throughput?: number; readonly cpu?: number }
}

const ROUNDS = 3
const ROUND_MS = 1_500
const GIGABYTE = 1e9

interface Measured {
  readonly gigabytesPerSecond: number
  readonly cpuSecondsPerGigabyte: number
  readonly requestsPerSecond: number
  readonly residentMegabytes: number
}

/** Runs every server that can run here, in turns, and says how ours stands to the ceiling. */
export async function compareFlows(report: Report, comparison: Comparison): Promise<void> {
  const results = new Map<string, Measured>()
  for (const kind of comparison.kinds) {
    const missing = kind.missing()
    if (missing !== undefined) {
      report.missing(kind.name, missing)
      continue
    }
    report.step(`${comparison.title}: ${kind.name}`)
    try {
      results.set(kind.name, await measure(kind, comparison))
    } catch (error) {
      report.missing(`${comparison.title}: ${kind.name}`, (error as Error).message)
    }
  }
  show(report, comparison, results)
}

async function measure(kind: ServerKind, comparison: Comparison): Promise<Measured> {
  const server = await kind.start()
  try {
    await comparison.prepare(server)
    const client = await comparison.connect(server)
    await client.run(ROUND_MS / 2)
    const rounds: Measured[] = []
    for (let i = 0; i < ROUNDS; i++) {
      const before = usageOf(server.pid)
      const flow = await client.run(ROUND_MS)
      const after = usageOf(server.pid)
      const bytes = comparison.bytes(flow)
      const cpu = (after?.cpuSeconds ?? Number.NaN) - (before?.cpuSeconds ?? Number.NaN)
      rounds.push({
        gigabytesPerSecond: bytes / flow.seconds / GIGABYTE,
        cpuSecondsPerGigabyte: cpu / (bytes / GIGABYTE),
        requestsPerSecond: flow.requests / flow.seconds,
        residentMegabytes: after?.residentMegabytes ?? Number.NaN,
      })
    }
    client.close()
    return rounds.sort((a, b) => b.gigabytesPerSecond - a.gigabytesPerSecond)[0] as Measured
  } finally {
    await server.stop()
  }
}

function show(report: Report, { title, kinds, goals }: Comparison, results: ReadonlyMap<string, Measured>) {
  const ceiling = results.get(kinds[0]?.name as string) as Measured
  const ours = results.get(kinds[1]?.name as string)
  const rows = [
    ['server', 'GB/s', 'of the ceiling', 'CPU s/GB', 'of the ceiling', 'requests/s', 'resident MB'],
  ]
  for (const [name, one] of results) {
    rows.push([
      name,
      one.gigabytesPerSecond.toFixed(2),
      (one.gigabytesPerSecond / ceiling.gigabytesPerSecond).toFixed(2),
      one.cpuSecondsPerGigabyte.toFixed(2),
      (one.cpuSecondsPerGigabyte / ceiling.cpuSecondsPerGigabyte).toFixed(2),
      one.requestsPerSecond.toFixed(0),
      one.residentMegabytes.toFixed(0),
    ])
  }
  const held: Goal[] = []
  if (goals.throughput !== undefined) {
    const value = ours ? ours.gigabytesPerSecond / ceiling.gigabytesPerSecond : Number.NaN
    held.push({ what: `${title}: bytes a second of the ceiling's`, value, atLeast: goals.throughput })
  }
  if (goals.cpu !== undefined) {
    const value = ours ? ours.cpuSecondsPerGigabyte / ceiling.cpuSecondsPerGigabyte : Number.NaN
    held.push({ what: `${title}: CPU for a GB of the ceiling's`, value, atMost: goals.cpu })
  }
  const bars = (of: (one: Measured) => number): Chart['bars'] =>
    [...results].map(([who, one]) => ({ group: '', who, value: of(one) }))
  const charts: Chart[] = [
    { title, unit: 'GB a second', better: 'more', bars: bars((one) => one.gigabytesPerSecond) },
    { title, unit: 'CPU seconds for a GB', better: 'less', bars: bars((one) => one.cpuSecondsPerGigabyte) },
  ]
  report.show({ title, rows, goals: held, charts })
}
