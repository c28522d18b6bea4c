import { ErrorCode } from '../../protocol/errors.ts'
import type { RequestContext } from '../network/handler.ts'
import { mayTopic, READ_TOPIC } from '../security/authorization/needs.ts'
import { type AcknowledgementBatch, AcknowledgeType } from '../share/acknowledgement.ts'
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
  readonly errorMessage?: string
}

export interface Acknowledger {
  readonly groupId: string
  readonly memberId: string
  readonly isRenewAck: boolean
}

type AcknowledgeParts = Pick<Parts, 'metadata' | 'sharePartitions'>

/** Since v2 of both APIs locks can be renewed. */
export const RENEWAL_SINCE = 2

const NOT_FETCHED = 'The group has not fetched from this partition here.'

/**
 * What became of the acknowledgements of each partition, in order. Partitions without any are told of only where there
 * are some of others, as Kafka has it.
 */
export function acknowledgeAll(
  parts: AcknowledgeParts,
  member: Acknowledger,
  topics: readonly AcknowledgedTopic[],
  context: RequestContext,
): AcknowledgedPartition[] {
  const answers: AcknowledgedPartition[] = []
  let isAny = false
  const empty = new Set<AcknowledgedPartition>()
  for (const { topicId, partitions } of topics) {
    for (const { partitionIndex: partition, acknowledgementBatches: batches } of partitions) {
      const errorCode = refuses(parts, member, { topicId, partition }, batches, context)
      let answer: AcknowledgedPartition = { topicId, partition, errorCode }
      if (errorCode === ErrorCode.NONE && batches.length > 0) {
        answer = { ...answer, ...acknowledge(parts, member, { topicId, partition }, batches) }
        isAny = true
      } else if (errorCode === ErrorCode.NONE) empty.add(answer)
      answers.push(answer)
    }
  }
  return isAny ? answers : answers.filter((answer) => !empty.has(answer))
}

function refuses(
  { metadata }: AcknowledgeParts,
  { isRenewAck }: Acknowledger,
  { topicId, partition }: { readonly topicId: string; readonly partition: number },
  batches: readonly AcknowledgementBatch[],
  context: RequestContext,
): ErrorCode {
  const topic = metadata.image.topicsById.get(topicId)
  if (!topic) return ErrorCode.UNKNOWN_TOPIC_ID
  const highest = context.apiVersion >= RENEWAL_SINCE ? AcknowledgeType.RENEW : AcknowledgeType.REJECT
  if (!areInOrder(batches, highest, isRenewAck)) return ErrorCode.INVALID_REQUEST
  if (!mayTopic(context, READ_TOPIC, topic, topic.name)) return READ_TOPIC.errorCode
  return topic.partitions[partition] ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
}

function acknowledge(
  { sharePartitions }: AcknowledgeParts,
  { groupId, memberId }: Acknowledger,
  { topicId, partition }: { readonly topicId: string; readonly partition: number },
  batches: readonly AcknowledgementBatch[],
): { readonly errorCode: ErrorCode; readonly errorMessage?: string } {
  const share = sharePartitions.known({ groupId, topicId, partition })
  if (!share) return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: NOT_FETCHED }
  return share.acknowledge(memberId, batches) ?? { errorCode: ErrorCode.NONE }
}

/** Whether batches stand in order, each offset with a type there is; one may end where the next begins. */
function areInOrder(batches: readonly AcknowledgementBatch[], highest: number, isRenewAck: boolean): boolean {
  let end = -1
  for (const { firstOffset, lastOffset, acknowledgeTypes } of batches) {
    if (firstOffset > lastOffset || firstOffset < end) return false
    const { length } = acknowledgeTypes
    if (length === 0 || (length > 1 && length !== lastOffset - firstOffset + 1)) return false
    if (acknowledgeTypes.some((type) => type < AcknowledgeType.GAP || type > highest)) return false
    if (!isRenewAck && acknowledgeTypes.includes(AcknowledgeType.RENEW)) return false
    end = lastOffset
  }
  return true
}

const LONGEST_MEMBER_ID = 36

/** Member ids of share groups are made by members, who choose UUIDs. */
export function isMemberId(memberId: string | null): memberId is string {
  return memberId !== null && memberId !== '' && memberId.length <= LONGEST_MEMBER_ID
}

/** Answers to those who ask a broker that does not lead the partition tell who does. */
export function isElsewhere(errorCode: ErrorCode): boolean {
  return errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER || errorCode === ErrorCode.FENCED_LEADER_EPOCH
}
