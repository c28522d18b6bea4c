/**
 * The words messages are declared in. A declaration says once, for all versions, what a message holds; codecs
 * (`codec.ts`) and TypeScript types (`Decoded`, `Encodable`) both come from it.
 *
 * Version windows are written as in Kafka's definitions: `'0+'`, `'3-8'`, `'2'`.
 */
export type Versions = `${number}+` | `${number}-${number}` | `${number}`

/** A version window, both ends included; `max` is Infinity for an open one. */
export interface Window {
  readonly min: number
  readonly max: number
}

const NEVER: Window = { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY }

function windowOf(versions: Versions | 'none'): Window {
  if (versions === 'none') return NEVER
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(versions)
  if (!match) throw new TypeError(`a version window reads like '0+', '3-8' or '2', got '${versions}'`)
  const min = Number(match[1])
  return { min, max: match[2] ? Number.POSITIVE_INFINITY : Number(match[3] ?? min) }
}

export function includes(window: Window, version: number): boolean {
  return version >= window.min && version <= window.max
}

/** The types of Kafka's wire that have no parts. */
export type PrimitiveType =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'float64'
  | 'string'
  | 'uuid'
  | 'bytes'
  | 'records'

export type FieldType =
  | { readonly kind: PrimitiveType }
  | { readonly kind: 'array'; readonly element: FieldType }
  | { readonly kind: 'struct'; readonly fields: Fields }

export interface FieldOptions<D = unknown> {
  /** Versions in which null may be sent. */
  readonly nullable?: Versions
  /** Tag number, for fields that travel in the tagged section (KIP-482). */
  readonly tag?: number
  /** Versions in which the field is tagged; the field's own versions where not said. */
  readonly tagged?: Versions
  /** What an absent field means; Kafka's implicit default (0, false, '', [], zero UUID) where not said. */
  readonly default?: D
  /** `'none'`: keeps the classic encoding in flexible versions too (the client id of request headers). */
  readonly flexible?: 'none'
}

/** One declared field; `In` and `Out` exist only for the type checker: what may be encoded, what decoding yields. */
export interface Field<Out = unknown, In = unknown> {
  readonly type: FieldType
  readonly versions: Window
  readonly nullable: Window
  readonly tag: number | undefined
  readonly tagged: Window
  readonly default: unknown
  readonly alwaysClassic: boolean
  readonly out?: Out
  readonly in?: In
}

export type Fields = { readonly [name: string]: Field }

type OrNull<T, O> = O extends { nullable: Versions } ? T | null : T

/** What decoding a struct yields: every field, present or defaulted. */
export type DecodedFields<F extends Fields> = {
  -readonly [K in keyof F]: F[K] extends Field<infer Out, unknown> ? Out : never
}

/** What may be given to encode a struct: any field may be left to its default. */
export type EncodableFields<F extends Fields> = {
  readonly [K in keyof F]?: (F[K] extends Field<unknown, infer In> ? In : never) | undefined
}

type ElementOut<E> = E extends Field<infer Out, unknown> ? Out : E extends Fields ? DecodedFields<E> : never
type ElementIn<E> = E extends Field<unknown, infer In> ? In : E extends Fields ? EncodableFields<E> : never

function field(type: FieldType, versions: Versions, options: FieldOptions = {}): Field {
  const own = windowOf(versions)
  return {
    type,
    versions: own,
    nullable: windowOf(options.nullable ?? 'none'),
    tag: options.tag,
    tagged: options.tag === undefined ? NEVER : options.tagged ? windowOf(options.tagged) : own,
    default: options.default ?? (options.default === null ? null : implicitDefault(type)),
    alwaysClassic: options.flexible === 'none',
  }
}

/** The UUID of sixteen zero bytes, which Kafka uses for "none". */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'

const IMPLICIT_DEFAULTS = {
  bool: false,
  int8: 0,
  int16: 0,
  uint16: 0,
  int32: 0,
  uint32: 0,
  int64: 0,
  float64: 0,
  string: '',
  uuid: ZERO_UUID,
  bytes: Buffer.alloc(0),
  // Kafka's generated classes start a records field at null, not at empty.
  records: null,
} as const

function implicitDefault(type: FieldType): unknown {
  if (type.kind === 'array') return []
  if (type.kind === 'struct') return undefined
  return IMPLICIT_DEFAULTS[type.kind]
}

type Primitive<Out, In> = <const O extends FieldOptions<In | null>>(
  versions?: Versions,
  options?: O,
) => Field<OrNull<Out, O>, OrNull<In, O>>

function primitive<Out, In = Out>(kind: PrimitiveType): Primitive<Out, In> {
  return ((versions: Versions = '0+', options?: FieldOptions) =>
    field({ kind }, versions, options)) as Primitive<Out, In>
}

export const bool = primitive<boolean>('bool')
export const int8 = primitive<number>('int8')
export const int16 = primitive<number>('int16')
export const uint16 = primitive<number>('uint16')
export const int32 = primitive<number>('int32')
export const uint32 = primitive<number>('uint32')
/** Decodes to a number, rounded beyond 2^53 (or to an exact bigint there: `ExactReader`); takes either. */
export const int64 = primitive<number, number | bigint>('int64')
export const float64 = primitive<number>('float64')
export const string = primitive<string>('string')
/** As Kafka prints it: unpadded URL-safe base64, 22 characters. */
export const uuid = primitive<string>('uuid')
/** Decodes to a view of the frame, never a copy. */
export const bytes = primitive<Buffer, Uint8Array>('bytes')
/** Record batches as they lie: a view when decoded; one or several pieces when encoded, held by reference. */
export const records = primitive<Buffer | null, Uint8Array | readonly Uint8Array[] | null>('records')

export function array<const E extends Field | Fields>(
  versions: Versions,
  element: E,
): Field<ElementOut<E>[], readonly ElementIn<E>[]>
export function array<const O extends FieldOptions<null>, const E extends Field | Fields>(
  versions: Versions,
  options: O,
  element: E,
): Field<OrNull<ElementOut<E>[], O>, OrNull<readonly ElementIn<E>[], O>>
export function array(versions: Versions, second: unknown, third?: unknown): Field {
  const element = (third ?? second) as Field | Fields
  const options = third ? (second as FieldOptions) : {}
  return field({ kind: 'array', element: elementType(element) }, versions, options)
}

function elementType(element: Field | Fields): FieldType {
  return isField(element) ? element.type : { kind: 'struct', fields: element }
}

function isField(element: Field | Fields): element is Field {
  return typeof (element as Field).versions === 'object' && 'alwaysClassic' in element
}

export function struct<const F extends Fields>(
  versions: Versions,
  fields: F,
): Field<DecodedFields<F>, EncodableFields<F>>
export function struct<const O extends FieldOptions<null>, const F extends Fields>(
  versions: Versions,
  options: O,
  fields: F,
): Field<OrNull<DecodedFields<F>, O>, OrNull<EncodableFields<F>, O>>
export function struct(versions: Versions, second: unknown, third?: unknown): Field {
  const fields = (third ?? second) as Fields
  return field({ kind: 'struct', fields }, versions, third ? (second as FieldOptions) : {})
}

/** Everything that is encoded as one unit: a request, a response, a header, a record that travels inside a batch. */
export interface Message<F extends Fields = Fields> {
  readonly name: string
  readonly versions: Window
  readonly flexible: Window
  readonly fields: F
}

export interface MessageVersions {
  readonly versions: Versions
  readonly flexible: Versions | 'none'
}

export function message<const F extends Fields>(
  name: string,
  { versions, flexible }: MessageVersions,
  fields: F,
): Message<F> {
  return { name, versions: windowOf(versions), flexible: windowOf(flexible), fields }
}

/** The value that decoding the message yields. */
export type Decoded<M extends Message> = M extends Message<infer F> ? DecodedFields<F> : never
/** The value that may be given to encode the message. */
export type Encodable<M extends Message> = M extends Message<infer F> ? EncodableFields<F> : never

/** Where Kafka serves an API: on brokers' listeners, on controllers', or (ended with ZooKeeper) in that mode only. */
export type ApiListener = 'broker' | 'controller' | 'zkBroker'

/** One Kafka API: its request and its response, every version. */
export interface Api<Q extends Fields = Fields, S extends Fields = Fields> {
  readonly key: number
  readonly name: string
  readonly versions: Window
  readonly flexible: Window
  /** Versions that real brokers offer only with `unstable.api.versions.enable`. */
  readonly unstable: Window
  readonly listeners: readonly ApiListener[]
  readonly request: Message<Q>
  readonly response: Message<S>
}

export interface ApiDeclaration<Q extends Fields, S extends Fields> extends MessageVersions {
  readonly key: number
  readonly name: string
  readonly unstable?: Versions
  readonly listeners: readonly ApiListener[]
  readonly request: Q
  readonly response: S
}

export function api<const Q extends Fields, const S extends Fields>(
  declaration: ApiDeclaration<Q, S>,
): Api<Q, S> {
  const { key, name, listeners } = declaration
  const request = message(`${name}Request`, declaration, declaration.request)
  const response = message(`${name}Response`, declaration, declaration.response)
  const { versions, flexible } = request
  return {
    key,
    name,
    versions,
    flexible,
    unstable: windowOf(declaration.unstable ?? 'none'),
    listeners,
    request,
    response,
  }
}

/** A request as its handler sees it. */
export type RequestOf<A extends Api> = Decoded<A['request']>
/** A response as its handler gives it. */
export type ResponseOf<A extends Api> = Encodable<A['response']>
