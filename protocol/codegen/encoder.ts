import { ProtocolError } from '../error.ts'
import type { Writer } from '../primitives/writer.ts'
import { type Field, type Fields, type FieldType, includes, type Message } from '../schema.ts'
import type { UnknownTaggedField } from './decoder.ts'
import {
  type Dialect,
  defaultExpression,
  dialectOf,
  isDefaultExpression,
  type PlacedField,
  placeFields,
  Source,
  taggedFields,
} from './source.ts'

/** JavaScript that writes the message in this version, compiled. Fields the version does not have are left out. */
export function generateEncoder(message: Message, version: number): (writer: Writer, value: unknown) => void {
  const source = new Source()
  const main = structEncoder(source, message.name, message.fields, dialectOf(message, version))
  return source.compile(main, `${message.name}-v${version}-encode`, { failOnNull, mergeTagged })
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

function structEncoder(source: Source, path: string, fields: Fields, dialect: Dialect): string {
  const name = source.name(path)
  const placed = placeFields(fields, dialect)
  const lines: string[] = []
  for (const part of placed) {
    if (part.place === 'inline') {
      lines.push(
        ...takeValue(source, part),
        ...writeField(source, `${path}.${part.name}`, part, dialect, 'w'),
      )
    }
  }
  if (dialect.flexible) lines.push(...writeTagged(source, path, placed, dialect))
  source.add(`function ${name}(w, v) {\n${lines.join('\n')}\n}`)
  return name
}

function takeValue(source: Source, { name, field }: PlacedField): string[] {
  return [
    `let $${name} = v.${name}`,
    `if ($${name} === undefined) $${name} = ${defaultExpression(source, field)}`,
  ]
}

function writeTagged(
  source: Source,
  path: string,
  placed: readonly PlacedField[],
  dialect: Dialect,
): string[] {
  const tagged = taggedFields(placed)
  const writers = tagged.map((part) => {
    const name = source.name(`${path}_${part.name}_tagged`)
    const body = writeField(source, `${path}.${part.name}`, part, dialect, 'n')
    source.add(`function ${name}(w, $${part.name}) {
      const n = w.nested()
      try { ${body.join('\n')} } catch (error) { n.discard(); throw error }
      w.tagged(${part.field.tag}, n) }`)
    return name
  })
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
    `w.unsignedVarint(${present.length === 0 ? '0' : present.map((flag) => `(${flag} ? 1 : 0)`).join(' + ')})`,
    ...tagged.map((part, i) => `if (t_${part.name}) ${writers[i]}(w, $${part.name})`),
  ]
}

function writeField(
  source: Source,
  path: string,
  { name, field }: PlacedField,
  dialect: Dialect,
  w: string,
): string[] {
  const value = `$${name}`
  const compact = dialect.flexible && !field.alwaysClassic
  const nullable = includes(field.nullable, dialect.version)
  const refuse = nullable ? [] : [`if (${value} === null) failOnNull(${JSON.stringify(path)})`]
  const { type } = field
  switch (type.kind) {
    case 'string':
      return [...refuse, `${w}.${writerName('String', compact, nullable)}(${value})`]
    case 'bytes':
      return [...refuse, `${w}.${writerName('Bytes', compact, nullable)}(${value})`]
    case 'records':
      return [`${w}.${writerName('Records', compact, true)}(${value})`]
    case 'struct': {
      const write = `${structEncoder(source, path, type.fields, dialect)}(${w}, ${value})`
      if (!nullable) return [...refuse, write]
      // See the decoder: null is another byte in the tagged section.
      const whenNull = includes(field.tagged, dialect.version) ? 0 : -1
      return [`if (${value} === null) ${w}.int8(${whenNull})\nelse { ${w}.int8(1); ${write} }`]
    }
    case 'array':
      return writeArray(source, path, type.element, field, dialect, value, w)
    default:
      return [...refuse, `${w}.${type.kind}(${value})`]
  }
}

function writerName(kind: 'String' | 'Bytes' | 'Records', compact: boolean, nullable: boolean): string {
  const name = `${compact ? 'Compact' : ''}${nullable ? 'Nullable' : ''}${kind}`
  return name.charAt(0).toLowerCase() + name.slice(1)
}

function writeArray(
  source: Source,
  path: string,
  element: FieldType,
  field: Field,
  dialect: Dialect,
  value: string,
  w: string,
): string[] {
  const nullable = includes(field.nullable, dialect.version)
  const whenNull = nullable
    ? dialect.flexible
      ? `${w}.unsignedVarint(0)`
      : `${w}.int32(-1)`
    : `failOnNull(${JSON.stringify(path)})`
  const length = dialect.flexible ? `${w}.unsignedVarint(${value}.length + 1)` : `${w}.int32(${value}.length)`
  return [
    `if (${value} === null) ${whenNull}`,
    `else { ${length}`,
    `for (let i = 0; i < ${value}.length; i++) ${writeElement(source, path, element, dialect, `${value}[i]`, w)} }`,
  ]
}

function writeElement(
  source: Source,
  path: string,
  element: FieldType,
  dialect: Dialect,
  value: string,
  w: string,
): string {
  switch (element.kind) {
    case 'struct':
      return `${structEncoder(source, path, element.fields, dialect)}(${w}, ${value})`
    case 'string':
      return `${w}.${writerName('String', dialect.flexible, false)}(${value})`
    case 'bytes':
      return `${w}.${writerName('Bytes', dialect.flexible, false)}(${value})`
    case 'array':
    case 'records':
      throw new TypeError(`${path}: an array of ${element.kind} is not something Kafka's messages have`)
    default:
      return `${w}.${element.kind}(${value})`
  }
}
