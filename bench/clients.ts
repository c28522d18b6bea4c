// Real clients at full speed against each server: what a GB and a million records cost the broker, and how long one waits.
import { join } from 'node:path'
import { sources } from '../test/clients/client.ts'
import { javaCommand, resolveClasspath } from '../test/clients/java/maven.ts'
import { run as runProgram } from '../test/clients/process.ts'
import { realKafkaMissing, repositoryRoot } from '../test/helpers/real-kafka/classpath.ts'
import type { Bar, Chart, Goal, Report } from './harness/report.ts'
import { quantile } from './harness.ts'
import { FrameClient } from './load/frame-client.ts'
import { usageOf } from './load/process-usage.ts'
import {
  josephk,
  kafka,
  kfake,
  mock,
  pythonWithLibrdkafka,
  type RunningServer,
  type ServerKind,
  toolsFolder,
} from './load/servers.ts'
import { batchOf, fetchRequest, makeTopic, produceRequest } from './load/wire.ts'

const SIZES = [
  { size: 100, count: 500_000 },
  { size: 1_000, count: 200_000 },
  { size: 100_000, count: 2_000 },
]
const LATENCY_MS = 3_000
const WARM_UP_MS = 1_500
/** A client that takes longer is not waited for: on a quiet machine a few seconds do. */
const LONGEST_RUN_MS = 45_000
/** So long one server is loaded; what is not done by then is left out. */
const LONGEST_SERVER_MS = 120_000

interface Driver {
  readonly name: string
  missing(): string | undefined
  prepare(): Promise<void>
  /** Seconds that the client itself has counted. */
  drive(
    what: 'produce' | 'consume',
    address: string,
    topic: string,
    count: number,
    size: number,
  ): Promise<number>
}

interface Line {
  readonly driver: string
  readonly what: string
  readonly size: number
  readonly server: string
  readonly megabytesPerSecond: number
  readonly cpuSecondsPerGigabyte: number
  readonly cpuSecondsPerMillion: number
}

let classpath = ''
const java: Driver = {
  name: "Kafka's perf-test tools",
  missing: realKafkaMissing,
  async prepare() {
    classpath = await resolveClasspath(join(sources('java'), 'tools', 'pom.xml'), toolsFolder())
  },
  async drive(what, address, topic, count, size) {
    const tool = what === 'produce' ? 'ProducerPerformance' : 'ConsumerPerformance'
    const [java, ...flags] = javaCommand(classpath, `org.apache.kafka.tools.${tool}`)
    const args =
      what === 'produce'
        ? [
            '--topic',
            topic,
            '--num-records',
            String(count),
            '--record-size',
            String(size),
            '--throughput',
            '-1',
          ]
        : [
            '--topic',
            topic,
            '--messages',
            String(count),
            '--bootstrap-server',
            address,
            '--timeout',
            '20000',
            '--hide-header',
          ]
    const more = what === 'produce' ? ['--producer-props', `bootstrap.servers=${address}`, 'acks=all'] : []
    const { code, stdout, stderr } = await runProgram(java as string, [...flags, ...args, ...more], {
      timeoutMs: LONGEST_RUN_MS,
    })
    const megabytes = (count * size) / 1024 / 1024
    const found =
      what === 'produce'
        ? /([\d.]+) MB\/sec\).*\n*$/m.exec(stdout.trim().split('\n').at(-1) ?? '')?.[1]
        : stdout.trim().split('\n').at(-1)?.split(', ')[3]
    if (code !== 0 || found === undefined)
      throw new Error(`${tool}: ${stderr.trim().split('\n')[0] ?? 'no figures'}`)
    return megabytes / Number(found)
  },
}

let pythonProgram = ''
const librdkafka: Driver = {
  name: 'librdkafka (Python)',
  missing: () => mock.missing(),
  async prepare() {
    pythonProgram = pythonWithLibrdkafka()
  },
  async drive(what, address, topic, count, size) {
    const script = join(repositoryRoot(), 'bench', 'load', 'perf.py')
    const args = [script, what, address, topic, String(count), String(size)]
    const { code, stdout, stderr } = await runProgram(pythonProgram, args, { timeoutMs: LONGEST_RUN_MS })
    if (code !== 0) throw new Error(stderr.trim().split('\n').at(-1))
    return Number(stdout)
  },
}

export async function bench(report: Report): Promise<void> {
  const lines: Line[] = []
  const latencies = new Map<string, { p50: number; p99: number }>()
  const drivers: Driver[] = []
  for (const driver of [java, librdkafka]) {
    const missing = driver.missing()
    if (missing !== undefined) report.missing(driver.name, missing)
    else {
      await driver.prepare()
      drivers.push(driver)
    }
  }
  for (const kind of [josephk, kafka, kfake, mock]) {
    const missing = kind.missing()
    if (missing !== undefined) {
      report.missing(kind.name, missing)
      continue
    }
    report.step(`${kind.name}, being started`)
    try {
      const server = await kind.start()
      const end = performance.now() + LONGEST_SERVER_MS
      try {
        report.step(`${kind.name}, getting warm`)
        await warmUp(server)
        for (const [i, driver] of drivers.entries()) {
          for (const one of SIZES) {
            const title = `${kind.name}, ${driver.name}, ${one.size} B`
            if (performance.now() > end) report.missing(title, 'the machine is too busy')
            else await measure(report, title, { kind, server, driver, prefix: `bench-${i}`, ...one }, lines)
          }
        }
        report.step(`${kind.name}, one record after the other`)
        latencies.set(kind.name, await latency(server))
      } finally {
        await server.stop()
      }
    } catch (error) {
      report.missing(kind.name, firstLine(error))
    }
  }
  showLoads(report, lines)
  showLatencies(report, latencies)
}

interface Measurement {
  readonly kind: ServerKind
  readonly server: RunningServer
  readonly driver: Driver
  readonly prefix: string
  readonly size: number
  readonly count: number
}

async function measure(report: Report, title: string, one: Measurement, lines: Line[]): Promise<void> {
  const { kind, server, driver, prefix, size, count } = one
  const topic = `${prefix}-${size}`
  try {
    await makeTopic(server, topic)
    for (const what of ['produce', 'consume'] as const) {
      if (what === 'consume' && (kind.keepsBytes ?? Number.POSITIVE_INFINITY) < count * size) {
        const kept = `it keeps the newest ${kind.keepsBytes} bytes of a partition only`
        report.missing(`${title}, ${what}`, kept)
        continue
      }
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
  } catch (error) {
    report.missing(title, firstLine(error))
  }
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

/** Of one acks=all record after the other, by one client that does nothing else. */
async function latency(server: RunningServer): Promise<{ p50: number; p99: number }> {
  await makeTopic(server)
  const shape = { connections: 1, inFlight: 1 }
  const client = await FrameClient.connect(server, produceRequest(batchOf(100)), shape)
  try {
    await client.run(LATENCY_MS)
    const { latencies } = await client.run(LATENCY_MS, { latencies: true })
    return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) }
  } finally {
    client.close()
  }
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
  const charts = [java, librdkafka].flatMap(({ name }) => loadCharts(lines, name))
  report.show({ title: 'Broker CPU under real clients', rows, goals: cpuGoals(lines), charts })
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
  for (const { name: driver } of [java, librdkafka]) {
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

function showLatencies(
  report: Report,
  latencies: ReadonlyMap<string, { readonly p50: number; readonly p99: number }>,
): void {
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
  report.show({ title, rows, goals, charts: [{ title, unit: 'milliseconds', better: 'less', bars }] })
}
