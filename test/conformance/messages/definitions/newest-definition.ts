import type { DefinitionSource, KafkaDefinition } from './kafka-definition.ts'
import { resolveKafka, versionsOf } from './resolve-kafka.ts'
import type { ResolvedField, ResolvedMessage } from './resolved.ts'

/** One message in one version, as the newest source that has this version defines it. */
export interface DefinedVersion {
  readonly version: number
  /** The definition's own number for it; differs for the keys of older coordinator records. */
  readonly definedAs: number
  readonly source: string
  readonly definition: KafkaDefinition
  readonly resolved: ResolvedMessage
}

/** One message of Kafka over all sources. */
export interface DefinedMessage {
  /** `request 3`, `response 3`, or the definition's name. */
  readonly id: string
  /** The newest definition that has any version. */
  readonly newest: KafkaDefinition
  readonly versions: ReadonlyMap<number, DefinedVersion>
}

interface Expanded {
  readonly id: string
  readonly version: number
  readonly definedAs: number
  readonly resolved: ResolvedMessage
  readonly apiKey: number | undefined
}

/**
 * Joins the sources, newest first. An API is known by its key, since names change (ListClientMetricsResources became
 * ListConfigResources). Where a field was renamed, the versions that only an older source has take the newer name: the
 * pairs are found in the versions that both have.
 */
export function newestDefinitions(sources: readonly DefinitionSource[]): Map<string, DefinedMessage> {
  const messages = new Map<string, { newest: KafkaDefinition; versions: Map<number, DefinedVersion> }>()
  const keys = sources.flatMap(({ definitions }) =>
    definitions.filter(({ type }) => type === 'coordinator-key'),
  )
  for (const { title, definitions } of sources) {
    for (const definition of definitions) {
      const expanded = expand(definition, keys)
      const renamed = renames(expanded, messages)
      for (const { id, version, definedAs, resolved, apiKey } of expanded) {
        const known = messages.get(id) ?? {
          newest: { ...definition, ...(apiKey !== undefined && { apiKey }) },
          versions: new Map(),
        }
        messages.set(id, known)
        if (known.versions.has(version)) continue
        const fields = rename(resolved.fields, renamed)
        known.versions.set(version, {
          version,
          definedAs,
          source: title,
          definition,
          resolved: { ...resolved, fields },
        })
      }
    }
  }
  return new Map([...messages].map(([id, message]) => [id, { id, ...message }]))
}

/**
 * The versions of a definition. The keys of coordinators' records are a special case: since 4.0 their type is the
 * `apiKey` and the version is 0; before, the type was the version.
 */
function expand(definition: KafkaDefinition, keys: readonly KafkaDefinition[]): Expanded[] {
  const { type, name, apiKey } = definition
  return versionsOf(definition).map((version) => {
    const resolved = resolveKafka(definition, version)
    const own = { id: name, version, definedAs: version, resolved, apiKey }
    if (type === 'request' || type === 'response') return { ...own, id: `${type} ${apiKey}` }
    if (type !== 'data' || !name.endsWith('Key')) return own
    const newer = keys.find((key) => key.apiKey === version && key.name.endsWith(name))
    return { ...own, id: newer?.name ?? name, version: 0, apiKey: version }
  })
}

type Renames = Map<string, string>

function renames(
  older: readonly Expanded[],
  messages: ReadonlyMap<string, { versions: ReadonlyMap<number, DefinedVersion> }>,
): Renames {
  const found: Renames = new Map()
  for (const { id, version, resolved } of older) {
    const newer = messages.get(id)?.versions.get(version)
    if (newer) pair(resolved.fields, newer.resolved.fields, '', found)
  }
  return found
}

/** Field by field, as far as both have the same types in the same order. */
function pair(
  older: readonly ResolvedField[],
  newer: readonly ResolvedField[],
  path: string,
  found: Renames,
): void {
  const types = (fields: readonly ResolvedField[]) => fields.map(({ type, tag }) => `${type} ${tag}`).join()
  if (types(older) !== types(newer)) return
  older.forEach((field, i) => {
    const other = newer[i] as ResolvedField
    const at = `${path}${field.name}`
    if (field.name !== other.name) found.set(at, other.name)
    pair(field.fields, other.fields, `${at}.`, found)
  })
}

function rename(fields: readonly ResolvedField[], renamed: Renames, path = ''): ResolvedField[] {
  return fields.map((field) => {
    const at = `${path}${field.name}`
    return { ...field, name: renamed.get(at) ?? field.name, fields: rename(field.fields, renamed, `${at}.`) }
  })
}
