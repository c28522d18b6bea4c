import { doesNotMatch, equal, match, ok } from 'node:assert/strict'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Cluster } from '../../../../lib/index.ts'
import { addPartitionsToTxn } from '../../../../protocol/messages/add-partitions-to-txn.ts'
import { endTxn } from '../../../../protocol/messages/end-txn.ts'
import { findCoordinator } from '../../../../protocol/messages/find-coordinator.ts'
import { initProducerId } from '../../../../protocol/messages/init-producer-id.ts'
import { produce } from '../../../../protocol/messages/produce.ts'
import { type CompressionName, CompressionType } from '../../../../protocol/records/compression/codecs.ts'
import { zstdReady } from '../../../../protocol/records/compression/zstd.ts'
import { type BatchInput, encodeBatch } from '../../../../protocol/records/encode-batch.ts'
import { RawClient } from '../../../helpers/raw-client.ts'
import { run } from '../../process.ts'
import { javaCommand } from '../maven.ts'

const DUMP = 'org.apache.kafka.tools.DumpLogSegments'
const TIMEOUT_MS = 120_000
const ROUNDS = 40

/** kafka-dump-log reads the files that josephk leaves: logs, both indexes, transactions, producers' snapshots. */
export async function logFiles(
  classpath: string,
  folder: string,
  log: (line: string) => void,
): Promise<void> {
  const dataDir = join(folder, 'log-files')
  rmSync(dataDir, { recursive: true, force: true })
  mkdirSync(dataDir, { recursive: true })
  await write(dataDir)
  for (const topic of ['orders', 'compacted']) {
    const files = readdirSync(join(dataDir, `${topic}-0`))
    for (const suffix of ['.log', '.index', '.timeindex', '.txnindex', '.snapshot']) {
      const named = files
        .filter((name) => name.endsWith(suffix))
        .map((name) => join(dataDir, `${topic}-0`, name))
      ok(named.length > 0, `${topic} has ${suffix}`)
      checkDump(suffix, topic, await dump(classpath, named, log))
    }
  }
}

async function dump(
  classpath: string,
  files: readonly string[],
  log: (line: string) => void,
): Promise<string> {
  const args = ['--deep-iteration', '--print-data-log', '--files', files.join(',')]
  const [program, ...rest] = [...javaCommand(classpath, DUMP), ...args] as [string, ...string[]]
  const { code, stdout, stderr } = await run(program, rest, { timeoutMs: TIMEOUT_MS })
  log(`$ kafka-dump-log ${args.join(' ')}`)
  for (const line of `${stdout}${stderr}`.slice(0, 5000).split('\n')) log(line)
  equal(code, 0, stderr)
  doesNotMatch(stderr, /Exception|ERROR/)
  doesNotMatch(stdout, /isvalid: false|Mismatch|mismatch|out of order|corrupt|do not match|not match/i)
  return stdout
}

function checkDump(suffix: string, topic: string, said: string): void {
  const count = (pattern: RegExp) => said.match(pattern)?.length ?? 0
  if (suffix === '.log') {
    const records = count(/^\| offset: \d+ .* payload: v\d+-\d+/gm)
    if (topic === 'orders') equal(records, ROUNDS * 10, 'every record is read')
    else ok(records >= 10 && records < ROUNDS, 'what compaction left is read')
    ok(count(/isTransactional: true/g) > 0)
    if (topic === 'orders')
      for (const codec of Object.keys(CompressionType)) match(said, new RegExp(`compresscodec: ${codec} `))
    return
  }
  const lines = {
    '.index': /^offset: \d+ position: \d+/gm,
    '.timeindex': /^timestamp: \d+ offset: \d+/gm,
    '.txnindex': /producerId: \d+/g,
    '.snapshot': /producerId: \d+/g,
  }[suffix]
  if (topic === 'orders') ok(count(lines as RegExp) > 0, `${suffix} is read`)
}

/** Transactions of all compressions, some aborted, in segments of a few of them; compacted, and stopped in order. */
async function write(dataDir: string): Promise<void> {
  await zstdReady()
  await using cluster = await Cluster.start({
    dataDir,
    config: { 'transaction.state.log.num.partitions': 1 },
    topics: [
      { name: 'orders', config: { 'internal.segment.bytes': 4000, 'index.interval.bytes': 500 } },
      { name: 'compacted', config: { 'cleanup.policy': 'compact', 'delete.retention.ms': 0 } },
    ],
  })
  const client = await RawClient.connect(cluster.bootstrapServers)
  try {
    await transactions(client)
    await cluster.compact()
    await append(client, 'compacted', 0, {})
    await cluster.compact()
  } finally {
    client.close()
  }
}

async function transactions(client: RawClient): Promise<void> {
  while ((await client.send(findCoordinator, 2, { keyType: 1, key: 'x' })).errorCode !== 0) {}
  const { errorCode, producerId, producerEpoch } = await client.send(initProducerId, 4, {
    transactionalId: 'x',
    transactionTimeoutMs: 60_000,
  })
  equal(errorCode, 0)
  const codecs = Object.keys(CompressionType) as CompressionName[]
  for (let round = 0; round < ROUNDS; round++) {
    await client.send(addPartitionsToTxn, 3, {
      v3AndBelowTransactionalId: 'x',
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: ['orders', 'compacted'].map((name) => ({ name, partitions: [0] })),
    })
    const compression = codecs[round % codecs.length] as CompressionName
    const producer = {
      producerId,
      producerEpoch,
      baseSequence: round * 10,
      isTransactional: true,
      compression,
    }
    for (const topic of ['orders', 'compacted']) await append(client, topic, round, producer)
    const ended = await client.send(endTxn, 3, {
      transactionalId: 'x',
      producerId,
      producerEpoch,
      committed: round % 4 !== 1,
    })
    equal(ended.errorCode, 0)
  }
}

async function append(
  client: RawClient,
  topic: string,
  round: number,
  more: Partial<BatchInput>,
): Promise<void> {
  const records = Array.from({ length: 10 }, (_, index) => ({
    timestamp: Date.now(),
    key: Buffer.from(`k${index}`),
    value: Buffer.from(`v${round}-${index}`.padEnd(30, '0')),
  }))
  const { responses } = await client.send(produce, 9, {
    transactionalId: more.isTransactional ? 'x' : null,
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records: encodeBatch({ records, ...more }) }] }],
  })
  equal(responses[0]?.partitionResponses[0]?.errorCode, 0)
}
