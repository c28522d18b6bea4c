// Real clients at full speed against each server: what a GB and a million records cost the broker, and how long one waits.
import type { Bar, Chart, Goal, Report } from './harness/report.ts'
import { quantile } from './harness.ts'
import { type Driver, java, librdkafka } from './load/drivers.ts'
import { FrameClient } from './load/frame-client.ts'
import { usageOf } from './load/process-usage.ts'
import { withServers } from './load/rounds.ts'
import { josephk, kafka, kfake, mock, type RunningServer, type ServerKind } from './load/servers.ts'
import { batchOf, deleteTopic, fetchRequest, makeTopic, produceRequest } from './load/wire.ts'

const SIZES = [
  { size: 100, count: 1_500_000 },
  { size: 1_000, count: 300_000 },
  { size: 100_000, count: 3_000 },
]
const ROUNDS = 3
const LATENCY_WARM_UP_MS = 3_000
const LATENCY_MS = 1_500
const LATENCY_ROUNDS = 6
const WARM_UP_MS = 1_500
/** So long the servers are loaded; what is not begun by then is left out. */
const LONGEST_MS = 600_000

/** With everything kept, servers that use memory again are not helped by it. */
const keeping: Driver = { ...librdkafka, name: `${librdkafka.name}, all kept` }
const DRIVERS = [java, librdkafka, keeping]

interface Line {
  readonly driver: string
  readonly what: string
  readonly size: number
  readonly server: string
  readonly megabytesPerSecond: number
  readonly cpuSecondsPerGigabyte: number
  readonly cpuSecondsPerMillion: number
}

export async function bench(report: Report): Promise<void> {
  const lines: Line[] = []
  const drivers: Driver[] = []
  for (const driver of DRIVERS) {
    const missing = driver.missing()
    if (missing !== undefined) report.missing(driver.name, missing)
    else {
      await driver.prepare()
      drivers.push(driver)
    }
  }
  const kinds = [josephk, kafka, kfake, mock]
  const missing = (name: string, why: string) => report.missing(name, why)
  await withServers(kinds, missing, async (running) => {
    const servers: Loaded[] = []
    for (const { name, server } of running) {
      report.step(`${name}, getting warm`)
      await warmUp(server)
      servers.push({ kind: kinds.find((kind) => kind.name === name) as ServerKind, server })
    }
    const end = performance.now() + LONGEST_MS
    for (const [i, driver] of drivers.entries()) {
      lines.push(...(await measureAll(report, servers, { driver, end, prefix: `bench-${i}` })))
    }
  })
  showLoads(report, lines)
  showLatencies(report, await measureLatencies(report))
}

interface Loaded {
  readonly kind: ServerKind
  readonly server: RunningServer
}

interface Load {
  readonly driver: Driver
  /** Of the topics' names. */
  readonly prefix: string
  /** What has not begun by then is left out, ms. */
  readonly end: number
}

/**
 * All sizes by one driver, in rounds. The servers take turns, each round begins with another one, and each topic is deleted
 * after its turn: what a page of memory costs that nobody has touched yet differs by a factor of five within minutes on
 * a virtual machine. One driver has all topics kept, and shows that too. What fails once is not tried again.
 */
async function measureAll(report: Report, servers: readonly Loaded[], load: Load): Promise<Line[]> {
  const driver = load.driver.name
  const found: Line[] = []
  const failed = new Set<Loaded>()
  for (const size of SIZES) {
    for (let round = 0; round < ROUNDS; round++) {
      for (let turn = 0; turn < servers.length; turn++) {
        const one = servers[(round + turn) % servers.length] as Loaded
        if (failed.has(one)) continue
        const { name } = one.kind
        try {
          if (performance.now() > load.end) throw new Error('the machine is too busy')
          const title = `${name}, ${driver}, ${size.size} B, round ${round + 1}`
          found.push(...(await measure(report, title, { ...one, ...load, ...size, round })))
        } catch (error) {
          failed.add(one)
          report.missing(`${name}, ${driver}, from ${size.size} B on`, firstLine(error))
        }
      }
    }
  }
  return bestLines(report, servers, driver, found)
}

function bestLines(
  report: Report,
  servers: readonly Loaded[],
  driver: string,
  found: readonly Line[],
): Line[] {
  const lines: Line[] = []
  for (const { kind } of servers) {
    for (const { size } of SIZES) {
      const rounds = found.filter((line) => line.server === kind.name && line.size === size)
      for (const what of ['produce', 'consume']) {
        const [first, ...others] = rounds.filter((line) => line.what === what)
        if (first !== undefined) lines.push(bestOf(first, [first, ...others]))
        else if (rounds.length > 0) {
          const why = `it keeps the newest ${kind.keepsBytes} bytes of a partition only`
          report.missing(`${kind.name}, ${driver}, ${size} B, ${what}`, why)
        }
      }
    }
  }
  return lines
}

/** What else the machine does only takes away. */
function bestOf(first: Line, rounds: readonly Line[]): Line {
  const least = (of: (line: Line) => number) => Math.min(...rounds.map(of))
  return {
    ...first,
    megabytesPerSecond: -least((line) => -line.megabytesPerSecond),
    cpuSecondsPerGigabyte: least((line) => line.cpuSecondsPerGigabyte),
    cpuSecondsPerMillion: least((line) => line.cpuSecondsPerMillion),
  }
}

async function measure(
  report: Report,
  title: string,
  one: Loaded & Load & { readonly size: number; readonly count: number; readonly round: number },
): Promise<Line[]> {
  const { kind, server, driver, prefix, size, count, round } = one
  const topic = `${prefix}-${size}-${round}`
  const lines: Line[] = []
  await makeTopic(server, topic)
  for (const what of ['produce', 'consume'] as const) {
    if (what === 'consume' && (kind.keepsBytes ?? Number.POSITIVE_INFINITY) < count * size) continue
    report.step(`${title}, ${what}`)
    const before = usageOf(server.pid)?.cpuSeconds ?? Number.NaN
    const seconds = await driver.drive(what, `${server.host}:${server.port}`, topic, count, size)
    const cpu = (usageOf(server.pid)?.cpuSeconds ?? Number.NaN) - before
    lines.push({
      driver: driver.name,
      what,
      size,
      server: kind.name,
      megabytesPerSecond: (count * size) / 1e6 / seconds,
      cpuSecondsPerGigabyte: cpu / ((count * size) / 1e9),
      cpuSecondsPerMillion: cpu / (count / 1e6),
    })
  }
  if (kind.keepsBytes === undefined && driver !== keeping) await deleteTopic(server, topic)
  return lines
}

/** Until what a server runs again and again is compiled, where it is compiled while it runs. */
async function warmUp(server: RunningServer): Promise<void> {
  await makeTopic(server)
  for (const request of [produceRequest(batchOf(100)), fetchRequest(64 * 1024)]) {
    const client = await FrameClient.connect(server, request, { connections: 2, inFlight: 4 })
    try {
      await client.run(WARM_UP_MS)
    } finally {
      client.close()
    }
  }
}

/** Clients tell their whole log when they fail. */
function firstLine(error: unknown): string {
  return (error as Error).message.split('\n')[0] as string
}

interface Latency {
  readonly p50: number
  readonly p99: number
}

/** Of one acks=all record after the other, by one client that does nothing else; new servers, which take turns. */
async function measureLatencies(report: Report): Promise<Map<string, Latency>> {
  const shape = { connections: 1, inFlight: 1 }
  const missing = (name: string, why: string) => report.missing(`${name}, one record after the other`, why)
  return withServers([josephk, kafka, kfake, mock], missing, async (servers) => {
    const clients = []
    for (const { name, server } of servers) {
      report.step(`${name}, one record after the other, getting warm`)
      await makeTopic(server)
      const client = await FrameClient.connect(server, produceRequest(batchOf(100)), shape)
      await client.run(LATENCY_WARM_UP_MS)
      clients.push({ name, client, p50: [] as number[], p99: [] as number[] })
    }
    for (let round = 0; round < LATENCY_ROUNDS; round++) {
      for (const { name, client, p50, p99 } of clients) {
        report.step(`${name}, one record after the other`)
        const { latencies } = await client.run(LATENCY_MS, { latencies: true })
        p50.push(quantile(latencies, 0.5))
        p99.push(quantile(latencies, 0.99))
      }
    }
    for (const { client } of clients) client.close()
    return new Map(
      clients.map(({ name, p50, p99 }) => [name, { p50: Math.min(...p50), p99: Math.min(...p99) }]),
    )
  })
}

function showLoads(report: Report, lines: readonly Line[]): void {
  const rows = [['client', 'what', 'bytes', 'server', 'MB/s', 'CPU s/GB', 'CPU s/million']]
  for (const { driver, what, size, server, ...figures } of lines) {
    const { megabytesPerSecond, cpuSecondsPerGigabyte, cpuSecondsPerMillion } = figures
    const shown = [
      megabytesPerSecond.toFixed(0),
      cpuSecondsPerGigabyte.toFixed(2),
      cpuSecondsPerMillion.toFixed(2),
    ]
    rows.push([driver, what, String(size), server, ...shown])
  }
  const charts = DRIVERS.flatMap(({ name }) => loadCharts(lines, name))
  report.show({
    title: 'Broker CPU under real clients',
    note: `Each the best of ${ROUNDS} rounds, in which the servers take turns; topics are deleted after each turn unless all is kept.`,
    rows,
    goals: cpuGoals(lines),
    charts,
  })
}

function loadCharts(lines: readonly Line[], client: string): Chart[] {
  const bars = (of: (line: Line) => number): Bar[] =>
    lines
      .filter(({ driver }) => driver === client)
      .map((line) => ({ group: `${line.what}, ${line.size} B`, who: line.server, value: of(line) }))
  return [
    {
      title: `Throughput, ${client}`,
      unit: 'MB a second',
      better: 'more',
      bars: bars((line) => line.megabytesPerSecond),
    },
    {
      title: `Cost to the broker, ${client}`,
      unit: 'CPU seconds for a GB',
      better: 'less',
      scale: 'log',
      bars: bars((line) => line.cpuSecondsPerGigabyte),
    },
  ]
}

/** Produced and consumed together, against Kafka and kfake. */
function cpuGoals(lines: readonly Line[]): Goal[] {
  const goals: Goal[] = []
  for (const { name: driver } of DRIVERS) {
    for (const { size } of SIZES) {
      const cost = (server: string) => {
        const both = lines.filter(
          (line) => line.driver === driver && line.size === size && line.server === server,
        )
        return both.length < 2 ? undefined : both.reduce((sum, line) => sum + line.cpuSecondsPerGigabyte, 0)
      }
      for (const rival of [kafka.name, kfake.name]) {
        const atMost = cost(rival)
        const what = `${driver}, ${size} B, produced and consumed, beside ${rival}`
        if (atMost !== undefined)
          goals.push({ what, value: cost(josephk.name) ?? Number.NaN, unit: 'CPU s/GB', atMost })
      }
    }
  }
  return goals
}

function showLatencies(report: Report, latencies: ReadonlyMap<string, Latency>): void {
  const rows = [['', 'p50 ms', 'p99 ms']]
  const bars: Bar[] = []
  for (const [server, { p50, p99 }] of latencies) {
    rows.push([server, p50.toFixed(3), p99.toFixed(3)])
    bars.push({ group: 'p50', who: server, value: p50 }, { group: 'p99', who: server, value: p99 })
  }
  const value = latencies.get(josephk.name)?.p99 ?? Number.NaN
  const goals = [kafka.name, kfake.name].flatMap((rival) => {
    const theirs = latencies.get(rival)?.p99
    return theirs === undefined ? [] : [{ what: `p99 beside ${rival}`, value, unit: 'ms', atMost: theirs }]
  })
  const title = 'How long one acks=all record takes'
  const note = `The least of ${LATENCY_ROUNDS} rounds.`
  report.show({ title, note, rows, goals, charts: [{ title, unit: 'milliseconds', better: 'less', bars }] })
}
