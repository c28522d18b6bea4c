import { table } from '../harness.ts'
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

/** Runs every server that can run here, in turns, and says how ours stands to the ceiling; yields what is lost. */
export async function compareFlows(comparison: Comparison): Promise<string[]> {
  console.log(`\n${comparison.title}`)
  const results = new Map<string, Measured>()
  for (const kind of comparison.kinds) {
    const missing = kind.missing()
    if (missing !== undefined) {
      console.log(`${kind.name}: not measured, ${missing}`)
      continue
    }
    process.stderr.write(`  ${kind.name} ...\r`)
    try {
      results.set(kind.name, await measure(kind, comparison))
    } catch (error) {
      console.log(`${kind.name}: not measured, ${(error as Error).message}`)
    }
  }
  return report(comparison, results)
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

function report({ kinds, goals }: Comparison, results: ReadonlyMap<string, Measured>): string[] {
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
  console.log(table(rows))
  if (ours === undefined) return ['josephk was not measured']
  const lost: string[] = []
  const throughput = ours.gigabytesPerSecond / ceiling.gigabytesPerSecond
  const cpu = ours.cpuSecondsPerGigabyte / ceiling.cpuSecondsPerGigabyte
  if (goals.throughput !== undefined && throughput < goals.throughput) {
    lost.push(
      `${throughput.toFixed(2)} of the ceiling's bytes a second, at least ${goals.throughput} is the goal`,
    )
  }
  if (goals.cpu !== undefined && cpu > goals.cpu) {
    lost.push(`${cpu.toFixed(2)} times the ceiling's CPU per GB, at most ${goals.cpu} is the goal`)
  }
  return lost
}
