import { javaDoubleText, javaTrim, parseJavaDouble, parseJavaInteger } from './java-text.ts'
import { invalidValue, type Validator } from './validators.ts'

/** ConfigDef.Type, with the code that stands for it in DescribeConfigs responses (0 there is an unknown config). */
export const CONFIG_TYPE_CODES = {
  BOOLEAN: 1,
  STRING: 2,
  INT: 3,
  SHORT: 4,
  LONG: 5,
  DOUBLE: 6,
  LIST: 7,
  CLASS: 8,
  PASSWORD: 9,
} as const

export type ConfigType = keyof typeof CONFIG_TYPE_CODES

/** Whether a broker config can change while the broker runs, and for which brokers at a time (DynamicBrokerConfig). */
export type UpdateMode = 'read-only' | 'per-broker' | 'cluster-wide'

/** One config's declaration. `V` is the type of its parsed value. */
export interface ConfigKey<V = unknown> {
  readonly type: ConfigType
  readonly defaultValue: V
  /** Kafka's text of the default; null: there is none. */
  readonly defaultText: string | null
  readonly validator: Validator | null
  /** Has no default and must be given. */
  readonly required: boolean
  /** Not shown by DescribeConfigs unless it was set (ConfigDef.defineInternal). */
  readonly internal: boolean
  readonly updateMode: UpdateMode
}

export type ConfigKeys = Readonly<Record<string, ConfigKey>>

/** `group.max.size` becomes `groupMaxSize`. */
export type CamelCase<Name extends string> = Name extends `${infer Head}.${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name

/** The typed values of a table of configs, under their names in camel case. */
export type ConfigValues<Keys extends ConfigKeys> = {
  readonly [Name in keyof Keys & string as CamelCase<Name>]: Keys[Name] extends ConfigKey<infer V> ? V : never
}

/** Configs as they were set: texts by name. */
export type Overrides = ReadonlyMap<string, string>

/** A typed value beside Kafka's text of it: a LONG may be too large for a number to show exactly. */
export interface ParsedConfig<V = unknown> {
  readonly value: V
  readonly text: string | null
}

/** Java's Long.MAX_VALUE. Its `value` is the nearest number, 2^63. */
export const LONG_MAX = '9223372036854775807'

/** Stands for the default of a config that has none and must be given. */
export const REQUIRED: unique symbol = Symbol('required')
type Default<T> = T | null | typeof REQUIRED
type Value<T, D> = null extends D ? T | null : T

function key<V>(
  type: ConfigType,
  given: unknown,
  text: string | null,
  validator: Validator | null,
): ConfigKey<V> {
  const defaultValue = given === REQUIRED ? null : given
  const required = given === REQUIRED
  return {
    type,
    defaultValue: defaultValue as V,
    defaultText: defaultValue === null ? null : text,
    validator,
    required,
    internal: false,
    updateMode: 'read-only',
  }
}

export function bool(value: boolean): ConfigKey<boolean> {
  return key('BOOLEAN', value, String(value), null)
}

export function string<D extends Default<string>>(value: D): ConfigKey<Value<string, D>>
export function string<S extends string>(value: NoInfer<S>, validator: Validator<S>): ConfigKey<S>
export function string(value: null, validator: Validator<string>): ConfigKey<string | null>
export function string(value: Default<string>, validator: Validator | null = null): ConfigKey<never> {
  return key('STRING', value, String(value), validator)
}

function numeric(type: ConfigType) {
  return <D extends Default<number | typeof LONG_MAX>>(
    value: D,
    validator: Validator | null = null,
  ): ConfigKey<Value<number, D>> =>
    key(type, value === LONG_MAX ? Number(LONG_MAX) : value, String(value), validator)
}

export const int = numeric('INT')
export const short = numeric('SHORT')
export const long = numeric('LONG')

export function double(value: number, validator: Validator | null = null): ConfigKey<number> {
  return key('DOUBLE', value, javaDoubleText(value), validator)
}

export function list<S extends string = string, const D extends Default<readonly S[]> = readonly S[]>(
  value: D,
  validator: Validator<S>,
): ConfigKey<Value<readonly S[], D>> {
  return key('LIST', value, Array.isArray(value) ? value.join(',') : null, validator)
}

/** A Java class, by its name. */
export function className<D extends string | null>(value: D): ConfigKey<Value<string, D>> {
  return key('CLASS', value, String(value), null)
}

export function password(): ConfigKey<string | null> {
  return key('PASSWORD', null, null, null)
}

export function internal<V>(declared: ConfigKey<V>): ConfigKey<V> {
  return { ...declared, internal: true }
}

export function perBroker<V>(declared: ConfigKey<V>): ConfigKey<V> {
  return { ...declared, updateMode: 'per-broker' }
}

export function clusterWide<V>(declared: ConfigKey<V>): ConfigKey<V> {
  return { ...declared, updateMode: 'cluster-wide' }
}

/** Either a value or Kafka's message about what is wrong with it. */
export type ParseResult =
  | { readonly error: null; readonly parsed: ParsedConfig }
  | { readonly error: string; readonly parsed: null }

function good(value: unknown, text: string): ParseResult {
  return { error: null, parsed: { value, text } }
}

function bad(error: string): ParseResult {
  return { error, parsed: null }
}

/** ConfigDef.parseType. */
export function parseType(name: string, text: string, type: ConfigType): ParseResult {
  const trimmed = javaTrim(text)
  switch (type) {
    case 'BOOLEAN': {
      const lower = trimmed.toLowerCase()
      if (lower === 'true' || lower === 'false') return good(lower === 'true', lower)
      return bad(invalidValue(name, text, 'Expected value to be either true or false'))
    }
    case 'STRING':
    case 'PASSWORD':
      return good(trimmed, trimmed)
    case 'INT':
    case 'SHORT':
    case 'LONG': {
      const digits = parseJavaInteger(trimmed, type === 'INT' ? 32 : type === 'SHORT' ? 16 : 64)
      if (digits !== undefined) return good(Number(digits), digits)
      return bad(invalidValue(name, text, `Not a number of type ${type}`))
    }
    case 'DOUBLE': {
      const value = parseJavaDouble(trimmed)
      if (value !== undefined) return good(value, javaDoubleText(value))
      return bad(invalidValue(name, text, 'Not a number of type DOUBLE'))
    }
    case 'LIST': {
      const values = trimmed === '' ? [] : trimmed.split(/\s*,\s*/)
      return good(values, values.join(','))
    }
    case 'CLASS':
      // Nothing can be loaded here: what a broker without plug-ins would find is what counts as found.
      if (/^(?:org\.apache\.kafka|java)\.[\w.$]+$/.test(trimmed)) return good(trimmed, trimmed)
      return bad(invalidValue(name, text, `Class ${text} could not be found.`))
  }
}

/** Validates a parsed value; Kafka's message, or null when it is good. */
export function validate(name: string, declared: ConfigKey, parsed: ParsedConfig): string | null {
  return declared.validator === null ? null : declared.validator.check(name, parsed.value, parsed.text)
}

/** ConfigDef.parseValue: parses and validates; what a list names twice counts once. */
export function parseConfig(name: string, declared: ConfigKey, text: string): ParseResult {
  let result = parseType(name, text, declared.type)
  if (result.error !== null) return result
  if (declared.validator?.dropsDuplicates === true) {
    const values = [...new Set(result.parsed.value as string[])]
    result = good(values, values.join(','))
  }
  const error = validate(name, declared, result.parsed as ParsedConfig)
  return error === null ? result : bad(error)
}

/** The camel case of a config's name: the run-time side of `CamelCase`. */
export function camelCase(name: string): string {
  return name.replace(/\.(.)/g, (_, letter: string) => letter.toUpperCase())
}
