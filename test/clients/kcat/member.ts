import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export const SESSION_TIMEOUT_MS = 6_000
export const HEARTBEAT_INTERVAL_MS = 2_000

/** A line of `kcat -J`. */
export interface KcatMessage {
  topic: string
  partition: number
  offset: number
  tstype: string
  ts: number
  headers?: (string | null)[]
  key: string | null
  payload: string | null
}

/** Runs kcat to its end: what it wrote, or an error with what it complained of. */
export async function kcat(options: readonly string[], input?: string): Promise<string> {
  const child = spawn('kcat', options, { stdio: ['pipe', 'pipe', 'pipe'] })
  let output = ''
  let complaints = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000)
  const [code] = await once(child, 'close')
  clearTimeout(timer)
  if (code !== 0) throw new Error(`kcat ${options.join(' ')} ended with ${code}: ${complaints.trim()}`)
  return output
}

export function messages(lines: string): KcatMessage[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as KcatMessage)
}

/** One `kcat -G`: a member of a group, which commits what it has printed five times a second. */
export class Member {
  assigned = 0
  readonly read: KcatMessage[] = []
  readonly #complaints: string[] = []
  readonly #process: ChildProcess
  readonly #closed: Promise<unknown>

  constructor(bootstrap: string, topic: string) {
    const settings = {
      'session.timeout.ms': SESSION_TIMEOUT_MS,
      'heartbeat.interval.ms': HEARTBEAT_INTERVAL_MS,
      'auto.offset.reset': 'earliest',
      'auto.commit.interval.ms': 200,
    }
    const properties = Object.entries(settings).flatMap(([name, value]) => ['-X', `${name}=${value}`])
    const child = spawn('kcat', ['-b', bootstrap, ...properties, '-u', '-J', '-G', topic, topic], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#process = child
    this.#closed = once(child, 'close')
    createInterface({ input: child.stdout }).on('line', (line) => this.read.push(JSON.parse(line)))
    createInterface({ input: child.stderr }).on('line', (line) => {
      const partitions = / rebalanced .*: assigned: (.*)$/.exec(line)?.[1]
      if (partitions !== undefined) this.assigned = partitions.split(', ').length
      else if (line.includes(' revoked: ')) this.assigned = 0
      else this.#complaints.push(line)
    })
  }

  /** Abruptly, or so that it commits and leaves the group. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#process.kill(signal)
    await this.#closed
  }

  toString(): string {
    return `${this.assigned} partitions, ${this.read.length} messages ${this.#complaints.join('; ')}`
  }
}
