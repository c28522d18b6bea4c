import { ListenerConfigError } from './listener-config.ts'

/** What a `sasl.jaas.config` names: a login module and what it is told. */
export interface JaasEntry {
  /** The Java class. */
  readonly loginModule: string
  readonly options: ReadonlyMap<string, string>
}

const FLAGS: ReadonlySet<string> = new Set(['required', 'requisite', 'sufficient', 'optional'])
/** A quoted text, a sign, or a word; in quotes a backslash lets the next character stand for itself. */
const TOKEN = /\s*(?:"((?:[^"\\]|\\.)*)"|([=;])|([^\s"=;]+))/gsy

/**
 * Reads Kafka's form of a JAAS configuration: `Module required name="value" ... ;`, one module and no more (`JaasConfig`,
 * `JaasContext`).
 * @throws Error saying what is wrong, without any of the values
 */
export function readJaasConfig(text: string): JaasEntry {
  const [loginModule, flag, ...rest] = tokensOf(text.trim())
  if (loginModule?.text === undefined) throw new Error('expected a login module')
  if (flag?.text === undefined || !FLAGS.has(flag.text.toLowerCase())) {
    throw new Error(`expected ${[...FLAGS].join(', ')} after the login module`)
  }
  const options = new Map<string, string>()
  while (rest.length > 0 && rest[0]?.sign !== ';') {
    const [name, equals, value] = rest.splice(0, 3)
    if (name?.text === undefined || equals?.sign !== '=' || value?.text === undefined) {
      throw new Error(`expected options of the form name="value" after the login module`)
    }
    options.set(name.text, value.text)
  }
  if (rest.length !== 1) throw new Error(`expected one login module that ends with ';'`)
  return { loginModule: loginModule.text, options }
}

/**
 * What a listener's `sasl.jaas.config` tells the login module that its mechanism has.
 * @throws ListenerConfigError saying what is wrong, without any of the values
 */
export function jaasOptions(text: string, loginModule: string): ReadonlyMap<string, string> {
  let entry: JaasEntry
  try {
    entry = readJaasConfig(text)
  } catch (cause) {
    throw new ListenerConfigError(`sasl.jaas.config: ${(cause as Error).message}`, { cause })
  }
  if (entry.loginModule === loginModule) return entry.options
  throw new ListenerConfigError(`sasl.jaas.config: expected ${loginModule}, got another login module`)
}

/** A word or a quoted text, or a sign that stands bare: `";"` in quotes is a text. */
interface Token {
  readonly text: string | undefined
  readonly sign: string | undefined
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text)
    if (match === null) throw new Error('expected every quote to be closed')
    const [, quoted, sign, word] = match
    tokens.push({ text: quoted?.replace(/\\(.)/gs, '$1') ?? word, sign })
  }
  return tokens
}
