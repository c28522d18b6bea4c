import type { AclOptions } from '../../../lib/index.ts'

export const USERS = ['eve', 'alice', 'bob', 'admin'] as const
export type UserName = (typeof USERS)[number]

/** Who may do anything at all. */
export const SUPER_USER = 'admin'

type Operation = AclOptions['operation']
type Rules = readonly [
  operations: readonly Operation[],
  resource: Omit<AclOptions, 'principal' | 'operation'>,
][]

const topic = (resourceName: string) => ({ resourceType: 'TOPIC', resourceName }) as const
const topics = (prefix: string) => ({ ...topic(prefix), patternType: 'PREFIXED' }) as const
const group = (resourceName: string) => ({ resourceType: 'GROUP', resourceName }) as const
const transaction = (resourceName: string) => ({ resourceType: 'TRANSACTIONAL_ID', resourceName }) as const
const CLUSTER = { resourceType: 'CLUSTER' } as const
const DENY = { permissionType: 'DENY' } as const

/** Alice may a little here and there, bob much, with exceptions, eve nothing: what she may, she may from elsewhere. */
const RULES: Readonly<Partial<Record<UserName, Rules>>> = {
  alice: [
    [['READ', 'WRITE', 'DESCRIBE_CONFIGS'], topic('alpha')],
    [['DESCRIBE', 'ALTER_CONFIGS'], topic('beta')],
    [['READ', 'WRITE', 'DELETE', 'ALTER', 'ALTER_CONFIGS'], topics('miss')],
    [['CREATE', 'DESCRIBE'], topics('auto-')],
    [['DESCRIBE'], topics('new-')],
    [['CREATE', 'DESCRIBE_CONFIGS'], topics('made-')],
    [['READ', 'DELETE', 'ALTER_CONFIGS'], group('g1')],
    [['DESCRIBE'], group('g2')],
    [['READ'], group('c-g1')],
    [['DESCRIBE'], group('c-g2')],
    [['WRITE'], transaction('t1')],
    [['TWO_PHASE_COMMIT'], transaction('t2')],
    [['WRITE', 'TWO_PHASE_COMMIT'], transaction('t3')],
    [['DESCRIBE'], transaction('t2')],
  ],
  bob: [
    [['DESCRIBE', 'ALTER_CONFIGS', 'CREATE', 'IDEMPOTENT_WRITE'], CLUSTER],
    [['DESCRIBE', 'DELETE', 'DESCRIBE_CONFIGS', 'ALTER'], topic('*')],
    [['DESCRIBE'], { ...topic('gamma'), ...DENY }],
    [['DESCRIBE_CONFIGS'], { ...topics('made-'), ...DENY }],
    [['ALL'], group('*')],
    [['READ'], { ...group('g2'), ...DENY }],
    [['DESCRIBE'], { ...group('g3'), ...DENY }],
    [['DESCRIBE'], { ...transaction('t'), patternType: 'PREFIXED' }],
    [['CREATE_TOKENS'], { resourceType: 'USER', resourceName: 'User:eve' }],
  ],
  eve: [
    [['ALL'], { ...topic('alpha'), host: '10.9.9.9' }],
    [['READ'], { ...topic('*'), host: '10.9.0.0/16' }],
  ],
}

export const ACLS: readonly AclOptions[] = Object.entries(RULES).flatMap(([user, rules]) =>
  rules.flatMap(([operations, resource]) =>
    operations.map((operation) => ({ principal: `User:${user}`, operation, ...resource })),
  ),
)
