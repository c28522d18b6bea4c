// What a log costs as it grows: partitions, stored records, connections, memory.
import { table } from './harness.ts'
import { FrameClient } from './load/frame-client.ts'
import { usageOf } from './load/process-usage.ts'
import { bare, josephk, type RunningServer } from './load/servers.ts'
import { batchOf, fetchRequest, makeTopic, once, produceRequest } from './load/wire.ts'

const ROUND_MS = 700
const PARTITIONS = [10, 1_000, 100_000]
const STORED = [1_000, 100_000, 10_000_000]
const FLAT = 1.2
const CONNECTIONS = 10_000
const ANSWER_BYTES = 50

export async function bench(): Promise<string[]> {
  return [...(await growth()), ...(await memory()), ...(await connections())]
}

/** CPU microseconds for a request, the least of some rounds. */
async function cost(server: RunningServer, request: Buffer): Promise<number> {
  const client = await FrameClient.connect(server, request, { connections: 4, inFlight: 4 })
  await client.run(ROUND_MS)
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < 4; round++) {
    const before = usageOf(server.pid)?.cpuSeconds ?? Number.NaN
    const flow = await client.run(ROUND_MS)
    const cpu = (usageOf(server.pid)?.cpuSeconds ?? Number.NaN) - before
    least = Math.min(least, (cpu / flow.requests) * 1e6)
  }
  client.close()
  return least
}

async function growth(): Promise<string[]> {
  const rows = [['CPU us for a request', 'Produce of 100 B', 'Fetch of 1 KB']]
  const lost: string[] = []
  const note = (what: string, costs: readonly { produce: number; fetch: number }[]) => {
    for (const api of ['produce', 'fetch'] as const) {
      const [first, last] = [costs[0]?.[api] ?? Number.NaN, costs.at(-1)?.[api] ?? Number.NaN]
      if (!(last / first <= FLAT))
        lost.push(`log: ${api} costs ${(last / first).toFixed(2)} times as much with more ${what}`)
    }
  }
  const measure = async (title: string, server: RunningServer, fetchOffset: number) => {
    const costs = {
      produce: await cost(server, produceRequest(batchOf(100))),
      fetch: await cost(server, fetchRequest(1024, { fetchOffset })),
    }
    rows.push([title, costs.produce.toFixed(2), costs.fetch.toFixed(2)])
    return costs
  }
  const byPartitions = []
  for (const count of PARTITIONS) {
    const server = await josephk.start()
    try {
      await makeTopic(server)
      await makeTopic(server, 'others', count)
      await once(server, produceRequest(batchOf(1024)))
      byPartitions.push(await measure(`${count} partitions`, server, 0))
    } finally {
      await server.stop()
    }
  }
  note('partitions', byPartitions)
  const byRecords = []
  for (const count of STORED) {
    const server = await josephk.start()
    try {
      await makeTopic(server)
      const perBatch = 1_000
      const request = produceRequest(batchOf(perBatch * 16, 16))
      for (let stored = 0; stored < count; stored += perBatch) await once(server, request)
      byRecords.push(await measure(`${count} stored records`, server, Math.floor(count / 2)))
    } finally {
      await server.stop()
    }
  }
  note('stored records', byRecords)
  console.log(`\nAs a log grows\n${table(rows)}`)
  return lost
}

async function memory(): Promise<string[]> {
  const plain = await bare(ANSWER_BYTES).start()
  const base = usageOf(plain.pid)?.residentMegabytes ?? Number.NaN
  await plain.stop()
  const server = await josephk.start()
  try {
    await makeTopic(server)
    const idle = usageOf(server.pid)?.residentMegabytes ?? Number.NaN
    const request = produceRequest(batchOf(960 * 1024))
    for (let stored = 0; stored < 1e9; stored += request.length) await once(server, request)
    const full = usageOf(server.pid)?.residentMegabytes ?? Number.NaN
    const rows = [
      ['resident memory', 'MB'],
      ['bare Node server', base.toFixed(0)],
      ['josephk, 1 topic', idle.toFixed(0)],
      ['josephk, 1 GB of records', full.toFixed(0)],
    ]
    console.log(`\n${table(rows)}`)
    const lost: string[] = []
    if (idle > base + 25)
      lost.push(`log: ${(idle - base).toFixed(0)} MB above bare Node when idle, at most 25 is the goal`)
    const most = 1.1e9 / 1024 / 1024 + base + 25
    if (full > most)
      lost.push(`log: ${full.toFixed(0)} MB with 1 GB of records, at most ${most.toFixed(0)} is the goal`)
    return lost
  } finally {
    await server.stop()
  }
}

/** What each of many idle connections takes, beside a server that does nothing with them. */
async function connections(): Promise<string[]> {
  const kilobytes: number[] = []
  for (const kind of [bare(ANSWER_BYTES), josephk]) {
    const server = await kind.start()
    try {
      if (kind === josephk) await makeTopic(server)
      const before = usageOf(server.pid)?.residentMegabytes ?? Number.NaN
      const request = fetchRequest(1024, { fetchOffset: 0 })
      const client = await FrameClient.connect(server, request, { connections: CONNECTIONS, inFlight: 1 })
      const after = usageOf(server.pid)?.residentMegabytes ?? Number.NaN
      kilobytes.push(((after - before) * 1024) / CONNECTIONS)
      client.close()
    } finally {
      await server.stop()
    }
  }
  const [plain = Number.NaN, ours = Number.NaN] = kilobytes
  console.log(
    `\n${CONNECTIONS} connections: ${ours.toFixed(1)} KB each, ${plain.toFixed(1)} KB in a bare server`,
  )
  return ours - plain > 8
    ? [`log: ${(ours - plain).toFixed(1)} KB a connection above bare Node, at most 8 is the goal`]
    : []
}
