import { readFileSync } from 'node:fs'

/** Clock ticks a second in /proc, which Linux fixes at 100 for its users. */
const TICKS_PER_SECOND = 100

/** What a process has used so far. */
export interface Usage {
  readonly cpuSeconds: number
  readonly residentMegabytes: number
}

/** From Linux's /proc; undefined on other systems. */
export function usageOf(pid: number): Usage | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name, in parentheses, may hold spaces; user and system time are the 12th and 13th fields behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
      residentMegabytes: Number(resident?.[1] ?? Number.NaN) / 1024,
    }
  } catch {
    return undefined
  }
}
