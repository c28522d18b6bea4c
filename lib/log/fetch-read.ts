import { ErrorCode } from '../../protocol/errors.ts'
import { ZERO_UUID } from '../../protocol/schema.ts'
import type { FetchParams } from './fetch-params.ts'
import { type FetchPartition, FetchResult } from './fetch-partition.ts'
import type { HostedReplicas } from './hosted-replicas.ts'
import { UNDEFINED_EPOCH, UNDEFINED_EPOCH_OFFSET } from './leader-epochs.ts'
import type { Partition } from './partition.ts'
import { NO_PREFERRED_REPLICA, preferredReadReplica, RACK_AWARE_SELECTOR } from './replica-selector.ts'

/** Reads from each partition in turn, as far as the limits allow. */
export function readPartitions(
  replicas: HostedReplicas,
  params: FetchParams,
  targets: readonly FetchPartition[],
): FetchResult[] {
  const results: FetchResult[] = []
  let bytesLeft = params.maxBytes
  // KIP-74: the first batch found comes whole, however large, so that a consumer can always move on.
  let minOne = !params.hardMaxBytes
  for (const target of targets) {
    const result = readPartition(replicas, params, target, bytesLeft, minOne)
    if (result.size > 0) minOne = false
    bytesLeft = Math.max(0, bytesLeft - result.size)
    results.push(result)
  }
  return results
}

/** Is this to be answered at once, rather than waited with for more? */
export function isAnswer(params: FetchParams, results: readonly FetchResult[]): boolean {
  if (params.maxWaitMs <= 0 || results.length === 0) return true
  let bytes = 0
  for (const result of results) {
    if (result.errorCode !== ErrorCode.NONE || result.divergingEpoch !== undefined) return true
    if (result.preferredReadReplica !== NO_PREFERRED_REPLICA) return true
    // What comes later goes elsewhere: nothing is to be waited for (DelayedFetch, "case F").
    if (result.isBehind) return true
    bytes += result.size
  }
  return bytes >= params.minBytes
}

function readPartition(
  replicas: HostedReplicas,
  params: FetchParams,
  target: FetchPartition,
  bytesLeft: number,
  minOne: boolean,
): FetchResult {
  const hosted = replicas.hosted(target.topic as string, target.partition)
  if (typeof hosted === 'number') return new FetchResult(target, hosted)
  if (target.topicId !== ZERO_UUID && target.topicId !== hosted.topicId) {
    return new FetchResult(target, ErrorCode.INCONSISTENT_TOPIC_ID)
  }
  const epochError = hosted.checkLeaderEpoch(target.currentLeaderEpoch)
  if (epochError !== ErrorCode.NONE) return new FetchResult(target, epochError)

  const preferred = preferredReplica(replicas, params, hosted, target.fetchOffset)
  if (preferred !== NO_PREFERRED_REPLICA) {
    const result = snapshot(target, hosted)
    result.preferredReadReplica = preferred
    return result
  }
  if (params.onlyLeader && !replicas.isLeader(hosted)) {
    return new FetchResult(target, ErrorCode.NOT_LEADER_OR_FOLLOWER)
  }
  if (params.replicaId >= 0 && !hosted.state.replicas.includes(params.replicaId)) {
    // Whoever names an epoch may know of a replica that we do not know of yet.
    const isEpochGiven = target.currentLeaderEpoch !== UNDEFINED_EPOCH
    return new FetchResult(
      target,
      isEpochGiven ? ErrorCode.UNKNOWN_LEADER_EPOCH : ErrorCode.NOT_LEADER_OR_FOLLOWER,
    )
  }
  if (target.lastFetchedEpoch !== UNDEFINED_EPOCH) {
    const diverging = divergence(target, hosted)
    if (diverging !== undefined) return diverging
  }
  const { wholeBatches, isolation, loans } = params
  const { fetchOffset } = target
  const maxBytes = Math.min(target.maxBytes, bytesLeft)
  const read = wholeBatches
    ? hosted.log.read(fetchOffset, maxBytes, isolation, minOne)
    : hosted.log.lend(fetchOffset, maxBytes, isolation, minOne, loans)
  if (read.errorCode !== ErrorCode.NONE) return new FetchResult(target, read.errorCode)
  const result = snapshot(target, hosted)
  result.records = read.records
  result.size = read.size
  result.isFirstTooLarge = read.isFirstTooLarge
  result.isBehind = read.isBehind
  result.abortedTransactions = read.abortedTransactions
  return result
}

/** What the response says of the log, without records. */
function snapshot(target: FetchPartition, { log }: Partition): FetchResult {
  const result = new FetchResult(target)
  result.highWatermark = log.highWatermark
  result.lastStableOffset = log.lastStableOffset
  result.logStartOffset = log.logStartOffset
  return result
}

function preferredReplica(
  replicas: HostedReplicas,
  params: FetchParams,
  partition: Partition,
  fetchOffset: number,
): number {
  if (params.rackId === null || params.replicaId >= 0 || !replicas.isLeader(partition)) {
    return NO_PREFERRED_REPLICA
  }
  if (replicas.config.replicaSelectorClass !== RACK_AWARE_SELECTOR) return NO_PREFERRED_REPLICA
  const { logStartOffset, logEndOffset } = partition.log
  if (fetchOffset < logStartOffset || fetchOffset > logEndOffset) return NO_PREFERRED_REPLICA
  return preferredReadReplica(replicas.metadata.image, partition.state, params.rackId, params.listenerName)
}

/** Is what the reader read last not what the log has there? Then it learns where to go back to (KIP-595). */
function divergence(target: FetchPartition, partition: Partition): FetchResult | undefined {
  const { log } = partition
  const { leaderEpoch, endOffset } = log.epochs.endOffsetFor(target.lastFetchedEpoch, log.logEndOffset)
  const isKnown = leaderEpoch !== UNDEFINED_EPOCH && endOffset !== UNDEFINED_EPOCH_OFFSET
  if (!isKnown || target.fetchOffset < log.logStartOffset) {
    return new FetchResult(target, ErrorCode.OFFSET_OUT_OF_RANGE)
  }
  if (leaderEpoch >= target.lastFetchedEpoch && endOffset >= target.fetchOffset) return undefined
  const result = snapshot(target, partition)
  result.divergingEpoch = { epoch: leaderEpoch, endOffset }
  return result
}
