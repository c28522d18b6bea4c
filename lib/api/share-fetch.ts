import { ErrorCode } from '../../protocol/errors.ts'
import { shareFetch } from '../../protocol/messages/share-fetch.ts'
import type { RequestOf } from '../../protocol/schema.ts'
import { guarded, type Handler, type RequestContext } from '../network/handler.ts'
import { may, mayTopic, READ_GROUP, READ_TOPIC } from '../security/authorization/needs.ts'
import { fetchShares } from '../share/delayed-share-fetch.ts'
import { keyText } from '../share/share-partition-key.ts'
import type { ShareResult, ShareTarget } from '../share/share-read.ts'
import { FINAL_EPOCH, nextEpoch, type SessionPartition, type ShareSession } from '../share/share-sessions.ts'
import type { Parts } from './parts.ts'
import {
  type AcknowledgedPartition,
  acknowledgeAll,
  isMemberId,
  RENEWAL_SINCE,
} from './share-acknowledgements.ts'
import { respondToShareFetch, sizeOfShareFetch } from './share-fetch-response.ts'
import { areShareGroupsEnabled } from './share-groups-enabled.ts'

/*
 * ShareFetch, v1 and v2 (KIP-932).
 *
 * A member of a share group acknowledges what it has and takes more, within a session that remembers its partitions.
 * Waits up to `maxWaitMs` for `minBytes`. v2: records may be kept for longer (KIP-1222), and no more acquired than
 * `maxRecords` (KIP-1206).
 *
 * Who has used up a quota is told what became of the acknowledgements, and gets nothing (KIP-219). As in Kafka, what was
 * acquired for it stays so until its lock is over.
 *
 * Checked here: that share groups are switched on, who may read the group and each topic, the session's epoch.
 */

type ShareFetchRequest = RequestOf<typeof shareFetch>
type ShareFetchParts = Pick<
  Parts,
  'nodeId' | 'clock' | 'metadata' | 'configs' | 'replicas' | 'sharePartitions' | 'shareSessions'
>

/** v0 was early access and is gone since Kafka 4.1. */
const VERSIONS = { min: 1 }
const RECORD_LIMIT = 1
const INITIAL_EPOCH = 0

export function createShareFetchHandler(parts: ShareFetchParts): Handler {
  const { clock, metadata } = parts
  return guarded(
    shareFetch,
    [READ_GROUP, READ_TOPIC],
    (request, context) => {
      if (!areShareGroupsEnabled(metadata.image)) return { errorCode: ErrorCode.UNSUPPORTED_VERSION }
      const { groupId, memberId, topics } = request
      if (groupId === null) return { errorCode: ErrorCode.INVALID_REQUEST }
      if (!may(context, READ_GROUP, groupId)) return { errorCode: READ_GROUP.errorCode }
      const isRenewAck = context.apiVersion >= RENEWAL_SINCE && request.isRenewAck
      if (!isMemberId(memberId) || (isRenewAck && wantsRecords(request))) {
        return { errorCode: ErrorCode.INVALID_REQUEST }
      }
      const session = openSession(parts, { groupId, memberId }, request, context)
      if (session === ErrorCode.SHARE_SESSION_LIMIT_REACHED) {
        // Those who find no room do not ask again at once.
        return new Promise((resolve) => {
          const timer = clock.setTimer(Math.max(0, request.maxWaitMs), () => resolve({ errorCode: session }))
          context.onClose(() => timer.cancel())
        })
      }
      if (typeof session === 'number') return { errorCode: session }
      const member = { groupId, memberId, isRenewAck }
      const acknowledged = hasAcknowledgements(request) ? acknowledgeAll(parts, member, topics, context) : []
      return fetchInSession(
        parts,
        { ...request, groupId, memberId, isRenewAck },
        session,
        acknowledged,
        context,
      )
    },
    VERSIONS,
  )
}

interface MemberRequest extends ShareFetchRequest {
  readonly groupId: string
  readonly memberId: string
}

function fetchInSession(
  parts: ShareFetchParts,
  request: MemberRequest,
  session: ShareSession,
  acknowledged: readonly AcknowledgedPartition[],
  context: RequestContext,
) {
  const { nodeId, clock, configs, replicas, sharePartitions, shareSessions } = parts
  const { groupId, memberId, shareSessionEpoch: epoch, maxWaitMs, maxRecords, batchSize } = request
  const isForRecords = epoch !== FINAL_EPOCH && !request.isRenewAck
  const { targets, refused } = isForRecords ? targetsOf(parts, session, epoch, context) : NOTHING
  const { usage, apiVersion } = context
  const { fetchMaxBytes } = configs.brokerConfig(nodeId)
  const quota = usage?.mostFetched ?? fetchMaxBytes
  const maxBytes = Math.min(request.maxBytes, fetchMaxBytes, quota)
  const minBytes = Math.min(request.minBytes, quota)
  if (targets.length > 0 && request.shareAcquireMode > RECORD_LIMIT) {
    return { errorCode: ErrorCode.UNKNOWN_SERVER_ERROR }
  }
  const isStrict = request.shareAcquireMode === RECORD_LIMIT
  const params = { memberId, maxWaitMs, minBytes, maxBytes, maxRecords, batchSize, isStrict }
  const answer = (results: readonly ShareResult[]) => {
    const isOvertaken = epoch !== INITIAL_EPOCH && epoch !== FINAL_EPOCH && session.epoch !== nextEpoch(epoch)
    const all = [...results, ...refused]
    const isNews = (result: ShareResult) => epoch === INITIAL_EPOCH || isToBeTold(session, result)
    const throttleTimeMs = usage?.fetched(sizeOfShareFetch(isOvertaken ? [] : all.filter(isNews), apiVersion))
    const told = throttleTimeMs ? [] : all.filter(isNews)
    if (epoch !== INITIAL_EPOCH && !throttleTimeMs) for (const result of all) remember(session, result)
    if (epoch === FINAL_EPOCH) shareSessions.release(session)
    return {
      throttleTimeMs,
      ...respondToShareFetch(parts, acknowledged, isOvertaken ? [] : told, context),
      ...(isOvertaken && { errorCode: ErrorCode.INVALID_SHARE_SESSION_EPOCH }),
      acquisitionLockTimeoutMs: sharePartitions.configOf(groupId).shareRecordLockDurationMs,
    }
  }
  const waiting = { clock, replicas, partitions: sharePartitions }
  const results = fetchShares(waiting, params, targets, (cancel) => context.onClose(cancel))
  return results instanceof Promise ? results.then(answer) : answer(results)
}

/** Who renews takes nothing. */
function wantsRecords({ maxBytes, minBytes, maxRecords, maxWaitMs }: ShareFetchRequest): boolean {
  return maxBytes !== 0 || minBytes !== 0 || maxRecords !== 0 || maxWaitMs !== 0
}

function hasAcknowledgements({ topics }: ShareFetchRequest): boolean {
  return topics.some(({ partitions }) =>
    partitions.some(({ acknowledgementBatches }) => acknowledgementBatches.length > 0),
  )
}

function openSession(
  { metadata, shareSessions }: ShareFetchParts,
  member: { readonly groupId: string; readonly memberId: string },
  request: ShareFetchRequest,
  { session }: RequestContext,
): ShareSession | ErrorCode {
  const { shareSessionEpoch: epoch, topics, forgottenTopicsData } = request
  const nameOf = (topicId: string) => metadata.image.topicsById.get(topicId)?.name
  const added = topics.flatMap(({ topicId, partitions }) =>
    partitions.map(({ partitionIndex }) => ({ topic: nameOf(topicId), topicId, partition: partitionIndex })),
  )
  const forgotten = forgottenTopicsData.flatMap(({ topicId, partitions }) =>
    partitions.map((partition) => ({ topic: nameOf(topicId), topicId, partition })),
  )
  const acknowledges = hasAcknowledgements(request)
  return shareSessions.onFetch({ ...member, epoch, added, forgotten, acknowledges }, session)
}

interface Targets {
  readonly targets: ShareTarget[]
  readonly refused: ShareResult[]
}

const NOTHING: Targets = { targets: [], refused: [] }

/** The partitions of the session, each time beginning with another one, and those that cannot be read. */
function targetsOf(
  parts: ShareFetchParts,
  { partitions }: ShareSession,
  epoch: number,
  context: RequestContext,
): Targets {
  const result: Targets = { targets: [], refused: [] }
  for (const { key, topic = '' } of partitions.values()) {
    const errorCode = refuses(parts, { key, topic }, context)
    const target = { topic, key }
    if (errorCode === ErrorCode.NONE) result.targets.push(target)
    else result.refused.push({ target, errorCode, records: [], acquiredRecords: [] })
  }
  const first = result.targets.length === 0 ? 0 : epoch % result.targets.length
  const targets = [...result.targets.slice(first), ...result.targets.slice(0, first)]
  return { ...result, targets }
}

function refuses(
  { metadata }: ShareFetchParts,
  { key, topic: name }: Pick<SessionPartition, 'key'> & { readonly topic: string },
  context: RequestContext,
): ErrorCode {
  if (name === '') return ErrorCode.UNKNOWN_TOPIC_ID
  const topic = metadata.image.topicsByName.get(name)
  if (!mayTopic(context, READ_TOPIC, topic, name)) return READ_TOPIC.errorCode
  return topic?.partitions[key.partition] ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
}

/** Later answers of a session leave out what has no news (`CachedSharePartition.maybeUpdateResponseData`). */
function isToBeTold({ partitions }: ShareSession, { target, errorCode, records }: ShareResult): boolean {
  const known = partitions.get(keyText(target.key))
  return known !== undefined && (records.length > 0 || known.isNews || errorCode !== ErrorCode.NONE)
}

/** What the member will know once it is told. */
function remember({ partitions }: ShareSession, { target, errorCode, records }: ShareResult): void {
  const text = keyText(target.key)
  const known = partitions.get(text)
  if (!known) return
  known.isNews = errorCode !== ErrorCode.NONE
  // Those that had something come last the next time.
  if (records.length > 0) {
    partitions.delete(text)
    partitions.set(text, known)
  }
}
