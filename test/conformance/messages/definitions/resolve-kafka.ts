import type { KafkaDefinition, KafkaField } from './kafka-definition.ts'
import type { ResolvedField, ResolvedMessage } from './resolved.ts'

/** Whether a window in Kafka's notation ('0+', '1-3', '2', 'none') holds the version. */
export function holds(window: string | undefined, version: number): boolean {
  if (window === undefined || window === 'none') return false
  const [low, high] = window.endsWith('+') ? [window.slice(0, -1), undefined] : window.split('-')
  if (window.endsWith('+')) return version >= Number(low)
  return version >= Number(low) && version <= Number(high ?? low)
}

/** The versions a definition has; none for an API that was removed. */
export function versionsOf(definition: KafkaDefinition): number[] {
  if (definition.validVersions === 'none') return []
  const [low, high] = definition.validVersions.split('-').map(Number) as [number, number | undefined]
  return Array.from({ length: (high ?? low) - low + 1 }, (_, i) => low + i)
}

export function resolveKafka(definition: KafkaDefinition, version: number): ResolvedMessage {
  const structs = new Map(definition.commonStructs?.map(({ name, fields }) => [name, fields]))
  for (const { fields } of definition.commonStructs ?? []) collectStructs(fields, structs)
  collectStructs(definition.fields ?? [], structs)
  const flexible = holds(definition.flexibleVersions, version)
  return { flexible, fields: resolveFields(definition.fields ?? [], structs, version, flexible) }
}

type Structs = Map<string, readonly KafkaField[]>

function collectStructs(fields: readonly KafkaField[], structs: Structs): void {
  for (const field of fields) {
    if (!field.fields) continue
    structs.set(field.type.replace('[]', ''), field.fields)
    collectStructs(field.fields, structs)
  }
}

function resolveFields(
  fields: readonly KafkaField[],
  structs: Structs,
  version: number,
  flexible: boolean,
): ResolvedField[] {
  return fields
    .filter((field) => holds(field.versions ?? field.taggedVersions, version))
    .map((field) => {
      const inner = structs.get(field.type.replace('[]', ''))
      const type = inner ? `${field.type.startsWith('[]') ? '[]' : ''}struct` : field.type
      return {
        name: field.name.charAt(0).toLowerCase() + field.name.slice(1),
        type,
        nullable: holds(field.nullableVersions, version),
        tag: flexible && holds(field.taggedVersions, version) ? field.tag : undefined,
        default: defaultText(type, field.default),
        compact: flexible && field.flexibleVersions !== 'none',
        fields: inner ? resolveFields(inner, structs, version, flexible) : [],
      }
    })
}

const IMPLICIT: Record<string, string> = {
  bool: 'false',
  string: '""',
  bytes: '""',
  uuid: 'AAAAAAAAAAAAAAAAAAAAAA',
  // MessageDataGenerator leaves a records field at Java's null.
  records: 'null',
  struct: '{}',
}

/** Numbers are written in decimal or hexadecimal, as JSON numbers or as text. */
function defaultText(type: string, given: KafkaField['default']): string {
  const text = given === undefined || given === null ? '' : String(given)
  if (text === 'null') return 'null'
  if (type.startsWith('[]')) return '[]'
  if (text === '') return IMPLICIT[type] ?? '0'
  if (type === 'string') return JSON.stringify(text)
  if (type === 'bool') return text.toLowerCase()
  if (type === 'float64') return String(Number(text))
  return text.startsWith('-') ? String(-BigInt(text.slice(1))) : String(BigInt(text))
}
