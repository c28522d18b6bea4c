// Client quotas (KIP-546): set, described, and refused to whom they are. Kafka's own answers are compared in the conformance tests.
import { pack, unpack } from 'msgpackr'
import t from 'tap'
import { createAlterClientQuotasHandler } from '../../../lib/api/alter-client-quotas.ts'
import { createDescribeClientQuotasHandler } from '../../../lib/api/describe-client-quotas.ts'
import { MetadataImage } from '../../../lib/metadata/image.ts'
import { recordsOf } from '../../../lib/metadata/journal/records-of.ts'
import type { MetadataRecord } from '../../../lib/metadata/records.ts'
import { AclOperation } from '../../../lib/security/authorization/acl.ts'
import type { Authorizer } from '../../../lib/security/authorization/authorizer.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { alterClientQuotas } from '../../../protocol/messages/alter-client-quotas.ts'
import { describeClientQuotas } from '../../../protocol/messages/describe-client-quotas.ts'
import { ask, contextOf } from '../../helpers/handlers.ts'
import { Controlled } from '../../helpers/metadata.ts'

type Part = [string, string | null]

function quotas() {
  const { metadata, image } = new Controlled()
  const [altering, describing] = [
    createAlterClientQuotasHandler({ metadata }),
    createDescribeClientQuotasHandler({ metadata }),
  ]
  const entityOf = (parts: Part[]) => parts.map(([entityType, entityName]) => ({ entityType, entityName }))
  const alter = (
    changes: [Part[], Record<string, number | null>][],
    validateOnly = false,
    context = contextOf(1),
  ) => {
    const entries = changes.map(([parts, values]) => ({
      entity: entityOf(parts),
      ops: Object.entries(values).map(([key, value]) => ({ key, value: value ?? 0, remove: value === null })),
    }))
    return ask(altering, alterClientQuotas, 1, { entries, validateOnly }, context)
  }
  const describe = async (
    filter: [string, number, string | null][],
    strict = false,
    context = contextOf(1),
  ) => {
    const components = filter.map(([entityType, matchType, match]) => ({ entityType, matchType, match }))
    return ask(describing, describeClientQuotas, 1, { components, strict }, context)
  }
  return { metadata, image, alter, describe }
}

t.test('set, changed and taken away', async (t) => {
  const { image, alter, describe } = quotas()
  const alice: Part[] = [['user', 'alice']]
  const both: Part[] = [
    ['user', 'alice'],
    ['client-id', null],
  ]
  const done = await alter([
    [alice, { producer_byte_rate: 1024, request_percentage: 12.5 }],
    [both, { consumer_byte_rate: 1 }],
    [[['ip', 'localhost']], { connection_creation_rate: 5 }],
    [[['ip', 'nobody.invalid']], { connection_creation_rate: 5 }],
  ])
  t.same(
    done.entries.map(({ errorCode }) => errorCode),
    [0, 0, 0, ErrorCode.INVALID_REQUEST],
  )
  const { entries } = await describe([['user', 0, 'alice']], true)
  t.same(entries, [
    {
      entity: [{ entityType: 'user', entityName: 'alice' }],
      values: [
        { key: 'producer_byte_rate', value: 1024 },
        { key: 'request_percentage', value: 12.5 },
      ],
    },
  ])
  t.equal((await describe([['user', 0, 'alice']])).entries?.length, 2)
  t.equal((await describe([['client-id', 1, null]])).entries?.length, 1)
  const version = image.version
  await alter([[alice, { producer_byte_rate: 2048 }]], true)
  await alter([[[...both].reverse(), { consumer_byte_rate: 1, producer_byte_rate: null }]])
  t.equal(image.version, version, 'nothing is changed by a trial, or by what is so already')
  await alter([
    [alice, { producer_byte_rate: null, request_percentage: null }],
    [[...both].reverse(), { consumer_byte_rate: null }],
  ])
  t.same((await describe([['user', 2, null]])).entries, [])
  t.equal(image.clientQuotas.size, 1)
})

t.test('kept where a cluster lives in a directory', async (t) => {
  const { image, alter } = quotas()
  await alter([
    [
      [
        ['user', 'alice'],
        ['client-id', null],
      ],
      { consumer_byte_rate: 1, request_percentage: 0.5 },
    ],
  ])
  const again = new MetadataImage('again')
  for (const record of unpack(pack([...recordsOf({ image, acls: [] })])) as MetadataRecord[])
    again.apply(record)
  t.equal(again.clientQuotas.size, 1)
  t.same(again.clientQuotas, image.clientQuotas)
})

t.test('an entity that is there twice', async (t) => {
  const { alter, describe } = quotas()
  const bob: Part[] = [['user', 'bob']]
  const { entries } = await alter([
    [bob, { producer_byte_rate: 1 }],
    [bob, { producer_byte_rate: 2 }],
  ])
  t.match(entries, [
    { errorCode: 42, errorMessage: 'Ignoring duplicate entity ClientQuotaEntity(entries={user=bob})' },
  ])
  t.equal(entries.length, 1)
  const [kept] = (await describe([])).entries ?? []
  t.match(kept?.values, [{ value: 1 }], 'the first is made, as Kafka does it')
})

t.test('who may', async (t) => {
  const { image, alter, describe } = quotas()
  const without = (operation: AclOperation) => {
    const authorizer: Authorizer = {
      permissionsOf: () => ({
        allows: (asked) => asked !== operation,
        allowsTopic: () => true,
        allowsOnAny: () => true,
      }),
    }
    return contextOf(1, { authorizer })
  }
  const refused = await alter(
    [[[['user', 'a']], { producer_byte_rate: 1 }]],
    false,
    without(AclOperation.ALTER_CONFIGS),
  )
  const { CLUSTER_AUTHORIZATION_FAILED: errorCode } = ErrorCode
  t.match(refused.entries, [{ errorCode, errorMessage: 'Cluster authorization failed.' }])
  t.equal(image.clientQuotas.size, 0)
  t.match(await describe([], false, without(AclOperation.DESCRIBE_CONFIGS)), { errorCode, entries: null })
  t.match(await describe([], false, without(AclOperation.ALTER_CONFIGS)), { errorCode: 0, entries: [] })
})
