// DescribeProducers, v0 (KIP-664): the idempotent and transactional producers that partitions led by this broker know of.
//
// Checked: the topic's name, who may read it, that it is there, who leads the partition.

import { ErrorCode } from '../../protocol/errors.ts'
import { describeProducers } from '../../protocol/messages/describe-producers.ts'
import type { ReplicaManager } from '../log/replica-manager.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import { invalidTopicMessage } from '../metadata/topic-name.ts'
import { guarded, type Handler, type RequestContext } from '../network/handler.ts'
import { may, READ_TOPIC } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'

type ProducerParts = Pick<Parts, 'metadata' | 'replicas'>

export function createDescribeProducersHandler(parts: ProducerParts): Handler {
  return guarded(describeProducers, [READ_TOPIC], ({ topics }, context) => ({
    topics: topics.map(({ name, partitionIndexes }) => {
      const refused = topicError(parts, name, context)
      const describe = (partitionIndex: number) =>
        refused ? { partitionIndex, ...refused } : describePartition(parts.replicas, name, partitionIndex)
      return { name, partitions: partitionIndexes.map(describe) }
    }),
  }))
}

function topicError(
  { metadata }: ProducerParts,
  name: string,
  context: RequestContext,
): ApiError | undefined {
  const message = invalidTopicMessage(name)
  if (message !== undefined) return new ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, message)
  if (!may(context, READ_TOPIC, name))
    return new ApiError(READ_TOPIC.errorCode, 'Topic authorization failed.')
  return metadata.image.topicsByName.has(name)
    ? undefined
    : new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
}

function describePartition(replicas: ReplicaManager, topic: string, partitionIndex: number) {
  const partition = replicas.available(topic, partitionIndex, -1, true)
  if (typeof partition === 'number') return { partitionIndex, errorCode: partition }
  return {
    partitionIndex,
    activeProducers: [...partition.log.producers.entries()].map((entry) => ({
      producerId: entry.producerId,
      producerEpoch: entry.producerEpoch,
      lastSequence: entry.lastSequence,
      lastTimestamp: entry.lastTimestamp,
      coordinatorEpoch: entry.coordinatorEpoch,
      currentTxnStartOffset: entry.currentTxnFirstOffset,
    })),
  }
}
