import { ErrorCode } from '../../protocol/errors.ts'
import { baseOffset, lastOffset } from '../../protocol/records/batch.ts'
import { BatchCursor } from '../../protocol/records/batch-cursor.ts'
import { abortedRanges, type OffsetRange, without } from './aborted-ranges.ts'
import type { AcquiredRecords } from './share-partition.ts'
import type { SharePartitionKey } from './share-partition-key.ts'
import type { SharedPartition, SharePartitions } from './share-partitions.ts'

/** A ShareFetch as a whole, apart from its partitions. */
export interface ShareFetchParams {
  readonly memberId: string
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly maxRecords: number
  readonly batchSize: number
  readonly isStrict: boolean
}

export interface ShareTarget {
  readonly topic: string
  readonly key: SharePartitionKey
}

/** What a ShareFetch found in one partition. */
export interface ShareResult {
  readonly target: ShareTarget
  readonly errorCode: ErrorCode
  /** Views of the log. */
  readonly records: readonly Buffer[]
  readonly acquiredRecords: readonly AcquiredRecords[]
}

/** Bytes that the partitions have for the member, and whether one of them cannot be read. */
export function bytesToAcquire(
  partitions: SharePartitions,
  targets: readonly ShareTarget[],
): { readonly bytes: number; readonly hasError: boolean } {
  let bytes = 0
  let hasError = false
  for (const { topic, key } of targets) {
    const shared = partitions.get(topic, key)
    if (typeof shared === 'number') {
      hasError = true
      continue
    }
    const { share, partition, isolation } = shared
    share.onLogStartOffset(partition.log.logStartOffset)
    if (share.canAcquire) bytes += partition.log.bytesFrom(share.nextFetchOffset, isolation)
  }
  return { bytes, hasError }
}

/** Takes from each partition in turn, as far as the limits allow; those that had nothing are left out. */
export function acquireFrom(
  partitions: SharePartitions,
  params: ShareFetchParams,
  targets: readonly ShareTarget[],
): ShareResult[] {
  const results: ShareResult[] = []
  // All get the same share of the response (`PartitionMaxBytesStrategy`).
  const bytesEach = Math.max(1, Math.floor(params.maxBytes / Math.max(1, targets.length)))
  let recordsLeft = params.maxRecords
  let isFirst = true
  for (const target of targets) {
    if (recordsLeft <= 0) break
    const shared = partitions.get(target.topic, target.key)
    if (typeof shared === 'number') {
      results.push({ target, errorCode: shared, records: [], acquiredRecords: [] })
      continue
    }
    const { records, acquiredRecords } = acquire(shared, params, bytesEach, recordsLeft, isFirst)
    if (acquiredRecords.length === 0) continue
    isFirst = false
    for (const acquired of acquiredRecords) recordsLeft -= acquired.lastOffset - acquired.firstOffset + 1
    results.push({ target, errorCode: ErrorCode.NONE, records, acquiredRecords })
  }
  return results
}

interface Taken {
  readonly records: readonly Buffer[]
  readonly acquiredRecords: readonly AcquiredRecords[]
}

const NOTHING: Taken = { records: [], acquiredRecords: [] }

function acquire(
  { share, partition: { log }, isolation }: SharedPartition,
  { memberId, batchSize, isStrict }: ShareFetchParams,
  maxBytes: number,
  maxRecords: number,
  minOne: boolean,
): Taken {
  share.onLogStartOffset(log.logStartOffset)
  if (!share.canAcquire) return NOTHING
  const fetchOffset = share.nextFetchOffset
  const read = log.read(fetchOffset, maxBytes, isolation, minOne)
  if (read.errorCode !== ErrorCode.NONE || read.size === 0) return NOTHING
  const [first] = read.records
  const bytes = read.records.length === 1 ? (first as Buffer) : Buffer.concat(read.records)
  const batches = batchesIn(bytes)
  let acquiredRecords = share.acquire({ memberId, fetchOffset, batches, maxRecords, batchSize, isStrict })
  const aborted = within(abortedRanges(bytes, read.abortedTransactions ?? []), acquiredRecords)
  if (aborted.length > 0 && share.archive(aborted) === ErrorCode.NONE) {
    acquiredRecords = without(acquiredRecords, aborted)
  }
  return { records: sliceOf(bytes, batches, acquiredRecords), acquiredRecords }
}

interface BatchAt extends OffsetRange {
  readonly position: number
  readonly size: number
}

function batchesIn(bytes: Buffer): BatchAt[] {
  const batches: BatchAt[] = []
  const cursor = new BatchCursor(bytes)
  while (cursor.next()) {
    const { position, size } = cursor
    batches.push({
      position,
      size,
      firstOffset: baseOffset(bytes, position),
      lastOffset: lastOffset(bytes, position),
    })
  }
  return batches
}

/** The parts of the ranges that were acquired: what somebody else has is theirs to be told of. */
function within(ranges: readonly OffsetRange[], acquired: readonly OffsetRange[]): OffsetRange[] {
  return ranges.flatMap(({ firstOffset, lastOffset }) =>
    acquired.flatMap((each) => {
      const first = Math.max(firstOffset, each.firstOffset)
      const last = Math.min(lastOffset, each.lastOffset)
      return first <= last ? [{ firstOffset: first, lastOffset: last }] : []
    }),
  )
}

/** The batches between the first and the last record that was acquired. */
function sliceOf(bytes: Buffer, batches: readonly BatchAt[], acquired: readonly OffsetRange[]): Buffer[] {
  if (acquired.length === 0) return []
  const first = Math.min(...acquired.map(({ firstOffset }) => firstOffset))
  const last = Math.max(...acquired.map(({ lastOffset }) => lastOffset))
  const needed = batches.filter((batch) => batch.lastOffset >= first && batch.firstOffset <= last)
  const [begin] = needed
  const end = needed.at(-1)
  return begin && end ? [bytes.subarray(begin.position, end.position + end.size)] : []
}
