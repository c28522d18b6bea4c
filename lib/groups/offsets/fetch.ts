import { ErrorCode } from '../../../protocol/errors.ts'
import { ZERO_UUID } from '../../../protocol/schema.ts'
import type { CommittedOffset } from './committed-offsets.ts'

/** A partition as OffsetFetch answers it. */
export interface FetchedOffset {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly metadata: string
  readonly errorCode: number
}

/** What is told where nothing is committed. */
export const NO_OFFSET = {
  committedOffset: -1,
  committedLeaderEpoch: -1,
  metadata: '',
  errorCode: ErrorCode.NONE as number,
} as const

/**
 * What is committed for one partition (`OffsetMetadataManager.fetchOffsets`). An offset of an earlier topic of the same
 * name is none of the topic with that id; the zero id stands for any.
 */
export function fetchOffset(
  partitionIndex: number,
  committed: CommittedOffset | undefined,
  topicId: string,
): FetchedOffset {
  const isOfTopic =
    topicId === ZERO_UUID || committed?.topicId === ZERO_UUID || committed?.topicId === topicId
  if (!committed || !isOfTopic) return { partitionIndex, ...NO_OFFSET }
  return {
    partitionIndex,
    committedOffset: committed.offset,
    committedLeaderEpoch: committed.leaderEpoch,
    metadata: committed.metadata,
    errorCode: ErrorCode.NONE,
  }
}
