import { ErrorCode } from '../../protocol/errors.ts'
import { roomFor } from '../../protocol/primitives/reader.ts'
import { isZstdReady } from '../../protocol/records/compression/zstd.ts'
import { DelayedFetch } from './delayed-fetch.ts'
import type { FetchParams } from './fetch-params.ts'
import type { FetchPartition, FetchResult } from './fetch-partition.ts'
import { isAnswer, readPartitions } from './fetch-read.ts'
import { HostedReplicas } from './hosted-replicas.ts'
import { type EpochEndOffset, UNDEFINED_EPOCH } from './leader-epochs.ts'
import { AppendResult, type Isolation, type TimestampAndOffset } from './log-results.ts'
import { ListOffsetsTimestamp, offsetByTime, offsetsBefore } from './offset-by-time.ts'
import type { Partition } from './partition.ts'
import { needsZstd } from './prepare-batch.ts'
import { SentRecords } from './sent-records.ts'

/** One partition's records in a Produce request. */
export interface AppendEntry {
  readonly topic: string
  readonly partition: number
  readonly records: Buffer
}

/** The low watermark after DeleteRecords, -1 with an error. */
export interface DeleteRecordsResult {
  readonly errorCode: ErrorCode
  readonly lowWatermark: number
}

/** DeleteRecords' word for "all that can be read". */
const TO_HIGH_WATERMARK = -1

/**
 * What one broker does with its replicas (Kafka's ReplicaManager). The logs themselves belong to the cluster, so there
 * is no replication: what the leader has, all replicas have.
 */
export class ReplicaManager extends HostedReplicas {
  readonly sent = new SentRecords()

  /**
   * Appends what a client sent, then wakes who waits for it. The results stand in the order of the entries. Replicas
   * share one log, so what the leader has appended with acks=-1 is on all of them at once.
   *
   * @param requiredAcks -1, 0 or 1
   */
  append(entries: readonly AppendEntry[], requiredAcks: number): AppendResult[] {
    let storedTogether = 0
    for (const entry of entries) storedTogether += entry.records.length
    const results = roomFor<AppendResult>(entries.length)
    const changed = roomFor<Partition>(entries.length)
    let changes = 0
    for (let index = 0; index < entries.length; index++) {
      const { topic, partition: partitionIndex, records } = entries[index]!
      const partition = this.available(topic, partitionIndex, UNDEFINED_EPOCH, true)
      if (typeof partition === 'number') results[index] = failedAppend(partition)
      else if (requiredAcks === -1 && partition.isUnderMinIsr) {
        results[index] = failedAppend(ErrorCode.NOT_ENOUGH_REPLICAS, partition.log.logStartOffset)
      } else {
        const result = partition.log.append(records, partition.state.leaderEpoch, storedTogether)
        results[index] = result
        if (result.baseOffset >= 0 && !result.isDuplicate) changed[changes++] = partition
      }
    }
    for (let index = 0; index < changes; index++) changed[index]!.updateHighWatermark()
    for (let index = 0; index < changes; index++) changed[index]!.wake()
    return results
  }

  /**
   * Must zstd be got ready (`zstdReady`) before `append`? On older Nodes it is loaded when first needed, which takes a
   * moment; a cluster that never compresses with it shall not wait for it.
   */
  mustAwaitZstd(entries: readonly AppendEntry[]): boolean {
    if (isZstdReady()) return false
    return entries.some(({ topic, partition: index, records }) => {
      const partition = this.available(topic, index, UNDEFINED_EPOCH, true)
      return typeof partition === 'object' && needsZstd(records, partition.log.config)
    })
  }

  /** Appends, with acks=-1, a batch that a coordinator made: a transaction's marker, a record of its own. */
  appendAsCoordinator(topic: string, index: number, batch: Buffer, transactionVersion = 0): AppendResult {
    const partition = this.available(topic, index, UNDEFINED_EPOCH, true)
    if (typeof partition === 'number') return failedAppend(partition)
    if (partition.isUnderMinIsr) return failedAppend(ErrorCode.NOT_ENOUGH_REPLICAS)
    const { leaderEpoch } = partition.state
    const result = partition.log.appendAsCoordinator(batch, leaderEpoch, transactionVersion)
    if (result.errorCode === ErrorCode.NONE) {
      partition.updateHighWatermark()
      partition.wake()
    }
    return result
  }

  /**
   * Reads from the partitions, at once where that is enough; else the promise holds until it is, or the time is up.
   *
   * @param onCancel gets what ends the waiting; the promise then never resolves
   */
  fetch(
    params: FetchParams,
    targets: readonly FetchPartition[],
    onCancel: (cancel: () => void) => void,
  ): FetchResult[] | Promise<FetchResult[]> {
    const results = readPartitions(this, params, targets)
    if (isAnswer(params, results)) return results
    params.loans.end()
    return new Promise((resolve) => {
      const delayed = new DelayedFetch(this, params, targets, resolve)
      onCancel(() => delayed.cancel())
      delayed.start()
    })
  }

  /**
   * The offset that a timestamp stands for; undefined where there is none. `isolation` bounds what a client may see,
   * null is a replica.
   */
  offsetForTimestamp(
    partition: Partition,
    timestamp: number,
    isolation: Isolation | null,
  ): TimestampAndOffset | undefined | ErrorCode {
    const { log } = partition
    const lastFetchable = log.endOffset(isolation ?? 'log-end')
    // A new leader does not yet know how far the replicas are (KIP-207).
    const isLagging = isolation !== null && partition.leaderEpochStartOffset > log.highWatermark
    if (timestamp === ListOffsetsTimestamp.LATEST) {
      if (isLagging) return ErrorCode.OFFSET_NOT_AVAILABLE
      return { timestamp: -1, offset: lastFetchable, leaderEpoch: partition.state.leaderEpoch }
    }
    const found = offsetByTime(log, timestamp)
    if (timestamp === ListOffsetsTimestamp.EARLIEST || timestamp === ListOffsetsTimestamp.EARLIEST_LOCAL) {
      return found
    }
    if (found !== undefined && found.offset < lastFetchable) return found
    return isLagging ? ErrorCode.OFFSET_NOT_AVAILABLE : undefined
  }

  /** ListOffsets v0: see `offsetsBefore`; a client sees none above the high watermark. */
  offsetsBefore(partition: Partition, timestamp: number, most: number, isClient: boolean): number[] {
    const offsets = offsetsBefore(partition.log, timestamp, most, this.clock.now())
    const { highWatermark } = partition.log
    if (!isClient || !offsets.some((offset) => offset > highWatermark)) return offsets
    return [highWatermark, ...offsets.filter((offset) => offset <= highWatermark)]
  }

  /** Removes the records below `offset`; -1 stands for the high watermark. */
  deleteRecords(topic: string, index: number, offset: number): DeleteRecordsResult {
    const partition = this.available(topic, index, UNDEFINED_EPOCH, true)
    if (typeof partition === 'number') return { errorCode: partition, lowWatermark: -1 }
    const { log } = partition
    const { cleanupPolicy } = log.config
    const isKept = cleanupPolicy.includes('compact') && !cleanupPolicy.includes('delete')
    if (isKept) return { errorCode: ErrorCode.POLICY_VIOLATION, lowWatermark: -1 }
    const target = offset === TO_HIGH_WATERMARK ? log.highWatermark : offset
    if (target < 0 || !log.advanceLogStartOffset(target)) {
      return { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE, lowWatermark: -1 }
    }
    partition.wake()
    return { errorCode: ErrorCode.NONE, lowWatermark: log.logStartOffset }
  }

  /** Where `leaderEpoch` ends (KIP-101, KIP-320). */
  endOffsetForEpoch(
    topic: string,
    index: number,
    currentLeaderEpoch: number,
    leaderEpoch: number,
  ): EpochEndOffset | ErrorCode {
    const partition = this.available(topic, index, currentLeaderEpoch, true)
    if (typeof partition === 'number') return partition
    return partition.log.epochs.endOffsetFor(leaderEpoch, partition.log.logEndOffset)
  }
}

function failedAppend(errorCode: ErrorCode, logStartOffset = -1): AppendResult {
  const result = new AppendResult()
  result.errorCode = errorCode
  result.logStartOffset = logStartOffset
  return result
}
