import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { realKafkaMissing, repositoryRoot } from '../../test/helpers/real-kafka/classpath.ts'
import { startRealKafka } from '../../test/helpers/real-kafka/real-kafka.ts'

/** A server in a process of its own, so that its processor time can be told from its clients'. */
export interface RunningServer {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly pid: number
  stop(): Promise<void>
}

export interface ServerKind {
  readonly name: string
  /** So much of a partition it keeps at most, where there is such a limit. */
  readonly keepsBytes?: number
  /** Why it cannot run here. */
  missing(): string | undefined
  start(): Promise<RunningServer>
}

const DIST = join(import.meta.dirname, '..', '..')
const SOURCES = join(repositoryRoot(), 'bench', 'load')

export const josephk = josephkWith()

/** josephk with some more words on its command line. */
export function josephkWith(...words: string[]): ServerKind {
  return {
    name: 'josephk',
    missing: () => undefined,
    start: () =>
      program('josephk', process.execPath, [
        join(DIST, 'bin', 'josephk.js'),
        ...['--port', '0', '--log-level', 'warn', ...words],
      ]),
  }
}

/** josephk that keeps its records in files, as `--data-dir` has it. */
export const josephkOnDirectory: ServerKind = {
  name: 'josephk on a directory',
  missing: () => undefined,
  async start() {
    const folder = mkdtempSync(join(tmpdir(), 'josephk-bench-data-'))
    const remove = () => rmSync(folder, { recursive: true, force: true })
    process.once('exit', remove)
    const server = await josephkWith('--data-dir', folder).start()
    return {
      ...server,
      async stop() {
        await server.stop()
        process.off('exit', remove)
        remove()
      },
    }
  },
}

/**
 * Answers frames of any kind with `answerBytes`.
 *
 * @param into where it reads: one buffer again and again, as much memory as keeps the last bytes, or always fresh memory
 */
export function bare(answerBytes: number, into?: { keepsBytes: number } | 'fresh'): ServerKind {
  const name =
    into === undefined
      ? 'bare sockets'
      : into === 'fresh'
        ? 'bare sockets, fresh memory'
        : `bare sockets that keep ${into.keepsBytes / 1024 / 1024} MB`
  const words = into === undefined ? [] : [into === 'fresh' ? into : String(into.keepsBytes)]
  const script = join(import.meta.dirname, 'bare-server.js')
  return {
    name,
    missing: () => undefined,
    start: () => program(name, process.execPath, [script, String(answerBytes), ...words]),
  }
}

/** As Kafka's start script would run it, with a heap of 1 GB. */
export const KAFKA_JAVA = {
  heapMegabytes: 1024,
  javaArguments: [
    '-server',
    '-XX:TieredStopAtLevel=4',
    '-XX:-UseSerialGC',
    '-XX:+UseG1GC',
    '-XX:MaxGCPauseMillis=20',
    '-XX:InitiatingHeapOccupancyPercent=35',
  ],
} as const

/** With its default settings. */
export const kafka: ServerKind = {
  name: 'Apache Kafka',
  missing: realKafkaMissing,
  async start() {
    const cluster = await startRealKafka(KAFKA_JAVA)
    const [broker] = cluster.brokers
    return {
      ...addressOf(cluster.bootstrapServers),
      name: 'Apache Kafka',
      pid: broker?.pid as number,
      stop: () => cluster.stop(),
    }
  },
}

/** franz-go's in-memory cluster. */
export const kfake = kfakeWith()

/** The same with words on its command line: `logins`, where clients have to log in. */
export function kfakeWith(...words: string[]): ServerKind {
  return {
    name: 'kfake',
    missing: () => (runs('go', ['version']) ? undefined : 'go does not run on this machine'),
    start() {
      const binary = join(toolsFolder(), 'kfake')
      execFileSync('go', ['build', '-o', binary, '.'], {
        cwd: join(SOURCES, 'kfake'),
        stdio: ['ignore', 'ignore', 'inherit'],
      })
      return program('kfake', binary, words)
    },
  }
}

/** librdkafka's mock cluster, in a Python process that does nothing else. */
export const mock: ServerKind = {
  name: 'librdkafka mock',
  keepsBytes: 5 * 1024 * 1024,
  missing: () =>
    runs('python3', ['-c', 'import venv, ensurepip']) ? undefined : 'python3 with venv does not run here',
  start() {
    const python = pythonWithLibrdkafka()
    return program('librdkafka mock', python, [join(SOURCES, 'mock.py')])
  },
}

/** A Python that has confluent-kafka, in an environment of its own that is kept. */
export function pythonWithLibrdkafka(): string {
  const folder = join(toolsFolder(), 'python')
  const python = join(folder, 'bin', 'python')
  if (!existsSync(python)) execFileSync('python3', ['-m', 'venv', folder])
  const requirements = join(repositoryRoot(), 'test', 'clients', 'python', 'requirements.txt')
  execFileSync(python, ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', '-r', requirements])
  return python
}

/** What is built for the benches. */
export function toolsFolder(): string {
  const folder = join(tmpdir(), 'josephk-bench')
  mkdirSync(folder, { recursive: true })
  return folder
}

function runs(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Starts a program that says somewhere in its first lines where it listens, and ends with its standard input. */
function program(name: string, command: string, args: readonly string[]): Promise<RunningServer> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${name} ended with status ${code} before it listened`)))
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /(?:([\w.]+):|listening on )(\d{4,5})\b/.exec(line)
      if (found === null) return
      const address = { host: found[1] ?? '127.0.0.1', port: Number(found[2]) }
      resolve({ name, ...address, pid: child.pid as number, stop: () => ended(child, kill) })
    })
  })
}

async function ended(child: ChildProcess, kill: () => void): Promise<void> {
  process.off('exit', kill)
  if (child.exitCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  kill()
  await gone
}

function addressOf(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':')
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) }
}
