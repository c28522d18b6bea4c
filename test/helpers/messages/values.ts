import fc from 'fast-check'
import {
  type Field,
  type Fields,
  type FieldType,
  includes,
  type Message,
  ZERO_UUID,
} from '../../../protocol/schema.ts'
import { defaultOf } from './render.ts'

type Value = Record<string, unknown>

/**
 * Any value that the message can carry in the version, as `ExactReader` would decode it: every declared field is there,
 * those that the version has not at their defaults; a few carry tagged fields that nobody knows.
 */
export function valuesOf(message: Message, version: number): fc.Arbitrary<Value> {
  return structOf(message.fields, version, includes(message.flexible, version), 0)
}

function structOf(fields: Fields, version: number, flexible: boolean, depth: number): fc.Arbitrary<Value> {
  const parts = Object.entries(fields).map(([name, field]) => {
    const present = includes(field.versions, version)
    const value = present
      ? fieldOf(field, version, flexible, depth)
      : fc.constant(null).map(() => defaultOf(field))
    return [name, value] as const
  })
  const struct = fc.record(Object.fromEntries(parts), { noNullPrototype: true })
  if (!flexible) return struct
  return fc.tuple(struct, fc.option(unknownTags, { freq: 8, nil: undefined })).map(([value, unknown]) => {
    return unknown ? { ...value, unknownTaggedFields: unknown } : value
  })
}

/** Kafka's generated classes refuse the one above as a tag. */
const LARGEST_TAG = 2 ** 31 - 2

/** Tags far above Kafka's own, in ascending order as the wire has them. */
const unknownTags = fc
  .uniqueArray(fc.integer({ min: 1000, max: LARGEST_TAG }), { minLength: 1, maxLength: 2 })
  .chain((tags) =>
    fc.tuple(
      ...tags
        .sort((a, b) => a - b)
        .map((tag) => fc.record({ tag: fc.constant(tag), data: buffers() }, { noNullPrototype: true })),
    ),
  )

function fieldOf(field: Field, version: number, flexible: boolean, depth: number): fc.Arbitrary<unknown> {
  const value = typeOf(field.type, version, flexible, depth)
  const nullable = includes(field.nullable, version)
  // Fresh each time: what is decoded does not share arrays either.
  const absent = fc
    .constant(null)
    .map(() => (field.type.kind === 'records' && !nullable ? Buffer.alloc(0) : defaultOf(field)))
  const either = fc.oneof({ weight: 6, arbitrary: value }, { weight: 1, arbitrary: absent })
  return nullable ? fc.option(either, { freq: 5 }) : either
}

function typeOf(type: FieldType, version: number, flexible: boolean, depth: number): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'bool':
      return fc.boolean()
    case 'int8':
      return integers(8)
    case 'int16':
      return integers(16)
    case 'int32':
      return integers(32)
    case 'uint16':
      return fc.integer({ min: 0, max: 2 ** 16 - 1 })
    case 'uint32':
      return fc.integer({ min: 0, max: 2 ** 32 - 1 })
    case 'int64':
      return longs
    case 'float64':
      return fc.double({ noNaN: true })
    case 'string':
      return strings
    case 'uuid':
      return uuids
    case 'bytes':
    case 'records':
      return buffers()
    case 'array':
      return arrayOf(type.element, version, flexible, depth)
    case 'struct':
      return structOf(type.fields, version, flexible, depth + 1)
  }
}

function arrayOf(
  element: FieldType,
  version: number,
  flexible: boolean,
  depth: number,
): fc.Arbitrary<unknown> {
  const of = typeOf(element, version, flexible, depth + 1)
  const short = fc.array(of, { maxLength: depth > 1 ? 2 : 3, size: 'max' })
  if (element.kind === 'struct' || depth > 0) return short
  // Long enough for a count of two bytes.
  return fc.oneof(
    { weight: 30, arbitrary: short },
    { weight: 1, arbitrary: fc.array(of, { minLength: 127, maxLength: 140, size: 'max' }) },
  )
}

function integers(bits: number): fc.Arbitrary<number> {
  const end = 2 ** (bits - 1)
  return fc.oneof(fc.integer({ min: -end, max: end - 1 }), fc.constantFrom(0, -1, -end, end - 1))
}

const longs = fc
  .oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.bigInt({ min: -1000n, max: 2n ** 42n }),
    fc.constantFrom(0n, -1n, 2n ** 53n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)),
  )
  .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value))

/** Whole characters only: half a surrogate pair has no UTF-8. */
const strings = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ minLength: 120, maxLength: 300, size: 'max' }) },
)

const uuids = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .uint8Array({ minLength: 16, maxLength: 16 })
      .map((bytes) => Buffer.from(bytes).toString('base64url')),
  },
  { weight: 1, arbitrary: fc.constant(ZERO_UUID) },
)

function buffers(): fc.Arbitrary<Buffer> {
  const size = fc.oneof(
    { weight: 10, arbitrary: fc.nat(20) },
    { weight: 1, arbitrary: fc.integer({ min: 100, max: 300 }) },
  )
  return size
    .chain((length) => fc.uint8Array({ minLength: length, maxLength: length, size: 'max' }))
    .map((bytes) => Buffer.from(bytes))
}
