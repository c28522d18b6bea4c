import { createHash } from 'node:crypto'
import { fetch } from '../../../protocol/messages/fetch.ts'
import { findCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { listOffsets } from '../../../protocol/messages/list-offsets.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { offsetFetch } from '../../../protocol/messages/offset-fetch.ts'
import { offsetForLeaderEpoch } from '../../../protocol/messages/offset-for-leader-epoch.ts'
import { lastOffset } from '../../../protocol/records/batch.ts'
import { BatchCursor } from '../../../protocol/records/batch-cursor.ts'
import type { RawClient } from '../../helpers/raw-client.ts'
import { GROUP, START_TIME, TOPICS } from './traffic.ts'

/** What a broker says of all that it keeps, by names that tell what was asked. */
export async function inspect(client: RawClient): Promise<Map<string, string>> {
  const seen = new Map<string, string>()
  await untilLed(client)
  const { topics } = await client.send(metadata, 10, { topics: TOPICS.map((name) => ({ name })) })
  for (const { name, topicId, partitions } of topics) {
    seen.set(`${name}: id and partitions`, `${topicId} ${partitions.length}`)
  }
  for (const topic of TOPICS) {
    for (let partition = 0; partition < 2; partition++) await inspectPartition(client, topic, partition, seen)
  }
  while ((await client.send(findCoordinator, 2, { keyType: 0, key: GROUP })).errorCode !== 0) {}
  const offsets = await client.send(offsetFetch, 5, { groupId: GROUP, topics: null })
  seen.set('committed offsets', JSON.stringify(offsets.topics))
  return seen
}

/** A broker of Kafka that has just started takes a moment to lead. */
async function untilLed(client: RawClient): Promise<void> {
  const topics = TOPICS.map((name) => ({
    name,
    partitions: [0, 1].map((partitionIndex) => ({ partitionIndex, timestamp: -1, currentLeaderEpoch: -1 })),
  }))
  for (let tries = 0; tries < 100; tries++) {
    const answer = await client.send(listOffsets, 7, { replicaId: -1, isolationLevel: 0, topics })
    if (answer.topics.every(({ partitions }) => partitions.every(({ errorCode }) => errorCode === 0))) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('not every partition is led')
}

async function inspectPartition(
  client: RawClient,
  topic: string,
  partition: number,
  seen: Map<string, string>,
) {
  const name = `${topic}-${partition}`
  const offsetAt = async (timestamp: number, isolationLevel = 0): Promise<number[]> => {
    const partitions = [{ partitionIndex: partition, timestamp, currentLeaderEpoch: -1 }]
    const answer = await client.send(listOffsets, 7, {
      replicaId: -1,
      isolationLevel,
      topics: [{ name: topic, partitions }],
    })
    const { errorCode = -1, offset = -1, timestamp: found = -1 } = answer.topics[0]?.partitions[0] ?? {}
    return [errorCode, offset, found]
  }
  const [, start = 0] = await offsetAt(-2)
  const [, end = 0] = await offsetAt(-1)
  seen.set(
    `${name}: start, end, last stable, of the largest time`,
    String([start, end, await offsetAt(-1, 1), await offsetAt(-3)]),
  )
  // Of a segment that compaction left no records in that late, Kafka takes the times it once had, and finds nothing.
  for (let time = 0; topic !== 'compacted' && time <= 110_000; time += 10_000) {
    seen.set(`${name}: offset by time ${time}`, String(await offsetAt(START_TIME + time)))
  }
  const epochs = await client.send(offsetForLeaderEpoch, 3, {
    replicaId: -1,
    topics: [{ topic, partitions: [{ partition, currentLeaderEpoch: -1, leaderEpoch: 0 }] }],
  })
  const { leaderEpoch, endOffset } = epochs.topics[0]?.partitions[0] ?? {}
  seen.set(`${name}: end of epoch 0`, `${leaderEpoch} ${endOffset}`)
  for (const isolationLevel of [0, 1]) {
    const step = Math.max(1, Math.floor((end - start) / 6))
    for (let offset = start; offset <= end; offset += step) {
      seen.set(
        `${name}: fetch from ${offset}, isolation ${isolationLevel}`,
        await read(client, topic, partition, offset, isolationLevel),
      )
    }
  }
}

/**
 * All that can be read from that offset on, byte for byte, in as many requests as it takes: Kafka answers each from one
 * segment.
 */
export async function read(
  client: RawClient,
  topic: string,
  partition: number,
  from: number,
  isolationLevel: number,
): Promise<string> {
  const parts: Buffer[] = []
  const aborted = new Set<string>()
  let bounds = ''
  for (let fetchOffset = from; ; ) {
    const { responses } = await client.send(fetch, 11, {
      isolationLevel,
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 100_000_000,
      topics: [{ topic, partitions: [{ partition, fetchOffset, partitionMaxBytes: 100_000_000 }] }],
    })
    const { errorCode, highWatermark, lastStableOffset, logStartOffset, abortedTransactions, records } =
      responses[0]?.partitions[0] ?? {}
    bounds = JSON.stringify({ errorCode, highWatermark, lastStableOffset, logStartOffset })
    for (const { producerId, firstOffset } of abortedTransactions ?? [])
      aborted.add(`${producerId}@${firstOffset}`)
    const bytes = Buffer.concat((Array.isArray(records) ? records : [records ?? Buffer.alloc(0)]) as Buffer[])
    if (bytes.length === 0) break
    parts.push(bytes)
    const cursor = new BatchCursor(bytes)
    while (cursor.next()) fetchOffset = lastOffset(bytes, cursor.position) + 1
  }
  const bytes = Buffer.concat(parts)
  return `${bounds} ${[...aborted].sort()} ${bytes.length} bytes ${digestOf(bytes)}`
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
