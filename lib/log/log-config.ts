/** What a log asks of its topic's configs, under their names in camel case; times in ms. */
export interface LogConfig {
  readonly maxMessageBytes: number
  /** The most that one record of a compressed batch may take. */
  readonly maxDecompressedMessageBytes: number
  readonly cleanupPolicy: readonly string[]
  readonly compressionType: 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd' | 'producer'
  readonly compressionGzipLevel: number
  readonly compressionLz4Level: number
  readonly compressionZstdLevel: number
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime'
  readonly messageTimestampBeforeMaxMs: number
  readonly messageTimestampAfterMaxMs: number
  readonly minInsyncReplicas: number
  readonly segmentBytes: number
  /** Takes the place of `segmentBytes`, and may be smaller than that ever is: for tests. */
  readonly internalSegmentBytes: number | null
  readonly segmentMs: number
  readonly segmentJitterMs: number
  readonly segmentIndexBytes: number
  readonly indexIntervalBytes: number
  /** -1: no limit. */
  readonly retentionMs: number
  /** -1: no limit. */
  readonly retentionBytes: number
  readonly deleteRetentionMs: number
  readonly minCompactionLagMs: number
  readonly maxCompactionLagMs: number
  readonly minCleanableDirtyRatio: number
  /** So many records may wait for the medium to take them. */
  readonly flushMessages: number
  readonly flushMs: number
}

/** The most that a batch may decompress to, wherever we have to look inside: Kafka streams it, here it takes memory. */
export const MAX_DECOMPRESSED_BATCH_BYTES = 256 * 1024 * 1024

export function isCompacted(config: LogConfig): boolean {
  return config.cleanupPolicy.includes('compact')
}

export function maxSegmentBytes(config: LogConfig): number {
  return config.internalSegmentBytes ?? config.segmentBytes
}

/** What must be compacted in time must leave the active segment in time (LogConfig.maxSegmentMs). */
export function maxSegmentMs(config: LogConfig): number {
  return isCompacted(config) ? Math.min(config.segmentMs, config.maxCompactionLagMs) : config.segmentMs
}
