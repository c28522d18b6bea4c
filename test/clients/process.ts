import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface RunOptions {
  cwd?: string
  input?: string
  timeoutMs?: number
  /** Each line of standard output and error, as it comes. */
  onLine?: (line: string) => void
  environment?: Readonly<Record<string, string>>
}

export interface RunResult {
  code: number
  stdout: string
  stderr: string
}

const alive = new Set<ChildProcess>()

/** Nothing this process started may outlive it, whichever way it ends. */
process.on('exit', () => {
  for (const child of alive) killGroup(child, 'SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130))

/** A child with its whole family in a process group of its own, so that killing it leaves no grandchild. */
export function start(command: string, args: readonly string[], options: RunOptions = {}): ChildProcess {
  const child = spawn(command, args, {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.environment },
  })
  alive.add(child)
  child.once('close', () => {
    killGroup(child, 'SIGKILL')
    alive.delete(child)
  })
  child.stdin?.on('error', () => {})
  if (options.onLine !== undefined) {
    forEachLine(child.stdout, options.onLine)
    forEachLine(child.stderr, options.onLine)
  }
  return child
}

export function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // It has gone already.
  }
}

/** Runs a program to its end. A program that cannot be started is code 127; one that takes too long is killed and throws. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const child = start(command, args, options)
  const result: RunResult = { code: 127, stdout: '', stderr: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    result.stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    result.stderr += text
  })
  child.stdin?.end(options.input)
  const timeoutMs = options.timeoutMs ?? 300_000
  let late = false
  const timer = setTimeout(() => {
    late = true
    killGroup(child, 'SIGKILL')
  }, timeoutMs)
  try {
    const [code] = await once(child, 'close')
    result.code = (code as number | null) ?? 137
  } catch (error) {
    alive.delete(child)
    result.stderr += String(error)
  } finally {
    clearTimeout(timer)
  }
  if (late)
    throw new Error(
      `${command} took longer than ${timeoutMs / 1000} s\n${tail(result.stdout + result.stderr)}`,
    )
  return result
}

/** The same for a program that must succeed: its standard output. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options)
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}\n${tail(stdout + stderr)}`)
  return stdout
}

/** Why the program cannot be used, or undefined when it can. */
export async function missingProgram(command: string, ...args: string[]): Promise<string | undefined> {
  const { code } = await run(command, args, { timeoutMs: 60_000 })
  return code === 0 ? undefined : `${command} does not run on this machine`
}

export function forEachLine(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = ''
  stream?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  })
  stream?.on('end', () => {
    if (rest !== '') onLine(rest)
  })
}

export function tail(text: string, lines = 30): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n')
}
