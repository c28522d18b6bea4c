import type { JobContext } from './client.ts'
import { forEachLine, killGroup, start, tail } from './process.ts'

const TIMEOUT_MS = 180_000

/**
 * Runs a program against three brokers of its own. When it says `STOP <node id>` or `START <node id>`, that is done, and it
 * is told `STOPPED` or `STARTED`. It must end with 0.
 */
export async function runWithOrders(
  context: JobContext,
  command: readonly string[],
  values: Readonly<Record<string, string | number>>,
): Promise<void> {
  const cluster = await context.startThreeBrokers()
  const [program, ...args] = command as [string, ...string[]]
  const given = { bootstrap: cluster.bootstrapServers, seed: context.seed, prefix: context.prefix, ...values }
  const options = Object.entries(given).flatMap(([option, value]) => [`--${option}`, String(value)])
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
    // Whom it leaves behind would hold its output open.
    child.once('exit', () => killGroup(child, 'SIGKILL'))
    const code = await new Promise((resolve) => child.once('close', resolve))
    if (failure !== undefined) throw failure
    if (code !== 0) throw new Error(`the program ended with ${code}\n${tail(lines.join('\n'))}`)
  } finally {
    clearTimeout(timer)
    killGroup(child, 'SIGKILL')
    await cluster.stop()
  }
}
