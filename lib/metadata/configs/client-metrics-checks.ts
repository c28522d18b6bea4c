import { CLIENT_METRICS_CONFIGS } from './client-metrics-configs.ts'
import type { ConfigKeys, Overrides } from './config-def.ts'
import { type ConfigError, invalidConfig, invalidRequest } from './config-error.ts'
import { javaTrim } from './java-text.ts'
import { parseDeclared, unknownConfig } from './parse-declared.ts'

const KEYS: ConfigKeys = CLIENT_METRICS_CONFIGS
const MIN_INTERVAL_MS = 100
const MAX_INTERVAL_MS = 3_600_000

/** What of a client can be matched (KIP-714). */
const MATCHABLE: ReadonlySet<string> = new Set([
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
])

/** What is wrong with a client metrics subscription's configs (ClientMetricsConfigs.validate). */
export function checkClientMetricsConfigs(subscription: string, proposed: Overrides): ConfigError | null {
  if (subscription === '') return invalidRequest("Subscription name can't be empty")
  const unknown = unknownConfig(KEYS, proposed)
  if (unknown !== undefined) return invalidRequest(`Unknown client metrics configuration: ${unknown}`)
  const parsed = parseDeclared(KEYS, proposed)
  if (typeof parsed === 'string') return invalidConfig(parsed)
  const patterns = (parsed.get('match')?.value ?? []) as readonly string[]
  const interval = parsed.get('interval.ms')?.value as number | undefined
  if (interval !== undefined && (interval < MIN_INTERVAL_MS || interval > MAX_INTERVAL_MS)) {
    const range = 'interval must be between 100 and 3600000 (1 hour)'
    return invalidRequest(`Invalid value ${interval} for interval.ms, ${range}`)
  }
  for (const pattern of patterns) {
    if (!isMatch(pattern)) return invalidConfig(`Illegal client matching pattern: ${pattern}`)
  }
  return null
}

function isMatch(pattern: string): boolean {
  const parts = pattern.split('=')
  while (parts.at(-1) === '') parts.pop()
  if (parts.length !== 2 || !MATCHABLE.has(javaTrim(parts[0] as string))) return false
  try {
    // Java's and JavaScript's expressions differ at the edges only.
    new RegExp(javaTrim(parts[1] as string))
    return true
  } catch {
    return false
  }
}
