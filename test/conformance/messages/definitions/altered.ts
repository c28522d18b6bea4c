import { compareWithKafka } from './compare.ts'
import type { DefinitionSource, KafkaDefinition, KafkaField } from './kafka-definition.ts'
import { holds, versionsOf } from './resolve-kafka.ts'

type Alter = (field: KafkaField) => KafkaField

const ALTERATIONS: readonly Alter[] = [
  (field) => ({ ...field, name: `${field.name}X` }),
  ({ fields: _, ...field }) => ({ ...field, type: field.type === 'int32' ? 'int64' : 'int32' }),
  (field) => ({ ...field, nullableVersions: field.nullableVersions ? 'none' : '0+' }),
  (field) => ({ ...field, versions: '9999+' }),
  (field) => ({ ...field, tag: 99, taggedVersions: '0+' }),
]

export interface Alterations {
  readonly tried: number
  /** What was altered without the comparison noticing; empty when the comparison is worth something. */
  readonly missed: readonly string[]
}

/** Alters Kafka's newest definitions, one field at a time, and sees whether the comparison tells. */
export function tryAlterations(sources: readonly DefinitionSource[], count: number): Alterations {
  const [newest, ...older] = sources as [DefinitionSource, ...DefinitionSource[]]
  // Tags are of flexible versions only, and every message altered here must have one.
  const candidates = newest.definitions.filter(
    (definition) =>
      versionsOf(definition).length > 0 && holds(definition.flexibleVersions, lastVersion(definition)),
  )
  const missed: string[] = []
  let tried = 0
  for (let i = 0; i < count; i++) {
    const definition = candidates[(i * 37) % candidates.length] as KafkaDefinition
    const fields = [...(definition.fields ?? [])]
    const at = fields.findIndex(
      (field) => holds(field.versions, lastVersion(definition)) && field.tag === undefined,
    )
    if (at < 0) continue
    const field = fields[at] as KafkaField
    fields[at] = (ALTERATIONS[i % ALTERATIONS.length] as Alter)(field)
    const altered = newest.definitions.map((other) =>
      other === definition ? { ...definition, fields } : other,
    )
    tried++
    const { differences } = compareWithKafka([{ ...newest, definitions: altered }, ...older])
    if (differences.length === 0)
      missed.push(`${definition.name}.${field.name} as ${JSON.stringify(fields[at])}`)
  }
  return { tried, missed }
}

function lastVersion(definition: KafkaDefinition): number {
  return versionsOf(definition).at(-1) as number
}
