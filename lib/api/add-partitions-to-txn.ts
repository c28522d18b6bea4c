// AddPartitionsToTxn, v0 to v5. Up to v3 clients send it, for one transaction; from v4 on brokers do, for several at once,
// and may only ask whether the partitions belong to it (KIP-890).
//
// Checked here: who may write with the transactional id and to the topics, and that the partitions exist, where a client
// asks; that it is a broker where none does. Who coordinates; the rest is in transactions/add-partitions.ts. One
// partition that is refused keeps the others from being added.

import { ErrorCode } from '../../protocol/errors.ts'
import { addPartitionsToTxn } from '../../protocol/messages/add-partitions-to-txn.ts'
import type { RequestOf } from '../../protocol/schema.ts'
import { isInternalTopic } from '../metadata/topic-name.ts'
import { guarded, type Handler, type RequestContext } from '../network/handler.ts'
import { CLUSTER_ACTION, may, WRITE_TOPIC, WRITE_TRANSACTIONAL_ID } from '../security/authorization/needs.ts'
import { addPartitions, verifyPartitions } from '../transactions/add-partitions.ts'
import { TopicPartitions } from '../transactions/topic-partitions.ts'
import { EPOCH_BUMP_VERSION } from '../transactions/transaction-metadata.ts'
import type { Parts } from './parts.ts'

type AddParts = Pick<Parts, 'nodeId' | 'metadata' | 'transactionCoordinator'>
type Transaction = RequestOf<typeof addPartitionsToTxn>['transactions'][number]
type ErrorOf = (topic: string, partition: number) => ErrorCode

const KNOWS_FENCED_SINCE = 2
const FROM_BROKERS_SINCE = 4

const NEEDS = [CLUSTER_ACTION, WRITE_TRANSACTIONAL_ID, WRITE_TOPIC]

export function createAddPartitionsToTxnHandler(parts: AddParts): Handler {
  return guarded(addPartitionsToTxn, NEEDS, (request, context) => {
    if (context.apiVersion >= FROM_BROKERS_SINCE) {
      if (!may(context, CLUSTER_ACTION)) return { errorCode: CLUSTER_ACTION.errorCode }
      return {
        resultsByTransaction: request.transactions.map((transaction) => ({
          transactionalId: transaction.transactionalId,
          topicResults: eachPartition(transaction, addFor(parts, transaction)),
        })),
      }
    }
    const transaction: Transaction = {
      transactionalId: request.v3AndBelowTransactionalId,
      producerId: request.v3AndBelowProducerId,
      producerEpoch: request.v3AndBelowProducerEpoch,
      verifyOnly: false,
      topics: request.v3AndBelowTopics,
    }
    const errorOf = may(context, WRITE_TRANSACTIONAL_ID, transaction.transactionalId)
      ? addFor(parts, transaction, context)
      : () => WRITE_TRANSACTIONAL_ID.errorCode
    return { resultsByTopicV3AndBelow: eachPartition(transaction, errorOf) }
  })
}

function eachPartition({ topics }: Transaction, errorOf: ErrorOf) {
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: errorOf(name, partitionIndex),
    })),
  }))
}

/** @param client who asks, where that is a client */
function addFor(parts: AddParts, transaction: Transaction, client?: RequestContext): ErrorOf {
  const { image } = parts.metadata
  const refused = new Map<string, ErrorCode>()
  const partitions = new TopicPartitions()
  for (const { name, partitions: indexes } of transaction.topics) {
    const isForbidden = client && (isInternalTopic(name) || !may(client, WRITE_TOPIC, name))
    for (const partition of indexes) {
      const isKnown = image.topicsByName.get(name)?.partitions[partition] !== undefined
      if (isForbidden) refused.set(`${name}-${partition}`, WRITE_TOPIC.errorCode)
      else if (!isKnown) refused.set(`${name}-${partition}`, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
      else partitions.add(name, partition)
    }
  }
  if (refused.size > 0) {
    return (name, partition) => refused.get(`${name}-${partition}`) ?? ErrorCode.OPERATION_NOT_ATTEMPTED
  }
  const answer = askCoordinator(parts, transaction, partitions, client)
  return typeof answer === 'function' ? answer : () => answer
}

function askCoordinator(
  { nodeId, transactionCoordinator }: AddParts,
  { transactionalId, producerId, producerEpoch, verifyOnly }: Transaction,
  partitions: TopicPartitions,
  client: RequestContext | undefined,
): ErrorCode | ErrorOf {
  if (transactionalId === '') return ErrorCode.INVALID_REQUEST
  const shard = transactionCoordinator.shardOf(nodeId, transactionalId)
  if (shard === undefined) return ErrorCode.NOT_COORDINATOR
  const producer = { transactionalId, producerId, producerEpoch }
  if (verifyOnly) return verifyPartitions(shard, producer)
  const error = addPartitions(shard, { ...producer, partitions }, client ? 0 : EPOCH_BUMP_VERSION)
  const isFenced = error === ErrorCode.PRODUCER_FENCED && client && client.apiVersion < KNOWS_FENCED_SINCE
  return isFenced ? ErrorCode.INVALID_PRODUCER_EPOCH : error
}
