import { ErrorCode } from '../../protocol/errors.ts'
import { shareFetch } from '../../protocol/messages/share-fetch.ts'
import type { ResponseOf } from '../../protocol/schema.ts'
import type { RequestContext } from '../network/handler.ts'
import type { ShareResult } from '../share/share-read.ts'
import { CurrentLeaders } from './current-leader.ts'
import type { Parts } from './parts.ts'
import { type AcknowledgedPartition, isElsewhere } from './share-acknowledgements.ts'
import { sizeOfResponse } from './size-of-response.ts'

type ShareFetchResponse = ResponseOf<typeof shareFetch>
type PartitionResponse = NonNullable<
  NonNullable<NonNullable<ShareFetchResponse['responses']>[number]['partitions']>[number]
>

/** Bytes that an answer with this takes. */
export function sizeOfShareFetch(results: readonly ShareResult[], apiVersion: number): number {
  const topics = new Map<string, PartitionResponse[]>()
  for (const { target, errorCode, records, acquiredRecords } of results) {
    const { topicId, partition: partitionIndex } = target.key
    const partitions = topics.get(topicId) ?? []
    topics.set(topicId, partitions)
    partitions.push({ partitionIndex, errorCode, records, acquiredRecords })
  }
  const responses = [...topics].map(([topicId, partitions]) => ({ topicId, partitions }))
  return sizeOfResponse(shareFetch, apiVersion, { responses })
}

/** What was taken from each partition and what became of acknowledgements, those of one partition together. */
export function respondToShareFetch(
  { metadata, replicas }: Pick<Parts, 'metadata' | 'replicas'>,
  acknowledged: readonly AcknowledgedPartition[],
  results: readonly ShareResult[],
  { session: { listenerName, securityProtocol } }: RequestContext,
): ShareFetchResponse {
  const leaders = new CurrentLeaders(metadata.image, listenerName)
  const topics = new Map<string, Map<number, PartitionResponse>>()
  const add = (topicId: string, partitionIndex: number, response: PartitionResponse) => {
    const partitions = topics.get(topicId) ?? new Map<number, PartitionResponse>()
    topics.set(topicId, partitions)
    const known = partitions.get(partitionIndex)
    partitions.set(partitionIndex, { records: [], partitionIndex, ...known, ...response })
  }
  const path = securityProtocol === 'SSL' || securityProtocol === 'SASL_SSL' ? 'encrypted' : 'as-they-lie'
  for (const { target, errorCode, records, acquiredRecords } of results) {
    const { topicId, partition } = target.key
    const topic = isElsewhere(errorCode) ? metadata.image.topicsById.get(topicId) : undefined
    const currentLeader = topic && leaders.leaderOf(topic.name, partition)
    add(topicId, partition, { errorCode, records, acquiredRecords, ...(currentLeader && { currentLeader }) })
    for (const { length } of records) replicas.sent.count(listenerName, path, length)
  }
  for (const { topicId, partition, errorCode, errorMessage = null } of acknowledged) {
    add(topicId, partition, { acknowledgeErrorCode: errorCode, acknowledgeErrorMessage: errorMessage })
  }
  return {
    errorCode: ErrorCode.NONE,
    responses: [...topics].map(([topicId, partitions]) => ({
      topicId,
      partitions: [...partitions.values()],
    })),
    nodeEndpoints: leaders.nodeEndpoints,
  }
}
