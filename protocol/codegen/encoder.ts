import { ProtocolError } from '../error.ts'
import { writeInt64 } from '../primitives/int64.ts'
import { writeUuid } from '../primitives/uuid.ts'
import type { Writer } from '../primitives/writer.ts'
import { type Fields, type FieldType, includes, type Message } from '../schema.ts'
import type { UnknownTaggedField } from './decoder.ts'
import {
  type Dialect,
  defaultExpression,
  dialectOf,
  fixedSize,
  isDefaultExpression,
  type PlacedField,
  partsOf,
  placeFields,
  Source,
  taggedFields,
} from './source.ts'

/** JavaScript that writes the message in this version, compiled. Fields the version does not have are left out. */
export function generateEncoder(message: Message, version: number): (writer: Writer, value: unknown) => void {
  const source = new Source()
  const main = structEncoder(source, message.name, message.fields, dialectOf(message, version))
  const helpers = { failOnNull, mergeTagged, writeInt64, writeUuid }
  return source.compile(main, `${message.name}-v${version}-encode`, helpers)
}

function failOnNull(path: string): never {
  throw new ProtocolError(`${path} must not be null in this version`)
}

type WriteTagged = (writer: Writer) => void

/** Known and unknown tagged fields must leave in the order of their tags. */
function mergeTagged(
  writer: Writer,
  known: [number, WriteTagged][],
  unknown: readonly UnknownTaggedField[],
): void {
  const all: [number, WriteTagged][] = unknown.map(({ tag, data }) => [
    tag,
    (to: Writer) => {
      to.unsignedVarint(tag)
      to.unsignedVarint(data.length)
      to.raw(data)
    },
  ])
  all.push(...known)
  all.sort(([a], [b]) => a - b)
  writer.unsignedVarint(all.length)
  for (const [, write] of all) write(writer)
}

/** Adds a function that writes the struct `v`, and yields its name. */
function structEncoder(source: Source, path: string, fields: Fields, dialect: Dialect): string {
  const name = source.name(path)
  const placed = placeFields(fields, dialect)
  const tagged = taggedFields(placed)
  const parts = partsOf(placed)
  // Nearly always the tagged section is one zero byte; it is written with the last run.
  const endsWithZero = dialect.flexible && tagged.length === 0
  if (endsWithZero && parts.at(-1)?.kind !== 'run') parts.push({ kind: 'run', fields: [] })

  const lines: string[] = []
  for (const [i, part] of parts.entries()) {
    if (part.kind === 'run') {
      lines.push(...writeRun(source, path, part.fields, `p${i}`, endsWithZero && i === parts.length - 1))
    } else {
      lines.push(...takeValue(source, part.field), ...writeField(source, path, part.field, dialect, 'w'))
    }
  }
  if (endsWithZero) {
    lines.push(
      'if (v.unknownTaggedFields !== undefined) { w.back(1); mergeTagged(w, [], v.unknownTaggedFields) }',
    )
  } else if (dialect.flexible) lines.push(...writeTagged(source, path, tagged, dialect))
  source.add(`function ${name}(w, v) {\n${lines.join('\n')}\n}`)
  return name
}

function takeValue(source: Source, { name, field }: PlacedField): string[] {
  return [
    `let $${name} = v.${name}`,
    `if ($${name} === undefined) $${name} = ${defaultExpression(source, field)}`,
  ]
}

function refuseNull(path: string, name: string): string {
  return `if ($${name} === null) failOnNull(${JSON.stringify(`${path}.${name}`)})`
}

/** Fields of fixed size: room for all of them is reserved once. */
function writeRun(
  source: Source,
  path: string,
  fields: readonly PlacedField[],
  position: string,
  withZero: boolean,
): string[] {
  const taken = fields.flatMap((part) => [...takeValue(source, part), refuseNull(path, part.name)])
  const writes: string[] = []
  let size = 0
  for (const { name, field } of fields) {
    writes.push(writeFixed(field.type, size === 0 ? position : `${position} + ${size}`, `$${name}`))
    size += fixedSize(field.type) as number
  }
  if (withZero) writes.push(`w.view.setInt8(${position} + ${size++}, 0)`)
  return [...taken, `const ${position} = w.reserve(${size})`, ...writes]
}

const VIEW_WRITES: Partial<Record<FieldType['kind'], string>> = {
  int8: 'setInt8',
  int16: 'setInt16',
  uint16: 'setUint16',
  int32: 'setInt32',
  uint32: 'setUint32',
  float64: 'setFloat64',
}

function writeFixed(type: FieldType, at: string, value: string): string {
  if (type.kind === 'bool') return `w.view.setInt8(${at}, ${value} ? 1 : 0)`
  if (type.kind === 'uuid') return `writeUuid(w.view, ${at}, ${value})`
  if (type.kind === 'int64') return `writeInt64(w.view, ${at}, ${value})`
  return `w.view.${VIEW_WRITES[type.kind]}(${at}, ${value})`
}

function writeTagged(
  source: Source,
  path: string,
  tagged: readonly PlacedField[],
  dialect: Dialect,
): string[] {
  const writers = tagged.map((part) => taggedEncoder(source, path, part, dialect))
  const present = tagged.map((part) => `t_${part.name}`)
  const merged = tagged.map(
    (part, i) =>
      `if (t_${part.name}) known.push([${part.field.tag}, (w) => ${writers[i]}(w, $${part.name})])`,
  )
  return [
    ...tagged.flatMap((part) => [
      ...takeValue(source, part),
      `const t_${part.name} = !(${isDefaultExpression(source, part.field, `$${part.name}`)})`,
    ]),
    'if (v.unknownTaggedFields !== undefined) {',
    `const known = []\n${merged.join('\n')}`,
    'mergeTagged(w, known, v.unknownTaggedFields)\nreturn }',
    `w.unsignedVarint(${present.map((flag) => `(${flag} ? 1 : 0)`).join(' + ')})`,
    ...tagged.map((part, i) => `if (t_${part.name}) ${writers[i]}(w, $${part.name})`),
  ]
}

/** Adds a function that writes one tagged field with its tag and size, and yields its name. */
function taggedEncoder(source: Source, path: string, part: PlacedField, dialect: Dialect): string {
  const name = source.name(`${path}_${part.name}_tagged`)
  const { tag, type } = part.field
  const size = fixedSize(type)
  const lines =
    size === undefined
      ? [
          'const n = w.nested()',
          `try { ${writeField(source, path, part, dialect, 'n').join('\n')} } catch (error) { n.discard(); throw error }`,
          `w.tagged(${tag}, n)`,
        ]
      : [
          `w.unsignedVarint(${tag})`,
          `w.unsignedVarint(${size})`,
          ...writeField(source, path, part, dialect, 'w'),
        ]
  source.add(`function ${name}(w, $${part.name}) {\n${lines.join('\n')}\n}`)
  return name
}

/** Statements that write the value `$name`. */
function writeField(source: Source, path: string, part: PlacedField, dialect: Dialect, w: string): string[] {
  const { name, field, place } = part
  const value = `$${name}`
  const compact = dialect.flexible && !field.alwaysClassic
  const nullable = includes(field.nullable, dialect.version)
  const refuse = nullable ? [] : [refuseNull(path, name)]
  const { type } = field
  switch (type.kind) {
    case 'string':
      return [...refuse, `${w}.${writerName('String', compact, nullable)}(${value})`]
    case 'bytes':
      return [...refuse, `${w}.${writerName('Bytes', compact, nullable)}(${value})`]
    case 'records':
      return [`${w}.${writerName('Records', compact, true)}(${value})`]
    case 'struct': {
      const write = `${structEncoder(source, `${path}.${name}`, type.fields, dialect)}(${w}, ${value})`
      if (!nullable) return [...refuse, write]
      // See the decoder: null is another byte in the tagged section.
      const whenNull = place === 'tagged' ? 0 : -1
      return [`if (${value} === null) ${w}.int8(${whenNull})\nelse { ${w}.int8(1); ${write} }`]
    }
    case 'array':
      return [`${arrayEncoder(source, `${path}.${name}`, type.element, nullable, dialect)}(${w}, ${value})`]
    default:
      return [...refuse, `${w}.${type.kind}(${value})`]
  }
}

function writerName(kind: 'String' | 'Bytes' | 'Records', compact: boolean, nullable: boolean): string {
  const name = `${compact ? 'Compact' : ''}${nullable ? 'Nullable' : ''}${kind}`
  return name.charAt(0).toLowerCase() + name.slice(1)
}

/** Adds a function that writes the array, and yields its name. */
function arrayEncoder(
  source: Source,
  path: string,
  element: FieldType,
  nullable: boolean,
  dialect: Dialect,
): string {
  const name = source.name(`${path}_list`)
  const nullLength = dialect.flexible ? 'w.unsignedVarint(0)' : 'w.int32(-1)'
  const lines = [
    `if (list === null) ${nullable ? `{ ${nullLength}; return }` : `failOnNull(${JSON.stringify(path)})`}`,
    dialect.flexible ? 'w.unsignedVarint(list.length + 1)' : 'w.int32(list.length)',
    element.kind === 'int32'
      ? 'w.int32s(list)'
      : `for (let i = 0; i < list.length; i++) ${writeElement(source, path, element, dialect)}`,
  ]
  source.add(`function ${name}(w, list) {\n${lines.join('\n')}\n}`)
  return name
}

function writeElement(source: Source, path: string, element: FieldType, dialect: Dialect): string {
  switch (element.kind) {
    case 'struct':
      return `${structEncoder(source, path, element.fields, dialect)}(w, list[i])`
    case 'string':
      return `w.${writerName('String', dialect.flexible, false)}(list[i])`
    case 'bytes':
      return `w.${writerName('Bytes', dialect.flexible, false)}(list[i])`
    case 'array':
    case 'records':
      throw new TypeError(`${path}: an array of ${element.kind} is not something Kafka's messages have`)
    default:
      return `w.${element.kind}(list[i])`
  }
}
