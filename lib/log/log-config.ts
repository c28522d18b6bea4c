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
}

/** The most that a batch may decompress to, wherever we have to look inside: Kafka streams it, here it takes memory. */
export const MAX_DECOMPRESSED_BATCH_BYTES = 256 * 1024 * 1024
