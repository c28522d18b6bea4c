import { type Field, type Fields, type FieldType, includes, type Message, ZERO_UUID } from '../schema.ts'

/** What one version of one message means for the shape of the code made for it. */
export interface Dialect {
  readonly message: Message
  readonly version: number
  readonly flexible: boolean
}

export function dialectOf(message: Message, version: number): Dialect {
  return { message, version, flexible: includes(message.flexible, version) }
}

export interface PlacedField {
  readonly name: string
  readonly field: Field
  readonly place: 'absent' | 'inline' | 'tagged'
}

/** The fields of a struct in declared order, each with where this version carries it. */
export function placeFields(fields: Fields, { version, flexible }: Dialect): PlacedField[] {
  return Object.entries(fields).map(([name, field]) => {
    const tagged = flexible && includes(field.tagged, version)
    const present = tagged || includes(field.versions, version)
    return { name, field, place: tagged ? 'tagged' : present ? 'inline' : 'absent' }
  })
}

/** The tagged ones in the order the wire wants them. */
export function taggedFields(placed: readonly PlacedField[]): PlacedField[] {
  return placed
    .filter(({ place }) => place === 'tagged')
    .sort((a, b) => (a.field.tag as number) - (b.field.tag as number))
}

/** Lines of generated JavaScript, with the functions for nested structs beside the main one. */
export class Source {
  #functions: string[] = []
  #count = 0
  readonly constants: unknown[] = []

  name(base: string): string {
    this.#count++
    return `${base.replace(/\W/g, '_')}_${this.#count}`
  }

  add(text: string): void {
    this.#functions.push(text)
  }

  /** An expression for a value that cannot be written as a literal. */
  constant(value: unknown): string {
    this.constants.push(value)
    return `constants[${this.constants.length - 1}]`
  }

  /** Compiles all functions and returns the one called `main`. */
  compile<F>(main: string, origin: string, helpers: Record<string, unknown>): F {
    const body = `'use strict'\n${this.#functions.join('\n')}\nreturn ${main}\n//# sourceURL=josephk/${origin}.js`
    const names = Object.keys(helpers)
    return new Function('constants', ...names, body)(
      this.constants,
      ...names.map((name) => helpers[name]),
    ) as F
  }
}

/** Says in generated code a default that no number holds. */
type LargeDefault = (value: bigint) => string

/** An expression for the default of a field; what is mutable is made anew each time. */
export function defaultExpression(source: Source, field: Field, large: LargeDefault = String): string {
  const value = field.default
  if (value === null) return 'null'
  if (field.type.kind === 'array') return '[]'
  if (field.type.kind === 'struct') return structDefault(source, field.type.fields, large)
  if (Buffer.isBuffer(value)) return source.constant(value)
  return typeof value === 'bigint' ? large(value) : JSON.stringify(value)
}

function structDefault(source: Source, fields: Fields, large: LargeDefault): string {
  const parts = Object.entries(fields).map(
    ([name, field]) => `${name}: ${defaultExpression(source, field, large)}`,
  )
  return `{ ${parts.join(', ')} }`
}

/** An expression that is true when `value` is what the field's absence would mean, so a tagged field need not be sent. */
export function isDefaultExpression(source: Source, field: Field, value: string): string {
  if (field.default === null) return `${value} === null`
  return `${value} !== null && ${isDefaultOf(source, field.type, field, value)}`
}

function isDefaultOf(source: Source, type: FieldType, field: Field, value: string): string {
  switch (type.kind) {
    case 'array':
    case 'bytes':
    case 'records':
      return `${value}.length === 0`
    case 'uuid':
      return `${value} === ${JSON.stringify(ZERO_UUID)}`
    case 'struct': {
      const parts = Object.entries(type.fields).map(([name, inner]) => {
        const part = `${value}.${name}`
        return `(${part} === undefined || ${isDefaultExpression(source, inner, part)})`
      })
      // What nobody knows must not be lost with a struct that looks like its default otherwise.
      return `(${[...parts, `${value}.unknownTaggedFields === undefined`].join(' && ')})`
    }
    case 'int64': {
      const expected = defaultExpression(source, field)
      // Loose: the value may be a number or a bigint, and a default beyond 2^53 has one form in each.
      return `(${value} == ${expected} || ${value} == ${field.default}n)`
    }
    default:
      return `${value} === ${defaultExpression(source, field)}`
  }
}

/** The types that take the same number of bytes whatever their value, and how many. */
const FIXED_SIZES: Partial<Record<FieldType['kind'], number>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  float64: 8,
  uuid: 16,
}

export function fixedSize(type: FieldType): number | undefined {
  return FIXED_SIZES[type.kind]
}

/** Inline fields in wire order; neighbours of fixed size are one run, so that they are read or written at one go. */
export type Part =
  | { readonly kind: 'run'; readonly fields: readonly PlacedField[] }
  | { readonly kind: 'single'; readonly field: PlacedField }

export function partsOf(placed: readonly PlacedField[]): Part[] {
  const parts: Part[] = []
  let run: PlacedField[] = []
  for (const field of placed) {
    if (field.place !== 'inline') continue
    if (fixedSize(field.field.type) !== undefined) {
      if (run.length === 0) parts.push({ kind: 'run', fields: run })
      run.push(field)
    } else {
      run = []
      parts.push({ kind: 'single', field })
    }
  }
  return parts
}

/** Bytes that one value takes at least, so that a count of elements can be checked before anything is allocated. */
export function smallestSize(type: FieldType, dialect: Dialect, nullable: boolean): number {
  switch (type.kind) {
    case 'string':
      return dialect.flexible ? 1 : 2
    case 'bytes':
    case 'records':
    case 'array':
      return dialect.flexible ? 1 : 4
    case 'struct': {
      if (nullable) return 1
      let size = dialect.flexible ? 1 : 0
      for (const { field, place } of placeFields(type.fields, dialect)) {
        if (place === 'inline')
          size += smallestSize(field.type, dialect, includes(field.nullable, dialect.version))
      }
      // An element of no size at all would let any count pass.
      return Math.max(1, size)
    }
    default:
      return fixedSize(type) as number
  }
}
