import { int, list } from './config-def.ts'
import { anyList } from './validators.ts'

/** Every config of a client metrics subscription (ClientMetricsConfigs). */
export const CLIENT_METRICS_CONFIGS = {
  metrics: list([], anyList),
  'interval.ms': int(300_000),
  match: list([], anyList),
} as const
