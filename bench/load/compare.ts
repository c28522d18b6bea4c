import type { Chart, Goal, Report } from '../harness/report.ts'
import type { FrameClient } from './frame-client.ts'
import { type Best, inTurns, withServers } from './rounds.ts'
import type { RunningServer, ServerKind } from './servers.ts'

export interface Comparison {
  readonly title: string
  /** They take turns. */
  readonly ceiling: ServerKind
  readonly ours: ServerKind
  readonly others: readonly ServerKind[]
  /** Others that the goals are for as well. */
  readonly held?: readonly ServerKind[]
  prepare(server: RunningServer): Promise<void>
  connect(server: RunningServer): Promise<FrameClient>
  /** The bytes of a request that count. */
  bytes(best: Best): number
  /** As multiples of the ceiling's: at least so many bytes a second, at most so many CPU seconds a GB. */
  readonly goals: { readonly throughput?: number; readonly cpu?: number }
  /** What servers do beside it that the ceiling's does not, and that our CPU is judged without. */
  readonly apart?: { readonly what: string; readonly cpuSecondsPerGigabyte: number }
}

const ROUNDS = 4
const ROUND_MS = 1_000
const GIGABYTE = 1e9

interface Measured {
  readonly gigabytesPerSecond: number
  readonly cpuSecondsPerGigabyte: number
  readonly requestsPerSecond: number
  readonly residentMegabytes: number
}

/** Runs every server that can run here and says how ours stands to the ceiling. */
export async function compareFlows(report: Report, comparison: Comparison): Promise<void> {
  const results = new Map<string, Measured>()
  const { ceiling, ours, others } = comparison
  for (const team of [[ceiling, ours], ...others.map((other) => [other])]) {
    const title = `${comparison.title}: ${team.map(({ name }) => name).join(' and ')}`
    report.step(title)
    try {
      await measure(report, team, comparison, results)
    } catch (error) {
      report.missing(title, (error as Error).message)
    }
  }
  show(report, comparison, results)
}

async function measure(
  report: Report,
  team: readonly ServerKind[],
  { prepare, connect, bytes }: Comparison,
  results: Map<string, Measured>,
): Promise<void> {
  const missing = (name: string, why: string) => report.missing(name, why)
  await withServers(team, missing, async (servers) => {
    const all = []
    for (const { server } of servers) {
      await prepare(server)
      all.push({ server, client: await connect(server) })
    }
    const found = await inTurns(all, ROUNDS, ROUND_MS)
    for (const { client } of all) client.close()
    for (const [i, { name }] of servers.entries()) {
      const best = found[i] as Best
      const gigabytes = bytes(best) / GIGABYTE
      results.set(name, {
        gigabytesPerSecond: best.requestsPerSecond * gigabytes,
        cpuSecondsPerGigabyte: best.cpuSecondsPerRequest / gigabytes,
        requestsPerSecond: best.requestsPerSecond,
        residentMegabytes: best.residentMegabytes,
      })
    }
  })
}

function show(
  report: Report,
  { title, ceiling: first, ours, held = [], goals, apart }: Comparison,
  results: ReadonlyMap<string, Measured>,
) {
  const ceiling = results.get(first.name)
  const of = (one: Measured | undefined, field: keyof Measured, less = 0) =>
    ((one?.[field] ?? Number.NaN) - less) / (ceiling?.[field] ?? Number.NaN)
  const rows = [
    ['server', 'GB/s', 'of the ceiling', 'CPU s/GB', 'of the ceiling', 'requests/s', 'resident MB'],
  ]
  for (const [name, one] of results) {
    rows.push([
      name,
      one.gigabytesPerSecond.toFixed(2),
      of(one, 'gigabytesPerSecond').toFixed(2),
      one.cpuSecondsPerGigabyte.toFixed(2),
      of(one, 'cpuSecondsPerGigabyte').toFixed(2),
      one.requestsPerSecond.toFixed(0),
      one.residentMegabytes.toFixed(0),
    ])
  }
  const judged: Goal[] = []
  for (const { name } of [ours, ...held]) {
    const one = results.get(name)
    const what = name === ours.name ? title : `${title}, ${name}`
    if (goals.throughput !== undefined) {
      const value = of(one, 'gigabytesPerSecond')
      judged.push({ what: `${what}: bytes a second of the ceiling's`, value, atLeast: goals.throughput })
    }
    if (goals.cpu !== undefined) {
      const value = of(one, 'cpuSecondsPerGigabyte', apart?.cpuSecondsPerGigabyte)
      const without = apart === undefined ? '' : `, without ${apart.what}`
      judged.push({ what: `${what}: CPU for a GB of the ceiling's${without}`, value, atMost: goals.cpu })
    }
  }
  const bars = (field: keyof Measured): Chart['bars'] =>
    [...results].map(([who, one]) => ({ group: '', who, value: one[field] }))
  const charts: Chart[] = [
    { title, unit: 'GB a second', better: 'more', bars: bars('gigabytesPerSecond') },
    { title, unit: 'CPU seconds for a GB', better: 'less', bars: bars('cpuSecondsPerGigabyte') },
  ]
  const note = `Each the best of ${ROUNDS} rounds.`
  const beside = apart && ` Of the CPU, ${apart.what} takes ${apart.cpuSecondsPerGigabyte.toFixed(2)} s/GB.`
  report.show({ title, note: `${note}${beside ?? ''}`, rows, goals: judged, charts })
}
