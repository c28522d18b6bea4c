import { clusterWide, int, list, long, string } from '../config-def.ts'
import { anyList, atLeast } from '../validators.ts'

/** Metrics and telemetry (MetricConfigs). */
export const METRIC_CONFIGS = {
  'metrics.num.samples': int(2, atLeast(1)),
  'metrics.sample.window.ms': long(30_000, atLeast(1)),
  'metric.reporters': clusterWide(list(['org.apache.kafka.common.metrics.JmxReporter'], anyList)),
  'metrics.recording.level': string('INFO'),
  'kafka.metrics.reporters': list([], anyList),
  'kafka.metrics.polling.interval.secs': int(10, atLeast(1)),
  'telemetry.max.bytes': int(1_048_576, atLeast(1)),
} as const
