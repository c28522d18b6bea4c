import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const NAME = '.lock'

/** Of this process: the file cannot tell two clusters in it apart. */
const held = new Set<string>()

/** What nobody else may have open at the same time. */
export class DirectoryLock {
  readonly #path: string
  readonly #file: string

  /** @throws Error where a process that lives has it open */
  constructor(folder: string) {
    this.#path = realpathSync(folder)
    this.#file = join(folder, NAME)
    const owner = this.#owner()
    if (owner !== undefined) {
      throw new Error(
        `${folder} is in use by process ${owner}: a data directory serves one cluster at a time`,
      )
    }
    writeFileSync(this.#file, `${process.pid} ${startOf(process.pid)}\n`)
    held.add(this.#path)
  }

  release(): void {
    held.delete(this.#path)
    rmSync(this.#file, { force: true })
  }

  #owner(): number | undefined {
    if (held.has(this.#path)) return process.pid
    const [pid, start] = read(this.#file).trim().split(' ')
    const id = Number(pid)
    // In a container the process before us may well have had our number.
    if (!pid || !Number.isInteger(id) || id === process.pid || !isAlive(id)) return undefined
    return startOf(id) === start ? id : undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** When the process began, where the system tells: numbers of processes are used again. */
function startOf(pid: number): string {
  // The name, in parentheses, may hold anything; the 20th field behind it is the start.
  const stat = read(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-'
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
