import type { Job } from '../client.ts'
import { forEachLine, killGroup, start, tail } from '../process.ts'

const TIMEOUT_MS = 180_000

/** The Java client against three brokers, of which one is stopped and started when the program asks for it. */
export function threeBrokersJob(command: (folder: string) => readonly string[]): Job {
  return {
    name: 'java three brokers',
    async run(context) {
      const cluster = await context.startThreeBrokers()
      const [program, ...args] = command(context.folder) as [string, ...string[]]
      const values = {
        bootstrap: cluster.bootstrapServers,
        seed: context.seed,
        prefix: context.prefix,
        records: 1_000_000,
        partitions: 6,
        'base-timestamp': Math.floor(Date.now() / 1000 - 7200) * 1000,
      }
      const options = Object.entries(values).flatMap(([option, value]) => [`--${option}`, String(value)])
      const child = start(program, [...args, ...options])
      const timer = setTimeout(() => killGroup(child, 'SIGKILL'), TIMEOUT_MS)
      const lines: string[] = []
      let failure: unknown
      const onLine = (line: string) => {
        lines.push(line)
        context.log(line)
        const [, order, nodeId] = /^(STOP|START) (\d+)$/.exec(line) ?? []
        if (order === undefined) return
        const broker = cluster.brokers.find((each) => each.nodeId === Number(nodeId))
        const obey = async () => {
          if (broker === undefined) throw new Error(`there is no broker ${nodeId}`)
          await (order === 'STOP' ? broker.stop() : broker.start())
          context.log(`broker ${nodeId} has obeyed: ${order}`)
          child.stdin?.write(order === 'STOP' ? 'STOPPED\n' : 'STARTED\n')
        }
        obey().catch((error) => {
          failure = error
          killGroup(child, 'SIGKILL')
        })
      }
      try {
        forEachLine(child.stdout, onLine)
        forEachLine(child.stderr, onLine)
        const code = await new Promise((resolve) => child.once('close', resolve))
        if (failure !== undefined) throw failure
        if (code !== 0) throw new Error(`the program ended with ${code}\n${tail(lines.join('\n'))}`)
      } finally {
        clearTimeout(timer)
        killGroup(child, 'SIGKILL')
        await cluster.stop()
      }
    },
  }
}
