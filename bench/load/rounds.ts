import { quantile } from '../harness.ts'
import type { Flow, FrameClient } from './frame-client.ts'
import { usageOf } from './process-usage.ts'
import type { RunningServer } from './servers.ts'

/** A server, and who puts load on it. */
export interface Loaded {
  readonly server: RunningServer
  readonly client: FrameClient
}

/** The best that a server did: what else runs on the machine only takes away. */
export interface Best {
  readonly requestsPerSecond: number
  readonly cpuSecondsPerRequest: number
  readonly bytesSentPerRequest: number
  readonly bytesReceivedPerRequest: number
  readonly residentMegabytes: number
}

/** Loads the servers by turns, so that what else the machine does meets all alike; the best of the rounds of each. */
export async function inTurns(all: readonly Loaded[], rounds: number, roundMs: number): Promise<Best[]> {
  const figures = all.map(() => ({ rates: [] as number[], costs: [] as number[] }))
  const flows: Flow[] = []
  // Idle clients on open connections do not disturb; the first requests on new ones are not counted.
  for (const { client } of all) await client.run(roundMs / 2)
  for (let round = 0; round < rounds; round++) {
    for (const [i, { server, client }] of all.entries()) {
      const before = usageOf(server.pid)?.cpuSeconds ?? Number.NaN
      const flow = await client.run(roundMs)
      const cpu = (usageOf(server.pid)?.cpuSeconds ?? Number.NaN) - before
      figures[i]?.rates.push(flow.requests / flow.seconds)
      figures[i]?.costs.push(cpu / flow.requests)
      flows[i] = flow
    }
  }
  return all.map(({ server }, i) => {
    const { rates = [], costs = [] } = figures[i] ?? {}
    const { requests = Number.NaN, bytesSent = 0, bytesReceived = 0 } = flows[i] ?? {}
    return {
      requestsPerSecond: quantile(rates, 1),
      cpuSecondsPerRequest: quantile(costs, 0),
      bytesSentPerRequest: bytesSent / requests,
      bytesReceivedPerRequest: bytesReceived / requests,
      residentMegabytes: usageOf(server.pid)?.residentMegabytes ?? Number.NaN,
    }
  })
}

/** Starts those of a team that can run here; what cannot is told by `missing`. The others are stopped in the end. */
export async function withServers<T>(
  kinds: readonly { readonly name: string; missing(): string | undefined; start(): Promise<RunningServer> }[],
  missing: (name: string, why: string) => void,
  work: (servers: readonly { readonly name: string; readonly server: RunningServer }[]) => Promise<T>,
): Promise<T> {
  const servers: { name: string; server: RunningServer }[] = []
  try {
    for (const kind of kinds) {
      const why = kind.missing()
      if (why !== undefined) {
        missing(kind.name, why)
        continue
      }
      try {
        servers.push({ name: kind.name, server: await kind.start() })
      } catch (error) {
        missing(kind.name, (error as Error).message)
      }
    }
    return await work(servers)
  } finally {
    for (const { server } of servers) await server.stop()
  }
}
