/** `ssl.principal.mapping.rules` (KIP-371): how the subject of a client's certificate becomes the name of its principal. */

import { javaReplacement } from '../java-replacement.ts'

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
  // A group that the pattern does not have stays as it is written.
  const expand = javaReplacement(replacement, (digits) => `$${digits}`)
  return (distinguishedName) => {
    if (!whole.test(distinguishedName)) return undefined
    const name = distinguishedName.replace(parts, (...match) => expand(match))
    if (letters === '') return name
    return letters === 'L' ? name.toLowerCase() : name.toUpperCase()
  }
}
