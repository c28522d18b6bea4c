import { type ChildProcess, spawn } from 'node:child_process'

/**
 * Runs the JVM below a shell that holds our stdin: however this process ends, even by SIGKILL, the pipe closes and the
 * shell kills the JVM. The first line of output is the JVM's process id.
 */
const GUARD = [
  'exec 3<&0',
  '"$@" 3<&- </dev/null & child=$!',
  'echo "$child"',
  '(cat <&3 >/dev/null; kill -KILL "$child" 2>/dev/null) >/dev/null 2>&1 & guard=$!',
  'exec 3<&-',
  'wait "$child"; status=$?',
  'kill "$guard" 2>/dev/null',
  'exit "$status"',
].join('\n')

const KEPT_LINES = 400

/** One Java process, its recent output, and its certain end. */
export class Jvm {
  #process: ChildProcess
  #pid: number | undefined
  #lines: string[] = []
  #watchers = new Set<(line: string) => void>()
  /** Resolves with the exit status once the process has gone. */
  readonly exited: Promise<number>

  constructor(command: readonly string[], onLine?: (line: string) => void) {
    if (onLine !== undefined) this.#watchers.add(onLine)
    this.#process = spawn('/bin/sh', ['-c', GUARD, 'sh', ...command], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#process.stdin?.on('error', () => {})
    this.#read(this.#process.stdout)
    this.#read(this.#process.stderr)
    this.exited = new Promise((resolve) => {
      this.#process.once('error', (error) => {
        this.#line(String(error))
        resolve(-1)
      })
      this.#process.once('close', (code) => {
        this.#process.stdin?.destroy()
        resolve(code ?? -1)
      })
    })
  }

  #read(stream: NodeJS.ReadableStream | null): void {
    let rest = ''
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) this.#line(line)
    })
  }

  #line(line: string): void {
    if (this.#pid === undefined && /^\d+$/.test(line)) {
      this.#pid = Number(line)
      return
    }
    this.#lines.push(line)
    if (this.#lines.length > KEPT_LINES) this.#lines.shift()
    for (const watcher of this.#watchers) watcher(line)
  }

  /** Of the JVM itself, once it is known. */
  get pid(): number | undefined {
    return this.#pid
  }

  /** The last lines it wrote, standard output and error mixed. */
  output(): string {
    return this.#lines.join('\n')
  }

  /** Resolves at the first line that matches; rejects, with the output, when the process ends or time is up before. */
  async line(pattern: RegExp, timeoutMs: number): Promise<string> {
    const seen = this.#lines.find((line) => pattern.test(line))
    if (seen !== undefined) return seen
    let watcher: ((line: string) => void) | undefined
    let timer: NodeJS.Timeout | undefined
    const found = new Promise<string>((resolve) => {
      watcher = (line) => {
        if (pattern.test(line)) resolve(line)
      }
      this.#watchers.add(watcher)
    })
    const late = new Promise<string>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`no ${pattern} in ${timeoutMs} ms\n${this.output()}`)),
        timeoutMs,
      )
    })
    const gone = this.exited.then((status): never => {
      throw new Error(`ended with status ${status} before ${pattern}\n${this.output()}`)
    })
    try {
      return await Promise.race([found, late, gone])
    } finally {
      clearTimeout(timer)
      if (watcher !== undefined) this.#watchers.delete(watcher)
      gone.catch(() => {})
    }
  }

  /** SIGTERM, an orderly end; SIGKILL after `patienceMs`. */
  async stop(patienceMs = 30_000): Promise<void> {
    if (this.#pid !== undefined) {
      try {
        process.kill(this.#pid, 'SIGTERM')
      } catch {
        // It has gone already.
      }
    }
    const timer = setTimeout(() => this.#process.stdin?.end(), patienceMs)
    await this.exited
    clearTimeout(timer)
  }

  /** SIGKILL, at once. */
  async kill(): Promise<void> {
    this.#process.stdin?.end()
    await this.exited
  }
}
