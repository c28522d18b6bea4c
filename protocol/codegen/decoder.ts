import { ProtocolError } from '../error.ts'
import type { Reader } from '../primitives/reader.ts'
import { type Field, type Fields, type FieldType, includes, type Message } from '../schema.ts'
import {
  type Dialect,
  defaultExpression,
  dialectOf,
  type PlacedField,
  placeFields,
  Source,
  smallestSize,
  taggedFields,
} from './source.ts'

/** A tagged field whose tag this version does not know; kept, so that what was read can be written back. */
export interface UnknownTaggedField {
  readonly tag: number
  readonly data: Buffer
}

/** JavaScript that reads the message in this version, compiled. Objects have the same shape in every version. */
export function generateDecoder(message: Message, version: number): (reader: Reader) => unknown {
  const source = new Source()
  const main = structDecoder(source, message.name, message.fields, dialectOf(message, version))
  return source.compile(main, `${message.name}-v${version}-decode`, { failOnNull, failOnTag })
}

function failOnNull(path: string): never {
  throw new ProtocolError(`${path} must not be null`)
}

function failOnTag(tag: number, size: number, read: number): never {
  throw new ProtocolError(`tagged field ${tag} announced ${size} bytes and holds ${read}`)
}

function structDecoder(source: Source, path: string, fields: Fields, dialect: Dialect): string {
  const name = source.name(path)
  const placed = placeFields(fields, dialect)
  const lines: string[] = []
  for (const part of placed) {
    const target = `$${part.name}`
    if (part.place === 'inline') {
      lines.push(...readField(source, `${path}.${part.name}`, part.field, dialect, target, 'let '))
    } else {
      lines.push(`let ${target} = ${defaultExpression(source, part.field)}`)
    }
  }
  const parts = placed.map((part) => `${part.name}: $${part.name}`).join(', ')
  if (dialect.flexible) {
    lines.push(...readTagged(source, path, placed, dialect))
    lines.push(`if (unknown !== undefined) return { ${parts}, unknownTaggedFields: unknown }`)
  }
  lines.push(`return { ${parts} }`)
  source.add(`function ${name}(r) {\n${lines.join('\n')}\n}`)
  return name
}

function readTagged(
  source: Source,
  path: string,
  placed: readonly PlacedField[],
  dialect: Dialect,
): string[] {
  const cases = taggedFields(placed).flatMap(({ name, field }) => [
    `case ${field.tag}: {`,
    ...readField(source, `${path}.${name}`, field, dialect, `$${name}`, ''),
    'break }',
  ])
  return [
    'let unknown',
    'for (let count = r.unsignedVarint(); count > 0; count--) {',
    'const tag = r.unsignedVarint(), size = r.unsignedVarint(), start = r.offset',
    'if (size > r.remaining) failOnTag(tag, size, r.remaining)',
    'switch (tag) {',
    ...cases,
    'default: { r.skip(size); (unknown ??= []).push({ tag, data: r.buffer.subarray(start, start + size) }) }',
    '}',
    'if (r.offset !== start + size) failOnTag(tag, size, r.offset - start)',
    '}',
  ]
}

function readField(
  source: Source,
  path: string,
  field: Field,
  dialect: Dialect,
  target: string,
  keyword: string,
): string[] {
  const compact = dialect.flexible && !field.alwaysClassic
  const nullable = includes(field.nullable, dialect.version)
  const refuseNull = nullable ? [] : [`if (${target} === null) failOnNull(${JSON.stringify(path)})`]
  const { type } = field
  switch (type.kind) {
    case 'string':
      return [
        `${keyword}${target} = r.${compact ? 'compactNullableString' : 'nullableString'}()`,
        ...refuseNull,
      ]
    case 'bytes':
      return [
        `${keyword}${target} = r.${compact ? 'compactNullableBytes' : 'nullableBytes'}()`,
        ...refuseNull,
      ]
    case 'records':
      return [`${keyword}${target} = r.${compact ? 'compactNullableBytes' : 'nullableBytes'}()`]
    case 'struct': {
      const decoder = structDecoder(source, path, type.fields, dialect)
      // Before a struct that may be null stands an int8 (negative for null); in the tagged section Kafka's generator
      // writes an unsigned varint there (0 for null).
      const isNull = includes(field.tagged, dialect.version) ? 'r.unsignedVarint() === 0' : 'r.int8() < 0'
      const read = nullable ? `${isNull} ? null : ${decoder}(r)` : `${decoder}(r)`
      return [`${keyword}${target} = ${read}`]
    }
    case 'array':
      return readArray(source, path, type.element, dialect, target, keyword, nullable)
    default:
      return [`${keyword}${target} = r.${type.kind}()`]
  }
}

function readArray(
  source: Source,
  path: string,
  element: FieldType,
  dialect: Dialect,
  target: string,
  keyword: string,
  nullable: boolean,
): string[] {
  const length = dialect.flexible ? 'compactArrayLength' : 'arrayLength'
  const read = elementReader(source, path, element, dialect)
  return [
    `${keyword}${target} = null`,
    `{ const n = r.${length}(${smallestSize(element, dialect, false)})`,
    `if (n >= 0) { ${target} = []; for (let i = 0; i < n; i++) ${target}.push(${read}) }`,
    nullable ? '}' : `else failOnNull(${JSON.stringify(path)}) }`,
  ]
}

function elementReader(source: Source, path: string, element: FieldType, dialect: Dialect): string {
  if (element.kind === 'struct') return `${structDecoder(source, path, element.fields, dialect)}(r)`
  if (element.kind === 'string' || element.kind === 'bytes') {
    const kind = element.kind === 'string' ? 'String' : 'Bytes'
    const reader = dialect.flexible ? `compactNullable${kind}` : `nullable${kind}`
    return `(r.${reader}() ?? failOnNull(${JSON.stringify(`${path}[]`)}))`
  }
  if (element.kind === 'array' || element.kind === 'records') {
    throw new TypeError(`${path}: an array of ${element.kind} is not something Kafka's messages have`)
  }
  return `r.${element.kind}()`
}
