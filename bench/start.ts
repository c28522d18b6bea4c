// How long a test waits for its cluster: from `Cluster.start` to an address that serves, and back to nothing.
import { Cluster, type ClusterOptions } from '../lib/index.ts'
import type { Bar, Goal, Report } from './harness/report.ts'
import { quantile } from './harness.ts'

const ROUNDS = 100
/** What we promise: the median after the first start, in milliseconds. */
const GOAL_MS = 10
/** With keys and certificates that are made for this cluster alone. */
const TLS_GOAL_MS = 60

const cases: [string, ClusterOptions, number?][] = [
  ['1 broker', {}],
  ['1 broker, 1 topic', { topics: ['orders'] }],
  ['3 brokers, 10 topics of 3 partitions', { brokers: 3, topics: topics(10) }],
  ['1 broker, in memory', { listeners: [{ transport: 'memory' }] }],
  ['1 broker, TLS', { listeners: [{ securityProtocol: 'SSL' }] }, TLS_GOAL_MS],
]

function topics(count: number) {
  return Array.from({ length: count }, (_, i) => ({
    name: `topic-${i}`,
    partitions: 3,
    replicationFactor: 3,
  }))
}

export async function bench(report: Report): Promise<void> {
  const rows = [['ms', 'first start', 'start, median', 'p95', 'stop, median']]
  const goals: Goal[] = []
  const bars: Bar[] = []
  for (const [name, options, goal = GOAL_MS] of cases) {
    report.step(name)
    const first = await round(options)
    const rounds: [number, number][] = []
    for (let i = 0; i < ROUNDS; i++) rounds.push(await round(options))
    const started = rounds.map(([start]) => start)
    const stopped = rounds.map(([, stop]) => stop)
    const median = quantile(started, 0.5)
    const figures = [first[0], median, quantile(started, 0.95), quantile(stopped, 0.5)]
    rows.push([name, ...figures.map((ms) => ms.toFixed(2))])
    goals.push({ what: name, value: median, unit: 'ms', atMost: goal })
    bars.push({ group: name, who: 'median', value: median, goal })
  }
  const title = 'Cluster.start and stop'
  report.show({
    title,
    note: `${ROUNDS} rounds after the first.`,
    rows,
    goals,
    charts: [{ title: 'Cluster.start', unit: 'milliseconds', better: 'less', bars }],
  })
}

async function round(options: ClusterOptions): Promise<[number, number]> {
  const begin = performance.now()
  const cluster = await Cluster.start(options)
  const address = cluster.bootstrapServers
  const started = performance.now()
  if (!address.includes(':')) throw new Error('an address is expected')
  await cluster.stop()
  return [started - begin, performance.now() - started]
}
