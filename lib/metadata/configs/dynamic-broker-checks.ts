import {
  BROKER_CONFIGS,
  brokerConfigKey,
  brokerUpdateMode,
  DYNAMIC_BROKER_CONFIGS,
} from './broker-configs.ts'
import { type Overrides, parseType, validate } from './config-def.ts'
import { inJavaHashOrder, javaCollectionText } from './java-text.ts'
import { withoutListenerPrefix } from './topic-synonyms.ts'

// Each listener has its own of these, but they can be changed for all brokers at once.
const CLUSTER_LEVEL_LISTENER_CONFIGS: ReadonlySet<string> = new Set([
  'max.connections',
  'max.connection.creation.rate',
  'num.network.threads',
])

// SslConfigs.RECONFIGURABLE_CONFIGS: can change for one listener, never for the broker.
const SECURITY_CONFIGS: ReadonlySet<string> = new Set(
  Object.keys(BROKER_CONFIGS).filter((name) => /^ssl\.(?:keystore|truststore|key)\./.test(name)),
)

/** Names that are configs of a broker but cannot change while it runs. */
function nonDynamicConfigs(names: Iterable<string>): string[] {
  return [...names].filter(
    (name) => brokerConfigKey(name) !== undefined && brokerUpdateMode(name) === 'read-only',
  )
}

function securityConfigsWithoutListenerPrefix(names: Iterable<string>): string[] {
  return [...names].filter((name) => SECURITY_CONFIGS.has(name))
}

function perBrokerConfigs(names: Iterable<string>): string[] {
  return [...names].filter((name) => {
    if (brokerUpdateMode(name) === 'per-broker') return true
    const base = withoutListenerPrefix(name)
    return base !== undefined && !CLUSTER_LEVEL_LISTENER_CONFIGS.has(base)
  })
}

function invalid(names: string[], message: string): string | null {
  return names.length === 0 ? null : `${message}: ${javaCollectionText(inJavaHashOrder(names))}`
}

/** What is wrong with a type or value among these dynamic configs (DynamicConfig.Broker.validate). */
function invalidValueAmong(overrides: Overrides): string | null {
  const byBaseName = new Map<string, string>()
  for (const [name, text] of overrides) byBaseName.set(withoutListenerPrefix(name) ?? name, text)
  for (const [name, declared] of DYNAMIC_BROKER_CONFIGS) {
    const text = byBaseName.get(name)
    if (text === undefined) continue
    const result = parseType(name, text, declared.type)
    const error = result.error ?? validate(name, declared, result.parsed)
    if (error !== null) return error
  }
  return null
}

/**
 * What Kafka says of a broker's dynamic configs as a whole, before it looks at what they would change; null when
 * nothing is wrong (DynamicBrokerConfig.validateConfigs).
 */
export function checkDynamicBrokerConfigs(overrides: Overrides, perBroker: boolean): string | null {
  const names = [...overrides.keys()]
  return (
    invalid(nonDynamicConfigs(names), 'Cannot update these configs dynamically') ??
    invalid(
      securityConfigsWithoutListenerPrefix(names),
      'These security configs can be dynamically updated only per-listener using the listener prefix',
    ) ??
    invalidValueAmong(overrides) ??
    (perBroker
      ? null
      : invalid(
          perBrokerConfigs(names),
          'Cannot update these configs at default cluster level, broker id must be specified',
        ))
  )
}

/** Leaves out what a broker ignores when it reads its dynamic configs (DynamicBrokerConfig.fromPersistentProps). */
export function withoutInvalidDynamicConfigs(overrides: Overrides, perBroker: boolean): Overrides {
  if (overrides.size === 0) return overrides
  const kept = new Map(overrides)
  if (invalidValueAmong(kept) !== null) {
    for (const [name, text] of overrides) {
      if (invalidValueAmong(new Map([[name, text]])) !== null) kept.delete(name)
    }
  }
  const names = [...kept.keys()]
  for (const name of nonDynamicConfigs(names)) kept.delete(name)
  for (const name of securityConfigsWithoutListenerPrefix(names)) kept.delete(name)
  if (!perBroker) for (const name of perBrokerConfigs(names)) kept.delete(name)
  return kept
}
