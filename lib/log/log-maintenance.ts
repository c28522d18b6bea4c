import { isZstdReady, zstdReady } from '../../protocol/records/compression/zstd.ts'
import type { Clock, Timer } from '../lab/clock.ts'
import type { LogFields, Logger } from '../lab/logger.ts'
import { type CleanerConfig, cleanLog, holdsZstd } from './cleaning/clean-log.ts'
import { type Cleanable, cleanableOf } from './cleaning/cleanable.ts'
import type { DataDirectory } from './directory/data-directory.ts'
import { isCompacted } from './log-config.ts'
import type { LogManager } from './log-manager.ts'
import type { Partition } from './partition.ts'
import type { PartitionLog } from './partition-log.ts'
import { applyRetention } from './retention.ts'

/** Broker configs, under their names in camel case. */
export interface LogMaintenanceConfig extends CleanerConfig {
  readonly logInitialTaskDelayMs: number
  readonly logRetentionCheckIntervalMs: number
  readonly logCleanerEnable: boolean
  readonly logCleanerBackoffMs: number
  readonly logFlushSchedulerIntervalMs: number
  readonly logFlushOffsetCheckpointIntervalMs: number
}

export interface LogMaintenanceOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly logs: LogManager
  /** Where the logs are kept, if they outlive the cluster. */
  readonly directory?: DataDirectory | undefined
  /** The configs of the cluster as they are now. */
  readonly config: () => LogMaintenanceConfig
}

/** Kafka allows intervals of 0; they would leave the process no idle moment. */
function pause(intervalMs: number): number {
  return Math.max(1, intervalMs)
}

/** What is done to logs from time to time: what is too old or too much is removed, what is superseded is compacted. */
export class LogMaintenance {
  readonly #options: LogMaintenanceOptions
  #retention: Timer
  #cleaner: Timer
  #flusher: Timer | undefined
  #checkpointer: Timer | undefined
  #isClosed = false
  /** What compaction cannot read: it would fail again and again. */
  readonly #uncleanable = new WeakSet<PartitionLog>()

  constructor(options: LogMaintenanceOptions) {
    this.#options = options
    const { clock, config } = options
    this.#retention = clock.setTimer(config().logInitialTaskDelayMs, () => this.#checkRetention())
    this.#cleaner = clock.setTimer(pause(config().logCleanerBackoffMs), () => this.#clean())
    if (options.directory === undefined) return
    this.#scheduleFlush()
    this.#scheduleCheckpoint(options.directory)
  }

  #scheduleFlush(): void {
    const { clock, config, logs } = this.#options
    this.#flusher = clock.setTimer(pause(config().logFlushSchedulerIntervalMs), () => {
      for (const { log } of logs.partitions()) log.flushIfDue()
      this.#scheduleFlush()
    })
  }

  #scheduleCheckpoint(directory: DataDirectory): void {
    const { clock, config, logs } = this.#options
    this.#checkpointer = clock.setTimer(pause(config().logFlushOffsetCheckpointIntervalMs), () => {
      this.#attempt('checkpoints could not be written', {}, () => directory.checkpoint(logs.partitions()))
      this.#scheduleCheckpoint(directory)
    })
  }

  close(): void {
    this.#isClosed = true
    this.#retention.cancel()
    this.#cleaner.cancel()
    this.#flusher?.cancel()
    this.#checkpointer?.cancel()
  }

  /** Removes what `retention.ms` and `retention.bytes` have no room for, as it is done every `log.retention.check.interval.ms`. */
  applyRetention(): void {
    for (const partition of this.#options.logs.partitions()) {
      const { topic, index } = partition
      const fields = { topic, partition: index }
      this.#attempt('old records could not be removed', fields, () => this.#applyRetention(partition))
    }
  }

  #applyRetention(partition: Partition): void {
    const { clock, logger } = this.#options
    const { topic, index, log } = partition
    if (!applyRetention(log, clock.now())) return
    logger.info('old records removed', { topic, partition: index, logStartOffset: log.logStartOffset })
    partition.wake()
  }

  /** What is done by the clock has nobody to answer to: that it failed is told, and everything else goes on. */
  #attempt(failure: string, fields: LogFields, work: () => void): boolean {
    try {
      work()
      return true
    } catch (error) {
      this.#options.logger.error(failure, { ...fields, error })
      return false
    }
  }

  /**
   * Compacts every partition whose topic says so, however little there is to gain; the segments that are written to are
   * closed first.
   *
   * @throws Error for records that cannot be read or written
   */
  async compact(): Promise<void> {
    const { clock } = this.#options
    const partitions = [...this.#compacted()]
    for (const { log } of partitions) log.roll()
    const cleanable = () => partitions.map(({ log }) => cleanableOf(log, clock.now()))
    if (!isZstdReady() && cleanable().some(holdsZstd)) await zstdReady()
    for (const partition of partitions) this.#cleanNow(partition, cleanableOf(partition.log, clock.now()))
  }

  #checkRetention(): void {
    const { clock, config } = this.#options
    this.applyRetention()
    this.#retention = clock.setTimer(config().logRetentionCheckIntervalMs, () => this.#checkRetention())
  }

  /** Compacts the log that it pays most for, and comes back at once for the next one (grabFilthiestCompactedLog). */
  #clean(): void {
    const { config } = this.#options
    const filthiest = config().logCleanerEnable ? this.#filthiest() : undefined
    if (filthiest === undefined) this.#cleanAgainIn(pause(config().logCleanerBackoffMs))
    else if (!isZstdReady() && holdsZstd(filthiest[1])) zstdReady().then(() => this.#cleanAgainIn(0))
    else {
      const [partition, cleanable] = filthiest
      const { topic, index, log } = partition
      const fields = { topic, partition: index }
      const work = () => this.#cleanNow(partition, cleanable)
      if (!this.#attempt('a log cannot be compacted', fields, work)) this.#uncleanable.add(log)
      this.#cleanAgainIn(0)
    }
  }

  #cleanAgainIn(delayMs: number): void {
    if (!this.#isClosed) this.#cleaner = this.#options.clock.setTimer(delayMs, () => this.#clean())
  }

  #filthiest(): [Partition, Cleanable] | undefined {
    const now = this.#options.clock.now()
    let best: [Partition, Cleanable] | undefined
    for (const partition of this.#compacted()) {
      if (this.#uncleanable.has(partition.log)) continue
      const cleanable = cleanableOf(partition.log, now)
      const { cleanableBytes, cleanableRatio, isOverdue } = cleanable
      const isWorthIt = cleanableRatio > partition.log.config.minCleanableDirtyRatio
      if (!(isWorthIt || (isOverdue && cleanableBytes > 0))) continue
      if (best === undefined || cleanableRatio > best[1].cleanableRatio) best = [partition, cleanable]
    }
    return best
  }

  *#compacted(): Generator<Partition> {
    for (const partition of this.#options.logs.partitions()) {
      if (isCompacted(partition.log.config)) yield partition
    }
  }

  #cleanNow({ topic, index, log }: Partition, cleanable: Cleanable): void {
    const { clock, config, logger } = this.#options
    if (cleanable.cleanableBytes === 0) return
    const before = log.size
    cleanLog(cleanable, config(), clock.now())
    logger.info('log compacted', { topic, partition: index, bytesBefore: before, bytesAfter: log.size })
  }
}
