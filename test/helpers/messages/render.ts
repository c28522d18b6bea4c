import { isDeepStrictEqual } from 'node:util'
import { type Field, type Fields, type FieldType, includes, type Message } from '../../../protocol/schema.ts'

type Value = Record<string, unknown>

/**
 * A decoded value as the JSON converters of Kafka's generated classes render it: only what the version has, tagged
 * fields only where they are not the default, bytes as Base64, the size of records instead of the records. Whole
 * numbers that a number cannot hold are text.
 */
export function render(message: Message, version: number, value: unknown): unknown {
  const flexible = includes(message.flexible, version)
  return renderFields(message.fields, version, flexible, value as Value)
}

function renderFields(fields: Fields, version: number, flexible: boolean, value: Value): Value {
  const out: Value = {}
  for (const [name, field] of Object.entries(fields)) {
    if (!includes(field.versions, version)) continue
    const tagged = flexible && includes(field.tagged, version)
    if (tagged && isDefault(field, value[name])) continue
    const key = field.type.kind === 'records' && value[name] !== null ? `${name}SizeInBytes` : name
    out[key] = renderValue(field.type, version, flexible, value[name])
  }
  return out
}

function renderValue(type: FieldType, version: number, flexible: boolean, value: unknown): unknown {
  if (value === null) return null
  switch (type.kind) {
    case 'array':
      return (value as unknown[]).map((element) => renderValue(type.element, version, flexible, element))
    case 'struct':
      return renderFields(type.fields, version, flexible, value as Value)
    case 'bytes':
      return (value as Buffer).toString('base64')
    case 'records':
      return (value as Buffer).length
    case 'int64':
      return typeof value === 'bigint' ? String(value) : value
    default:
      return value
  }
}

function isDefault(field: Field, value: unknown): boolean {
  return isDeepStrictEqual(value, defaultOf(field))
}

/** What decoding exactly yields for a field that is not there. */
export function defaultOf(field: Field): unknown {
  if (field.type.kind !== 'struct' || field.default === null) return field.default
  return Object.fromEntries(
    Object.entries(field.type.fields).map(([name, inner]) => [name, defaultOf(inner)]),
  )
}
