/** `sasl.kerberos.principal.to.local.rules`: how a Kerberos name becomes the name of a principal. */

import { javaReplacement } from '../java-replacement.ts'

const NAME = /^([^/@]*)(?:\/([^/@]*))?@([^/@]*)$/
const RULE = /(DEFAULT)|RULE:\[(\d*):([^\]]*)\](?:\(([^)]*)\))?(?:s\/([^/]*)\/([^/]*)\/(g)?)?\/?(L|U)?/y
/** Text without `$`, then perhaps a component's number; a `$` without one says nothing. */
const PIECE = /([^$]*)(?:\$(\d*))?/gy
const LARGEST_NUMBER = 2 ** 31 - 1

/** A Kerberos name as Kafka takes it apart: the realm first, which `$0` stands for, then one or two components. */
type Parts = readonly [realm: string, service: string, host?: string]
/** Gives the name, or undefined when the rule does not apply. @throws Error when it applies and makes no name */
type Rule = (parts: Parts) => string | undefined

/** The rules of one listener, in their order; the first that applies counts (`KerberosShortNamer`). */
export class ShortNamer {
  readonly #rules: readonly Rule[]

  /**
   * @param realm of names that the rule DEFAULT is about
   * @throws Error saying which rule is wrong
   */
  constructor(realm: string, rules: readonly string[]) {
    this.#rules = rules.map((rule) => parseRule(rule, realm))
  }

  /** @throws Error where Kafka has no name for it */
  shortName(name: string): string {
    const match = NAME.exec(name)
    if (match === null) {
      if (name.includes('@')) throw new Error(`Malformed Kerberos name: ${name}`)
      return name
    }
    const [, service = '', host, realm = ''] = match
    const parts: Parts = host === undefined ? [realm, service] : [realm, service, host]
    for (const rule of this.#rules) {
      const short = rule(parts)
      if (short !== undefined) return short
    }
    throw new Error(`no rule of sasl.kerberos.principal.to.local.rules applies to ${name}`)
  }
}

function parseRule(rule: string, defaultRealm: string): Rule {
  RULE.lastIndex = 0
  const match = RULE.exec(rule)
  if (match === null) throw new Error(`Invalid rule: ${rule}`)
  const unmatched = rule.slice(match[0].length)
  if (unmatched !== '') throw new Error(`Invalid rule: \`${rule}\`, unmatched substring: \`${unmatched}\``)
  const [, isDefault, digits = '', format = '', pattern, from, to = '', repeat, letters] = match
  if (isDefault !== undefined) {
    return ([realm, service]) => (realm === defaultRealm ? simple(service, rule) : undefined)
  }
  const components = Number(digits)
  if (digits === '' || components > LARGEST_NUMBER) throw new Error(`Invalid rule: ${rule}`)
  const whole = pattern === undefined ? undefined : new RegExp(`^(?:${pattern})$`)
  const substitute = from === undefined ? undefined : substitution(from, to, repeat !== undefined)
  return (parts) => {
    if (parts.length - 1 !== components) return undefined
    const base = formatted(format, parts)
    if (whole !== undefined && !whole.test(base)) return undefined
    const name = simple(substitute === undefined ? base : substitute(base), rule)
    if (letters === undefined) return name
    return letters === 'L' ? name.toLowerCase() : name.toUpperCase()
  }
}

function substitution(from: string, to: string, repeat: boolean): (base: string) => string {
  const pattern = new RegExp(from, repeat ? 'g' : '')
  return (base) => {
    // Java looks at the replacement when there is something to replace, and not before.
    return base.replace(pattern, (...match) => {
      return javaReplacement(to, (digits) => {
        throw new Error(`No group ${digits[0]} in \`${from}\``)
      })(match)
    })
  }
}

function formatted(format: string, parts: Parts): string {
  let text = ''
  for (const [, literal = '', digits] of format.matchAll(PIECE)) {
    text += literal
    if (digits === undefined) continue
    const part = digits === '' ? undefined : parts[Number(digits)]
    if (part === undefined) {
      throw new Error(`\`${format}\`: expected $0 to $${parts.length - 1}, got $${digits}`)
    }
    text += part
  }
  return text
}

function simple(name: string, rule: string): string {
  if (/[/@]/.test(name)) throw new Error(`Non-simple name ${name} after rule ${rule}`)
  return name
}
