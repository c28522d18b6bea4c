import { ProtocolError } from '../error.ts'
import { type Reader, roomFor } from '../primitives/reader.ts'
import { type Field, type Fields, type FieldType, includes, type Message } from '../schema.ts'
import {
  type Dialect,
  defaultExpression,
  dialectOf,
  fixedSize,
  type PlacedField,
  partsOf,
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
  const helpers = { failOnNull, failOnTag, roomFor, unknownTags }
  return source.compile(main, `${message.name}-v${version}-decode`, helpers)
}

/** What is not on the wire; the reader says what becomes of a default that no number holds. */
function absentValue(source: Source, field: Field): string {
  return defaultExpression(source, field, (value) => `r.int64Default(${value}n)`)
}

function failOnNull(path: string): never {
  throw new ProtocolError(`${path} must not be null`)
}

function failOnTag(tag: number, size: number, read: number): never {
  throw new ProtocolError(`tagged field ${tag} announced ${size} bytes and holds ${read}`)
}

/** The tagged section of a struct that has no tagged fields of its own. */
function unknownTags(reader: Reader): UnknownTaggedField[] | undefined {
  let count = reader.unsignedVarint()
  if (count === 0) return undefined
  const unknown: UnknownTaggedField[] = []
  for (; count > 0; count--) {
    const tag = reader.unsignedVarint()
    const start = reader.skip(reader.unsignedVarint())
    unknown.push({ tag, data: reader.buffer.subarray(start, reader.offset) })
  }
  return unknown
}

/** Adds a function that reads the struct, and yields its name. */
function structDecoder(source: Source, path: string, fields: Fields, dialect: Dialect): string {
  const name = source.name(path)
  const placed = placeFields(fields, dialect)
  const tagged = taggedFields(placed)
  const lines: string[] = []
  const parts = partsOf(placed)
  if (parts.some(({ kind }) => kind === 'run')) lines.push('const v = r.view')
  for (const [i, part] of parts.entries()) {
    if (part.kind === 'run') lines.push(...readRun(part.fields, `p${i}`))
    else lines.push(`const $${part.field.name} = ${readField(source, path, part.field, dialect)}`)
  }
  for (const { name, field } of tagged) lines.push(`let $${name} = ${absentValue(source, field)}`)

  const properties = placed
    .map(
      ({ name, field, place }) => `${name}: ${place === 'absent' ? absentValue(source, field) : `$${name}`}`,
    )
    .join(', ')
  if (dialect.flexible) {
    lines.push(
      ...(tagged.length === 0
        ? ['const unknown = unknownTags(r)']
        : readTagged(source, path, tagged, dialect)),
    )
    lines.push(`if (unknown !== undefined) return { ${properties}, unknownTaggedFields: unknown }`)
  }
  lines.push(`return { ${properties} }`)
  source.add(`function ${name}(r) {\n${lines.join('\n')}\n}`)
  return name
}

/** Fields of fixed size: the view checks that they are there, the cursor moves once. */
function readRun(fields: readonly PlacedField[], position: string): string[] {
  const lines = [`const ${position} = r.offset`]
  let size = 0
  for (const { name, field } of fields) {
    lines.push(`const $${name} = ${readFixed(field.type, size === 0 ? position : `${position} + ${size}`)}`)
    size += fixedSize(field.type) as number
  }
  lines.push(`r.offset = ${position} + ${size}`)
  return lines
}

const VIEW_READS: Partial<Record<FieldType['kind'], string>> = {
  int8: 'getInt8',
  int16: 'getInt16',
  uint16: 'getUint16',
  int32: 'getInt32',
  uint32: 'getUint32',
  float64: 'getFloat64',
}

function readFixed(type: FieldType, at: string): string {
  if (type.kind === 'bool') return `v.getInt8(${at}) !== 0`
  if (type.kind === 'uuid') return `r.uuidAt(${at})`
  if (type.kind === 'int64') return `r.int64At(${at})`
  return `v.${VIEW_READS[type.kind]}(${at})`
}

function readTagged(
  source: Source,
  path: string,
  tagged: readonly PlacedField[],
  dialect: Dialect,
): string[] {
  const cases = tagged.flatMap((part) => [
    `case ${part.field.tag}: $${part.name} = ${readField(source, path, part, dialect)}; break`,
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

/** An expression that reads the field. */
function readField(
  source: Source,
  parent: string,
  { name, field, place }: PlacedField,
  dialect: Dialect,
): string {
  const path = `${parent}.${name}`
  const nullable = includes(field.nullable, dialect.version)
  const { type } = field
  switch (type.kind) {
    case 'string':
    case 'bytes': {
      const read = `r.${nullableReader(type.kind, field, dialect)}()`
      return nullable ? read : `${read} ?? failOnNull(${JSON.stringify(path)})`
    }
    case 'records':
      return `r.${nullableReader('bytes', field, dialect)}()`
    case 'struct': {
      const decoder = structDecoder(source, path, type.fields, dialect)
      // Before a struct that may be null stands an int8 (negative for null); in the tagged section Kafka's generator
      // writes an unsigned varint there (0 for null).
      const isNull = place === 'tagged' ? 'r.unsignedVarint() === 0' : 'r.int8() < 0'
      return nullable ? `${isNull} ? null : ${decoder}(r)` : `${decoder}(r)`
    }
    case 'array':
      return `${arrayDecoder(source, path, type.element, nullable, dialect)}(r)`
    default:
      return `r.${type.kind}()`
  }
}

function nullableReader(kind: 'string' | 'bytes', field: Field, dialect: Dialect): string {
  const suffix = kind === 'string' ? 'String' : 'Bytes'
  return dialect.flexible && !field.alwaysClassic ? `compactNullable${suffix}` : `nullable${suffix}`
}

/** Adds a function that reads the array, and yields its name. */
function arrayDecoder(
  source: Source,
  path: string,
  element: FieldType,
  nullable: boolean,
  dialect: Dialect,
): string {
  const name = source.name(`${path}_list`)
  const length = dialect.flexible ? 'compactArrayLength' : 'arrayLength'
  const lines = [
    `const n = r.${length}(${smallestSize(element, dialect, false)})`,
    `if (n < 0) ${nullable ? 'return null' : `failOnNull(${JSON.stringify(path)})`}`,
  ]
  if (element.kind === 'int32') lines.push('return r.int32s(n)')
  else {
    lines.push(
      'const list = roomFor(n)',
      `for (let i = 0; i < n; i++) list[i] = ${readElement(source, path, element, dialect)}`,
      'return list',
    )
  }
  source.add(`function ${name}(r) {\n${lines.join('\n')}\n}`)
  return name
}

function readElement(source: Source, path: string, element: FieldType, dialect: Dialect): string {
  if (element.kind === 'struct') return `${structDecoder(source, path, element.fields, dialect)}(r)`
  if (element.kind === 'string' || element.kind === 'bytes') {
    const kind = element.kind === 'string' ? 'String' : 'Bytes'
    const reader = dialect.flexible ? `compactNullable${kind}` : `nullable${kind}`
    return `r.${reader}() ?? failOnNull(${JSON.stringify(`${path}[]`)})`
  }
  if (element.kind === 'array' || element.kind === 'records') {
    throw new TypeError(`${path}: an array of ${element.kind} is not something Kafka's messages have`)
  }
  return `r.${element.kind}()`
}
