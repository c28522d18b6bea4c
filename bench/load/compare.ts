import type { Chart, Goal, Report } from '../harness/report.ts'
import type { FrameClient } from './frame-client.ts'
import { type Best, inTurns, withServers } from './rounds.ts'
import type { RunningServer, ServerKind } from './servers.ts'

export interface Comparison {
  readonly title: string
  /** They take turns; the first is what all are set beside. */
  readonly team: readonly ServerKind[]
  /** Each by itself. */
  readonly others: readonly ServerKind[]
  prepare(server: RunningServer): Promise<void>
  connect(server: RunningServer): Promise<FrameClient>
  /** The bytes of a request that count. */
  bytes(best: Best): number
  /** As multiples of what the one beside has: at least so many bytes a second, at most so many CPU seconds a GB. */
  readonly goals: readonly FlowGoal[]
  /** What our servers do that bare ones do not, and that their CPU is judged without. */
  readonly apart?: { readonly what: string; readonly cpuSecondsPerGigabyte: number }
}

interface FlowGoal {
  readonly server: ServerKind
  readonly beside: ServerKind
  readonly throughput?: number
  readonly cpu?: number
}

const ROUNDS = 8
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
  for (const team of [comparison.team, ...comparison.others.map((other) => [other])]) {
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
  { title, team, goals, apart }: Comparison,
  results: ReadonlyMap<string, Measured>,
) {
  const ratio = (server: string, beside: string, field: keyof Measured, less = 0) =>
    ((results.get(server)?.[field] ?? Number.NaN) - less) / (results.get(beside)?.[field] ?? Number.NaN)
  const first = team[0]?.name ?? ''
  const rows = [['server', 'GB/s', 'of the first', 'CPU s/GB', 'of the first', 'requests/s', 'resident MB']]
  for (const [name, one] of results) {
    rows.push([
      name,
      one.gigabytesPerSecond.toFixed(2),
      ratio(name, first, 'gigabytesPerSecond').toFixed(2),
      one.cpuSecondsPerGigabyte.toFixed(2),
      ratio(name, first, 'cpuSecondsPerGigabyte').toFixed(2),
      one.requestsPerSecond.toFixed(0),
      one.residentMegabytes.toFixed(0),
    ])
  }
  const judged: Goal[] = []
  for (const { server, beside, throughput, cpu } of goals) {
    const what = `${title}, ${server.name} beside ${beside.name}`
    if (throughput !== undefined) {
      const value = ratio(server.name, beside.name, 'gigabytesPerSecond')
      judged.push({ what: `${what}: bytes a second`, value, atLeast: throughput })
    }
    if (cpu !== undefined) {
      const value = ratio(server.name, beside.name, 'cpuSecondsPerGigabyte', apart?.cpuSecondsPerGigabyte)
      const without = apart === undefined ? '' : `, without ${apart.what}`
      judged.push({ what: `${what}: CPU for a GB${without}`, value, atMost: cpu })
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
