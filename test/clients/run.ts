/** `npm run test:clients`: real clients against josephk. `--help` says the rest. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { repositoryRoot } from '../helpers/real-kafka/classpath.ts'
import type { Client, Job, JobContext } from './client.ts'
import {
  given,
  type SharedCluster,
  startCommandLine,
  startSaslJosephk,
  startSaslReal,
  startShared,
  startThreeJosephk,
  startThreeReal,
  startTlsJosephk,
  startTlsReal,
} from './cluster.ts'
import { go } from './go/client.ts'
import { java } from './java/client.ts'
import { streams } from './java/streams/client.ts'
import { tools } from './java/tools/client.ts'
import { kafkajs } from './kafkajs/client.ts'
import { kcat } from './kcat/client.ts'
import { kerberos } from './kerberos/client.ts'
import { startKerberosJosephk, startKerberosReal } from './kerberos/cluster.ts'
import { startLoginsJosephk, startLoginsReal } from './login-cluster.ts'
import { tail } from './process.ts'
import { python } from './python/client.ts'
import { startRuledJosephk, startRuledReal } from './ruled.ts'

const CLIENTS: readonly Client[] = [java, python, go, kcat, kafkajs, tools, streams, kerberos]
const AT_A_TIME = 2
const SHOWN_LINES = 40

const HELP = `npm run test:clients -- [options] [name]...

Runs the jobs whose names begin with one of the names given (all without names).

  --list              only print the names
  --bootstrap H:P     against the cluster at this address instead of a josephk of its own
  --real-kafka        against Kafka itself, to see whether the jobs are right
  --seed TEXT         repeats the records of another run
`

interface Task {
  readonly client: Client
  readonly job: Job
}

class Report {
  passed = 0
  failed = 0
  skipped = 0
  readonly #failures: string[] = []

  pass(name: string, milliseconds: number): void {
    this.passed++
    console.log(`passed   ${name} (${seconds(milliseconds)})`)
  }

  fail(name: string, milliseconds: number, why: string): void {
    this.failed++
    this.#failures.push(name)
    console.log(`FAILED   ${name} (${seconds(milliseconds)})\n${why.replaceAll(/^/gm, '         ')}`)
  }

  /** In CI every toolchain has to be there. */
  skip(name: string, why: string): void {
    if (process.env.CI === 'true') {
      this.fail(name, 0, `not run: ${why}`)
    } else {
      this.skipped++
      console.log(`skipped  ${name}: ${why}`)
    }
  }

  close(): void {
    for (const name of this.#failures) console.log(`failed: ${name}`)
    const skipped = this.skipped === 0 ? '' : `, ${this.skipped} skipped`
    console.log(`${this.passed} passed, ${this.failed} failed${skipped}`)
    if (this.failed > 0) process.exitCode = 1
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      bootstrap: { type: 'string' },
      'real-kafka': { type: 'boolean', default: false },
      seed: { type: 'string', default: String(Date.now()) },
    },
  })
  if (values.help) return void process.stdout.write(HELP)
  const tasks = CLIENTS.flatMap((client) => client.jobs.map((job) => ({ client, job }))).filter(
    ({ job }) => positionals.length === 0 || positionals.some((name) => job.name.startsWith(name)),
  )
  if (values.list)
    return void process.stdout.write(
      tasks
        .flatMap(({ job }) => names(job))
        .join('\n')
        .concat('\n'),
    )
  if (tasks.length === 0)
    throw new Error(`no job is named ${positionals.join(' or ')}; --list prints the names`)

  const folder = join(repositoryRoot(), '.client-tests')
  mkdirSync(join(folder, 'logs'), { recursive: true })
  const report = new Report()
  const ready = await install(tasks, folder, report)
  const cluster = await startCluster(values.bootstrap, values['real-kafka'])
  console.log(`${cluster.name} at ${cluster.bootstrapServers}, seed ${values.seed}`)
  const starts = values['real-kafka']
    ? {
        startThreeBrokers: startThreeReal,
        startTls: startTlsReal,
        startSasl: startSaslReal,
        startRuled: startRuledReal,
        startKerberos: startKerberosReal,
        startLogins: startLoginsReal,
      }
    : {
        startThreeBrokers: startThreeJosephk,
        startTls: startTlsJosephk,
        startSasl: startSaslJosephk,
        startRuled: startRuledJosephk,
        startKerberos: startKerberosJosephk,
        startLogins: startLoginsJosephk,
      }
  const failedBefore = report.failed
  await inParallel(interleaved(ready), async (task) => {
    await runTask(task, cluster, starts, join(folder, task.client.name), values.seed, report)
  })
  if (report.failed > failedBefore) console.log(`the last lines of ${cluster.name}:\n${cluster.output()}`)
  try {
    await cluster.stop()
  } catch (error) {
    report.fail('stop', 0, String(error))
  }
  report.close()
}

function names(job: Job): string[] {
  return job.parts === undefined ? [job.name] : job.parts.map((part) => `${job.name} ${part}`)
}

/** The tasks of those clients that can run here. */
async function install(tasks: readonly Task[], folder: string, report: Report): Promise<Task[]> {
  const clients = [...new Set(tasks.map(({ client }) => client))]
  const absent = new Set<Client>()
  await inParallel(clients, async (client) => {
    const mine = tasks.filter((task) => task.client === client).flatMap(({ job }) => names(job))
    const start = performance.now()
    const missing = await client.missing()
    try {
      if (missing === undefined) {
        await client.install(join(folder, client.name))
        console.log(`ready    ${client.name}: ${client.version} (${seconds(performance.now() - start)})`)
        return
      }
      for (const name of mine) report.skip(name, missing)
    } catch (error) {
      for (const name of mine) report.fail(name, performance.now() - start, `cannot be installed: ${error}`)
    }
    absent.add(client)
  })
  return tasks.filter(({ client }) => !absent.has(client))
}

async function startCluster(bootstrap: string | undefined, realKafka: boolean): Promise<SharedCluster> {
  if (bootstrap !== undefined) return given(bootstrap)
  return realKafka ? startShared() : startCommandLine()
}

async function runTask(
  { job }: Task,
  cluster: SharedCluster,
  starts: Pick<
    JobContext,
    'startThreeBrokers' | 'startTls' | 'startSasl' | 'startRuled' | 'startKerberos' | 'startLogins'
  >,
  folder: string,
  seed: string,
  report: Report,
): Promise<void> {
  const label = job.name.replaceAll(' ', '-')
  const lines: string[] = []
  const waiting = new Map(names(job).map((name) => [name, name]))
  const start = performance.now()
  const end = (name: string, failure: string | undefined) => {
    if (!waiting.delete(name)) return
    const taken = performance.now() - start
    if (failure === undefined) report.pass(name, taken)
    else report.fail(name, taken, failure)
  }
  let failure: string | undefined
  try {
    await job.run({
      bootstrapServers: cluster.bootstrapServers,
      seed,
      prefix: `${label}-${seed}`,
      folder,
      log: (line) => lines.push(line),
      report: (part, why) => end(`${job.name} ${part}`, why),
      ...starts,
    })
    if (job.parts !== undefined) failure = 'no word about it'
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error)
  }
  const log = join(repositoryRoot(), '.client-tests', 'logs', `${label}.log`)
  writeFileSync(log, lines.join('\n').concat('\n'))
  const more =
    lines.length === 0 ? '' : `\nthe last lines of its log:\n${tail(lines.join('\n'), SHOWN_LINES)}`
  for (const name of [...waiting.keys()]) end(name, failure === undefined ? undefined : `${failure}${more}`)
}

/** A job of each client in turn: the long ones, each client's first, start first. */
function interleaved(tasks: readonly Task[]): Task[] {
  const place = ({ client, job }: Task) => client.jobs.indexOf(job)
  return [...tasks].sort((a, b) => place(a) - place(b))
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items]
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, worker))
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}

main().catch((error) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
