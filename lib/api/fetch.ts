import { ErrorCode } from '../../protocol/errors.ts'
import { fetch } from '../../protocol/messages/fetch.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { FetchSessions } from '../log/fetch-context.ts'
import type { FetchContext } from '../log/fetch-contexts.ts'
import type { FetchParams } from '../log/fetch-params.ts'
import { type FetchPartition, FetchResult } from '../log/fetch-partition.ts'
import { prepareToSend, takesMessageSets } from '../log/send-path.ts'
import type { TopicState } from '../metadata/image.ts'
import { guarded, type Handler, type RequestContext } from '../network/handler.ts'
import { REPLICATE_TOPIC } from '../security/authorization/mode-bits.ts'
import { CLUSTER_ACTION, may, mayTopic, type Need, READ_TOPIC } from '../security/authorization/needs.ts'
import { CurrentLeaders } from './current-leader.ts'
import type { Parts } from './parts.ts'
import { sizeOfResponse } from './size-of-response.ts'

/*
 * Fetch, v0 to v18.
 *
 * Waits up to `maxWaitMs` for `minBytes` (long poll). v0-v3 get records in the formats of their day, v0-v2 nothing
 * larger than the limits; v3 has a limit for the whole response and always lets the first batch through (KIP-74), v4
 * read_committed, v7 sessions (KIP-227), v9 leader epochs (KIP-320), v11 reading from followers in one's own rack
 * (KIP-392), v12 diverging epochs, v13 topic ids (KIP-516), v16 who leads (KIP-951).
 *
 * A consumer that has used up a quota is answered at once, by nothing, and what it would have got is not counted (KIP-219).
 *
 * Left out: brokers here do not replicate by Fetch. Who claims to be a follower is answered as one, but its progress
 * is not followed. Nothing is tiered.
 */

type FetchRequest = RequestOf<typeof fetch>
type FetchResponse = ResponseOf<typeof fetch>
type FetchParts = Pick<Parts, 'nodeId' | 'clock' | 'random' | 'metadata' | 'configs' | 'replicas'>

const FIRST_VERSION_WITH_RESPONSE_LIMIT = 3
const FIRST_VERSION_WITH_RACKS = 11
const FIRST_VERSION_WITH_REPLICA_STATE = 15
const FIRST_VERSION_WITH_LEADERS = 16
const READ_COMMITTED = 1
/** Of brokers, which are told of topics all the same. */
const FOLLOW: Need = { ...CLUSTER_ACTION, errorCode: READ_TOPIC.errorCode }
/** What a replica id below 0 stands for, apart from this one, is a consumer or a tool. */
const FUTURE_REPLICA_ID = -3

export function createFetchHandler(parts: FetchParts): Handler {
  const { nodeId, clock, random, metadata, configs, replicas } = parts
  const config = () => configs.brokerConfig(nodeId)
  const slots = () => config().maxIncrementalFetchSessionCacheSlots
  const makeSessions = () => new FetchSessions({ clock, random, image: metadata.image, slots })
  let sessions = makeSessions()
  metadata.subscribe((records) => {
    const isBack = records.some(
      (record) => record.type === 'RegisterBrokerRecord' && record.brokerId === nodeId,
    )
    // They are kept in memory: a broker that starts again knows none of those it had.
    if (isBack) sessions = makeSessions()
  })

  return guarded(fetch, [READ_TOPIC, FOLLOW], (request, context) => {
    const { apiVersion } = context
    const replicaId =
      apiVersion >= FIRST_VERSION_WITH_REPLICA_STATE ? request.replicaState.replicaId : request.replicaId
    const session = sessions.open(request, apiVersion, replicaId >= 0)
    const targets: FetchPartition[] = []
    // Kafka looks at a consumer's ids before it looks at anything else; its answers stand in that order.
    const unresolved: FetchResult[] = []
    const refused: FetchResult[] = []
    const mayFollow = replicaId >= 0 && may(context, FOLLOW)
    let topic: string | null = null
    let isReadable = false
    for (const target of session.partitions) {
      // A topic's partitions stand together: it is asked for once.
      if (target.topic !== null && target.topic !== topic) {
        topic = target.topic
        const known = metadata.image.topicsByName.get(topic)
        isReadable =
          replicaId < 0
            ? mayTopic(context, READ_TOPIC, known, topic)
            : mayFollow || mayReplicate(context, known)
      }
      let error = unknown(parts, target)
      if (target.topic === null ? replicaId >= 0 && !mayFollow : !isReadable) error = READ_TOPIC.errorCode
      if (error === ErrorCode.NONE) targets.push(target)
      else if (error === ErrorCode.UNKNOWN_TOPIC_ID && replicaId < 0) unresolved.push(refuse(target, error))
      else refused.push(refuse(target, error))
    }
    const params = paramsOf(request, replicaId, config().fetchMaxBytes, context)
    const results = replicas.fetch(params, targets, (cancel) => context.onClose(cancel))
    const others = unresolved.length === 0 ? refused : [...unresolved, ...refused]
    const answer = (read: readonly FetchResult[]) => {
      const all = others.length === 0 ? read : [...read, ...others]
      const throttled = replicaId >= 0 ? followed(context) : throttle(session, all, context)
      if (throttled !== undefined) return throttled
      const response = respond(parts, session, all, context)
      // Brokers find each other without being told where.
      return replicaId >= 0 ? { ...response, nodeEndpoints: [] } : response
    }
    return results instanceof Promise ? results.then(answer) : answer(results)
  })
}

/** No quota is for brokers. */
function followed({ usage }: RequestContext): undefined {
  usage?.exempted()
}

/** What a consumer gets that has used up a quota. */
function throttle(
  session: FetchContext,
  results: readonly FetchResult[],
  context: RequestContext,
): FetchResponse | undefined {
  const { usage, apiVersion } = context
  if (usage === undefined) return undefined
  const told = { responses: byTopic(session.preview(results)) }
  const throttleTimeMs = usage.fetched(sizeOfResponse(fetch, apiVersion, told))
  if (throttleTimeMs === 0) return undefined
  context.loans.end()
  const { errorCode, sessionId } = session.throttled()
  return { throttleTimeMs, errorCode, sessionId, responses: [] }
}

/** Mode bits let brokers follow single topics; no ACL can say that. */
function mayReplicate(context: RequestContext, topic: TopicState | undefined): boolean {
  const { replicatesByTopic = false } = context.session.permissions
  return replicatesByTopic && topic !== undefined && context.authorizeTopic(REPLICATE_TOPIC, topic)
}

function unknown({ metadata }: FetchParts, { topic, partition }: FetchPartition): ErrorCode {
  if (topic === null) return ErrorCode.UNKNOWN_TOPIC_ID
  const isKnown = metadata.image.topicsByName.get(topic)?.partitions[partition] !== undefined
  return isKnown ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
}

function refuse(target: FetchPartition, error: ErrorCode): FetchResult {
  const result = new FetchResult(target, error)
  // As in Kafka: null comes only from a partition that was looked at.
  result.abortedTransactions = []
  return result
}

function paramsOf(
  request: FetchRequest,
  replicaId: number,
  fetchMaxBytes: number,
  { apiVersion, session, loans, usage }: RequestContext,
): FetchParams {
  const hardMaxBytes = apiVersion < FIRST_VERSION_WITH_RESPONSE_LIMIT
  // A consumer that got more than its quota ever allows would never get on.
  const quota = usage === undefined || replicaId >= 0 ? fetchMaxBytes : usage.mostFetched
  const maxBytes = Math.min(request.maxBytes, fetchMaxBytes, quota)
  const isConsumer = replicaId < 0 && replicaId !== FUTURE_REPLICA_ID
  const committed = request.isolationLevel === READ_COMMITTED ? 'committed' : 'high-watermark'
  return {
    replicaId,
    maxWaitMs: request.maxWaitMs,
    minBytes: Math.min(request.minBytes, maxBytes),
    maxBytes,
    isolation: isConsumer ? committed : 'log-end',
    hardMaxBytes,
    wholeBatches: takesMessageSets(apiVersion),
    loans,
    onlyLeader: !isConsumer || apiVersion < FIRST_VERSION_WITH_RACKS,
    rackId: apiVersion < FIRST_VERSION_WITH_RACKS ? null : request.rackId,
    listenerName: session.listenerName,
  }
}

function respond(
  { metadata, replicas }: FetchParts,
  session: FetchContext,
  read: readonly FetchResult[],
  { apiVersion, session: { listenerName, securityProtocol } }: RequestContext,
): FetchResponse {
  const { errorCode, sessionId, results } = session.answer(read)
  const leaders = new CurrentLeaders(metadata.image, listenerName)
  const receiver = { fetchVersion: apiVersion, securityProtocol }
  for (const result of results) {
    const { topic, partition } = result.target
    const hosted = topic === null ? undefined : replicas.hosted(topic, partition)
    if (typeof hosted === 'object') {
      const path = prepareToSend(result, receiver, hosted.log.config)
      replicas.sent.count(listenerName, path, result.size)
    }
    const isElsewhere =
      result.errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER ||
      result.errorCode === ErrorCode.FENCED_LEADER_EPOCH
    if (isElsewhere && topic !== null && apiVersion >= FIRST_VERSION_WITH_LEADERS) {
      result.currentLeader = leaders.leaderOf(topic, partition)
    }
  }
  const { nodeEndpoints } = leaders
  return { errorCode, sessionId, responses: byTopic(results), nodeEndpoints }
}

/** Neighbours of the same topic share an entry; the order stays. */
function byTopic(results: readonly FetchResult[]) {
  const topics: { topic: string; topicId: string; partitions: FetchResult[] }[] = []
  let last: (typeof topics)[number] | undefined
  for (const result of results) {
    const { topic, topicId } = result.target
    if (last === undefined || last.topicId !== topicId || last.topic !== (topic ?? '')) {
      last = { topic: topic ?? '', topicId, partitions: [] }
      topics.push(last)
    }
    last.partitions.push(result)
  }
  return topics
}
