import { bool, clusterWide, double, int, LONG_MAX, long } from '../config-def.ts'
import { atLeast, between } from '../validators.ts'

/** Compaction (CleanerConfig). */
export const LOG_CLEANER_CONFIGS = {
  'log.cleaner.threads': clusterWide(int(1, atLeast(0))),
  'log.cleaner.io.max.bytes.per.second': clusterWide(double(Number.MAX_VALUE)),
  'log.cleaner.dedupe.buffer.size': clusterWide(long(134_217_728)),
  'log.cleaner.io.buffer.size': clusterWide(int(524_288, atLeast(0))),
  'log.cleaner.io.buffer.load.factor': clusterWide(double(0.9)),
  'log.cleaner.backoff.ms': clusterWide(long(15_000, atLeast(0))),
  'log.cleaner.min.cleanable.ratio': clusterWide(double(0.5, between(0, 1))),
  'log.cleaner.enable': bool(true),
  'log.cleaner.delete.retention.ms': clusterWide(long(86_400_000, atLeast(0))),
  'log.cleaner.min.compaction.lag.ms': clusterWide(long(0, atLeast(0))),
  'log.cleaner.max.compaction.lag.ms': clusterWide(long(LONG_MAX, atLeast(1))),
} as const
