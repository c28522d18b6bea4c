import { ErrorCode } from '../../protocol/errors.ts'
import { produce } from '../../protocol/messages/produce.ts'
import { zstdReady } from '../../protocol/records/compression/zstd.ts'
import { validateProduceRecords } from '../../protocol/records/validate-produce.ts'
import type { RequestOf } from '../../protocol/schema.ts'
import type { AppendResult } from '../log/log-results.ts'
import type { AppendEntry } from '../log/replica-manager.ts'
import { isInternalTopic } from '../metadata/topic-name.ts'
import { type Answer, guarded, type Handler, NO_RESPONSE, type RequestContext } from '../network/handler.ts'
import { may, mayTopic, WRITE_TOPIC, WRITE_TRANSACTIONAL_ID } from '../security/authorization/needs.ts'
import { CurrentLeaders } from './current-leader.ts'
import type { Parts } from './parts.ts'
import { hasSeveralProducers, isTransactionalBatch, joinTransaction } from './produce-transaction.ts'

/*
 * Produce, v0 to v13.
 *
 * v0-v2 carry message sets, which become one batch; v3 and newer exactly one batch of format v2 for a partition, with
 * zstd from v7 on. v8 tells which records were refused (KIP-467), v10 who leads (KIP-951), v13 speaks of topic ids.
 * acks=0 is answered by nothing, and by the end of the connection where something went wrong, as Kafka does it.
 *
 * acks=-1 never waits: the replicas in sync share the leader's log. Without replicas enough it is NOT_ENOUGH_REPLICAS.
 *
 * Partitions of a transaction are made sure to belong to it, and since v12 added to it (KIP-890).
 */

type ProduceRequest = RequestOf<typeof produce>
type ProduceParts = Pick<Parts, 'metadata' | 'replicas' | 'transactionVerifier'>

const FIRST_VERSION_WITH_LEADERS = 10
const FIRST_VERSION_WITH_TOPIC_IDS = 13

/** Kafka's own way of telling administrators' tools from others (AdminUtils). */
const ADMIN_CLIENT_ID = '__admin_client'

const NO_RECORDS = Buffer.alloc(0)

interface PartitionAnswer {
  index: number
  errorCode: ErrorCode
  baseOffset: number
  logAppendTimeMs: number
  logStartOffset: number
  recordErrors: readonly { batchIndex: number; batchIndexErrorMessage: string }[]
  errorMessage: string | null
  currentLeader?: { leaderId: number; leaderEpoch: number }
}

interface TopicAnswer {
  name: string
  topicId: string
  partitionResponses: PartitionAnswer[]
}

/** What is to be appended, and where the results go: `waiting` and `entries` stand in the same order. */
interface CheckedRequest {
  responses: TopicAnswer[]
  entries: AppendEntry[]
  waiting: PartitionAnswer[]
  isTransactional: boolean
}

export function createProduceHandler(parts: ProduceParts): Handler {
  return guarded(produce, [WRITE_TRANSACTIONAL_ID, WRITE_TOPIC], (request, context) => {
    const checked = check(parts, request, context)
    if (!parts.replicas.mustAwaitZstd(checked.entries)) return append(parts, checked, request, context)
    return zstdReady().then(() => append(parts, check(parts, request, context), request, context))
  })
}

function check({ metadata }: ProduceParts, request: ProduceRequest, context: RequestContext): CheckedRequest {
  const { image } = metadata
  const isAcksValid = request.acks === 0 || request.acks === 1 || request.acks === -1
  const isTransactional = hasTransactionalRecords(request)
  const isRefusedTransaction = isTransactional && !mayTransact(request, context)
  const entries: AppendEntry[] = []
  const waiting: PartitionAnswer[] = []
  const responses = request.topicData.map(({ name: givenName, topicId, partitionData }) => {
    const usesTopicIds = context.apiVersion >= FIRST_VERSION_WITH_TOPIC_IDS
    const topic = usesTopicIds ? image.topicsById.get(topicId) : image.topicsByName.get(givenName)
    const name = topic?.name ?? givenName
    const isKnown = topic !== undefined || !usesTopicIds
    const isRefused = isKnown && !isRefusedTransaction && !mayTopic(context, WRITE_TOPIC, topic, name)
    const partitionResponses = partitionData.map(({ index, records }) => {
      const bytes = records ?? NO_RECORDS
      let error: ErrorCode = ErrorCode.NONE
      if (isRefusedTransaction) error = WRITE_TRANSACTIONAL_ID.errorCode
      else if (!isKnown) error = ErrorCode.UNKNOWN_TOPIC_ID
      else if (isRefused) error = WRITE_TOPIC.errorCode
      else if (topic?.partitions[index] === undefined) error = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      else error = ErrorCode[validateProduceRecords(bytes, context.apiVersion)?.error ?? 'NONE']
      if (error === ErrorCode.NONE && !isAcksValid) error = ErrorCode.INVALID_REQUIRED_ACKS
      if (error === ErrorCode.NONE && isInternalTopic(name) && context.clientId !== ADMIN_CLIENT_ID) {
        error = ErrorCode.INVALID_TOPIC_EXCEPTION
      }
      const partition = failed(index, error)
      if (error === ErrorCode.NONE) {
        entries.push({ topic: name, partition: index, records: bytes })
        waiting.push(partition)
      }
      return partition
    })
    return { name, topicId, partitionResponses }
  })
  return { responses, entries, waiting, isTransactional }
}

function append(
  parts: ProduceParts,
  checked: CheckedRequest,
  request: ProduceRequest,
  context: RequestContext,
): Answer<typeof produce> {
  const { acks } = request
  const { responses } = checked
  const { entries, waiting } = checked.isTransactional ? joined(parts, checked, request, context) : checked
  const results = parts.replicas.append(entries, acks)
  for (let index = 0; index < results.length; index++) fill(waiting[index]!, results[index]!)
  if (acks !== 0) {
    const nodeEndpoints = nameLeaders(parts, responses, context)
    return nodeEndpoints.length === 0 ? { responses } : { responses, nodeEndpoints }
  }
  const isFailed = responses.some(({ partitionResponses }) =>
    partitionResponses.some(({ errorCode }) => errorCode !== ErrorCode.NONE),
  )
  if (isFailed) throw new Error('records that no acknowledgement is wanted for could not be appended')
  return NO_RESPONSE
}

/** What is left to be appended when the partitions have joined the producer's transaction. */
function joined(
  { transactionVerifier }: ProduceParts,
  { responses, entries, waiting }: CheckedRequest,
  { transactionalId }: ProduceRequest,
  { apiVersion }: RequestContext,
): Pick<CheckedRequest, 'entries' | 'waiting'> {
  const left: Pick<CheckedRequest, 'entries' | 'waiting'> = { entries: [], waiting: [] }
  if (hasSeveralProducers(entries)) {
    for (const { partitionResponses } of responses) {
      for (const partition of partitionResponses) partition.errorCode = ErrorCode.INVALID_PRODUCER_ID_MAPPING
    }
    return left
  }
  const refusalOf = joinTransaction(transactionVerifier, transactionalId, entries, apiVersion)
  for (const [index, entry] of entries.entries()) {
    const refusal = refusalOf(entry)
    if (refusal !== undefined) {
      Object.assign(waiting[index]!, refusal)
      continue
    }
    left.entries.push(entry)
    left.waiting.push(waiting[index]!)
  }
  return left
}

function mayTransact({ transactionalId }: ProduceRequest, context: RequestContext): boolean {
  return transactionalId !== null && may(context, WRITE_TRANSACTIONAL_ID, transactionalId)
}

function hasTransactionalRecords({ topicData }: ProduceRequest): boolean {
  return topicData.some(({ partitionData }) =>
    partitionData.some(({ records }) => records !== null && isTransactionalBatch(records)),
  )
}

function failed(index: number, errorCode: ErrorCode): PartitionAnswer {
  return {
    index,
    errorCode,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: [],
    errorMessage: null,
  }
}

function fill(partition: PartitionAnswer, result: AppendResult): void {
  partition.errorCode = result.errorCode
  partition.baseOffset = result.baseOffset
  partition.logAppendTimeMs = result.logAppendTimeMs
  partition.logStartOffset = result.logStartOffset
  partition.errorMessage = result.errorMessage
  if (result.recordErrors.length === 0) return
  partition.recordErrors = result.recordErrors.map(({ batchIndex, message }) => ({
    batchIndex,
    batchIndexErrorMessage: message,
  }))
}

function nameLeaders(
  { metadata }: ProduceParts,
  responses: TopicAnswer[],
  { apiVersion, session }: RequestContext,
) {
  const leaders = new CurrentLeaders(metadata.image, session.listenerName)
  if (apiVersion < FIRST_VERSION_WITH_LEADERS) return leaders.nodeEndpoints
  for (const { name, partitionResponses } of responses) {
    for (const partition of partitionResponses) {
      if (partition.errorCode !== ErrorCode.NOT_LEADER_OR_FOLLOWER) continue
      partition.currentLeader = leaders.leaderOf(name, partition.index)
    }
  }
  return leaders.nodeEndpoints
}
