import * as v from 'valibot'
import type { Clock } from './lab/clock.ts'
import type { Logger } from './lab/logger.ts'
import type { Random } from './lab/random.ts'
import { topicNameFault } from './metadata/topic-name.ts'
import type {
  BrokerOptions,
  ClusterOptions,
  ConfigOptions,
  ListenerOptions,
  TopicOptions,
} from './options.ts'
import { AclOperation, PatternType, PermissionType, ResourceType } from './security/authorization/acl.ts'
import type { AclFilter, AclOptions } from './security/authorization/cluster-acls.ts'
import type { ModeBitsOptions } from './security/authorization/cluster-modes.ts'
import type { CustomAuthorizer } from './security/authorization/custom-authorizer.ts'
import { MODE_BITS } from './security/authorization/mode-bits.ts'
import type { TokenOptions } from './security/delegation-tokens/cluster-tokens.ts'
import type { KerberosOptions } from './security/gssapi/acceptor.ts'
import { MECHANISMS, PASSWORD_MECHANISMS } from './security/mechanism.ts'
import type { OAuthOptions } from './security/oauth/oauth.ts'
import type { AccessTokenRequest } from './security/oauth/token-issuer.ts'
import type { TlsOptions } from './security/tls/tls-settings.ts'
import type { UserOptions } from './security/users.ts'

/** An option that is unknown or wrong; the message names it and says what is expected. */
export class OptionError extends TypeError {
  override readonly name = 'OptionError'
}

function text(expected = 'a non-empty text') {
  return v.pipe(v.string(expected), v.nonEmpty(expected))
}

function whole(expected: string, min: number, max = Number.MAX_SAFE_INTEGER) {
  return v.pipe(v.number(expected), v.integer(expected), v.minValue(min, expected), v.maxValue(max, expected))
}

function object<const E extends v.ObjectEntries>(entries: E) {
  return v.strictObject(entries, `an object with ${Object.keys(entries).join(', ')}`)
}

/** One of the words. */
function oneOf<const C extends Record<string, number>>(codes: C) {
  const words = Object.keys(codes) as (keyof C & string)[]
  return v.picklist(words, `one of ${words.join(', ')}`)
}

function list<const S extends v.GenericSchema>(item: S, expected: string) {
  return v.pipe(v.array(item, expected), v.minLength(1, expected))
}

function withMethods<T>(expected: string, ...names: string[]) {
  return v.custom<T>((value) => {
    const methods = value as Record<string, unknown> | null | undefined
    return typeof value === 'object' && names.every((name) => typeof methods?.[name] === 'function')
  }, expected)
}

const CONFIG = "an object of Kafka's configuration names and their values"
const CONFIG_VALUE = 'a text, a number or a boolean'
const config: v.GenericSchema<ConfigOptions> = v.pipe(
  v.custom<ConfigOptions>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    CONFIG,
  ),
  v.record(v.string(), v.union([v.string(), v.number(), v.boolean()], CONFIG_VALUE), CONFIG),
)

const port = whole('a port from 0 (any free one) to 65535', 0, 65_535)

function some<const N extends readonly string[]>(names: N) {
  const expected = `a list of at least one of ${names.join(', ')}`
  return list(v.picklist(names, expected), expected)
}

const kerberos: v.GenericSchema<KerberosOptions> = object({
  keytab: v.optional(text('the path of a file')),
  principal: v.optional(text("a principal, such as 'kafka/localhost@EXAMPLE.COM'")),
})
const EARLY = ['kip43-empty-frame', 'kip43-none'] as const

const PEM = 'PEM, as a text or a Buffer'
const pem = v.union([text(PEM), v.pipe(v.instance(Buffer, PEM), v.minLength(1, PEM))], PEM)

const TLS = 'true or an object with key, passphrase, cert, ca, clientAuth'
const tls: v.GenericSchema<true | TlsOptions> = v.union(
  [
    v.literal(true, TLS),
    object({
      key: v.optional(pem),
      passphrase: v.optional(v.string('a text')),
      cert: v.optional(pem),
      ca: v.optional(pem),
      clientAuth: v.optional(
        v.picklist(['none', 'requested', 'required'], "'none', 'requested' or 'required'"),
      ),
    }),
  ],
  TLS,
)

const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const

const listener: v.GenericSchema<ListenerOptions> = object({
  name: v.optional(text()),
  securityProtocol: v.optional(v.picklist(PROTOCOLS, "'PLAINTEXT', 'SSL', 'SASL_PLAINTEXT' or 'SASL_SSL'")),
  saslMechanisms: v.optional(some(MECHANISMS)),
  kerberos: v.optional(kerberos),
  preauth: v.optional(v.picklist(['reject', 'anonymous'], "'reject' or 'anonymous'")),
  preauthUser: v.optional(text()),
  reauth: v.optional(v.picklist(['kip368', 'anytime'], "'kip368' or 'anytime'")),
  principalChange: v.optional(v.picklist(['forbid', 'allow'], "'forbid' or 'allow'")),
  earlyNegotiation: v.optional(v.picklist(EARLY, EARLY.map((each) => `'${each}'`).join(' or '))),
  tls: v.optional(tls),
  host: v.optional(text()),
  port: v.optional(port),
  advertisedHost: v.optional(text()),
  advertisedPort: v.optional(whole('a port from 1 to 65535', 1, 65_535)),
  transport: v.optional(v.picklist(['tcp', 'memory'], "'tcp' or 'memory'")),
})

const listeners = v.optional(list(listener, 'a list of at least one listener'))

const broker: v.GenericSchema<BrokerOptions> = object({
  nodeId: v.optional(whole('a node id, a whole number >= 0', 0, 2 ** 31 - 1)),
  rack: v.optional(text()),
  listeners,
  config: v.optional(config),
})

const TOPIC_NAME = "a topic name: 1 to 249 of a-z A-Z 0-9 . _ -, not '.' or '..'"
const topicName = v.pipe(
  v.string(TOPIC_NAME),
  v.check((name) => topicNameFault(name) === undefined, TOPIC_NAME),
)

const topic: v.GenericSchema<TopicOptions> = object({
  name: topicName,
  partitions: v.optional(whole('a whole number >= 1', 1, 2 ** 31 - 1)),
  replicationFactor: v.optional(whole('a whole number from 1 to 32767', 1, 32_767)),
  config: v.optional(config),
})

const user: v.GenericSchema<UserOptions> = object({
  name: text(),
  password: text(),
  mechanisms: v.optional(some(PASSWORD_MECHANISMS)),
})

const users = v.pipe(
  v.array(user, 'a list of users'),
  v.check(
    (given) => new Set(given.map(({ name }) => name)).size === given.length,
    'a list of users of different names',
  ),
)

const token: v.GenericSchema<TokenOptions> = object({
  owner: text(),
  renewers: v.optional(v.array(text(), 'a list of names of users')),
  maxLifetimeMs: v.optional(whole('milliseconds, a whole number >= 1', 1)),
})

const texts = v.union([text(), v.array(text())], 'a non-empty text or a list of them')
const seconds = v.pipe(v.number('seconds, a number'), v.finite('seconds, a number'))

const OAUTH = 'true or an object with host, port, expiresIn, audience'
const oauth: v.GenericSchema<true | OAuthOptions> = v.union(
  [
    v.literal(true, OAUTH),
    object({
      host: v.optional(text()),
      port: v.optional(port),
      expiresIn: v.optional(seconds),
      audience: v.optional(texts),
    }),
  ],
  OAUTH,
)

const accessToken: v.GenericSchema<AccessTokenRequest> = object({
  subject: text(),
  expiresIn: v.optional(seconds),
  scope: v.optional(texts),
  audience: v.optional(texts),
  claims: v.optional(v.record(v.string(), v.unknown(), 'an object of claims')),
})

const { ANY: _anyOperation, ...operations } = AclOperation
const { ANY: _anyType, ...resourceTypes } = ResourceType
const { LITERAL, PREFIXED, MATCH } = PatternType
const PRINCIPAL = "a principal, such as 'User:alice'"
const aclWords = {
  principal: v.pipe(v.string(PRINCIPAL), v.regex(/^[^:]+:./, PRINCIPAL)),
  operation: oneOf(operations),
  resourceType: oneOf(resourceTypes),
  resourceName: v.optional(text()),
  patternType: oneOf({ LITERAL, PREFIXED }),
  host: v.optional(text("an address, a range of addresses, or '*'")),
  permissionType: oneOf({ ALLOW: PermissionType.ALLOW, DENY: PermissionType.DENY }),
}

const RESOURCE_NAME = 'a resourceName, for every resourceType but CLUSTER'
const acl: v.GenericSchema<AclOptions> = v.pipe(
  object({
    ...aclWords,
    patternType: v.optional(aclWords.patternType),
    permissionType: v.optional(aclWords.permissionType),
  }),
  v.check(
    ({ resourceType, resourceName }) => resourceType === 'CLUSTER' || resourceName !== undefined,
    RESOURCE_NAME,
  ),
)

const WHO = "a user's name, '@group' or '*'"
const who = v.pipe(v.string(WHO), v.regex(/^(\*|@[^@*]+|[^@*].*)$/, WHO))
const userName = v.pipe(v.string("a user's name"), v.regex(/^[^@*]/, "a user's name"))
const MODES = `an object of lists of ${MODE_BITS.join(', ')}`
const modes = v.record(who, v.array(v.picklist(MODE_BITS, MODES), MODES), MODES)
const modeBits: v.GenericSchema<ModeBitsOptions> = object({
  defaults: v.optional(modes),
  topics: v.optional(v.record(text(), modes, 'an object of modes')),
  groups: v.optional(v.record(userName, v.array(text(), 'a list of groups'), 'an object of lists of groups')),
})

const aclFilter: v.GenericSchema<AclFilter> = object({
  principal: v.optional(text()),
  operation: v.optional(aclWords.operation),
  resourceType: v.optional(aclWords.resourceType),
  resourceName: aclWords.resourceName,
  patternType: v.optional(oneOf({ LITERAL, PREFIXED, MATCH })),
  host: aclWords.host,
  permissionType: v.optional(aclWords.permissionType),
})

const BROKERS = 'a number of brokers >= 1 or a list of at least one broker'

const cluster: v.GenericSchema<ClusterOptions> = object({
  brokers: v.optional(v.union([whole(BROKERS, 1), list(broker, BROKERS)], BROKERS)),
  host: v.optional(text()),
  port: v.optional(port),
  listeners,
  config: v.optional(config),
  topics: v.optional(v.array(v.union([topicName, topic], TOPIC_NAME), 'a list of topics')),
  users: v.optional(users),
  acls: v.optional(v.array(acl, 'a list of ACLs')),
  modeBits: v.optional(modeBits),
  authorizer: v.optional(withMethods<CustomAuthorizer>('an object with a method authorize', 'authorize')),
  permissions: v.optional(
    object({
      lagMs: v.optional(whole('milliseconds, a whole number >= 0', 0)),
      maxCached: v.optional(whole('a whole number >= 1', 1)),
    }),
  ),
  oauth: v.optional(oauth),
  dataDir: v.optional(text('a path')),
  snapshot: v.optional(v.instance(Uint8Array, 'a Buffer that cluster.snapshot() has given')),
  logMemoryLimit: v.optional(whole('a whole number of bytes >= 0', 0)),
  clusterId: v.optional(text()),
  clock: v.optional(withMethods<Clock>('a Clock, such as new ManualClock()', 'now', 'monotonic', 'setTimer')),
  random: v.optional(withMethods<Random>('a Random, such as new SeededRandom(1)', 'bytes', 'below')),
  logger: v.optional(
    withMethods<Logger>('a Logger with debug, info, warn and error', 'debug', 'info', 'warn', 'error'),
  ),
})

/**
 * The options as they were given, known to be well-formed.
 * @throws OptionError naming the first option that is not
 */
export function checkOptions<C extends Clock>(options: ClusterOptions<C>): ClusterOptions<C> {
  return check(cluster, options) as ClusterOptions<C>
}

/** @throws OptionError */
export function checkTopic(options: string | TopicOptions): TopicOptions {
  return typeof options === 'string' ? { name: check(topicName, options) } : check(topic, options)
}

/** @throws OptionError */
export function checkAcl(options: AclOptions): AclOptions {
  return check(acl, options)
}

/** @throws OptionError */
export function checkAclFilter(filter: AclFilter): AclFilter {
  return check(aclFilter, filter)
}

/** @throws OptionError */
export function checkUser(options: UserOptions): UserOptions {
  return check(user, options)
}

/** @throws OptionError */
export function checkToken(options: TokenOptions): TokenOptions {
  return check(token, options)
}

/** @throws OptionError */
export function checkModes(options: ModeBitsOptions): ModeBitsOptions {
  return check(modeBits, options)
}

/** @throws OptionError */
export function checkAccessToken(options: AccessTokenRequest): AccessTokenRequest {
  return check(accessToken, options)
}

function check<T>(schema: v.GenericSchema<T>, value: unknown): T {
  const result = v.safeParse(schema, value)
  if (result.success) return result.output
  throw new OptionError(explain(deepest(result.issues[0])))
}

type Issue = v.BaseIssue<unknown>

/** Where several forms are allowed, the one that the value came furthest with is the one that was meant. */
function deepest(issue: Issue): Issue {
  let found = issue
  for (const inner of issue.issues ?? []) {
    const candidate = deepest({ ...inner, path: [...(issue.path ?? []), ...(inner.path ?? [])] } as Issue)
    if ((candidate.path?.length ?? 0) > (found.path?.length ?? 0)) found = candidate
  }
  return found
}

function explain(issue: Issue): string {
  const path = (issue.path ?? []).reduce((text, { key }) => {
    if (typeof key === 'number') return `${text}[${key}]`
    return text === '' ? String(key) : `${text}.${String(key)}`
  }, '')
  const unknown = issue.type === 'strict_object' && issue.expected === 'never'
  if (unknown) return `unknown option ${path}: expected ${issue.message}`
  const subject = path === '' ? 'the options' : `option ${path}`
  const { input } = issue
  const isNear = typeof input === 'string' && NEAR_SECRETS.test(path)
  const got = SECRETS.test(path) ? '' : `, got ${isNear ? 'a text' : shown(input)}`
  return `${subject}: expected ${issue.message}${got}`
}

const SECRETS = /(?:^|\.)(?:key|passphrase|password)$/
/** Where a text may be, or hold, a secret that should have stood elsewhere. */
const NEAR_SECRETS = /(?:^|\.)(?:cert|ca|tls|config|users|users\[\d+\])$|^$/

function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}
