/**
 * How Java reads and writes the values that stand in configs. Error messages and DescribeConfigs show Java's text of a
 * value, so these follow String.trim, Integer.parseInt, Double.toString, String.split, AbstractCollection.toString.
 */

/** String.trim: every character up to and including the blank goes, nothing above it. */
export function javaTrim(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && text.charCodeAt(start) <= 32) start++
  while (end > start && text.charCodeAt(end - 1) <= 32) end--
  return text.slice(start, end)
}

const INTEGER = /^[+-]?[0-9]+$/

/** Short, Integer and Long.parseX: the number in its shortest decimal form, or undefined where Java throws. */
export function parseJavaInteger(text: string, bits: 16 | 32 | 64): string | undefined {
  if (!INTEGER.test(text)) return undefined
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
  return BigInt.asIntN(bits, value) === value ? value.toString() : undefined
}

// Hexadecimal floating point, which Java reads too, is left out.
const DOUBLE = /^[+-]?(?:NaN|Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fFdD]?)$/

/** Double.parseDouble of an already trimmed text, or undefined where Java throws. */
export function parseJavaDouble(text: string): number | undefined {
  if (!DOUBLE.test(text)) return undefined
  if (text.endsWith('NaN')) return Number.NaN
  return Number(/[fFdD]$/.test(text) ? text.slice(0, -1) : text)
}

/** Double.toString: always a fraction; scientific below 1E-3 and from 1E7 on. */
export function javaDoubleText(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const magnitude = Math.abs(value)
  if (magnitude >= 1e-3 && magnitude < 1e7) {
    const text = String(value)
    return text.includes('.') ? text : `${text}.0`
  }
  const [digits, exponent] = value.toExponential().split('e') as [string, string]
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`
}

/** String.split(","): empty strings at the end are dropped, but an empty text is one empty string. */
export function javaSplitComma(text: string): string[] {
  const parts = text.split(',')
  if (parts.length === 1) return parts
  while (parts.length > 0 && parts[parts.length - 1] === '') parts.pop()
  return parts
}

/** The text of a Java collection. */
export function javaCollectionText(values: readonly string[]): string {
  return `[${values.join(', ')}]`
}

/**
 * The order in which a java.util.HashSet that grew to hold these names gives them back. Kafka reports the first bad name, or
 * lists them all, in that order.
 */
export function inJavaHashOrder(names: readonly string[]): string[] {
  let capacity = 16
  while (names.length > capacity * 0.75) capacity *= 2
  const bucket = (name: string) => {
    const hash = javaHashCode(name)
    return (hash ^ (hash >>> 16)) & (capacity - 1)
  }
  return [...names].sort((left, right) => bucket(left) - bucket(right))
}

function javaHashCode(text: string): number {
  let hash = 0
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0
  return hash
}
