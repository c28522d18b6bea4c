// What a log costs as it grows: partitions, stored records, connections, memory.
import type { Bar, Goal, Report } from './harness/report.ts'
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

export async function bench(report: Report): Promise<void> {
  await growth(report)
  await memory(report)
  await connections(report)
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

async function growth(report: Report): Promise<void> {
  const rows = [['', 'Produce of 100 B', 'Fetch of 1 KB']]
  const goals: Goal[] = []
  const bars: Bar[] = []
  const note = (what: string, costs: readonly { produce: number; fetch: number }[]) => {
    for (const api of ['produce', 'fetch'] as const) {
      const [first, last] = [costs[0]?.[api] ?? Number.NaN, costs.at(-1)?.[api] ?? Number.NaN]
      goals.push({ what: `${api} with most ${what}, to fewest`, value: last / first, atMost: FLAT })
    }
  }
  const measure = async (title: string, server: RunningServer, fetchOffset: number) => {
    report.step(title)
    const costs = {
      produce: await cost(server, produceRequest(batchOf(100))),
      fetch: await cost(server, fetchRequest(1024, { fetchOffset })),
    }
    rows.push([title, costs.produce.toFixed(2), costs.fetch.toFixed(2)])
    bars.push({ group: title, who: 'Produce of 100 B', value: costs.produce })
    bars.push({ group: title, who: 'Fetch of 1 KB', value: costs.fetch })
    return costs
  }
  const byPartitions = []
  for (const count of PARTITIONS) {
    report.step(`making ${count} partitions`)
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
    report.step(`storing ${count} records`)
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
  const unit = 'CPU microseconds for a request'
  const title = 'As a log grows'
  report.show({
    title,
    note: `${unit}, the least of some rounds.`,
    rows,
    goals,
    charts: [{ title, unit, better: 'less', bars }],
  })
}

async function memory(report: Report): Promise<void> {
  report.step('memory')
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
    const most = 1.1e9 / 1024 / 1024 + base + 25
    const bars: Bar[] = [
      { group: 'idle', who: 'bare Node server', value: base },
      { group: 'idle', who: 'josephk', value: idle, goal: base + 25 },
      { group: '1 GB of records', who: 'josephk', value: full, goal: most },
    ]
    const title = 'Resident memory'
    report.show({
      title,
      rows: [['', 'MB'], ...bars.map(({ group, who, value }) => [`${who}, ${group}`, value.toFixed(0)])],
      goals: [
        { what: 'above bare Node, when idle', value: idle - base, unit: 'MB', atMost: 25 },
        { what: 'with 1 GB of records', value: full, unit: 'MB', atMost: most },
      ],
      charts: [{ title, unit: 'MB', better: 'less', bars }],
    })
  } finally {
    await server.stop()
  }
}

/** What each of many idle connections takes, beside a server that does nothing with them. */
async function connections(report: Report): Promise<void> {
  const kilobytes: number[] = []
  for (const kind of [bare(ANSWER_BYTES), josephk]) {
    report.step(`${CONNECTIONS} connections: ${kind.name}`)
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
  const title = `${CONNECTIONS.toLocaleString('en')} idle connections`
  const bars: Bar[] = [
    { group: '', who: 'bare Node server', value: plain },
    { group: '', who: 'josephk', value: ours, goal: plain + 8 },
  ]
  report.show({
    title,
    rows: [['', 'KB each'], ...bars.map(({ who, value }) => [who, value.toFixed(1)])],
    goals: [{ what: 'a connection above bare Node', value: ours - plain, unit: 'KB', atMost: 8 }],
    charts: [{ title, unit: 'KB for a connection', better: 'less', bars }],
  })
}
