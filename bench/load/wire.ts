import { setTimeout as pause } from 'node:timers/promises'
import { createTopics } from '../../protocol/messages/create-topics.ts'
import { deleteTopics } from '../../protocol/messages/delete-topics.ts'
import { fetch } from '../../protocol/messages/fetch.ts'
import { metadata } from '../../protocol/messages/metadata.ts'
import { produce } from '../../protocol/messages/produce.ts'
import { encodeBatch } from '../../protocol/records/encode-batch.ts'
import { requestBytes } from '../../test/helpers/network.ts'
import { RawClient } from '../../test/helpers/raw-client.ts'
import type { RunningServer } from './servers.ts'

/** Versions that every server here speaks and that name topics by name. */
const PRODUCE_VERSION = 7
const FETCH_VERSION = 11

export const TOPIC = 'bench'

const addressOf = ({ host, port }: RunningServer) => `${host}:${port}`

/** Makes the topic, if the server does not make it when it is asked for, and waits until it has a leader. */
export async function makeTopic(server: RunningServer, topic = TOPIC, numPartitions = 1): Promise<void> {
  await using client = await RawClient.connect(addressOf(server))
  await client
    .send(createTopics, 4, {
      topics: [{ name: topic, numPartitions, replicationFactor: 1, assignments: [], configs: [] }],
    })
    .catch(() => {})
  for (let tries = 0; tries < 100; tries++) {
    await using asker = await RawClient.connect(addressOf(server))
    const answer = await asker.send(metadata, 4, { topics: [{ name: topic }], allowAutoTopicCreation: true })
    const partitions = answer.topics[0]?.partitions ?? []
    if (partitions.length > 0 && partitions.every(({ leaderId }) => leaderId >= 0)) return
    await pause(50)
  }
  throw new Error(`${server.name}: ${topic} has got no leader`)
}

/** @throws Error where the server does not do it */
export async function deleteTopic(server: RunningServer, topic: string): Promise<void> {
  await using client = await RawClient.connect(addressOf(server))
  const { responses } = await client.send(deleteTopics, 4, { topicNames: [topic], timeoutMs: 30_000 })
  const errorCode = responses[0]?.errorCode
  if (errorCode !== 0) throw new Error(`${server.name}: ${topic} cannot be deleted, error ${errorCode}`)
}

/** One batch of about `bytes` bytes, of records of `recordBytes` that no codec has touched. */
export function batchOf(bytes: number, recordBytes = Math.min(bytes, 1024)): Buffer {
  const value = Buffer.alloc(recordBytes, 'josephk ')
  const records = Array.from({ length: Math.max(1, Math.floor(bytes / recordBytes)) }, () => ({
    key: null,
    value,
    headers: [],
    timestamp: Date.now(),
  }))
  return encodeBatch({ records })
}

/** A Produce of one batch to one partition, as bytes with their size in front. */
export function produceRequest(batch: Buffer, { acks = -1, topic = TOPIC, index = 0 } = {}): Buffer {
  const partitionData = [{ index, records: batch }]
  return Buffer.from(
    requestBytes(
      produce,
      PRODUCE_VERSION,
      { transactionalId: null, acks, timeoutMs: 30_000, topicData: [{ name: topic, partitionData }] },
      { correlationId: 1, clientId: 'bench' },
    ),
  )
}

/** A Fetch of what lies from `fetchOffset` on, without a session. */
export function fetchRequest(
  partitionMaxBytes: number,
  { fetchOffset = 0, topic = TOPIC, partition = 0 } = {},
): Buffer {
  const partitions = [
    { partition, currentLeaderEpoch: -1, fetchOffset, logStartOffset: -1, partitionMaxBytes },
  ]
  return Buffer.from(
    requestBytes(
      fetch,
      FETCH_VERSION,
      {
        replicaId: -1,
        maxWaitMs: 500,
        minBytes: 1,
        maxBytes: 2 * partitionMaxBytes,
        isolationLevel: 0,
        sessionId: 0,
        sessionEpoch: -1,
        topics: [{ topic, partitions }],
        forgottenTopicsData: [],
        rackId: '',
      },
      { correlationId: 1, clientId: 'bench' },
    ),
  )
}

/** Sends one request and gives back its answer: that the server does what is measured. */
export async function once(server: RunningServer, request: Buffer): Promise<Buffer> {
  await using client = await RawClient.connect(addressOf(server))
  return await client.sendBytes(request)
}
