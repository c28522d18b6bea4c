import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Cluster } from '../../../lib/index.ts'
import { RawClient } from '../../helpers/raw-client.ts'
import { startRealKafka } from '../../helpers/real-kafka/real-kafka.ts'
import { inspect, read } from './inspect.ts'
import { COMPACTED_BYTES, makeTraffic } from './traffic.ts'

const PROPERTIES = {
  'log.cleaner.backoff.ms': '500',
  'log.cleaner.min.cleanable.ratio': '0.01',
  'offsets.topic.num.partitions': '3',
  'transaction.state.log.num.partitions': '3',
}

/** josephk serves what a broker of Kafka left, orderly or killed, as Kafka itself does when it is started on it. */
export async function run(): Promise<{ passed: number; failed: number; details: string[] }> {
  await using kafka = await startRealKafka({ properties: PROPERTIES })
  const broker = kafka.brokers[0]!
  await during(kafka.bootstrapServers, makeTraffic)
  await during(kafka.bootstrapServers, untilCompacted)
  const folder = mkdtempSync(join(tmpdir(), 'josephk-directory-'))
  const copy = (name: string) => {
    cpSync(broker.properties['log.dirs'] as string, join(folder, name), { recursive: true })
    return join(folder, name)
  }
  const results = { passed: 0, failed: 0, details: [] as string[] }
  try {
    await broker.stop('kill')
    const killed = copy('killed')
    await broker.start()
    const theirs = await during(kafka.bootstrapServers, inspect)
    await broker.stop()
    const stopped = copy('stopped')
    compare('killed', theirs, await served(killed), results)
    compare('stopped', theirs, await served(stopped), results)
    compare('stopped, and opened before', theirs, await served(stopped), results)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return results
}

async function served(dataDir: string): Promise<Map<string, string>> {
  const config = { 'offsets.topic.num.partitions': 3, 'transaction.state.log.num.partitions': 3 }
  await using cluster = await Cluster.start({ dataDir, brokers: [{ nodeId: 1 }], config })
  return await during(cluster.bootstrapServers, inspect)
}

type Results = Awaited<ReturnType<typeof run>>

function compare(
  how: string,
  theirs: Map<string, string>,
  ours: Map<string, string>,
  results: Results,
): void {
  for (const name of new Set([...theirs.keys(), ...ours.keys()])) {
    if (theirs.get(name) === ours.get(name)) {
      results.passed++
      continue
    }
    results.failed++
    results.details.push(`${how}: ${name}\n    kafka:   ${theirs.get(name)}\n    josephk: ${ours.get(name)}`)
  }
}

/** The cleaner has come, and has nothing left to do. */
async function untilCompacted(client: RawClient): Promise<void> {
  let last = ''
  for (let same = 0; same < 3; ) {
    await new Promise((resolve) => setTimeout(resolve, 700))
    const now = await read(client, 'compacted', 0, 0, 0)
    const isCompacted = Number(/(\d+) bytes/.exec(now)?.[1]) < COMPACTED_BYTES
    same = isCompacted && now === last ? same + 1 : 0
    last = now
  }
}

async function during<T>(bootstrapServers: string, use: (client: RawClient) => Promise<T>): Promise<T> {
  const client = await RawClient.connect(bootstrapServers)
  try {
    return await use(client)
  } finally {
    client.close()
  }
}
