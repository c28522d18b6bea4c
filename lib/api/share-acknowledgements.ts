import { ErrorCode } from '../../protocol/errors.ts'
import type { RequestContext } from '../network/handler.ts'
import { mayTopic, READ_TOPIC } from '../security/authorization/needs.ts'
import { type AcknowledgementBatch, AcknowledgeType } from '../share/share-partition.ts'
import type { CurrentLeaders } from './current-leader.ts'
import type { Parts } from './parts.ts'

/** Acknowledgements as ShareFetch and ShareAcknowledge have them. */
export interface AcknowledgedTopic {
  readonly topicId: string
  readonly partitions: readonly {
    readonly partitionIndex: number
    readonly acknowledgementBatches: readonly AcknowledgementBatch[]
  }[]
}

export interface AcknowledgedPartition {
  readonly topicId: string
  readonly partition: number
  readonly errorCode: ErrorCode
}

type AcknowledgeParts = Pick<Parts, 'metadata' | 'sharePartitions'>

/** What became of the acknowledgements of each partition that has any, in order. */
export function acknowledgeAll(
  parts: AcknowledgeParts,
  member: { readonly groupId: string; readonly memberId: string; readonly isRenewAck: boolean },
  topics: readonly AcknowledgedTopic[],
  context: RequestContext,
): AcknowledgedPartition[] {
  return topics.flatMap(({ topicId, partitions }) =>
    partitions
      .filter(({ acknowledgementBatches }) => acknowledgementBatches.length > 0)
      .map(({ partitionIndex: partition, acknowledgementBatches }) => ({
        topicId,
        partition,
        errorCode: acknowledge(parts, member, { topicId, partition }, acknowledgementBatches, context),
      })),
  )
}

function acknowledge(
  { metadata, sharePartitions }: AcknowledgeParts,
  { groupId, memberId, isRenewAck }: { groupId: string; memberId: string; isRenewAck: boolean },
  { topicId, partition }: { topicId: string; partition: number },
  batches: readonly AcknowledgementBatch[],
  context: RequestContext,
): ErrorCode {
  if (!areInOrder(batches, isRenewAck)) return ErrorCode.INVALID_REQUEST
  const topic = metadata.image.topicsById.get(topicId)
  if (!topic) return ErrorCode.UNKNOWN_TOPIC_ID
  if (!mayTopic(context, READ_TOPIC, topic, topic.name)) return READ_TOPIC.errorCode
  const shared = sharePartitions.get(topic.name, { groupId, topicId, partition })
  return typeof shared === 'number' ? shared : shared.share.acknowledge(memberId, batches)
}

/** Whether batches stand in order, without overlaps, each offset with a type there is. */
function areInOrder(batches: readonly AcknowledgementBatch[], isRenewAck: boolean): boolean {
  const highest = isRenewAck ? AcknowledgeType.RENEW : AcknowledgeType.REJECT
  let end = -1
  for (const { firstOffset, lastOffset, acknowledgeTypes } of batches) {
    if (firstOffset > lastOffset || firstOffset <= end) return false
    const count = lastOffset - firstOffset + 1
    if (acknowledgeTypes.length !== 1 && acknowledgeTypes.length !== count) return false
    if (acknowledgeTypes.some((type) => type < AcknowledgeType.GAP || type > highest)) return false
    end = lastOffset
  }
  return true
}

/** Where to ask instead, for a partition that is led elsewhere. */
export function leaderElsewhere(
  leaders: CurrentLeaders,
  { metadata }: Pick<Parts, 'metadata'>,
  { topicId, partition }: { readonly topicId: string; readonly partition: number },
  errorCode: number,
): { currentLeader?: { leaderId: number; leaderEpoch: number } } {
  const isElsewhere =
    errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER || errorCode === ErrorCode.FENCED_LEADER_EPOCH
  const topic = isElsewhere ? metadata.image.topicsById.get(topicId) : undefined
  return topic ? { currentLeader: leaders.leaderOf(topic.name, partition) } : {}
}

/** Member ids of share groups are UUIDs (`Uuid.fromString`). */
export function isMemberId(memberId: string | null): memberId is string {
  return memberId !== null && /^[\w-]{22}$/.test(memberId)
}
