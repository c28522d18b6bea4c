import { ErrorCode } from '../../protocol/errors.ts'
import { baseOffset, lastOffset } from '../../protocol/records/batch.ts'
import { BatchCursor } from '../../protocol/records/batch-cursor.ts'
import { abortedRanges } from './aborted-ranges.ts'
import type { AcquiredRecords, OffsetRange } from './acquisition.ts'
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

/** What there is to take just now. */
export interface Acquirable {
  readonly targets: readonly AcquirableTarget[]
  readonly refused: readonly ShareResult[]
}

interface AcquirableTarget {
  readonly target: ShareTarget
  readonly shared: SharedPartition
}

/** Those partitions that have records in flight to give again, or room for more, and those that cannot be had here. */
export function acquirableOf(partitions: SharePartitions, targets: readonly ShareTarget[]): Acquirable {
  const acquirable: AcquirableTarget[] = []
  const refused: ShareResult[] = []
  for (const target of targets) {
    const shared = partitions.get(target.topic, target.key)
    if (typeof shared === 'number')
      refused.push({ target, errorCode: shared, records: [], acquiredRecords: [] })
    else if (shared.share.canAcquire) acquirable.push({ target, shared })
  }
  return { targets: acquirable, refused }
}

/** Whether it is worth an answer before the time is up. */
export function isEnough({ targets }: Acquirable, { minBytes, maxBytes }: ShareFetchParams): boolean {
  if (targets.length === 0) return false
  const bytesEach = bytesOfEach(maxBytes, targets.length)
  let bytes = 0
  for (const { shared } of targets) {
    const { log } = shared.partition
    const offset = shared.share.nextFetchOffset
    if (offset < log.logStartOffset || offset > log.logEndOffset) return true
    bytes += Math.min(log.bytesFrom(offset, shared.isolation), bytesEach)
  }
  return bytes >= Math.min(minBytes, maxBytes)
}

/** All get the same share of the response (`PartitionMaxBytesStrategy`). */
function bytesOfEach(maxBytes: number, count: number): number {
  return Math.max(1, Math.floor(maxBytes / count))
}

/** Takes from each partition in turn, as far as the limits allow. */
export function acquireFrom({ targets, refused }: Acquirable, params: ShareFetchParams): ShareResult[] {
  const results = [...refused]
  const bytesEach = bytesOfEach(params.maxBytes, Math.max(1, targets.length))
  let recordsLeft = params.maxRecords
  let isFirst = true
  for (const { target, shared } of targets) {
    const { records, acquiredRecords } = acquire(shared, params, bytesEach, recordsLeft, isFirst)
    if (records.length > 0) isFirst = false
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
  const fetchOffset = share.nextFetchOffset
  const read = log.read(fetchOffset, maxBytes, isolation, minOne)
  if (read.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) share.onDeletedBelow(log.logStartOffset)
  if (read.errorCode !== ErrorCode.NONE || read.size === 0) return NOTHING
  const [first] = read.records
  const bytes = read.records.length === 1 ? (first as Buffer) : Buffer.concat(read.records)
  const batches = batchesIn(bytes)
  const aborted = abortedRanges(bytes, read.abortedTransactions ?? [])
  const request = { memberId, fetchOffset, batches, maxRecords, batchSize, isStrict }
  const acquiredRecords = share.acquire(request, aborted)
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
