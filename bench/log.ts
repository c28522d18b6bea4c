// What a log costs as it grows: partitions, stored records, connections, memory.
import type { Bar, Goal, Report } from './harness/report.ts'
import { FrameClient } from './load/frame-client.ts'
import { usageOf } from './load/process-usage.ts'
import { inTurns, type Loaded, withServers } from './load/rounds.ts'
import { bare, josephk, type RunningServer } from './load/servers.ts'
import { batchOf, fetchRequest, makeTopic, once, produceRequest } from './load/wire.ts'

const ROUNDS = 5
const ROUND_MS = 700
const SHAPE = { connections: 4, inFlight: 4 }
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

interface Grown {
  readonly title: string
  readonly fetchOffset: number
  /** Until the server holds what it is to hold. */
  fill(server: RunningServer): Promise<void>
}

function withPartitions(count: number): Grown {
  return {
    title: `${count} partitions`,
    fetchOffset: 0,
    async fill(server) {
      await makeTopic(server)
      await makeTopic(server, 'others', count)
      await once(server, produceRequest(batchOf(1024)))
    },
  }
}

function withRecords(count: number): Grown {
  return {
    title: `${count} stored records`,
    fetchOffset: Math.floor(count / 2),
    async fill(server) {
      await makeTopic(server)
      const perBatch = 1_000
      const request = produceRequest(batchOf(perBatch * 16, 16))
      for (let stored = 0; stored < count; stored += perBatch) await once(server, request)
    },
  }
}

interface Cost {
  readonly title: string
  readonly produce: number
  readonly fetch: number
}

/** CPU microseconds for a request, the least of some rounds; the servers take turns. */
async function costs(report: Report, all: readonly Grown[]): Promise<Cost[]> {
  const missing = (name: string, why: string) => report.missing(name, why)
  const kinds = all.map(() => josephk)
  return withServers(kinds, missing, async (servers) => {
    for (const [i, { server }] of servers.entries()) {
      report.step(`making ${all[i]?.title}`)
      await all[i]?.fill(server)
    }
    const measure = async (what: string, requestOf: (one: Grown) => Buffer) => {
      report.step(`${all.map(({ title }) => title).join(', ')}: ${what}`)
      const loaded: Loaded[] = []
      for (const [i, { server }] of servers.entries()) {
        const client = await FrameClient.connect(server, requestOf(all[i] as Grown), SHAPE)
        loaded.push({ server, client })
      }
      const bests = await inTurns(loaded, ROUNDS, ROUND_MS)
      for (const { client } of loaded) client.close()
      return bests.map(({ cpuSecondsPerRequest }) => cpuSecondsPerRequest * 1e6)
    }
    const produce = await measure('produce', () => produceRequest(batchOf(100)))
    const fetch = await measure('fetch', ({ fetchOffset }) => fetchRequest(1024, { fetchOffset }))
    return all.map(({ title }, i) => ({ title, produce: produce[i] as number, fetch: fetch[i] as number }))
  })
}

async function growth(report: Report): Promise<void> {
  const found = {
    partitions: await costs(report, PARTITIONS.map(withPartitions)),
    'stored records': await costs(report, STORED.map(withRecords)),
  }
  const goals: Goal[] = Object.entries(found).flatMap(([what, some]) =>
    (['produce', 'fetch'] as const).map((api) => {
      const value = (some.at(-1)?.[api] ?? Number.NaN) / (some[0]?.[api] ?? Number.NaN)
      return { what: `${api} with most ${what}, to fewest`, value, atMost: FLAT }
    }),
  )
  const all = Object.values(found).flat()
  const bars: Bar[] = all.flatMap(({ title, produce, fetch }) => [
    { group: title, who: 'Produce of 100 B', value: produce },
    { group: title, who: 'Fetch of 1 KB', value: fetch },
  ])
  const unit = 'CPU microseconds for a request'
  const title = 'As a log grows'
  report.show({
    title,
    note: `${unit}, the least of some rounds; those of a kind take turns.`,
    rows: [
      ['', 'Produce of 100 B', 'Fetch of 1 KB'],
      ...all.map(({ title, produce, fetch }) => [title, produce.toFixed(2), fetch.toFixed(2)]),
    ],
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
