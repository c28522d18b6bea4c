import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type Case, RECORD } from './cases.ts'

/** Another client's codec for one case, at the newest version that it has. */
export interface Rival {
  readonly name: 'kafkajs' | '@platformatic/kafka'
  readonly version: number
  /** Encodes the case's request; undefined where the other has nothing to compare. */
  readonly encode: (() => unknown) | undefined
  /** The bytes that `encode` made, to be held against ours. */
  bytes(encoded: unknown): Buffer
  decode(bytes: Buffer): unknown
}

const require = createRequire(import.meta.url)

// biome-ignore lint/suspicious/noExplicitAny: code without types, called with what it wants.
type Loose = any

const uuidOf = (text: string) => {
  const hex = Buffer.from(text, 'base64url').toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** kafkajs: encodes and decodes behind a promise each. */
export function kafkajs({ api, request, partitions }: Case): Rival {
  const versions: Record<string, number> = {
    Produce: 7,
    Fetch: 11,
    Metadata: 6,
    OffsetCommit: 5,
    JoinGroup: 5,
    ApiVersions: 2,
  }
  const version = versions[api.name] as number
  const folder = `kafkajs/src/protocol/requests/${api.name.charAt(0).toLowerCase()}${api.name.slice(1)}/v${version}`
  const makeRequest = require(`${folder}/request`) as (parameters: unknown) => {
    encode(): Promise<{ buffer: Buffer }>
  }
  const response = require(`${folder}/response`) as { decode(bytes: Buffer): Promise<unknown> }
  const parameters = kafkajsParameters(api.name, request, partitions)
  return {
    name: 'kafkajs',
    version,
    // Its request of ApiVersions has no body.
    encode: api.name === 'ApiVersions' ? undefined : () => makeRequest(parameters).encode(),
    bytes: (encoded) => (encoded as { buffer: Buffer }).buffer,
    decode: (bytes) => response.decode(bytes),
  }
}

function kafkajsParameters(name: string, request: Loose, partitions: number): unknown {
  switch (name) {
    case 'Produce':
      return {
        acks: request.acks,
        timeout: request.timeoutMs,
        topicData: [
          {
            topic: 'orders',
            partitions: Array.from({ length: partitions }, (_, partition) => ({
              partition,
              messages: [RECORD],
            })),
          },
        ],
      }
    case 'Fetch':
      return {
        replicaId: -1,
        maxWaitTime: request.maxWaitMs,
        minBytes: request.minBytes,
        maxBytes: request.maxBytes,
        isolationLevel: request.isolationLevel,
        topics: request.topics.map((topic: Loose) => ({
          topic: topic.topic,
          partitions: topic.partitions.map((partition: Loose) => ({
            partition: partition.partition,
            fetchOffset: partition.fetchOffset,
            maxBytes: partition.partitionMaxBytes,
          })),
        })),
      }
    case 'Metadata':
      return { topics: request.topics.map((topic: Loose) => topic.name), allowAutoTopicCreation: false }
    case 'JoinGroup':
      return {
        ...request,
        sessionTimeout: request.sessionTimeoutMs,
        rebalanceTimeout: request.rebalanceTimeoutMs,
        groupProtocols: request.protocols,
      }
    case 'OffsetCommit':
      return {
        groupId: request.groupId,
        groupGenerationId: request.generationIdOrMemberEpoch,
        memberId: request.memberId,
        topics: request.topics.map((topic: Loose) => ({
          topic: topic.name,
          partitions: topic.partitions.map((partition: Loose) => ({
            partition: partition.partitionIndex,
            offset: partition.committedOffset,
          })),
        })),
      }
    default:
      return undefined
  }
}

/** @platformatic/kafka: synchronous; every int64 is a bigint. */
export async function platformatic({ api, request, partitions }: Case): Promise<Rival> {
  const files: Record<string, [string, number]> = {
    Produce: ['producer/produce', 11],
    Fetch: ['consumer/fetch', 17],
    Metadata: ['metadata/metadata', 12],
    OffsetCommit: ['consumer/offset-commit', 9],
    JoinGroup: ['consumer/join-group', 9],
    ApiVersions: ['metadata/api-versions', 4],
  }
  const [file, version] = files[api.name] as [string, number]
  const root = dirname(require.resolve('@platformatic/kafka'))
  const codec = (await import(join(root, 'apis', `${file}-v${version}.js`))) as {
    createRequest(...parameters: unknown[]): { dynamicBuffer: { slice(): Buffer } }
    parseResponse(correlationId: number, apiKey: number, apiVersion: number, reader: unknown): unknown
  }
  const { Reader } = (await import(join(root, 'protocol', 'reader.js'))) as {
    Reader: { from(bytes: Buffer): unknown }
  }
  const parameters = platformaticParameters(api.name, request, partitions)
  return {
    name: '@platformatic/kafka',
    version,
    encode: () => codec.createRequest(...parameters),
    bytes: (encoded) => (encoded as { dynamicBuffer: { slice(): Buffer } }).dynamicBuffer.slice(),
    decode: (bytes) => codec.parseResponse(1, api.key, version, Reader.from(bytes)),
  }
}

function platformaticParameters(name: string, request: Loose, partitions: number): unknown[] {
  switch (name) {
    case 'Produce': {
      const { value, timestamp } = RECORD
      const messages = Array.from({ length: partitions }, (_, partition) => ({
        topic: 'orders',
        partition,
        value,
        timestamp: BigInt(timestamp),
      }))
      return [request.acks, request.timeoutMs, messages, {}]
    }
    case 'Fetch': {
      const topics = request.topics.map((topic: Loose) => ({
        topicId: uuidOf(topic.topicId),
        partitions: topic.partitions.map((partition: Loose) => ({
          ...partition,
          currentLeaderEpoch: -1,
          lastFetchedEpoch: -1,
          fetchOffset: BigInt(partition.fetchOffset),
        })),
      }))
      return [
        request.maxWaitMs,
        request.minBytes,
        request.maxBytes,
        request.isolationLevel,
        0,
        -1,
        topics,
        [],
        '',
      ]
    }
    case 'Metadata':
      return [request.topics.map((topic: Loose) => topic.name), false, false]
    case 'JoinGroup':
      return [
        request.groupId,
        request.sessionTimeoutMs,
        request.rebalanceTimeoutMs,
        request.memberId,
        null,
        request.protocolType,
        request.protocols,
        null,
      ]
    case 'OffsetCommit': {
      const topics = request.topics.map((topic: Loose) => ({
        name: topic.name,
        partitions: topic.partitions.map((partition: Loose) => ({
          ...partition,
          committedOffset: BigInt(partition.committedOffset),
          committedLeaderEpoch: -1,
        })),
      }))
      return [request.groupId, request.generationIdOrMemberEpoch, request.memberId, null, topics]
    }
    default:
      return [request.clientSoftwareName, request.clientSoftwareVersion]
  }
}
