import kafkajs from 'kafkajs'
import { apis } from '../../../protocol/apis.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { createTopics } from '../../../protocol/messages/create-topics.ts'
import { findCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { heartbeat } from '../../../protocol/messages/heartbeat.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { zstdReady } from '../../../protocol/records/compression/zstd.ts'
import { encodeBatch } from '../../../protocol/records/encode-batch.ts'
import { encodeMessageSet } from '../../../protocol/records/message-set.ts'
import type { Api, Encodable } from '../../../protocol/schema.ts'
import { ConnectionClosed, RawClient } from '../../helpers/raw-client.ts'

const TOPIC = 'captured'
/** kafkajs cannot read what every version of Produce left in the other one. */
const CLIENTS_TOPIC = 'clients'
/** Holds what old versions of Produce left, so that old versions of Fetch meet nothing else. */
const OLD_TOPIC = 'captured-old'
const GROUP = 'readers'
const FIRST_PRODUCE_OF_BATCHES = 3
const FIRST_FETCH_OF_BATCHES = 4

/** Requests that get more than an empty answer; the other APIs are asked with their defaults. */
const REQUESTS: Readonly<Record<string, (version: number, topicId: string) => object>> = {
  Produce: (version, topicId) => ({
    acks: -1,
    timeoutMs: 1_000,
    topicData: [
      {
        name: version < FIRST_PRODUCE_OF_BATCHES ? OLD_TOPIC : TOPIC,
        topicId,
        partitionData: [{ index: 0, records: recordsFor(version) }],
      },
    ],
  }),
  Fetch: (version, topicId) => ({
    maxWaitMs: 0,
    maxBytes: 1_000_000,
    topics: [
      {
        topic: version < FIRST_FETCH_OF_BATCHES ? OLD_TOPIC : TOPIC,
        topicId,
        partitions: [{ partition: 0, partitionMaxBytes: 1_000_000 }],
      },
    ],
  }),
  ListOffsets: () => ({
    topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, timestamp: -1, maxNumOffsets: 5 }] }],
  }),
  Metadata: (version) => ({ topics: version === 0 ? [] : [{ name: TOPIC }] }),
  ApiVersions: () => ({ clientSoftwareName: 'capture', clientSoftwareVersion: '1.0' }),
  FindCoordinator: () => ({ key: GROUP, coordinatorKeys: [GROUP] }),
  OffsetCommit: (_, topicId) => ({
    groupId: GROUP,
    topics: [
      {
        name: TOPIC,
        topicId,
        partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: 'm' }],
      },
    ],
  }),
  OffsetFetch: (_, topicId) => ({
    groupId: GROUP,
    topics: [{ name: TOPIC, partitionIndexes: [0] }],
    groups: [{ groupId: GROUP, topics: [{ name: TOPIC, topicId, partitionIndexes: [0] }] }],
  }),
  JoinGroup: (version) => ({
    groupId: `joined-${version}`,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 1,
    groupInstanceId: 'static',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('metadata') }],
  }),
  DescribeGroups: () => ({ groups: [GROUP, 'joined-0', 'none'] }),
  DeleteGroups: () => ({ groupsNames: ['none'] }),
  CreateTopics: (version) => ({
    topics: [{ name: `made-${version}`, numPartitions: 1, replicationFactor: 1 }],
  }),
  DeleteTopics: (version) => ({ topicNames: [`made-${version}`], topics: [{ name: 'made-6' }] }),
  CreatePartitions: (version) => ({ topics: [{ name: TOPIC, count: 10 + version }] }),
  DeleteRecords: () => ({ topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, offset: 0 }] }] }),
  OffsetForLeaderEpoch: () => ({
    topics: [{ topic: TOPIC, partitions: [{ partition: 0, leaderEpoch: 0 }] }],
  }),
  DescribeConfigs: () => ({ includeSynonyms: true, resources: [{ resourceType: 2, resourceName: TOPIC }] }),
  IncrementalAlterConfigs: () => ({
    resources: [{ resourceType: 2, resourceName: TOPIC, configs: [{ name: 'retention.ms', value: '5' }] }],
  }),
  AlterConfigs: () => ({ resources: [{ resourceType: 2, resourceName: TOPIC, configs: [] }] }),
  ElectLeaders: () => ({ topicPartitions: [{ topic: TOPIC, partitions: [0] }] }),
  // Kafka never answers one that holds no transaction.
  AddPartitionsToTxn: () => ({
    v3AndBelowTransactionalId: 'transaction',
    transactions: [{ transactionalId: 'transaction', topics: [{ name: TOPIC, partitions: [0] }] }],
  }),
  DescribeAcls: () => ANY_ACL,
  CreateAcls: () => ({ creations: [ACL] }),
  DeleteAcls: () => ({ filters: [ANY_ACL] }),
}

const ACL = {
  resourceType: 2,
  resourceName: TOPIC,
  resourcePatternType: 3,
  principal: 'User:alice',
  host: '*',
  operation: 3,
  permissionType: 3,
}

/** Every type, operation and permission, whatever the name. */
const ANY_ACL = { resourceTypeFilter: 1, patternTypeFilter: 1, operation: 1, permissionType: 1 }

function recordsFor(version: number): Buffer {
  if (version < FIRST_PRODUCE_OF_BATCHES) {
    // Without key and value: Wireshark 4.0 takes those of old messages for missing and loses its way.
    return encodeMessageSet({
      magic: version < 2 ? 0 : 1,
      records: [{ key: null, value: null, timestamp: 1 }],
    })
  }
  const record = { timestamp: 1_700_000_000_000, key: Buffer.from('key'), value: Buffer.from('value') }
  const headers = [{ key: 'header', value: Buffer.from('x') }]
  const codecs = ['none', 'gzip', 'snappy', 'lz4'] as const
  const compression = version >= 7 ? 'zstd' : (codecs[version % codecs.length] as (typeof codecs)[number])
  return encodeBatch({ records: [{ ...record, headers }], compression })
}

async function prepareTopics(client: RawClient): Promise<string> {
  const names = [TOPIC, OLD_TOPIC, CLIENTS_TOPIC]
  await client.send(createTopics, 5, {
    timeoutMs: 10_000,
    topics: names.map((name) => ({ name, numPartitions: 1, replicationFactor: 1 })),
  })
  for (;;) {
    const { topics } = await client.send(metadata, 12, { topics: names.map((name) => ({ name })) })
    // A real broker takes its time to make the offsets topic and to load what is in it.
    await client.send(findCoordinator, 4, { coordinatorKeys: [GROUP] })
    const { errorCode } = await client.send(heartbeat, 4, { groupId: GROUP, memberId: 'nobody' })
    const isCoordinator = errorCode === ErrorCode.UNKNOWN_MEMBER_ID
    if (isCoordinator && topics.every(({ partitions }) => partitions.some(({ leaderId }) => leaderId >= 0))) {
      return topics.find(({ name }) => name === TOPIC)?.topicId as string
    }
  }
}

/** Sends each API in each version that the broker serves, or those of `only`, served or not; returns which were answered. */
export async function everyVersion(
  bootstrapServers: string,
  only?: ReadonlySet<string>,
): Promise<Set<string>> {
  await zstdReady()
  let client = await RawClient.connect(bootstrapServers)
  const topicId = await prepareTopics(client)
  const { apiKeys } = await client.send(apiVersions, 4, {
    clientSoftwareName: 'a',
    clientSoftwareVersion: '1',
  })
  const served = apiKeys.flatMap(({ apiKey, minVersion, maxVersion }) =>
    Array.from({ length: maxVersion - minVersion + 1 }, (_, i) => nameOf(apiKey, minVersion + i)),
  )
  const answered = new Set<string>()
  for (const name of only ?? served) {
    const [apiName, version] = name.split(' v') as [string, string]
    const api = apis.find((one) => one.name === apiName) as Api
    const request = REQUESTS[apiName]?.(Number(version), topicId) ?? {}
    try {
      await client.send(api, Number(version), request as Encodable<Api['request']>)
      answered.add(name)
    } catch (error) {
      // Kafka closes when it is asked in versions that it serves no more, even in those it tells of for the sake of old
      // librdkafka (KAFKA-18659).
      if (!(error instanceof ConnectionClosed) || !only) throw new Error(name, { cause: error })
      client = await RawClient.connect(bootstrapServers)
    }
  }
  await client.close()
  return answered
}

const nameOf = (apiKey: number, version: number) =>
  `${apis.find(({ key }) => key === apiKey)?.name} v${version}`

/** What an ordinary client says: batches, a group of two, long polls. */
export async function clientTraffic(bootstrapServers: string): Promise<void> {
  const { CompressionTypes, Kafka, logLevel } = kafkajs
  const kafka = new Kafka({ brokers: bootstrapServers.split(','), logLevel: logLevel.NOTHING })
  const producer = kafka.producer({ idempotent: true })
  await producer.connect()
  const messages = Array.from({ length: 100 }, (_, i) => ({
    key: `${i}`,
    value: `value ${i}`,
    headers: { a: 'b' },
  }))
  for (const compression of [CompressionTypes.None, CompressionTypes.GZIP]) {
    await producer.send({ topic: CLIENTS_TOPIC, compression, messages })
  }
  await producer.disconnect()
  const consumers = [kafka.consumer({ groupId: 'pair' }), kafka.consumer({ groupId: 'pair' })]
  let left = messages.length
  await new Promise<void>((resolve, reject) => {
    for (const consumer of consumers) {
      consumer
        .subscribe({ topic: CLIENTS_TOPIC, fromBeginning: true })
        .then(() => consumer.run({ eachMessage: async () => void (--left === 0 && resolve()) }))
        .catch(reject)
    }
  })
  for (const consumer of consumers) await consumer.disconnect()
}
