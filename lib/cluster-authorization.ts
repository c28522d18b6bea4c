import { OptionError } from './check-options.ts'
import type { Random } from './lab/random.ts'
import type { KnownTopics } from './metadata/known-topics.ts'
import type { Metadata } from './metadata/metadata.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { ClusterOptions } from './options.ts'
import { AclAuthorizer } from './security/authorization/acl-authorizer.ts'
import { AclController } from './security/authorization/acl-controller.ts'
import { ALLOW_ALL, type Authorizer } from './security/authorization/authorizer.ts'
import { PermissionCache } from './security/authorization/permission-cache.ts'

const CLASS_NAME = 'authorizer.class.name'
const SUPER_USERS = 'super.users'
const ALLOW_EVERYONE = 'allow.everyone.if.no.acl.found'

/** Kafka's authorizer, the only one that is here under a class's name. */
const STANDARD_AUTHORIZER = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer'

/** Whether it is a config of that class, which Kafka's brokers hand on to it. */
export function isAuthorizerConfig(name: string): boolean {
  return name === SUPER_USERS || name === ALLOW_EVERYONE
}

/** Who decides what clients may do, and the ACLs if it goes by ACLs. */
export interface ClusterAuthorization {
  readonly authorizer: Authorizer
  readonly acls: AclController | undefined
  /** Where there is anything to decide. */
  readonly cache: PermissionCache | undefined
}

const UNRESTRICTED: ClusterAuthorization = { authorizer: ALLOW_ALL, acls: undefined, cache: undefined }

/**
 * The authorizer that the options ask for: Kafka's configs name it, or ACLs among the options want it.
 * @throws OptionError for one that is not here, or that does not go with the rest
 */
export function makeAuthorization(
  { config = {}, brokers, acls }: ClusterOptions,
  metadata: Metadata,
  topics: KnownTopics,
  random: Random,
): ClusterAuthorization {
  for (const [index, broker] of (typeof brokers === 'object' ? brokers : []).entries()) {
    const own = [CLASS_NAME, SUPER_USERS, ALLOW_EVERYONE].find((name) => broker.config?.[name] !== undefined)
    if (own === undefined) continue
    const option = `brokers[${index}].config`
    throw new OptionError(
      `option ${option}: expected ${own} in config: one authorizer decides for all brokers`,
    )
  }
  const className = config[CLASS_NAME]
  if (className !== undefined && className !== '' && className !== STANDARD_AUTHORIZER) {
    throw new OptionError(
      `option config: expected ${CLASS_NAME} to be '${STANDARD_AUTHORIZER}' or '', got '${className}'`,
    )
  }
  if (className === '' && acls !== undefined) {
    throw new OptionError(`option acls: expected ${CLASS_NAME} '${STANDARD_AUTHORIZER}' beside it, got ''`)
  }
  if (!className && acls === undefined) return UNRESTRICTED
  const model = new AclAuthorizer({
    superUsers: superUsers(String(config[SUPER_USERS] ?? '')),
    allowEveryoneIfNoAclFound: /^true$/i.test(String(config[ALLOW_EVERYONE] ?? '').trim()),
  })
  const controller = new AclController(metadata, model, random)
  const cache = new PermissionCache(model, topics)
  return { authorizer: cache, acls: controller, cache }
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
