import { className, int } from '../config-def.ts'
import { atLeast } from '../validators.ts'

/** Windows over which quotas are measured (QuotaConfig). */
export const QUOTA_CONFIGS = {
  'quota.window.num': int(11, atLeast(1)),
  'replication.quota.window.num': int(11, atLeast(1)),
  'alter.log.dirs.replication.quota.window.num': int(11, atLeast(1)),
  'controller.quota.window.num': int(11, atLeast(1)),
  'quota.window.size.seconds': int(1, atLeast(1)),
  'replication.quota.window.size.seconds': int(1, atLeast(1)),
  'alter.log.dirs.replication.quota.window.size.seconds': int(1, atLeast(1)),
  'controller.quota.window.size.seconds': int(1, atLeast(1)),
  'client.quota.callback.class': className(null),
} as const
