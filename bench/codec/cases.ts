import { apiOf } from '../../protocol/apis.ts'
import { encodeBatch } from '../../protocol/records/encode-batch.ts'
import type { Api } from '../../protocol/schema.ts'

/** What is encoded as a request and decoded as a response, in the words of our declarations. */
export interface Case {
  readonly title: string
  readonly api: Api
  readonly request: unknown
  readonly response: unknown
  /** For Produce: one record for each partition, from which each side builds its batches. */
  readonly partitions: number
}

export const TOPIC_ID = 'AbCdEfGhIjKlMnOpQrStUg'
export const RECORD = { key: null, value: Buffer.from('0123456789'), timestamp: 1_700_000_000_000 }

const range = (count: number) => Array.from({ length: count }, (_, i) => i)
// In one piece, as a name from the wire or from a source file is; a template makes a string of two.
const topicName = (i: number) => Buffer.from(`orders-of-region-${i}`).toString()

function requireApi(key: number): Api {
  return apiOf(key) as Api
}

function produce(partitions: number): Case {
  return {
    title: `Produce, ${partitions} partition${partitions > 1 ? 's' : ''}`,
    api: requireApi(0),
    partitions,
    request: {
      acks: -1,
      timeoutMs: 30_000,
      topicData: [
        {
          name: 'orders',
          partitionData: range(partitions).map((index) => ({
            index,
            records: encodeBatch({ records: [RECORD] }),
          })),
        },
      ],
    },
    response: {
      responses: [
        {
          name: 'orders',
          partitionResponses: range(partitions).map((index) => ({
            index,
            errorCode: 0,
            baseOffset: 1_000_000 + index,
            logAppendTimeMs: -1,
            logStartOffset: 17,
          })),
        },
      ],
    },
  }
}

function fetch(partitions: number): Case {
  return {
    title: `Fetch, ${partitions} partition${partitions > 1 ? 's' : ''}`,
    api: requireApi(1),
    partitions,
    request: {
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 10_000_000,
      isolationLevel: 1,
      topics: [
        {
          topic: 'orders',
          topicId: TOPIC_ID,
          partitions: range(partitions).map((partition) => ({
            partition,
            fetchOffset: 1_000_000 + partition,
            partitionMaxBytes: 1_048_576,
          })),
        },
      ],
    },
    // Without records: the other two decode those at once, ours hands them on as they lie.
    response: {
      responses: [
        {
          topic: 'orders',
          topicId: TOPIC_ID,
          partitions: range(partitions).map((partitionIndex) => ({
            partitionIndex,
            highWatermark: 1_000_000,
            lastStableOffset: 1_000_000,
            logStartOffset: 17,
            records: Buffer.alloc(0),
          })),
        },
      ],
    },
  }
}

const apiVersions: Case = {
  title: 'ApiVersions',
  api: requireApi(18),
  partitions: 0,
  request: { clientSoftwareName: 'some-client', clientSoftwareVersion: '1.2.3' },
  response: { apiKeys: range(60).map((apiKey) => ({ apiKey, minVersion: 0, maxVersion: 12 })) },
}

const metadata: Case = {
  title: 'Metadata, 1,000 topics x 4 partitions',
  api: requireApi(3),
  partitions: 0,
  request: { topics: range(1000).map((i) => ({ name: topicName(i) })), allowAutoTopicCreation: false },
  response: {
    brokers: range(3).map((nodeId) => ({ nodeId, host: `broker-${nodeId}.example`, port: 9092, rack: null })),
    clusterId: 'WZzAqZqvTXqTNsKdqnQ1jA',
    controllerId: 1,
    topics: range(1000).map((i) => ({
      name: topicName(i),
      topicId: TOPIC_ID,
      partitions: range(4).map((partitionIndex) => ({
        partitionIndex,
        leaderId: partitionIndex % 3,
        leaderEpoch: 5,
        replicaNodes: [0, 1, 2],
        isrNodes: [0, 1, 2],
        offlineReplicas: [],
      })),
    })),
  },
}

const joinGroup: Case = {
  title: 'JoinGroup, 10 members',
  api: requireApi(11),
  partitions: 0,
  request: {
    groupId: 'billing',
    sessionTimeoutMs: 45_000,
    rebalanceTimeoutMs: 300_000,
    memberId: 'consumer-1-6f2c0e6d-6f5e-4b39-8a0b-2d8ff0f7a9b1',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.alloc(60, 1) }],
  },
  response: {
    errorCode: 0,
    generationId: 7,
    protocolType: 'consumer',
    protocolName: 'range',
    leader: 'consumer-1-6f2c0e6d-6f5e-4b39-8a0b-2d8ff0f7a9b1',
    memberId: 'consumer-1-6f2c0e6d-6f5e-4b39-8a0b-2d8ff0f7a9b1',
    members: range(10).map((i) => ({
      memberId: `consumer-${i}-6f2c0e6d-6f5e-4b39-8a0b-2d8ff0f7a9b1`,
      metadata: Buffer.alloc(60, 1),
    })),
  },
}

const offsetCommit: Case = {
  title: 'OffsetCommit, 100 partitions',
  api: requireApi(8),
  partitions: 0,
  request: {
    groupId: 'billing',
    generationIdOrMemberEpoch: 7,
    memberId: 'consumer-1-6f2c0e6d-6f5e-4b39-8a0b-2d8ff0f7a9b1',
    topics: [
      {
        name: 'orders',
        partitions: range(100).map((partitionIndex) => ({
          partitionIndex,
          committedOffset: 1_000_000 + partitionIndex,
          committedMetadata: null,
        })),
      },
    ],
  },
  response: {
    topics: [
      { name: 'orders', partitions: range(100).map((partitionIndex) => ({ partitionIndex, errorCode: 0 })) },
    ],
  },
}

export const cases: readonly Case[] = [
  apiVersions,
  metadata,
  produce(1),
  produce(100),
  fetch(1),
  fetch(100),
  joinGroup,
  offsetCommit,
]
