import { ErrorCode } from '../../protocol/errors.ts'
import { produce } from '../../protocol/messages/produce.ts'
import { roomFor } from '../../protocol/primitives/reader.ts'
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
const NO_RECORD_ERRORS: readonly { batchIndex: number; batchIndexErrorMessage: string }[] = []

/** A class: of a literal that gets other kinds of numbers later, V8 would rebuild every instance. */
class PartitionAnswer {
  readonly index: number
  errorCode: ErrorCode
  baseOffset = -1
  logAppendTimeMs = -1
  logStartOffset = -1
  recordErrors = NO_RECORD_ERRORS
  errorMessage: string | null = null
  currentLeader: { leaderId: number; leaderEpoch: number } | undefined

  constructor(index: number, errorCode: ErrorCode) {
    this.index = index
    this.errorCode = errorCode
  }
}

interface TopicAnswer {
  name: string
  topicId: string
  partitionResponses: PartitionAnswer[]
}

/** What is to be appended, and where the result goes. */
interface Pending extends AppendEntry {
  readonly answer: PartitionAnswer
}

interface CheckedRequest {
  readonly responses: TopicAnswer[]
  readonly pending: readonly Pending[]
  readonly isTransactional: boolean
}

export function createProduceHandler(parts: ProduceParts): Handler {
  return guarded(produce, [WRITE_TRANSACTIONAL_ID, WRITE_TOPIC], (request, context) => {
    const checked = check(parts, request, context)
    if (!parts.replicas.mustAwaitZstd(checked.pending)) return append(parts, checked, request, context)
    // Meanwhile other bytes may come to lie where these were read.
    const kept = withRecordsKept(request)
    return zstdReady().then(() => append(parts, check(parts, kept, context), kept, context))
  })
}

/** Loops, not closures, here and in `append`: most requests bring one batch, and closures cost more than all the checks. */
function check({ metadata }: ProduceParts, request: ProduceRequest, context: RequestContext): CheckedRequest {
  const { image } = metadata
  const { topicData } = request
  const isTransactional = hasTransactionalRecords(request)
  const isRefusedTransaction = isTransactional && !mayTransact(request, context)
  const usesTopicIds = context.apiVersion >= FIRST_VERSION_WITH_TOPIC_IDS
  const responses = roomFor<TopicAnswer>(topicData.length)
  const pending = roomFor<Pending>(partitionsOf(request))
  let count = 0
  for (let index = 0; index < topicData.length; index++) {
    const { name: givenName, topicId, partitionData } = topicData[index]!
    const topic = usesTopicIds ? image.topicsById.get(topicId) : image.topicsByName.get(givenName)
    const name = topic?.name ?? givenName
    let refusal: ErrorCode = ErrorCode.NONE
    if (isRefusedTransaction) refusal = WRITE_TRANSACTIONAL_ID.errorCode
    else if (topic === undefined && usesTopicIds) refusal = ErrorCode.UNKNOWN_TOPIC_ID
    else if (!mayTopic(context, WRITE_TOPIC, topic, name)) refusal = WRITE_TOPIC.errorCode
    const partitionResponses = roomFor<PartitionAnswer>(partitionData.length)
    for (let at = 0; at < partitionData.length; at++) {
      const { index: partition, records: given } = partitionData[at]!
      const records = given ?? NO_RECORDS
      const isThere = topic?.partitions[partition] !== undefined
      const error = refusal === ErrorCode.NONE ? refusalOf(records, name, isThere, request, context) : refusal
      const answer = new PartitionAnswer(partition, error)
      if (error === ErrorCode.NONE) pending[count++] = { topic: name, partition, records, answer }
      partitionResponses[at] = answer
    }
    responses[index] = { name, topicId, partitionResponses }
  }
  if (count < pending.length) pending.length = count
  return { responses, pending, isTransactional }
}

function partitionsOf({ topicData }: ProduceRequest): number {
  let partitions = 0
  for (const { partitionData } of topicData) partitions += partitionData.length
  return partitions
}

/** What is wrong with what one partition is sent by somebody who may write to its topic. */
function refusalOf(
  records: Buffer,
  topic: string,
  isThere: boolean,
  { acks }: ProduceRequest,
  { apiVersion, clientId }: RequestContext,
): ErrorCode {
  if (!isThere) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  const failure = validateProduceRecords(records, apiVersion)
  if (failure !== null) return ErrorCode[failure.error]
  if (acks !== 0 && acks !== 1 && acks !== -1) return ErrorCode.INVALID_REQUIRED_ACKS
  return isInternalTopic(topic) && clientId !== ADMIN_CLIENT_ID
    ? ErrorCode.INVALID_TOPIC_EXCEPTION
    : ErrorCode.NONE
}

function append(
  parts: ProduceParts,
  checked: CheckedRequest,
  request: ProduceRequest,
  context: RequestContext,
): Answer<typeof produce> {
  const { acks } = request
  const { responses } = checked
  const pending = checked.isTransactional ? joined(parts, checked, request, context) : checked.pending
  const results = parts.replicas.append(pending, acks)
  for (let index = 0; index < results.length; index++) fill(pending[index]!.answer, results[index]!)
  if (acks !== 0) {
    const nodeEndpoints = nameLeaders(parts, responses, context)
    return nodeEndpoints === undefined ? { responses } : { responses, nodeEndpoints }
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
  { responses, pending }: CheckedRequest,
  { transactionalId }: ProduceRequest,
  { apiVersion }: RequestContext,
): readonly Pending[] {
  if (hasSeveralProducers(pending)) {
    for (const { partitionResponses } of responses) {
      for (const partition of partitionResponses) partition.errorCode = ErrorCode.INVALID_PRODUCER_ID_MAPPING
    }
    return []
  }
  const refusalOf = joinTransaction(transactionVerifier, transactionalId, pending, apiVersion)
  return pending.filter((each) => {
    const refusal = refusalOf(each)
    if (refusal !== undefined) Object.assign(each.answer, refusal)
    return refusal === undefined
  })
}

function withRecordsKept(request: ProduceRequest): ProduceRequest {
  const topicData = request.topicData.map((topic) => ({
    ...topic,
    partitionData: topic.partitionData.map(({ index, records }) => ({
      index,
      records: records === null ? null : Buffer.from(records),
    })),
  }))
  return { ...request, topicData }
}

function mayTransact({ transactionalId }: ProduceRequest, context: RequestContext): boolean {
  return transactionalId !== null && may(context, WRITE_TRANSACTIONAL_ID, transactionalId)
}

function hasTransactionalRecords({ topicData }: ProduceRequest): boolean {
  for (const { partitionData } of topicData) {
    for (const { records } of partitionData) {
      if (records !== null && isTransactionalBatch(records)) return true
    }
  }
  return false
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
  if (apiVersion < FIRST_VERSION_WITH_LEADERS) return undefined
  let leaders: CurrentLeaders | undefined
  for (const { name, partitionResponses } of responses) {
    for (const partition of partitionResponses) {
      if (partition.errorCode !== ErrorCode.NOT_LEADER_OR_FOLLOWER) continue
      leaders ??= new CurrentLeaders(metadata.image, session.listenerName)
      partition.currentLeader = leaders.leaderOf(name, partition.index)
    }
  }
  return leaders?.nodeEndpoints
}
