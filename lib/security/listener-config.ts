import { brokerConfigKey } from '../metadata/configs/broker-configs.ts'
import {
  type ConfigKey,
  type Overrides,
  type ParsedConfig,
  parseConfig,
} from '../metadata/configs/config-def.ts'

/** A config of a listener is none that Kafka would start with; the message is Kafka's. */
export class ListenerConfigError extends Error {
  override readonly name = 'ListenerConfigError'
}

/**
 * A broker config as it is for one listener and, where one is given, one SASL mechanism on it: the narrowest name that is
 * set counts (KIP-103, `ListenerName`, `AbstractConfig.valuesWithPrefixOverride`).
 *
 * @param originals the texts in force on the broker
 * @returns the value, and whether it was set at all
 * @throws ListenerConfigError
 */
export function listenerConfig(
  originals: Overrides,
  name: string,
  listener: string,
  mechanism?: string,
): { readonly value: ParsedConfig['value']; readonly isSet: boolean } {
  const ofListener = `listener.name.${listener.toLowerCase()}.`
  const names = [`${ofListener}${name}`, name]
  if (mechanism !== undefined) names.unshift(`${ofListener}${mechanism.toLowerCase()}.${name}`)
  const declared = brokerConfigKey(name) as ConfigKey
  for (const candidate of names) {
    const text = originals.get(candidate)
    if (text === undefined) continue
    const { error, parsed } = parseConfig(candidate, declared, text)
    if (error !== null) throw new ListenerConfigError(error)
    return { value: parsed.value, isSet: true }
  }
  return { value: declared.defaultValue, isSet: false }
}
