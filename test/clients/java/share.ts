import type { Job } from '../client.ts'
import { runWithOrders } from '../orders.ts'
import { run } from '../process.ts'

const TIMEOUT_MS = 150_000

/** The Java client's share consumers, of which one is killed. */
export function shareJob(command: (folder: string) => readonly string[]): Job {
  return {
    name: 'java share',
    async run(context) {
      const values = {
        bootstrap: context.bootstrapServers,
        prefix: `${context.prefix}-${context.seed}`,
        records: 3000,
        partitions: 3,
      }
      const options = Object.entries(values).flatMap(([option, value]) => [`--${option}`, String(value)])
      const [program, ...args] = command(context.folder) as [string, ...string[]]
      const onLine = (line: string) => context.log(line)
      const { code } = await run(program, [...args, ...options], { timeoutMs: TIMEOUT_MS, onLine })
      if (code !== 0) throw new Error(`the program ended with ${code}`)
    },
  }
}

/** Share consumers while each of three brokers is stopped and started, and members join, leave and die. */
export function shareThreeBrokersJob(command: (folder: string) => readonly string[]): Job {
  return {
    name: 'java share three brokers',
    run: (context) => runWithOrders(context, command(context.folder), { records: 10_000, partitions: 6 }),
  }
}
