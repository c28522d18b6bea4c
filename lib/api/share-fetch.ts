import { ErrorCode } from '../../protocol/errors.ts'
import { shareFetch } from '../../protocol/messages/share-fetch.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { guarded, type Handler, type RequestContext } from '../network/handler.ts'
import { may, mayTopic, READ_GROUP, READ_TOPIC } from '../security/authorization/needs.ts'
import { fetchShares } from '../share/delayed-share-fetch.ts'
import type { ShareResult, ShareTarget } from '../share/share-read.ts'
import { FINAL_EPOCH, type ShareSession } from '../share/share-sessions.ts'
import { CurrentLeaders } from './current-leader.ts'
import type { Parts } from './parts.ts'
import {
  type AcknowledgedPartition,
  acknowledgeAll,
  isMemberId,
  leaderElsewhere,
} from './share-acknowledgements.ts'
import { areShareGroupsEnabled } from './share-groups-enabled.ts'

/*
 * ShareFetch, v1 and v2 (KIP-932).
 *
 * A member of a share group acknowledges what it has and takes more, within a session that remembers its partitions.
 * Waits up to `maxWaitMs` for `minBytes`. v2: records may be kept for longer (KIP-1222), and no more acquired than
 * `maxRecords` (KIP-1206).
 *
 * Checked here: that share groups are switched on, who may read the group and each topic, the session's epoch.
 */

type ShareFetchRequest = RequestOf<typeof shareFetch>
type ShareFetchResponse = ResponseOf<typeof shareFetch>
type PartitionResponse = NonNullable<
  NonNullable<NonNullable<ShareFetchResponse['responses']>[number]['partitions']>[number]
>
type ShareFetchParts = Pick<
  Parts,
  'nodeId' | 'clock' | 'metadata' | 'configs' | 'replicas' | 'sharePartitions' | 'shareSessions'
>

/** v0 was early access and is gone since Kafka 4.1. */
const VERSIONS = { min: 1 }
const RECORD_LIMIT = 1

export function createShareFetchHandler(parts: ShareFetchParts): Handler {
  const { metadata, sharePartitions, shareSessions } = parts
  return guarded(
    shareFetch,
    [READ_GROUP, READ_TOPIC],
    (request, context) => {
      if (!areShareGroupsEnabled(metadata.image)) return { errorCode: ErrorCode.UNSUPPORTED_VERSION }
      const { memberId, shareSessionEpoch: epoch, isRenewAck, topics } = request
      const groupId = request.groupId ?? ''
      if (!may(context, READ_GROUP, groupId)) return { errorCode: READ_GROUP.errorCode }
      if (!isMemberId(memberId) || isMalformed(request)) return { errorCode: ErrorCode.INVALID_REQUEST }
      const config = sharePartitions.configOf(groupId)
      if (isRenewAck && !config.shareRenewAcknowledgeEnable) return { errorCode: ErrorCode.INVALID_REQUEST }
      const session = openSession(parts, { groupId, memberId }, request, context)
      if (typeof session === 'number') return { errorCode: session }
      const acknowledged = acknowledgeAll(parts, { groupId, memberId, isRenewAck }, topics, context)
      if (epoch === FINAL_EPOCH) shareSessions.release(session)
      const isForRecords = epoch !== FINAL_EPOCH && !isRenewAck
      const { targets, refused } = isForRecords
        ? targetsOf(parts, session, context)
        : { targets: [], refused: [] }
      const answer = (results: readonly ShareResult[]) => ({
        ...respond(parts, acknowledged, [...refused, ...results], context),
        acquisitionLockTimeoutMs: config.shareRecordLockDurationMs,
      })
      const maxWaitMs = refused.length > 0 ? 0 : request.maxWaitMs
      const params = {
        memberId,
        maxWaitMs,
        minBytes: request.minBytes,
        maxBytes: Math.min(request.maxBytes, parts.configs.brokerConfig(parts.nodeId).fetchMaxBytes),
        maxRecords: request.maxRecords,
        batchSize: request.batchSize,
        isStrict: request.shareAcquireMode === RECORD_LIMIT,
      }
      const waiting = { clock: parts.clock, replicas: parts.replicas, partitions: sharePartitions }
      const results = fetchShares(waiting, params, targets, (cancel) => context.onClose(cancel))
      return results instanceof Promise ? results.then(answer) : answer(results)
    },
    VERSIONS,
  )
}

/** Who renews takes nothing; who takes something says how much. */
function isMalformed({ isRenewAck, shareSessionEpoch, ...request }: ShareFetchRequest): boolean {
  const { maxBytes, minBytes, maxRecords, maxWaitMs } = request
  if (isRenewAck) return shareSessionEpoch === FINAL_EPOCH || maxBytes + minBytes + maxRecords + maxWaitMs > 0
  return shareSessionEpoch !== FINAL_EPOCH && maxRecords <= 0
}

function openSession(
  { shareSessions }: ShareFetchParts,
  member: { readonly groupId: string; readonly memberId: string },
  { shareSessionEpoch: epoch, topics, forgottenTopicsData }: ShareFetchRequest,
  { session }: RequestContext,
): ShareSession | ErrorCode {
  const added = topics.flatMap(({ topicId, partitions }) =>
    partitions.map(({ partitionIndex: partition }) => ({ topicId, partition })),
  )
  const forgotten = forgottenTopicsData.flatMap(({ topicId, partitions }) =>
    partitions.map((partition) => ({ topicId, partition })),
  )
  const acknowledges = topics.some(({ partitions }) =>
    partitions.some(({ acknowledgementBatches }) => acknowledgementBatches.length > 0),
  )
  return shareSessions.onFetch({ ...member, epoch, added, forgotten, acknowledges }, session)
}

/** The partitions of the session, each time beginning with another one, and those that cannot be read. */
function targetsOf(
  { metadata }: ShareFetchParts,
  { partitions, epoch }: ShareSession,
  context: RequestContext,
): { readonly targets: ShareTarget[]; readonly refused: ShareResult[] } {
  const keys = [...partitions.values()]
  const first = keys.length === 0 ? 0 : epoch % keys.length
  const targets: ShareTarget[] = []
  const refused: ShareResult[] = []
  for (const key of [...keys.slice(first), ...keys.slice(0, first)]) {
    const topic = metadata.image.topicsById.get(key.topicId)
    const target = { topic: topic?.name ?? '', key }
    let errorCode: ErrorCode = ErrorCode.NONE
    if (!topic) errorCode = ErrorCode.UNKNOWN_TOPIC_ID
    else if (!mayTopic(context, READ_TOPIC, topic, topic.name)) errorCode = READ_TOPIC.errorCode
    if (errorCode === ErrorCode.NONE) targets.push(target)
    else refused.push({ target, errorCode, records: [], acquiredRecords: [] })
  }
  return { targets, refused }
}

function respond(
  parts: ShareFetchParts,
  acknowledged: readonly AcknowledgedPartition[],
  results: readonly ShareResult[],
  { session: { listenerName, securityProtocol } }: RequestContext,
): ShareFetchResponse {
  const leaders = new CurrentLeaders(parts.metadata.image, listenerName)
  const topics = new Map<string, Map<number, PartitionResponse>>()
  const add = (topicId: string, partitionIndex: number, response: PartitionResponse) => {
    const partitions = topics.get(topicId) ?? new Map<number, PartitionResponse>()
    topics.set(topicId, partitions)
    partitions.set(partitionIndex, {
      records: [],
      partitionIndex,
      ...partitions.get(partitionIndex),
      ...response,
    })
  }
  for (const each of acknowledged) {
    const { topicId, partition, errorCode: acknowledgeErrorCode } = each
    const elsewhere = leaderElsewhere(leaders, parts, each, acknowledgeErrorCode)
    add(topicId, partition, { acknowledgeErrorCode, ...elsewhere })
  }
  const path = securityProtocol === 'SSL' || securityProtocol === 'SASL_SSL' ? 'encrypted' : 'as-they-lie'
  for (const { target, errorCode, records, acquiredRecords } of results) {
    const { key } = target
    const elsewhere = leaderElsewhere(leaders, parts, key, errorCode)
    add(key.topicId, key.partition, { errorCode, records, acquiredRecords, ...elsewhere })
    for (const { length } of records) parts.replicas.sent.count(listenerName, path, length)
  }
  return {
    responses: [...topics].map(([topicId, partitions]) => ({
      topicId,
      partitions: [...partitions.values()],
    })),
    nodeEndpoints: leaders.nodeEndpoints,
  }
}
