import t from 'tap'
import { Cluster, type ClusterOptions, KafkaError, OptionError } from '../../lib/index.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { createAcls } from '../../protocol/messages/create-acls.ts'
import { deleteAcls } from '../../protocol/messages/delete-acls.ts'
import { describeAcls } from '../../protocol/messages/describe-acls.ts'
import { describeCluster } from '../../protocol/messages/describe-cluster.ts'
import { describeGroups } from '../../protocol/messages/describe-groups.ts'
import { findCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { metadata } from '../../protocol/messages/metadata.ts'
import { saslAuthenticate } from '../../protocol/messages/sasl-authenticate.ts'
import { saslHandshake } from '../../protocol/messages/sasl-handshake.ts'
import { ConnectionClosed, RawClient } from '../helpers/raw-client.ts'

const STANDARD_AUTHORIZER = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer'
const NOT_TOLD = -2_147_483_648
const USERS = ['admin', 'alice', 'bob'] as const

function start(options: ClusterOptions = {}): Promise<Cluster> {
  const { config, ...others } = options
  return Cluster.start({
    listeners: [{ securityProtocol: 'SASL_PLAINTEXT', saslMechanisms: ['PLAIN'] }],
    users: USERS.map((name) => ({ name, password: name })),
    topics: ['orders', 'orders-old', 'secrets'],
    config: { 'super.users': 'User:admin', ...config },
    ...others,
  })
}

async function logIn(cluster: Cluster, user: (typeof USERS)[number]): Promise<RawClient> {
  const client = await RawClient.connect(cluster.bootstrapServers)
  await client.send(saslHandshake, 1, { mechanism: 'PLAIN' })
  const authBytes = Buffer.from(`\0${user}\0${user}`)
  const { errorMessage } = await client.send(saslAuthenticate, 2, { authBytes })
  t.notOk(errorMessage, `${user} logs in`)
  return client
}

async function visible(client: RawClient): Promise<string[]> {
  const { topics } = await client.send(metadata, 12, { topics: null })
  return topics.map(({ name }) => name ?? '').sort()
}

t.test(
  'rules by the public face: made, listed and deleted, in force for the very next request',
  async (t) => {
    await using cluster = await start({
      acls: [
        { principal: 'User:alice', operation: 'DESCRIBE', resourceType: 'TOPIC', resourceName: 'orders' },
      ],
    })
    await using admin = await logIn(cluster, 'admin')
    await using alice = await logIn(cluster, 'alice')
    await using bob = await logIn(cluster, 'bob')
    const all = ['orders', 'orders-old', 'secrets']
    t.same(await Promise.all([admin, alice, bob].map(visible)), [all, ['orders'], []])

    const { acls } = cluster
    const prefixed = { resourceType: 'TOPIC', resourceName: 'ord', patternType: 'PREFIXED' } as const
    acls.create(
      { principal: 'User:*', operation: 'READ', ...prefixed },
      { principal: 'User:bob', operation: 'ALL', ...prefixed, permissionType: 'DENY', host: '127.0.0.0/8' },
    )
    t.same(await Promise.all([alice, bob].map(visible)), [['orders', 'orders-old'], []])

    // What is there already is no fault, and is not there twice.
    acls.create({ principal: 'User:*', operation: 'READ', ...prefixed })
    t.equal(acls.list().length, 3)
    const read = { operation: 'READ', permissionType: 'ALLOW', host: '*', ...prefixed } as const
    t.same(acls.list({ principal: 'User:*' }), [{ principal: 'User:*', ...read }])
    t.same(
      acls.list({ resourceType: 'TOPIC', resourceName: 'orders', patternType: 'MATCH' }).length,
      3,
      'whatever covers the topic',
    )
    t.same(acls.list({ resourceName: 'orders' }).length, 1, 'what names it')

    t.same(
      acls.delete({ principal: 'User:bob' }).map(({ permissionType }) => permissionType),
      ['DENY'],
    )
    t.same(await visible(bob), ['orders', 'orders-old'])
    acls.delete({})
    t.same(await Promise.all([admin, alice, bob].map(visible)), [all, [], []])
  },
)

t.test('rules of clients are those of the public face', async (t) => {
  await using cluster = await start({ config: { 'authorizer.class.name': STANDARD_AUTHORIZER } })
  await using admin = await logIn(cluster, 'admin')
  await using alice = await logIn(cluster, 'alice')
  const acl = { principal: 'User:alice', host: '*', operation: 8, permissionType: 3 }
  const orders = { resourceType: 2, resourceName: 'orders' }
  for (const version of [0, 1, 2, 3]) {
    const { results } = await admin.send(createAcls, version, { creations: [{ ...orders, ...acl }] })
    t.same(results, [{ errorCode: ErrorCode.NONE, errorMessage: '' }])
    t.same(await visible(alice), ['orders'])
    const filter = { resourceTypeFilter: 1, operation: 1, permissionType: 1, resourceNameFilter: null }
    const everything = {
      ...filter,
      principalFilter: null,
      hostFilter: null,
      patternTypeFilter: version > 0 ? 1 : 3,
    }
    const { resources } = await admin.send(describeAcls, version, everything)
    t.same(resources, [{ ...orders, patternType: 3, acls: [acl] }])
    t.match(cluster.acls.list(), [{ operation: 'DESCRIBE', resourceName: 'orders' }])
    const { filterResults } = await admin.send(deleteAcls, version, { filters: [everything] })
    t.match(filterResults, [{ errorCode: 0, matchingAcls: [{ ...orders, ...acl, errorCode: 0 }] }])
    t.same(await visible(alice), [])
  }
})

t.test('rules that Kafka 4.4 refuses, in its words', async (t) => {
  await using cluster = await start({ acls: [] })
  await using admin = await logIn(cluster, 'admin')
  const good = {
    resourceType: 2,
    resourceName: 'orders',
    resourcePatternType: 3,
    principal: 'User:alice',
    host: '*',
    operation: 3,
    permissionType: 3,
  }
  const refused: [Partial<typeof good>, string][] = [
    [{ resourceType: 4 }, 'The only valid name for the CLUSTER resource is kafka-cluster'],
    [{ resourceName: '' }, 'Invalid empty resource name'],
    [{ resourceType: 99 }, 'Invalid resourceType UNKNOWN'],
    [{ resourcePatternType: 99 }, 'Invalid patternType UNKNOWN'],
    [{ operation: 99 }, 'Invalid operation UNKNOWN'],
    [{ permissionType: 99 }, 'Invalid permissionType UNKNOWN'],
    [
      { principal: 'alice' },
      'Could not parse principal from `alice` (no colon is present separating the principal type from the principal name)',
    ],
    [{ host: '' }, 'Host pattern cannot be null or empty'],
    [{ host: '10.0.0.0/33' }, "Invalid CIDR notation '10.0.0.0/33': Value [33] not in range [0,32]"],
    [{ host: 'here/8' }, "Invalid CIDR notation 'here/8': Could not parse [here/8]"],
    [
      { host: 'fe80::/129' },
      "Invalid CIDR notation 'fe80::/129': Could not parse [fe80::/129] - prefix length must be between 0 and 128",
    ],
  ]
  const creations = [...refused.map(([fault]) => ({ ...good, ...fault })), good]
  const { results } = await admin.send(createAcls, 3, { creations })
  const { NONE, INVALID_REQUEST, UNKNOWN_SERVER_ERROR } = ErrorCode
  t.same(results, [
    ...refused.map(([, errorMessage]) => ({ errorCode: INVALID_REQUEST, errorMessage })),
    { errorCode: NONE, errorMessage: '' },
  ])
  t.equal(cluster.acls.list().length, 1)

  // What only filters can say its classes cannot hold: the whole request comes to grief.
  for (const fault of [
    { resourceType: 1 },
    { resourcePatternType: 2 },
    { operation: 1 },
    { permissionType: 1 },
  ]) {
    const failed = { errorCode: UNKNOWN_SERVER_ERROR, errorMessage: null }
    const wish = {
      creations: [
        { ...good, resourceName: 'others' },
        { ...good, ...fault },
      ],
    }
    t.same((await admin.send(createAcls, 3, wish)).results, [failed, failed])
  }
  t.equal(cluster.acls.list().length, 1)
  // A code 0 stands for something unknown: Kafka cannot read such a request.
  await t.rejects(admin.send(createAcls, 3, { creations: [{ ...good, operation: 0 }] }), ConnectionClosed)
})

t.test('what one may do is told in bits, nothing of a cluster that one may not describe', async (t) => {
  const topic = (resourceName: string) => ({ resourceType: 'TOPIC', resourceName }) as const
  await using cluster = await start({
    acls: [
      { principal: 'User:alice', operation: 'READ', ...topic('orders') },
      { principal: 'User:alice', operation: 'DESCRIBE', ...topic('secrets') },
      { principal: 'User:alice', operation: 'ALTER_CONFIGS', ...topic('secrets') },
      { principal: 'User:alice', operation: 'CREATE', resourceType: 'CLUSTER' },
      { principal: 'User:bob', operation: 'ALTER', resourceType: 'CLUSTER' },
      { principal: 'User:bob', operation: 'DELETE', resourceType: 'GROUP', resourceName: 'g' },
    ],
  })
  {
    await using admin = await logIn(cluster, 'admin')
    await admin.send(findCoordinator, 4, { keyType: 0, coordinatorKeys: ['g'] })
  }
  const told = async (user: (typeof USERS)[number]) => {
    await using client = await logIn(cluster, user)
    const { topics, clusterAuthorizedOperations } = await client.send(metadata, 9, {
      topics: null,
      includeClusterAuthorizedOperations: true,
      includeTopicAuthorizedOperations: true,
    })
    const again = await client.send(describeCluster, 0, { includeClusterAuthorizedOperations: true })
    t.equal(again.clusterAuthorizedOperations, clusterAuthorizedOperations)
    const { groups } = await client.send(describeGroups, 5, {
      groups: ['g'],
      includeAuthorizedOperations: true,
    })
    const byTopic = topics.map(({ name, topicAuthorizedOperations }) => [name, topicAuthorizedOperations])
    return [clusterAuthorizedOperations, Object.fromEntries(byTopic), groups[0]?.authorizedOperations]
  }
  const bits = (...codes: number[]) => codes.reduce((sum, code) => sum | (1 << code), 0)
  const [READ, DELETE, ALTER, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS] = [3, 6, 7, 8, 10, 11] as const
  t.same(await told('alice'), [
    0,
    { orders: bits(READ, DESCRIBE), secrets: bits(DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS) },
    NOT_TOLD,
  ])
  t.same(await told('bob'), [bits(ALTER, DESCRIBE), {}, bits(DELETE, DESCRIBE)])
  t.same(await told('admin'), [
    8096,
    { orders: 3576, 'orders-old': 3576, secrets: 3576, __consumer_offsets: 3576 },
    3400,
  ])
})

t.test('everybody where no rule is, if the config says so', async (t) => {
  await using cluster = await start({
    config: { 'allow.everyone.if.no.acl.found': true },
    acls: [{ principal: 'User:bob', operation: 'READ', resourceType: 'TOPIC', resourceName: 'secrets' }],
  })
  await using alice = await logIn(cluster, 'alice')
  t.same(await visible(alice), ['orders', 'orders-old'])
})

t.test('without an authorizer there are no rules', async (t) => {
  await using cluster = await start()
  t.throws(() => cluster.acls, /expected the option acls, or config 'authorizer\.class\.name'/)
  await using bob = await logIn(cluster, 'bob')
  const creation = {
    resourceType: 2,
    resourceName: 'x',
    principal: 'User:x',
    host: '*',
    operation: 3,
    permissionType: 3,
  }
  const { SECURITY_DISABLED: errorCode } = ErrorCode
  const disabled = { errorCode, errorMessage: 'No Authorizer is configured.' }
  t.match(await bob.send(createAcls, 3, { creations: [creation, creation] }), {
    results: [disabled, disabled],
  })
  const filter = { resourceTypeFilter: 1, patternTypeFilter: 1, operation: 1, permissionType: 1 }
  const everything = { ...filter, resourceNameFilter: null, principalFilter: null, hostFilter: null }
  t.match(await bob.send(deleteAcls, 3, { filters: [everything] }), { filterResults: [disabled] })
  t.match(await bob.send(describeAcls, 3, everything), {
    errorCode,
    errorMessage: 'No Authorizer is configured on the broker',
  })
})

t.test('one request removes ten thousand rules at most, and makes no more either', async (t) => {
  await using cluster = await start({ acls: [] })
  await using admin = await logIn(cluster, 'admin')
  const topics = Array.from({ length: 10_001 }, (_, index) => `t${index}`)
  const rule = { principal: 'User:alice', operation: 'READ', resourceType: 'TOPIC' } as const
  t.throws(() => cluster.acls.create(...topics.map((resourceName) => ({ ...rule, resourceName }))), {
    code: 'POLICY_VIOLATION',
  })
  t.same(cluster.acls.list(), [])
  for (const resourceName of topics) cluster.acls.create({ ...rule, resourceName })
  const filter = { resourceTypeFilter: 2, patternTypeFilter: 1, operation: 1, permissionType: 1 }
  const everything = { ...filter, resourceNameFilter: null, principalFilter: null, hostFilter: null }
  const { filterResults } = await admin.send(deleteAcls, 3, { filters: [everything, everything] })
  const errorMessage = 'Cannot remove more than 10000 acls in a single delete operation.'
  t.match(filterResults, [{ errorCode: ErrorCode.INVALID_REQUEST, errorMessage }, { errorMessage }])
  t.throws(() => cluster.acls.delete({}), { code: 'INVALID_REQUEST' })
  t.equal(cluster.acls.delete({ resourceName: 't7' }).length, 1)
  t.equal(cluster.acls.delete({}).length, 10_000, 'and all the rest')
})

t.test('mistakes are named', async (t) => {
  const rule = { principal: 'User:alice', operation: 'READ', resourceType: 'TOPIC', resourceName: 'orders' }
  const wrong: [unknown, RegExp][] = [
    [{ acls: {} }, /^option acls: expected a list of ACLs/],
    [
      { acls: [{ ...rule, principal: 'alice' }] },
      /^option acls\[0\]\.principal: expected a principal, such as/,
    ],
    [
      { acls: [rule, { ...rule, operation: 'EAT' }] },
      /^option acls\[1\]\.operation: expected one of ALL, READ, .*'EAT'/,
    ],
    [{ acls: [{ ...rule, operation: 'ANY' }] }, /^option acls\[0\]\.operation: expected one of ALL/],
    [
      { acls: [{ ...rule, resourceName: undefined }] },
      /^option acls\[0\]: expected a resourceName, for every/,
    ],
    [
      { acls: [{ ...rule, patternType: 'MATCH' }] },
      /^option acls\[0\]\.patternType: expected one of LITERAL, PREFIXED/,
    ],
    [
      { acls: [rule], config: { 'authorizer.class.name': '' } },
      /^option acls: expected authorizer\.class\.name/,
    ],
    [
      { config: { 'authorizer.class.name': 'mine' } },
      /^option config: expected authorizer\.class\.name to be 'org\./,
    ],
    [
      { acls: [], config: { 'super.users': 'admin' } },
      /^option config: expected super\.users to be principals/,
    ],
    [
      { brokers: [{ config: { 'super.users': 'User:x' } }] },
      /^option brokers\[0\]\.config: expected super\.users in config/,
    ],
  ]
  for (const [options, message] of wrong) {
    await t.rejects(Cluster.start(options as ClusterOptions), { constructor: OptionError, message })
  }
  await t.rejects(
    Cluster.start({ acls: [{ ...rule, host: '10.0.0.0/33' }] } as ClusterOptions),
    { constructor: KafkaError, code: 'INVALID_REQUEST' },
    'what only the controller knows',
  )
  await using cluster = await Cluster.start({ acls: [] })
  t.throws(() => cluster.acls.list({ operation: 'EAT' } as never), OptionError)
  t.throws(() => cluster.acls.create({ ...rule, resourceType: 'CLUSTER' } as never), {
    message: /^create ACL: INVALID_REQUEST: The only valid name for the CLUSTER resource is kafka-cluster$/,
  })
})
