// How long a test waits for its cluster: from `Cluster.start` to an address that serves, and back to nothing.
import { Cluster, type ClusterOptions } from '../lib/index.ts'

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

export async function bench(): Promise<string[]> {
  const losses: string[] = []
  console.log(`\nCluster.start and stop, ms, ${ROUNDS} rounds after the first`)
  for (const [name, options, goal = GOAL_MS] of cases) {
    const first = await round(options)
    const rounds: [number, number][] = []
    for (let i = 0; i < ROUNDS; i++) rounds.push(await round(options))
    const started = rounds.map(([start]) => start).sort((a, b) => a - b)
    const stopped = rounds.map(([, stop]) => stop).sort((a, b) => a - b)
    const median = started[ROUNDS / 2] as number
    console.log(
      `${name.padEnd(40)} first ${shown(first[0])}  start median ${shown(median)}` +
        `  p95 ${shown(started[Math.floor(ROUNDS * 0.95)] as number)}  stop median ${shown(stopped[ROUNDS / 2] as number)}`,
    )
    if (median > goal) losses.push(`start, ${name}: ${shown(median)} ms, at most ${goal} are the goal`)
  }
  return losses
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

function shown(ms: number): string {
  return ms.toFixed(2).padStart(6)
}
