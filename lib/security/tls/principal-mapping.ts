/** `ssl.principal.mapping.rules` (KIP-371): how the subject of a client's certificate becomes the name of its principal. */

const RULE = String.raw`(DEFAULT)|RULE:((?:\\.|[^\\/])*)\/((?:\\.|[^\\/])*)\/([LU]?).*?|(?:.*?)`
const RULES = new RegExp(String.raw`\s*(${RULE})\s*(?:,\s*|$)`, 'g')
const ONE_RULE = new RegExp(RULE, 'y')

/** Gives the name, or undefined when the rule does not apply. */
type Rule = (distinguishedName: string) => string | undefined

/** The rules of one listener, in their order; the first that applies counts (`SslPrincipalMapper`). */
export class PrincipalMapping {
  readonly #text: string
  readonly #rules: readonly Rule[]

  /** @throws Error saying which rule is wrong, in Kafka's words */
  constructor(rules: string) {
    this.#text = rules.trim()
    this.#rules = [...this.#text.matchAll(RULES)].flatMap(([, rule]) => parseRule(rule as string) ?? [])
  }

  /** @throws Error when no rule applies: Kafka closes the connection then */
  nameOf(distinguishedName: string): string {
    for (const rule of this.#rules) {
      const name = rule(distinguishedName)
      if (name !== undefined) return name
    }
    throw new Error(`no rule of ssl.principal.mapping.rules applies to ${distinguishedName}: ${this.#text}`)
  }
}

function parseRule(rule: string): Rule | undefined {
  ONE_RULE.lastIndex = 0
  const match = ONE_RULE.exec(rule) as RegExpExecArray
  const unmatched = rule.slice(match[0].length)
  if (unmatched !== '') throw new Error(`Invalid rule: \`${rule}\`, unmatched substring: \`${unmatched}\``)
  const [, isDefault, pattern, replacement = '', letters] = match
  if (isDefault !== undefined) return (distinguishedName) => distinguishedName
  return pattern === undefined ? undefined : replacing(pattern, replacement, letters as '' | 'L' | 'U')
}

function replacing(pattern: string, replacement: string, letters: '' | 'L' | 'U'): Rule {
  // The whole name has to match, but then each part that matches is replaced: that is what Kafka does.
  const whole = new RegExp(`^(?:${pattern})$`)
  const parts = new RegExp(pattern, 'g')
  const expand = template(replacement)
  return (distinguishedName) => {
    if (!whole.test(distinguishedName)) return undefined
    const name = distinguishedName.replace(parts, (...match) => expand(match))
    if (letters === '') return name
    return letters === 'L' ? name.toLowerCase() : name.toUpperCase()
  }
}

const PIECE = /\\(.)|\$(?:(\d+)|\{([a-zA-Z][a-zA-Z0-9]*)\})|[^\\$]+/gsy

/**
 * A replacement as Java reads it: `$1`, `${name}`, `\$`. A group that the pattern does not have stays as it is written.
 * @throws Error for a `$` or `\` that stands for nothing
 */
function template(replacement: string): (match: readonly unknown[]) => string {
  const pieces = [...replacement.matchAll(PIECE)]
  if (pieces.reduce((length, [piece]) => length + piece.length, 0) !== replacement.length) {
    throw new Error(`Invalid replacement: \`${replacement}\`: expected a group after each $`)
  }
  return (match) => {
    const last = match.at(-1)
    const named = (typeof last === 'object' ? last : {}) as Record<string, string | undefined>
    // After the groups come the offset, the whole name, and the named groups where there are any.
    const groups = match.slice(0, typeof last === 'object' ? -3 : -2) as (string | undefined)[]
    return pieces
      .map(([piece, literal, digits, name]) => {
        if (literal !== undefined) return literal
        if (name !== undefined) return named[name] ?? ''
        return digits === undefined ? piece : group(digits, groups)
      })
      .join('')
  }
}

/** As many of the digits as name a group; the others are text. */
function group(digits: string, groups: readonly (string | undefined)[]): string {
  for (let length = digits.length; length > 0; length--) {
    const number = Number(digits.slice(0, length))
    if (number < groups.length) return `${groups[number] ?? ''}${digits.slice(length)}`
  }
  return `$${digits}`
}
