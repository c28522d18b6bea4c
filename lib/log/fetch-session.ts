import { ErrorCode } from '../../protocol/errors.ts'
import type { FetchPartitions, FetchResult } from './fetch-partition.ts'
import { NO_PREFERRED_REPLICA } from './replica-selector.ts'

export const INVALID_SESSION_ID = 0
/** Asks for a new session. */
export const INITIAL_EPOCH = 0
/** Asks for no session, and ends the one that is named. */
export const FINAL_EPOCH = -1

const MAX_INT32 = 0x7fff_ffff

/** The epoch of the request after the one with `epoch` (FetchMetadata). */
export function nextEpoch(epoch: number): number {
  if (epoch < 0) return FINAL_EPOCH
  return epoch === MAX_INT32 ? 1 : epoch + 1
}

/** What the broker remembers of a client's fetches, so that neither side repeats what the other knows (KIP-227). */
export class FetchSession {
  readonly id: number
  readonly isPrivileged: boolean
  readonly usesTopicIds: boolean
  readonly partitions: FetchPartitions
  readonly createdAt: number
  lastUsedAt: number
  /** The epoch that the next request must have. */
  epoch = nextEpoch(INITIAL_EPOCH)
  /** Of the last use: what a session is worth against another is asked then. */
  size = 0
  evictableByAll = false

  constructor(
    id: number,
    isPrivileged: boolean,
    usesTopicIds: boolean,
    partitions: FetchPartitions,
    now: number,
  ) {
    this.id = id
    this.isPrivileged = isPrivileged
    this.usesTopicIds = usesTopicIds
    this.partitions = partitions
    this.createdAt = now
    this.lastUsedAt = now
  }

  /** Remembers what the first response said. */
  begin(results: readonly FetchResult[]): void {
    for (const result of results) {
      result.target.highWatermark = result.highWatermark
      result.target.logStartOffset = result.logStartOffset
    }
  }

  /** The results that say something new. */
  changed(results: readonly FetchResult[]): FetchResult[] {
    return results.filter((result) => {
      const isNew = isNews(result)
      remember(result)
      if (isNew && result.size > 0) this.partitions.moveToEnd(result.target)
      return isNew
    })
  }
}

/** Does the result differ from what the client knows? */
export function isNews(result: FetchResult): boolean {
  const { target } = result
  return (
    result.size > 0 ||
    result.preferredReadReplica !== NO_PREFERRED_REPLICA ||
    result.divergingEpoch !== undefined ||
    result.errorCode !== ErrorCode.NONE ||
    target.highWatermark !== result.highWatermark ||
    target.logStartOffset !== result.logStartOffset
  )
}

/** What the client will know then. */
function remember({ target, errorCode, highWatermark, logStartOffset }: FetchResult): void {
  // So that the partition is told of again once the error has gone.
  target.highWatermark = errorCode === ErrorCode.NONE ? highWatermark : -1
  target.logStartOffset = logStartOffset
}
