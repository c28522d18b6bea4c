import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ErrorCode, errorName } from '../../../protocol/errors.ts'
import { createTopics } from '../../../protocol/messages/create-topics.ts'
import { fetch } from '../../../protocol/messages/fetch.ts'
import { produce } from '../../../protocol/messages/produce.ts'
import { encodeBatch } from '../../../protocol/records/encode-batch.ts'
import { RawClient } from '../../helpers/raw-client.ts'

const TOPIC = 'sizes'
const PARTITIONS = 3
/** The least that Kafka lets a topic have. */
const SEGMENT_BYTES = 1_048_576
/** Long enough that an answer which did not wait is told from one that did. */
const LONG_WAIT_MS = 6_000
const SHORT_WAIT_MS = 300

/** One record each, of 1 byte to 300 KB: three segments, and borders between them where no limit falls. */
export function batches(): Buffer[] {
  const sizes = [1, 100, 5_000, 70_000, 300_000, 40_000, 200_000, 2_100, 300_000, 150_000]
  const timestamp = Date.now()
  return [...sizes, ...sizes].map((size, i) => {
    return encodeBatch({ records: [{ timestamp, value: Buffer.alloc(size, `${i} `) }] })
  })
}

/** What is asked of one partition. */
interface Wanted {
  readonly partition?: number
  readonly offset?: number
  readonly bytes?: number
}

interface Limits {
  readonly maxBytes?: number
  readonly minBytes?: number
  readonly maxWaitMs?: number
}

/** What a client sees of it, a line for each answer. */
export async function scenario(bootstrapServers: string, stored: readonly Buffer[]): Promise<string[]> {
  await using client = await RawClient.connect(bootstrapServers)
  await store(client, stored)
  const lines: string[] = []
  const ask = async (version: number, wanted: readonly Wanted[], limits: Limits = {}) => {
    lines.push(
      `v${version} ${JSON.stringify([wanted, limits])}: ${await answer(client, version, wanted, limits)}`,
    )
  }
  const size = (index: number) => stored[index]?.length as number
  for (const version of [4, 5, 7, 8, 10, 11, 12]) {
    // The first batch comes whole, whatever the limit; what follows is cut off where that is reached.
    for (const bytes of [0, 1, 16, size(0) - 1, size(0), size(0) + 1, size(0) + size(1), 1000, 100_000]) {
      await ask(version, [{ bytes }])
    }
    await ask(version, [{ bytes: 10_000_000 }])
  }
  for (let offset = 0; offset <= stored.length + 1; offset++) {
    for (const bytes of [0, 100_000, 450_000, 10_000_000]) await ask(11, [{ offset, bytes }])
  }
  // The limit of the whole answer, in the order of the request; only the first of all comes whole.
  for (const maxBytes of [0, 10, size(0), size(0) + 10, size(0) + size(1), 200_000, 900_000, 5_000_000]) {
    await ask(12, [{ bytes: 90_000 }, { partition: 2, bytes: 90_000 }, { partition: 1 }], { maxBytes })
    await ask(12, [{ offset: 4 }, { partition: 1, offset: 8 }, { partition: 2, offset: 3 }], { maxBytes })
    await ask(12, [{ offset: stored.length }, { partition: 1, offset: 4, bytes: 1 }], { maxBytes })
    await ask(12, [{ offset: 99 }, { partition: 1, offset: 4, bytes: 1 }, { partition: 2 }], { maxBytes })
  }
  // Nothing is waited for where what is asked for lies before another segment.
  const [, , lastSegment = 0] = await segmentStarts(stored)
  const [maxWaitMs, minBytes] = [LONG_WAIT_MS, 50_000_000]
  await ask(12, [{}], { minBytes, maxWaitMs })
  await ask(12, [{ offset: lastSegment - 1 }], { minBytes, maxWaitMs })
  await ask(12, [{ offset: lastSegment }], { minBytes, maxWaitMs: SHORT_WAIT_MS })
  await ask(12, [{ offset: stored.length }], { minBytes: 1, maxWaitMs: SHORT_WAIT_MS })
  await ask(12, [{ offset: lastSegment }, { partition: 1 }], { minBytes, maxWaitMs })
  return lines
}

async function store(client: RawClient, stored: readonly Buffer[]): Promise<void> {
  const configs = [{ name: 'segment.bytes', value: String(SEGMENT_BYTES) }]
  await client.send(createTopics, 4, {
    topics: [{ name: TOPIC, numPartitions: PARTITIONS, replicationFactor: 1, assignments: [], configs }],
    timeoutMs: 30_000,
  })
  for (let index = 0; index < PARTITIONS; index++) {
    for (const [offset, records] of stored.entries()) await append(client, index, records, offset)
  }
}

async function append(client: RawClient, index: number, records: Buffer, offset: number): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const { responses } = await client.send(produce, 7, {
      acks: -1,
      timeoutMs: 30_000,
      topicData: [{ name: TOPIC, partitionData: [{ index, records: Buffer.from(records) }] }],
    })
    const { errorCode, baseOffset } = responses[0]?.partitionResponses[0] ?? {}
    if (errorCode === ErrorCode.NONE) {
      if (Number(baseOffset) !== offset) throw new Error(`stored at ${baseOffset}: ${offset} is expected`)
      return
    }
    // The topic is so new that its leader does not know of it yet.
    await sleep(20)
  }
  throw new Error(`partition ${index} never took a record`)
}

/** As logs roll: a segment takes what fits into it whole. */
async function segmentStarts(stored: readonly Buffer[]): Promise<number[]> {
  const starts = [0]
  let used = 0
  for (const [offset, { length }] of stored.entries()) {
    if (used + length > SEGMENT_BYTES) {
      starts.push(offset)
      used = 0
    }
    used += length
  }
  if (starts.length < 3) throw new Error('three segments are expected')
  return starts
}

async function answer(client: RawClient, version: number, wanted: readonly Wanted[], limits: Limits) {
  const { maxBytes = 20_000_000, minBytes = 0, maxWaitMs = 0 } = limits
  const partitions = wanted.map(({ partition = 0, offset = 0, bytes = 5_000_000 }) => {
    return { partition, fetchOffset: offset, partitionMaxBytes: bytes, currentLeaderEpoch: -1 }
  })
  const begun = performance.now()
  const { errorCode, responses } = await client.send(fetch, version, {
    replicaId: -1,
    sessionEpoch: -1,
    maxWaitMs,
    minBytes,
    maxBytes,
    topics: [{ topic: TOPIC, partitions }],
  })
  const took = performance.now() - begun
  const found = responses
    .flatMap((response) => response.partitions)
    .map((partition) => {
      const { partitionIndex, records, highWatermark, lastStableOffset, logStartOffset } = partition
      const bytes = (records ?? Buffer.alloc(0)) as Buffer
      const digest = createHash('sha1').update(bytes).digest('hex').slice(0, 8)
      const offsets = [highWatermark, lastStableOffset, logStartOffset].join('/')
      return `${partitionIndex} ${errorName(partition.errorCode)} ${bytes.length} ${digest} ${offsets}`
    })
  const isWaiting = maxWaitMs > 0 ? (took < maxWaitMs - 50 ? ' at once' : ' waited') : ''
  return `${errorCode} ${found.join(', ')}${isWaiting}`
}
