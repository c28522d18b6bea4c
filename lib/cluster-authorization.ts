import { OptionError } from './check-options.ts'
import type { Clock } from './lab/clock.ts'
import type { Random } from './lab/random.ts'
import type { KnownTopics } from './metadata/known-topics.ts'
import type { Metadata } from './metadata/metadata.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { ClusterOptions } from './options.ts'
import { AclAuthorizer } from './security/authorization/acl-authorizer.ts'
import { AclController, followAcls } from './security/authorization/acl-controller.ts'
import { ALLOW_ALL, type Authorizer } from './security/authorization/authorizer.ts'
import { CustomModel } from './security/authorization/custom-authorizer.ts'
import { ModeAuthorizer } from './security/authorization/mode-authorizer.ts'
import { ModeController, ModeFollower } from './security/authorization/mode-controller.ts'
import { PermissionCache } from './security/authorization/permission-cache.ts'
import { PermissionLag } from './security/authorization/permission-lag.ts'
import type { PermissionModel } from './security/authorization/permission-model.ts'

const CLASS_NAME = 'authorizer.class.name'
const SUPER_USERS = 'super.users'
const ALLOW_EVERYONE = 'allow.everyone.if.no.acl.found'

/** Kafka's authorizer, the only one that is here under a class's name. */
const STANDARD_AUTHORIZER = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer'

/** Whether it is a config of that class, which Kafka's brokers hand on to it. */
export function isAuthorizerConfig(name: string): boolean {
  return name === SUPER_USERS || name === ALLOW_EVERYONE
}

/** Who decides what clients may do, and what it goes by. */
export interface ClusterAuthorization {
  readonly authorizer: Authorizer
  readonly acls: AclController | undefined
  readonly modes: ModeController | undefined
  /** Where there is anything to decide. */
  readonly cache: PermissionCache | undefined
  /** Where changes are to take a while. */
  readonly lag: PermissionLag | undefined
}

interface AuthorizationServices {
  readonly metadata: Metadata
  readonly topics: KnownTopics
  readonly random: Random
  readonly clock: Clock
}

/** What a way to decide is made of; where changes take a while, what decides is behind what is changed. */
interface Decider {
  readonly model: PermissionModel
  readonly acls?: AclController
  readonly modes?: ModeController
  readonly lag?: PermissionLag
}

const UNRESTRICTED: ClusterAuthorization = {
  authorizer: ALLOW_ALL,
  acls: undefined,
  modes: undefined,
  cache: undefined,
  lag: undefined,
}

/**
 * The authorizer that the options ask for: Kafka's configs name it, ACLs or modes among the options want it, or it is
 * among them itself.
 * @throws OptionError for one that is not here, or that does not go with the rest
 */
export function makeAuthorization(
  options: ClusterOptions,
  services: AuthorizationServices,
): ClusterAuthorization {
  const decider = makeDecider(options, services)
  if (decider === undefined) return UNRESTRICTED
  const { model, acls, modes, lag } = decider
  const { maxCached: maxEntries } = options.permissions ?? {}
  const cache = new PermissionCache(model, services.topics, maxEntries === undefined ? {} : { maxEntries })
  return { authorizer: cache, acls, modes, cache, lag }
}

function makeDecider(options: ClusterOptions, services: AuthorizationServices): Decider | undefined {
  checkBrokers(options)
  const { config = {}, acls, modeBits, authorizer } = options
  const className = config[CLASS_NAME]
  const wanted = Object.entries({ acls, modeBits, authorizer }).filter(([, value]) => value !== undefined)
  const [first, second] = wanted.map(([name]) => name)
  if (second !== undefined) throw new OptionError(`option ${second}: expected no ${first} beside it`)
  if (className !== undefined && className !== '' && className !== STANDARD_AUTHORIZER) {
    throw new OptionError(
      `option config: expected ${CLASS_NAME} to be '${STANDARD_AUTHORIZER}' or '', got '${className}'`,
    )
  }
  if (className === '' && acls !== undefined) {
    throw new OptionError(`option acls: expected ${CLASS_NAME} '${STANDARD_AUTHORIZER}' beside it, got ''`)
  }
  if (className && (modeBits ?? authorizer) !== undefined) {
    throw new OptionError(`option ${first}: expected no ${CLASS_NAME} beside it, got '${className}'`)
  }
  const admins = superUsers(String(config[SUPER_USERS] ?? ''))
  if (authorizer !== undefined) return { model: new CustomModel(authorizer, admins) }
  if (modeBits !== undefined) return makeModes(admins, options, services)
  return className || acls !== undefined ? makeAcls(admins, options, services) : undefined
}

function makeAcls(
  superUsers: readonly string[],
  { config = {}, permissions = {} }: ClusterOptions,
  { metadata, random, clock }: AuthorizationServices,
): Decider {
  const allowEveryoneIfNoAclFound = /^true$/i.test(String(config[ALLOW_EVERYONE] ?? '').trim())
  const make = () => new AclAuthorizer({ superUsers, allowEveryoneIfNoAclFound })
  const model = make()
  const acls = new AclController(metadata, model, random)
  if (!permissions.lagMs) return { model, acls }
  const late = make()
  const lag = new PermissionLag(metadata, clock, permissions.lagMs, (record) => followAcls(late, record))
  return { model: late, acls, lag }
}

function makeModes(
  superUsers: readonly string[],
  { permissions = {} }: ClusterOptions,
  { metadata, clock }: AuthorizationServices,
): Decider {
  const model = new ModeAuthorizer(superUsers)
  const modes = new ModeController(metadata, model)
  if (!permissions.lagMs) return { model, modes }
  const late = new ModeAuthorizer(superUsers)
  const follower = new ModeFollower(late)
  const lag = new PermissionLag(metadata, clock, permissions.lagMs, (record) => follower.follow(record))
  return { model: late, modes, lag }
}

function checkBrokers({ brokers }: ClusterOptions): void {
  for (const [index, broker] of (typeof brokers === 'object' ? brokers : []).entries()) {
    const own = [CLASS_NAME, SUPER_USERS, ALLOW_EVERYONE].find((name) => broker.config?.[name] !== undefined)
    if (own === undefined) continue
    const option = `brokers[${index}].config`
    throw new OptionError(
      `option ${option}: expected ${own} in config: one authorizer decides for all brokers`,
    )
  }
}

/** What the cache does, beside Kafka's metrics. */
export function measureCache(cache: PermissionCache | undefined, metrics: Metrics): void {
  if (cache === undefined) return
  metrics.register(
    'josephk',
    'permission-cache',
    {},
    {
      hits: () => cache.hits,
      misses: () => cache.misses,
      invalidations: () => cache.invalidations,
      entries: () => cache.entries,
    },
  )
}

/** `StandardAuthorizer.getConfiguredSuperUsers`. */
function superUsers(text: string): string[] {
  const principals = text
    .split(';')
    .map((principal) => principal.trim())
    .filter((principal) => principal !== '')
  const wrong = principals.find((principal) => !/^[^:]+:./.test(principal))
  if (wrong === undefined) return principals
  throw new OptionError(
    `option config: expected ${SUPER_USERS} to be principals such as 'User:admin', semicolons between them, got '${wrong}'`,
  )
}
