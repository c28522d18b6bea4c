import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Cluster, SeededRandom } from '../../lib/index.ts'
import { createTopics } from '../../protocol/messages/create-topics.ts'
import { fetch } from '../../protocol/messages/fetch.ts'
import { findCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { offsetFetch } from '../../protocol/messages/offset-fetch.ts'
import { BatchCursor } from '../../protocol/records/batch-cursor.ts'
import { decodeBatch } from '../../protocol/records/decode-batch.ts'
import { ensureValid } from '../../protocol/records/validate-batch.ts'
import { plainCommand } from '../helpers/plain-environment.ts'
import { RawClient } from '../helpers/raw-client.ts'
import { Committer, TopicCreator } from './bystanders.ts'
import { Writer } from './writer.ts'

const CLI = new URL('../../lib/cli.js', import.meta.url).pathname
const MAX_BYTES = 50_000_000

export interface CrashOptions {
  readonly rounds: number
  readonly seed: number
  /** How long clients may write between two kills, ms. */
  readonly longestLifeMs: number
  readonly onRound?: (round: number) => void
}

/**
 * Three idempotent producers, one who creates topics and one who commits offsets work on a directory while its process
 * is killed again and again, with SIGKILL. In the end everything acknowledged must be there, once, in order.
 *
 * @returns what was acknowledged
 * @throws AssertionError, or what a client saw that must not be
 */
export async function crashRounds({ rounds, seed, longestLifeMs, onRound }: CrashOptions): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), 'josephk-crash-'))
  const random = new SeededRandom(seed)
  const port = await freePort()
  const writers = [
    new Writer({ topic: 'small', recordsPerBatch: 1, recordBytes: 100, compression: 'none' }),
    new Writer({ topic: 'many', recordsPerBatch: 100, recordBytes: 50, compression: 'gzip' }),
    new Writer({ topic: 'large', recordsPerBatch: 1, recordBytes: 150_000, compression: 'none' }),
  ]
  const creator = new TopicCreator(200)
  const committer = new Committer('small')
  const clients = [...writers, creator, committer]
  const broker = new Broker(dataDir, port)
  try {
    await broker.start()
    await createOwnTopics(broker.address, writers)
    for (const client of clients) client.start(broker.address)
    for (let round = 0; round < rounds; round++) {
      await new Promise((resolve) => setTimeout(resolve, 1 + random.below(longestLifeMs)))
      await broker.kill()
      for (const client of clients) client.check()
      onRound?.(round + 1)
      await broker.start()
    }
    await Promise.all(writers.map((writer) => writer.finish()))
    await Promise.all(clients.map((client) => client.stop()))
    await broker.kill()
    await verify(dataDir, writers, creator, committer)
  } finally {
    await Promise.allSettled(clients.map((client) => client.stop()))
    await broker.kill()
    rmSync(dataDir, { recursive: true, force: true })
  }
  const told = writers.map(({ options, acknowledged }) => `${acknowledged} ${options.topic}`)
  return [...told, `${creator.created.length} topics`, `offset ${committer.acknowledged}`].join(', ')
}

/** Small segments, so that closing them is among what is interrupted. */
async function createOwnTopics(address: string, writers: readonly Writer[]): Promise<void> {
  const client = await RawClient.connect(address)
  const { topics } = await client.send(createTopics, 5, {
    timeoutMs: 10_000,
    topics: writers.map(({ options: { topic: name } }) => ({
      name,
      numPartitions: 1,
      replicationFactor: 1,
      configs: [{ name: 'segment.bytes', value: '1048576' }],
    })),
  })
  client.close()
  for (const { errorCode } of topics) assert.equal(errorCode, 0)
}

async function verify(
  dataDir: string,
  writers: readonly Writer[],
  creator: TopicCreator,
  committer: Committer,
) {
  await using cluster = await Cluster.start({ dataDir })
  const client = await RawClient.connect(cluster.bootstrapServers)
  try {
    for (const writer of writers) {
      const { topic } = writer.options
      const numbers = await numbersIn(client, topic)
      assert.equal(numbers.length, writer.sent, `${topic}: as many records as were sent`)
      assert.ok(
        numbers.every((number, index) => number === index),
        `${topic}: each once, in order`,
      )
    }
    const topics = new Set(cluster.topics().map(({ name }) => name))
    assert.deepEqual(
      creator.created.filter((name) => !topics.has(name)),
      [],
      'topics that are gone',
    )
    while ((await client.send(findCoordinator, 2, { keyType: 0, key: committer.groupId })).errorCode !== 0) {}
    const answer = await client.send(offsetFetch, 5, {
      groupId: committer.groupId,
      topics: [{ name: committer.topic, partitionIndexes: [0] }],
    })
    const { committedOffset = -1 } = answer.topics[0]?.partitions[0] ?? {}
    assert.ok(
      committedOffset >= committer.acknowledged && committedOffset <= committer.sent,
      'the offset committed last',
    )
  } finally {
    client.close()
  }
}

/** What the records of a topic say, in their order; each must be at the offset that it says. */
async function numbersIn(client: RawClient, topic: string): Promise<number[]> {
  const numbers: number[] = []
  for (;;) {
    const { responses } = await client.send(fetch, 11, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: MAX_BYTES,
      topics: [
        { topic, partitions: [{ partition: 0, fetchOffset: numbers.length, partitionMaxBytes: MAX_BYTES }] },
      ],
    })
    const { errorCode, records } = responses[0]?.partitions[0] ?? {}
    assert.equal(errorCode, 0)
    const bytes = Buffer.concat((Array.isArray(records) ? records : [records ?? Buffer.alloc(0)]) as Buffer[])
    const cursor = new BatchCursor(bytes)
    const before = numbers.length
    while (cursor.next()) {
      assert.equal(ensureValid(bytes, cursor.position), null)
      const batch = decodeBatch(bytes, cursor.position, MAX_BYTES)
      for (const { offset, value } of batch.records) {
        if (offset < before) continue
        assert.equal(offset, numbers.length)
        numbers.push(Number.parseInt(String(value), 10))
      }
    }
    if (numbers.length === before) return numbers
  }
}

/** josephk's command line on the directory, in a process of its own. */
class Broker {
  readonly address: string
  readonly #arguments: readonly string[]
  #child: ChildProcessWithoutNullStreams | undefined

  constructor(dataDir: string, port: number) {
    this.address = `127.0.0.1:${port}`
    this.#arguments = [
      ...['--data-dir', dataDir, '--port', String(port), '--log-level', 'error'],
      ...['--set', 'offsets.topic.num.partitions=2'],
    ]
  }

  async start(): Promise<void> {
    const child = spawn(...plainCommand(process.execPath, [CLI, ...this.#arguments]))
    this.#child = child
    let said = ''
    const listen = (chunk: Buffer) => {
      said += chunk
    }
    child.stderr.on('data', listen)
    child.stdout.on('data', listen)
    while (!said.includes('bootstrap.servers=')) {
      if (child.exitCode !== null) throw new Error(`josephk did not start:\n${said}`)
      await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
    }
  }

  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
