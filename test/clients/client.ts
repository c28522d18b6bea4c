/** What the runner knows of a client, and what a client's job knows of the run. */
import { join } from 'node:path'
import { repositoryRoot } from '../helpers/real-kafka/classpath.ts'
import type { ThreeBrokers } from './cluster.ts'
import type { KerberosCluster, KerberosKeytabs } from './kerberos/cluster.ts'
import type { LoginCluster, LoginOptions } from './login-cluster.ts'
import { run } from './process.ts'
import type { RuledCluster } from './ruled.ts'
import type { SaslCluster } from './sasl.ts'
import type { TlsCluster } from './tls.ts'

export interface Client {
  /** What the names of its tests begin with. */
  readonly name: string
  /** What is tested, for the reader of the output: library and version. */
  readonly version: string
  /** Why it cannot be tested here, or undefined. */
  missing(): Promise<string | undefined>
  /** Installs and builds all it needs below `folder`, which is its own and is kept from run to run. */
  install(folder: string): Promise<void>
  readonly jobs: readonly Job[]
}

export interface Job {
  readonly name: string
  /** Its parts, when they are tests of their own, named `<job> <part>`. */
  readonly parts?: readonly string[]
  /** Throws when the job, or, by way of `context.report`, some part of it, failed. */
  run(context: JobContext): Promise<void>
}

export interface JobContext {
  readonly bootstrapServers: string
  /** Differs from run to run; printed, and can be given to repeat one. */
  readonly seed: string
  /** What the names of this job's topics and groups begin with. */
  readonly prefix: string
  /** The client's folder. */
  readonly folder: string
  /** A line for the job's log file. */
  log(line: string): void
  /** A part's end: undefined when it passed. */
  report(part: string, failure: string | undefined): void
  startThreeBrokers(): Promise<ThreeBrokers>
  startTls(): Promise<TlsCluster>
  startSasl(): Promise<SaslCluster>
  startRuled(): Promise<RuledCluster>
  startLogins(options: LoginOptions): Promise<LoginCluster>
  startKerberos(keytabs: KerberosKeytabs): Promise<KerberosCluster>
}

const RECORDS = 10_000
const PARTITIONS = 6
const JOB_TIMEOUT_MS = 180_000

/** The folder of a client's sources. Compiled code runs from an output directory, where they do not lie. */
export function sources(client: string): string {
  return join(repositoryRoot(), 'test', 'clients', client)
}

/** The job that the README describes, as the command that a client has for it. */
export function standardJob(
  name: string,
  compressions: readonly string[],
  command: (folder: string) => readonly string[],
  further: readonly string[] = [],
): Job {
  return {
    name,
    parts: [...compressions, ...further],
    async run(context) {
      const [program, ...args] = command(context.folder)
      const values = {
        bootstrap: context.bootstrapServers,
        seed: context.seed,
        prefix: context.prefix,
        records: RECORDS,
        partitions: PARTITIONS,
        // Two hours ago: far enough from now to be seen when it is lost, near enough to be kept by Kafka's default retention.
        'base-timestamp': Math.floor(Date.now() / 1000 - 7200) * 1000,
        compressions: compressions.join(','),
      }
      const options = Object.entries(values).flatMap(([option, value]) => [`--${option}`, String(value)])
      await runReporting(context, program as string, [...args, ...options])
    },
  }
}

/** Runs a program that says `PASS part` and `FAIL part why` for its parts. */
export async function runReporting(
  context: JobContext,
  program: string,
  args: readonly string[],
): Promise<void> {
  const { code } = await run(program, args, {
    timeoutMs: JOB_TIMEOUT_MS,
    environment: { PYTHONDONTWRITEBYTECODE: '1' },
    onLine(line) {
      context.log(line)
      const [, verdict, part, why] = /^(PASS|FAIL) (\S+) ?(.*)$/.exec(line) ?? []
      if (part !== undefined) context.report(part, verdict === 'PASS' ? undefined : (why ?? ''))
    },
  })
  if (code !== 0) throw new Error(`the program ended with ${code}`)
}
