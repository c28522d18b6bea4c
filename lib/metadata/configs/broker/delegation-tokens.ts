import { long, password } from '../config-def.ts'
import { atLeast } from '../validators.ts'

/** Delegation tokens (DelegationTokenManagerConfigs). */
export const DELEGATION_TOKEN_CONFIGS = {
  'delegation.token.secret.key': password(),
  'delegation.token.max.lifetime.ms': long(604_800_000, atLeast(1)),
  'delegation.token.expiry.time.ms': long(86_400_000, atLeast(1)),
  'delegation.token.expiry.check.interval.ms': long(3_600_000, atLeast(1)),
} as const
