import { type ConfigKeys, type Overrides, type ParsedConfig, parseConfig } from './config-def.ts'
import { inJavaHashOrder } from './java-text.ts'

/** The name that none of `keys` has; of several, the one that Kafka comes upon first. */
export function unknownConfig(keys: ConfigKeys, proposed: Overrides): string | undefined {
  return inJavaHashOrder([...proposed.keys()]).find((name) => !Object.hasOwn(keys, name))
}

/**
 * Parses what is set of `keys`; instead, Kafka's message about the first that is wrong in the order of the declarations
 * (ConfigDef.parse).
 */
export function parseDeclared(keys: ConfigKeys, proposed: Overrides): Map<string, ParsedConfig> | string {
  const parsed = new Map<string, ParsedConfig>()
  for (const [name, declared] of Object.entries(keys)) {
    const text = proposed.get(name)
    if (text === undefined) continue
    const result = parseConfig(name, declared, text)
    if (result.error !== null) return result.error
    parsed.set(name, result.parsed)
  }
  return parsed
}
