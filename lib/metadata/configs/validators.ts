import { javaCollectionText } from './java-text.ts'

/**
 * Says what is wrong with a parsed value, in Kafka's words, or null. `S` is what it lets through, where that is a closed
 * set of strings.
 */
export interface Validator<S extends string = string> {
  check(name: string, value: unknown, text: string | null): string | null
  /** ConfigDef.ValidList, for whose sake ConfigDef.parse drops what a list names twice. */
  readonly dropsDuplicates?: boolean
  /** The strings let through; for the type only. */
  readonly allows?: S
}

/** The text of ConfigException(name, value, detail). */
export function invalidValue(name: string, value: string | null, detail?: string): string {
  return `Invalid value ${value} for configuration ${name}${detail === undefined ? '' : `: ${detail}`}`
}

/** ConfigDef.Range. */
function range(minimum: number, maximum: number): Validator {
  return {
    check(name, value, text) {
      if (value === null) return invalidValue(name, null, 'Value must be non-null')
      if ((value as number) < minimum) return invalidValue(name, text, `Value must be at least ${minimum}`)
      if ((value as number) > maximum)
        return invalidValue(name, text, `Value must be no more than ${maximum}`)
      return null
    },
  }
}

export function atLeast(minimum: number): Validator {
  return range(minimum, Number.POSITIVE_INFINITY)
}

export function between(minimum: number, maximum: number): Validator {
  return range(minimum, maximum)
}

/** ConfigDef.ValidString. */
export function oneOf<const S extends string>(...allowed: S[]): Validator<S> {
  const set: ReadonlySet<unknown> = new Set(allowed)
  return {
    check(name, value, text) {
      return set.has(value) ? null : invalidValue(name, text, `String must be one of: ${allowed.join(', ')}`)
    },
  }
}

/** ConfigDef.CaseInsensitiveValidString; the names stand in the order in which Kafka lists them. */
export function oneOfAnyCase(...allowed: string[]): Validator {
  return {
    check(name, value, text) {
      if (typeof value === 'string' && allowed.includes(value.toUpperCase())) return null
      return invalidValue(name, text, `String must be one of (case insensitive): ${allowed.join(', ')}`)
    },
  }
}

/** ConfigDef.NonEmptyString. */
export const nonEmptyString: Validator = {
  check: (name, value, text) => (value === '' ? invalidValue(name, text, 'String must be non-empty') : null),
}

/** ConfigDef.NonNullValidator. */
export const nonNull: Validator = {
  check: (name, value) => (value === null ? invalidValue(name, 'null', 'entry must be non null') : null),
}

/** ConfigDef.ValidList. */
function validList<S extends string>(
  allowed: readonly S[],
  isEmptyAllowed: boolean,
  isNullAllowed: boolean,
): Validator<S> {
  const element = allowed.length === 0 ? null : oneOf(...allowed)
  const shown = allowed.length === 0 ? 'any non-empty value' : javaCollectionText(allowed)
  return {
    dropsDuplicates: true,
    check(name, value) {
      if (value === null) return isNullAllowed ? null : `Configuration '${name}' values must not be null.`
      const values = value as readonly string[]
      if (!isEmptyAllowed && values.length === 0) {
        return `Configuration '${name}' must not be empty. Valid values include: ${shown}`
      }
      if (new Set(values).size !== values.length)
        return `Configuration '${name}' values must not be duplicated.`
      for (const one of values) {
        if (one === '') return `Configuration '${name}' values must not be empty.`
        const error = element === null ? null : element.check(name, one, one)
        if (error !== null) return error
      }
      return null
    },
  }
}

/** A list whose members are all among these; it may be empty. */
export function listOf<const S extends string>(...allowed: S[]): Validator<S> {
  return validList(allowed, true, false)
}

/** A list of at least one member, all among these. */
export function nonEmptyListOf<const S extends string>(...allowed: S[]): Validator<S> {
  return validList(allowed, false, false)
}

export const anyList: Validator = validList([], true, false)
export const nonEmptyList: Validator = validList([], false, false)
export const nullableList: Validator = validList([], true, true)
export const nonEmptyNullableList: Validator = validList([], false, true)

/** GzipCompression's levels. */
export const gzipLevel: Validator = {
  check(name, value, text) {
    const level = value as number
    if (level === -1 || (level >= 1 && level <= 9)) return null
    return invalidValue(name, text, 'Value must be between 1 and 9 or equal to -1')
  },
}

/** ThrottledReplicaListValidator. */
export const throttledReplicas: Validator = {
  check(name, value) {
    const values = value as readonly string[]
    if (values.every((one) => /^(?:[0-9]+:[0-9]+)?$/.test(one)) || values.join('') === '*') return null
    const format = '[partitionId]:[brokerId],[partitionId]:[brokerId],...'
    const detail = `${name} must be the literal '*' or a list of replicas in the following format: ${format}`
    return invalidValue(name, javaCollectionText(values), detail)
  },
}

const DURATION =
  /^[+-]?P(?:[+-]?\d+D)?(?:T(?=[+-]?\d)(?:[+-]?\d+H)?(?:[+-]?\d+M)?(?:[+-]?\d+(?:[.,]\d{0,9})?S)?)?$/i

/** ShareGroupAutoOffsetResetStrategy.Validator. */
export const shareAutoOffsetReset: Validator = {
  check(name, value, text) {
    const strategy = value as string
    if (strategy === 'earliest' || strategy === 'latest') return null
    if (strategy.startsWith('by_duration:')) {
      const duration = strategy.slice('by_duration:'.length)
      if (DURATION.test(duration) && !/^[+-]?PT?$/i.test(duration) && !isNegative(duration)) return null
    }
    const allowed =
      "The value must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'."
    return invalidValue(name, text, `Invalid value \`${strategy}\` for configuration ${name}. ${allowed}`)
  },
}

/** Duration.isNegative of an ISO 8601 duration whose form has been checked. */
function isNegative(duration: string): boolean {
  const seconds = { D: 86_400, H: 3600, M: 60, S: 1 }
  let total = 0
  for (const [, number, unit] of duration.toUpperCase().matchAll(/([+-]?\d+(?:[.,]\d*)?)([DHMS])/g)) {
    total += Number((number as string).replace(',', '.')) * seconds[unit as keyof typeof seconds]
  }
  return duration.startsWith('-') ? total > 0 : total < 0
}

const HOST_AND_PORT = /^\[?([0-9A-Za-z\-%._:]*)\]?:([0-9]+)$/

/** QuorumConfig's voters. */
export const quorumVoters: Validator = {
  check(_name, value) {
    const form = 'Each entry should be in the form `{id}@{host}:{port}`.'
    for (const voter of value as readonly string[]) {
      const parts = voter.split('@')
      if (parts.length !== 2) return `Invalid configuration value for controller.quorum.voters. ${form}`
      if (!/^[+-]?\d+$/.test(parts[0] as string))
        return `Failed to parse voter ID as an integer from ${parts[0]}`
      if (!HOST_AND_PORT.test(parts[1] as string)) {
        return `Failed to parse host name from entry ${voter} for the configuration controller.quorum.voters. ${form}`
      }
    }
    return null
  },
}

/** QuorumConfig's bootstrap servers. */
export const quorumBootstrapServers: Validator = {
  check(name, value) {
    for (const server of value as readonly string[]) {
      if (HOST_AND_PORT.test(server)) continue
      const form = 'Each entry should be in the form "{host}:{port}"'
      return `Failed to parse host name from ${server} for the configuration ${name}. ${form}`
    }
    return null
  },
}
