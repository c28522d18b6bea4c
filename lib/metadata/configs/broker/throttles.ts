import { clusterWide, LONG_MAX, long } from '../config-def.ts'
import { atLeast } from '../validators.ts'

/** Rates that exist only while a broker runs: no server.properties holds them (QuotaConfig.brokerQuotaConfigs). */
export const THROTTLE_CONFIGS = {
  'leader.replication.throttled.rate': clusterWide(long(LONG_MAX, atLeast(0))),
  'follower.replication.throttled.rate': clusterWide(long(LONG_MAX, atLeast(0))),
  'replica.alter.log.dirs.io.max.bytes.per.second': clusterWide(long(LONG_MAX, atLeast(0))),
} as const
