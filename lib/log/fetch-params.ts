import type { Loans } from '../memory/read-buffers.ts'
import type { Isolation } from './log-results.ts'

/** A fetch as a whole, apart from its partitions. */
export interface FetchParams {
  /** A broker's node id, or negative for a consumer. */
  readonly replicaId: number
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly isolation: Isolation
  /** Fetch v0-v2: no batch larger than the limits, not even the first (before KIP-74). */
  readonly hardMaxBytes: boolean
  /** What is sent is made from whole batches, and not the bytes of the log themselves. */
  readonly wholeBatches: boolean
  /** What is borrowed to send it. */
  readonly loans: Loans
  /** Only the leader may answer: before KIP-392, and to followers. */
  readonly onlyLeader: boolean
  /** The consumer's rack, null where it does not say. */
  readonly rackId: string | null
  readonly listenerName: string
}
