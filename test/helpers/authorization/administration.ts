import { ConfigResourceType } from '../../../lib/metadata/records.ts'
import { alterClientQuotas } from '../../../protocol/messages/alter-client-quotas.ts'
import { alterConfigs } from '../../../protocol/messages/alter-configs.ts'
import { alterPartitionReassignments } from '../../../protocol/messages/alter-partition-reassignments.ts'
import { alterReplicaLogDirs } from '../../../protocol/messages/alter-replica-log-dirs.ts'
import { alterUserScramCredentials } from '../../../protocol/messages/alter-user-scram-credentials.ts'
import { createAcls } from '../../../protocol/messages/create-acls.ts'
import { createDelegationToken } from '../../../protocol/messages/create-delegation-token.ts'
import { deleteAcls } from '../../../protocol/messages/delete-acls.ts'
import { describeAcls } from '../../../protocol/messages/describe-acls.ts'
import { describeClientQuotas } from '../../../protocol/messages/describe-client-quotas.ts'
import { describeConfigs } from '../../../protocol/messages/describe-configs.ts'
import { describeDelegationToken } from '../../../protocol/messages/describe-delegation-token.ts'
import { describeLogDirs } from '../../../protocol/messages/describe-log-dirs.ts'
import { describeQuorum } from '../../../protocol/messages/describe-quorum.ts'
import { describeUserScramCredentials } from '../../../protocol/messages/describe-user-scram-credentials.ts'
import { incrementalAlterConfigs } from '../../../protocol/messages/incremental-alter-configs.ts'
import { listConfigResources } from '../../../protocol/messages/list-config-resources.ts'
import { listPartitionReassignments } from '../../../protocol/messages/list-partition-reassignments.ts'
import { unregisterBroker } from '../../../protocol/messages/unregister-broker.ts'
import { updateFeatures } from '../../../protocol/messages/update-features.ts'
import { GROUP_IDS, type Question, question, TOPIC_NAMES } from './question.ts'

const { TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP } = ConfigResourceType

/** Every kind of resource that has configs, and a config that each of them has. */
const CONFIGURED: readonly [resourceType: number, resourceName: string, config: string, value: string][] = [
  ...TOPIC_NAMES.map((name) => [TOPIC, name, 'retention.ms', '1000'] as [number, string, string, string]),
  [BROKER, '', 'log.retention.ms', '1000'],
  [BROKER, '1', 'log.retention.ms', '1000'],
  [BROKER, '9', 'log.retention.ms', '1000'],
  [BROKER_LOGGER, '1', 'no.such.logger', 'INFO'],
  [CLIENT_METRICS, 'metrics', 'interval.ms', '1000'],
  ...GROUP_IDS.map(
    (id) => [GROUP, id, 'consumer.session.timeout.ms', '50000'] as [number, string, string, string],
  ),
]

/** Codes as ACLs have them: 3 READ, 4 WRITE, 2 ALL; 2 TOPIC, 4 CLUSTER; 3 LITERAL, 4 PREFIXED; 2 DENY, 3 ALLOW. */
const ACL = {
  resourceType: 2,
  resourceName: 'elsewhere',
  resourcePatternType: 3,
  principal: 'User:zoe',
  host: '*',
  operation: 3,
  permissionType: 3,
}
const BAD_ACLS = [
  { ...ACL, resourceName: 'hosts', host: '10.0.0.0/33' },
  { ...ACL, resourceName: 'hosts', host: 'somewhere/8' },
  { ...ACL, resourceName: 'hosts', host: 'fe80::/129' },
  { ...ACL, resourceName: 'hosts', host: '10.0.0.1/' },
  { ...ACL, host: '' },
  { ...ACL, resourceType: 4 },
  { ...ACL, resourceName: '' },
  { ...ACL, resourceType: 1 },
  { ...ACL, resourceType: 99 },
  { ...ACL, resourcePatternType: 2 },
  { ...ACL, resourcePatternType: 1 },
  { ...ACL, resourcePatternType: 99 },
  { ...ACL, operation: 1 },
  { ...ACL, operation: 99 },
  { ...ACL, permissionType: 1 },
  { ...ACL, principal: 'zoe' },
  { ...ACL, principal: ':' },
  { ...ACL, principal: 'User:' },
  { ...ACL, principal: '' },
]
const ANY = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
}
const ZOES = { ...ANY, principalFilter: 'User:zoe' }

const ABOUT_ACLS: readonly Question[] = [
  question(createAcls, 'good', 'all', ({ version }) => ({
    creations: [
      ACL,
      ACL,
      { ...ACL, resourceName: 'else', resourcePatternType: version === 0 ? 3 : 4 },
      { ...ACL, resourceName: '*', permissionType: 2, host: '10.0.0.7' },
      { ...ACL, resourceName: 'hosts', host: '10.0.0.0/8' },
      { ...ACL, resourceName: 'hosts', host: 'fe80::/10' },
      { ...ACL, resourceType: 4, resourceName: 'kafka-cluster', operation: 2 },
      { ...ACL, resourceType: 6, resourceName: 'token', operation: 8 },
      { ...ACL, resourceType: 7, resourceName: 'User:bob', operation: 13 },
      { ...ACL, resourceType: 5, resourceName: 't9', operation: 15 },
    ],
  })),
  question(createAcls, 'bad, but for the first', 'newest', () => ({ creations: [ACL, ...BAD_ACLS] })),
  ...BAD_ACLS.map((acl, index) => question(createAcls, `bad: ${index}`, 'all', () => ({ creations: [acl] }))),
  question(createAcls, 'a code 0', 'newest', () => ({ creations: [{ ...ACL, operation: 0 }] })),
  question(createAcls, 'none', 'newest', () => ({ creations: [] })),
  question(describeAcls, 'of one user', 'all', () => ZOES),
  question(describeAcls, 'that concern a topic', 'all', () => ({
    ...ZOES,
    resourceTypeFilter: 2,
    resourceNameFilter: 'elsewhere',
    patternTypeFilter: 2,
  })),
  question(describeAcls, 'of a pattern', 'all', () => ({
    ...ZOES,
    resourceNameFilter: 'else',
    patternTypeFilter: 4,
  })),
  question(describeAcls, 'by everything', 'all', () => ({
    ...ZOES,
    resourceTypeFilter: 2,
    resourceNameFilter: '*',
    patternTypeFilter: 3,
    hostFilter: '10.0.0.7',
    operation: 3,
    permissionType: 2,
  })),
  question(describeAcls, 'of a type that nobody knows', 'newest', () => ({
    ...ZOES,
    resourceTypeFilter: 99,
  })),
  question(describeAcls, 'a code 0', 'newest', () => ({ ...ZOES, resourceTypeFilter: 0 })),
  question(deleteAcls, 'several', 'all', () => ({
    filters: [
      { ...ZOES, resourceNameFilter: 'elsewhere', patternTypeFilter: 3 },
      { ...ZOES, resourceNameFilter: 'elsewhere', patternTypeFilter: 2 },
      { ...ZOES, resourceTypeFilter: 99 },
      { ...ZOES, permissionType: 99 },
      { ...ZOES, resourceNameFilter: 'nothing' },
    ],
  })),
  question(deleteAcls, 'a code 0', 'newest', () => ({ filters: [{ ...ZOES, operation: 0 }] })),
  question(deleteAcls, 'all of one user', 'newest', () => ({ filters: [ZOES] })),
]

export const ABOUT_ADMINISTRATION: readonly Question[] = [
  question(describeConfigs, 'of everything', 'all', () => ({
    resources: CONFIGURED.map(([resourceType, resourceName, config]) => {
      return { resourceType, resourceName, configurationKeys: [config] }
    }),
  })),
  question(describeConfigs, 'of the authorizer', 'newest', () => ({
    resources: [
      {
        resourceType: BROKER,
        resourceName: '1',
        configurationKeys: ['authorizer.class.name', 'allow.everyone.if.no.acl.found', 'super.users'],
      },
    ],
    includeSynonyms: true,
  })),
  question(describeConfigs, 'of nothing known', 'newest', () => ({
    resources: [
      { resourceType: TOPIC, resourceName: 'gamma', configurationKeys: [] },
      { resourceType: 3, resourceName: 'x', configurationKeys: [] },
    ],
  })),
  question(alterConfigs, 'of everything', 'all', () => ({
    resources: CONFIGURED.filter(([type]) => type !== BROKER_LOGGER).map(
      ([resourceType, resourceName, name, value]) => {
        return { resourceType, resourceName, configs: [{ name, value }] }
      },
    ),
    validateOnly: true,
  })),
  question(incrementalAlterConfigs, 'of everything', 'all', () => ({
    resources: CONFIGURED.map(([resourceType, resourceName, name, value]) => {
      return { resourceType, resourceName, configs: [{ name, value, configOperation: 0 }] }
    }),
    validateOnly: true,
  })),
  question(incrementalAlterConfigs, 'with other faults', 'all', () => ({
    resources: [
      {
        resourceType: TOPIC,
        resourceName: 'gamma',
        configs: [{ name: 'retention.ms', value: null, configOperation: 0 }],
      },
      {
        resourceType: TOPIC,
        resourceName: 'beta',
        configs: [{ name: 'no.such.config', value: 'x', configOperation: 0 }],
      },
      { resourceType: 3, resourceName: 'x', configs: [] },
    ],
    validateOnly: true,
  })),
  question(listConfigResources, 'everything', 'newest', () => ({
    resourceTypes: [GROUP, CLIENT_METRICS, BROKER],
  })),
  question(listConfigResources, 'client metrics', [0], () => ({})),
  question(describeUserScramCredentials, 'of some', 'all', () => ({ users: [{ name: 'x' }, { name: 'y' }] })),
  question(describeUserScramCredentials, 'of all', 'all', () => ({ users: [] })),
  question(alterUserScramCredentials, 'of some', 'all', () => ({
    deletions: [
      { name: 'y', mechanism: 1 },
      { name: 'x', mechanism: 1 },
    ],
    upsertions: [
      { name: 'z', mechanism: 1, iterations: 1, salt: Buffer.from('s'), saltedPassword: Buffer.from('p') },
    ],
  })),
  question(updateFeatures, 'nothing known', 'all', () => ({
    featureUpdates: [{ feature: 'no.such.feature', maxVersionLevel: 1, upgradeType: 1 }],
    validateOnly: true,
  })),
  question(describeClientQuotas, 'all', 'all', () => ({ components: [], strict: false })),
  question(alterClientQuotas, 'one', 'all', () => ({
    entries: [
      {
        entity: [{ entityType: 'user', entityName: 'x' }],
        ops: [{ key: 'consumer_byte_rate', value: 1, remove: false }],
      },
    ],
    validateOnly: true,
  })),
  question(describeLogDirs, 'of a topic', 'newest', () => ({
    topics: [{ topic: 'no.such.topic', partitions: [0] }],
  })),
  question(alterReplicaLogDirs, 'to nowhere', 'newest', () => ({
    dirs: [{ path: '/no/such/path', topics: [{ name: 'absent', partitions: [0] }] }],
  })),
  question(listPartitionReassignments, 'all', 'all', () => ({ topics: null })),
  question(alterPartitionReassignments, 'of nothing', 'all', () => ({
    topics: [{ name: 'absent', partitions: [{ partitionIndex: 0, replicas: null }] }],
  })),
  question(unregisterBroker, 'nobody', 'all', () => ({ brokerId: 77 })),
  question(describeQuorum, 'nothing', 'newest', () => ({ topics: [] })),
  question(createDelegationToken, 'for somebody else', [3], ({ user }) => ({
    ownerPrincipalType: 'User',
    ownerPrincipalName: user === 'bob' ? 'eve' : 'bob',
    renewers: [],
    maxLifetimeMs: -1,
  })),
  question(describeDelegationToken, 'all', 'all', () => ({ owners: null })),
  ...ABOUT_ACLS,
]
