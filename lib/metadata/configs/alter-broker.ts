import { checkBrokerConfigs, checkReconfiguration } from './broker-checks.ts'
import type { Overrides } from './config-def.ts'
import { checkDynamicBrokerConfigs, withoutInvalidDynamicConfigs } from './dynamic-broker-checks.ts'
import { overrideBrokerConfigs, parseBrokerConfigs, type ResolvedBrokerConfig } from './resolve.ts'

/** A broker's dynamic configs as it reads them, to be changed. */
export function currentBrokerOverrides(current: Overrides, perBroker: boolean): Map<string, string> {
  return new Map(withoutInvalidDynamicConfigs(current, perBroker))
}

/**
 * What a broker says to new dynamic configs; null when it takes them (DynamicBrokerConfig.validate).
 * @param perBroker whether they are this broker's own, not those of the whole cluster
 * @param proposed all of them, not only the changed
 */
export function checkBrokerAlteration(
  perBroker: boolean,
  proposed: Overrides,
  broker: ResolvedBrokerConfig,
): string | null {
  // Those say how to look up other values; once that is done, they are gone (resolveVariableConfigs).
  const wanted = new Map([...proposed].filter(([name]) => !name.startsWith('config.providers')))
  const error = checkDynamicBrokerConfigs(wanted, perBroker)
  if (error !== null) return error
  const originals = new Map(broker.sources.staticConfigs)
  overrideBrokerConfigs(originals, perBroker ? broker.sources.clusterConfigs : wanted)
  overrideBrokerConfigs(originals, perBroker ? wanted : broker.sources.brokerConfigs)
  const parsed = parseBrokerConfigs(originals)
  if (typeof parsed === 'string') return parsed
  const conflict = checkBrokerConfigs(parsed)
  if (conflict !== null) return conflict
  const refused = checkReconfiguration(broker.parsed, parsed)
  if (refused === null) return null
  // Kafka hands the exception over as if it were the config's value.
  const exception = `org.apache.kafka.common.config.ConfigException: ${refused}`
  return `Invalid value ${exception} for configuration Invalid dynamic configuration`
}
