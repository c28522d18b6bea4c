import t from 'tap'
import { createHandlers } from '../../../lib/api/index.ts'
import { layOutBrokers } from '../../../lib/cluster-layout.ts'
import { makeParts } from '../../../lib/cluster-parts.ts'
import { ManualClock } from '../../../lib/lab/clock.ts'
import { SeededRandom } from '../../../lib/lab/random.ts'
import type { Handler } from '../../../lib/network/handler.ts'
import { AclOperation, ResourceType } from '../../../lib/security/authorization/acl.ts'
import type { Authorizer } from '../../../lib/security/authorization/authorizer.ts'
import type { Need } from '../../../lib/security/authorization/needs.ts'
import { wordFor } from '../../../lib/security/authorization/words.ts'
import { SharePartitions } from '../../../lib/share/share-partitions.ts'
import { ShareSessions } from '../../../lib/share/share-sessions.ts'
import { TransactionVerifier } from '../../../lib/transactions/verification.ts'
import { errorName } from '../../../protocol/errors.ts'
import { addPartitionsToTxn } from '../../../protocol/messages/add-partitions-to-txn.ts'
import { consumerGroupHeartbeat } from '../../../protocol/messages/consumer-group-heartbeat.ts'
import { describeTopicPartitions } from '../../../protocol/messages/describe-topic-partitions.ts'
import { fetch } from '../../../protocol/messages/fetch.ts'
import { findCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { initProducerId } from '../../../protocol/messages/init-producer-id.ts'
import { offsetCommit } from '../../../protocol/messages/offset-commit.ts'
import { shareFetch } from '../../../protocol/messages/share-fetch.ts'
import { shareGroupHeartbeat } from '../../../protocol/messages/share-group-heartbeat.ts'
import { streamsGroupHeartbeat } from '../../../protocol/messages/streams-group-heartbeat.ts'
import type { Api, Encodable } from '../../../protocol/schema.ts'
import { type Question, TOPIC_NAMES } from '../../helpers/authorization/question.ts'
import { QUESTIONS } from '../../helpers/authorization/questions.ts'
import { ABOUT_SHARE_GROUPS, SHARE_MEMBER } from '../../helpers/authorization/share-groups.ts'
import { ABOUT_STREAMS_GROUPS, streamsMember } from '../../helpers/authorization/streams-groups.ts'
import { ask, contextOf, overTheWire } from '../../helpers/handlers.ts'

/*
 * What each API asks, and what it tells those who may not: what the code declares, held against this table; and what the
 * code does, held against what it declares. That Kafka asks the same is shown by test/conformance/authorization.
 */
const TABLE = `
Produce                      WRITE TRANSACTIONAL_ID, else TRANSACTIONAL_ID_AUTHORIZATION_FAILED
                             WRITE TOPIC, else TOPIC_AUTHORIZATION_FAILED
Fetch                        READ TOPIC, else TOPIC_AUTHORIZATION_FAILED
                             CLUSTER_ACTION CLUSTER, else TOPIC_AUTHORIZATION_FAILED
ListOffsets                  DESCRIBE TOPIC, else TOPIC_AUTHORIZATION_FAILED
Metadata                     DESCRIBE TOPIC, else TOPIC_AUTHORIZATION_FAILED
                             DESCRIBE TOPIC, else left out
                             CREATE CLUSTER or CREATE TOPIC, else TOPIC_AUTHORIZATION_FAILED
OffsetCommit                 READ GROUP, else GROUP_AUTHORIZATION_FAILED
                             READ TOPIC, else TOPIC_AUTHORIZATION_FAILED
OffsetFetch                  DESCRIBE GROUP, else GROUP_AUTHORIZATION_FAILED
                             DESCRIBE TOPIC, else TOPIC_AUTHORIZATION_FAILED
                             DESCRIBE TOPIC, else left out
FindCoordinator              DESCRIBE GROUP, else GROUP_AUTHORIZATION_FAILED
                             DESCRIBE TRANSACTIONAL_ID, else TRANSACTIONAL_ID_AUTHORIZATION_FAILED
                             CLUSTER_ACTION CLUSTER, else CLUSTER_AUTHORIZATION_FAILED
JoinGroup                    READ GROUP, else GROUP_AUTHORIZATION_FAILED
Heartbeat                    READ GROUP, else GROUP_AUTHORIZATION_FAILED
LeaveGroup                   READ GROUP, else GROUP_AUTHORIZATION_FAILED
SyncGroup                    READ GROUP, else GROUP_AUTHORIZATION_FAILED
DescribeGroups               DESCRIBE GROUP, else GROUP_AUTHORIZATION_FAILED
ListGroups                   DESCRIBE CLUSTER or DESCRIBE GROUP, else left out
CreateTopics                 CREATE CLUSTER or CREATE TOPIC, else TOPIC_AUTHORIZATION_FAILED
                             DESCRIBE_CONFIGS TOPIC, else TOPIC_AUTHORIZATION_FAILED
DeleteTopics                 DELETE CLUSTER or DESCRIBE TOPIC, else TOPIC_AUTHORIZATION_FAILED
                             DELETE CLUSTER or DELETE TOPIC, else TOPIC_AUTHORIZATION_FAILED
DeleteRecords                DELETE TOPIC, else TOPIC_AUTHORIZATION_FAILED
InitProducerId               WRITE TRANSACTIONAL_ID, else TRANSACTIONAL_ID_AUTHORIZATION_FAILED
                             TWO_PHASE_COMMIT TRANSACTIONAL_ID, else TRANSACTIONAL_ID_AUTHORIZATION_FAILED
                             IDEMPOTENT_WRITE CLUSTER or WRITE any TOPIC, else CLUSTER_AUTHORIZATION_FAILED
OffsetForLeaderEpoch         CLUSTER_ACTION CLUSTER or DESCRIBE TOPIC, else TOPIC_AUTHORIZATION_FAILED
AddPartitionsToTxn           CLUSTER_ACTION CLUSTER, else CLUSTER_AUTHORIZATION_FAILED
                             WRITE TRANSACTIONAL_ID, else TRANSACTIONAL_ID_AUTHORIZATION_FAILED
                             WRITE TOPIC, else TOPIC_AUTHORIZATION_FAILED
AddOffsetsToTxn              WRITE TRANSACTIONAL_ID, else TRANSACTIONAL_ID_AUTHORIZATION_FAILED
                             READ GROUP, else GROUP_AUTHORIZATION_FAILED
EndTxn                       WRITE TRANSACTIONAL_ID, else TRANSACTIONAL_ID_AUTHORIZATION_FAILED
WriteTxnMarkers              ALTER CLUSTER or CLUSTER_ACTION CLUSTER, else CLUSTER_AUTHORIZATION_FAILED
TxnOffsetCommit              WRITE TRANSACTIONAL_ID, else TRANSACTIONAL_ID_AUTHORIZATION_FAILED
                             READ GROUP, else GROUP_AUTHORIZATION_FAILED
                             READ TOPIC, else TOPIC_AUTHORIZATION_FAILED
DescribeAcls                 DESCRIBE CLUSTER, else CLUSTER_AUTHORIZATION_FAILED
CreateAcls                   ALTER CLUSTER, else CLUSTER_AUTHORIZATION_FAILED
DeleteAcls                   ALTER CLUSTER, else CLUSTER_AUTHORIZATION_FAILED
DescribeConfigs              DESCRIBE_CONFIGS TOPIC, else TOPIC_AUTHORIZATION_FAILED
                             DESCRIBE_CONFIGS GROUP, else GROUP_AUTHORIZATION_FAILED
                             DESCRIBE_CONFIGS CLUSTER, else CLUSTER_AUTHORIZATION_FAILED
AlterConfigs                 ALTER_CONFIGS TOPIC, else TOPIC_AUTHORIZATION_FAILED
                             ALTER_CONFIGS GROUP, else GROUP_AUTHORIZATION_FAILED
                             ALTER_CONFIGS CLUSTER, else CLUSTER_AUTHORIZATION_FAILED
CreatePartitions             ALTER TOPIC, else TOPIC_AUTHORIZATION_FAILED
CreateDelegationToken        CREATE_TOKENS USER, else DELEGATION_TOKEN_AUTHORIZATION_FAILED
DescribeDelegationToken      DESCRIBE DELEGATION_TOKEN, else left out
                             DESCRIBE DELEGATION_TOKEN or DESCRIBE_TOKENS USER, else left out
DeleteGroups                 DELETE GROUP, else GROUP_AUTHORIZATION_FAILED
ElectLeaders                 ALTER CLUSTER, else CLUSTER_AUTHORIZATION_FAILED
IncrementalAlterConfigs      ALTER_CONFIGS TOPIC, else TOPIC_AUTHORIZATION_FAILED
                             ALTER_CONFIGS GROUP, else GROUP_AUTHORIZATION_FAILED
                             ALTER_CONFIGS CLUSTER, else CLUSTER_AUTHORIZATION_FAILED
OffsetDelete                 DELETE GROUP, else GROUP_AUTHORIZATION_FAILED
                             READ TOPIC, else TOPIC_AUTHORIZATION_FAILED
DescribeClientQuotas         DESCRIBE_CONFIGS CLUSTER, else CLUSTER_AUTHORIZATION_FAILED
AlterClientQuotas            ALTER_CONFIGS CLUSTER, else CLUSTER_AUTHORIZATION_FAILED
DescribeUserScramCredentials DESCRIBE CLUSTER, else CLUSTER_AUTHORIZATION_FAILED
AlterUserScramCredentials    ALTER CLUSTER, else CLUSTER_AUTHORIZATION_FAILED
UpdateFeatures               ALTER CLUSTER, else CLUSTER_AUTHORIZATION_FAILED
DescribeProducers            READ TOPIC, else TOPIC_AUTHORIZATION_FAILED
DescribeTransactions         DESCRIBE TRANSACTIONAL_ID, else TRANSACTIONAL_ID_AUTHORIZATION_FAILED
                             DESCRIBE TOPIC, else left out
ListTransactions             DESCRIBE TRANSACTIONAL_ID, else left out
ConsumerGroupHeartbeat       READ GROUP, else GROUP_AUTHORIZATION_FAILED
                             DESCRIBE TOPIC, else TOPIC_AUTHORIZATION_FAILED
ConsumerGroupDescribe        DESCRIBE GROUP, else GROUP_AUTHORIZATION_FAILED
                             DESCRIBE TOPIC, else TOPIC_AUTHORIZATION_FAILED
ListConfigResources          DESCRIBE_CONFIGS CLUSTER, else CLUSTER_AUTHORIZATION_FAILED
DescribeTopicPartitions      DESCRIBE TOPIC, else TOPIC_AUTHORIZATION_FAILED
                             DESCRIBE TOPIC, else left out
ShareGroupHeartbeat          READ GROUP, else GROUP_AUTHORIZATION_FAILED
                             DESCRIBE TOPIC, else TOPIC_AUTHORIZATION_FAILED
ShareGroupDescribe           DESCRIBE GROUP, else GROUP_AUTHORIZATION_FAILED
                             DESCRIBE TOPIC, else TOPIC_AUTHORIZATION_FAILED
ShareFetch                   READ GROUP, else GROUP_AUTHORIZATION_FAILED
                             READ TOPIC, else TOPIC_AUTHORIZATION_FAILED
ShareAcknowledge             READ GROUP, else GROUP_AUTHORIZATION_FAILED
                             READ TOPIC, else TOPIC_AUTHORIZATION_FAILED
InitializeShareGroupState    CLUSTER_ACTION CLUSTER, else CLUSTER_AUTHORIZATION_FAILED
ReadShareGroupState          CLUSTER_ACTION CLUSTER, else CLUSTER_AUTHORIZATION_FAILED
WriteShareGroupState         CLUSTER_ACTION CLUSTER, else CLUSTER_AUTHORIZATION_FAILED
DeleteShareGroupState        CLUSTER_ACTION CLUSTER, else CLUSTER_AUTHORIZATION_FAILED
ReadShareGroupStateSummary   CLUSTER_ACTION CLUSTER, else CLUSTER_AUTHORIZATION_FAILED
StreamsGroupHeartbeat        READ GROUP, else GROUP_AUTHORIZATION_FAILED
                             DESCRIBE TOPIC, else TOPIC_AUTHORIZATION_FAILED
                             CREATE CLUSTER or CREATE TOPIC, else left out
StreamsGroupDescribe         DESCRIBE GROUP, else GROUP_AUTHORIZATION_FAILED
                             DESCRIBE TOPIC, else TOPIC_AUTHORIZATION_FAILED
DescribeShareGroupOffsets    DESCRIBE GROUP, else GROUP_AUTHORIZATION_FAILED
                             DESCRIBE TOPIC, else TOPIC_AUTHORIZATION_FAILED
                             DESCRIBE TOPIC, else left out
AlterShareGroupOffsets       READ GROUP, else GROUP_AUTHORIZATION_FAILED
                             READ TOPIC, else TOPIC_AUTHORIZATION_FAILED
DeleteShareGroupOffsets      DELETE GROUP, else GROUP_AUTHORIZATION_FAILED
                             READ TOPIC, else TOPIC_AUTHORIZATION_FAILED
StreamsGroupTopologyDescriptionUpdate READ GROUP, else GROUP_AUTHORIZATION_FAILED
`

const ABSENT_ID = 'QUJDREVGR0hJSktMTU5PUA'

/** Every handler of a broker, asked by somebody whose questions are written down. */
class Rig implements Disposable {
  readonly #parts = makeParts(
    { clock: new ManualClock(), random: new SeededRandom(1), acls: [], config: CONFIG },
    layOutBrokers({}),
  )
  readonly handlers: readonly Handler[]
  readonly #ids = new Map<string, string>()

  constructor() {
    const { metadata, controller, configs, transactionCoordinator } = this.#parts
    const endPoint = { name: 'PLAINTEXT', host: 'localhost', port: 1, securityProtocol: 'PLAINTEXT' } as const
    controller.registerBroker({ brokerId: 0, rack: null, endPoints: [endPoint] })
    const wish = { numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }
    controller.createTopics(TOPIC_NAMES.slice(0, 3).map((name) => ({ name, ...wish })))
    for (const { name, topicId } of metadata.image.topicsByName.values()) this.#ids.set(name, topicId)
    const replicas = this.#parts.replicasOf(0)
    const verify = () => configs.brokerConfig(0).transactionPartitionVerificationEnable
    const transactionVerifier = new TransactionVerifier(transactionCoordinator, replicas, verify)
    const { acls } = this.#parts.authorization
    const { clock, shareCoordinator: coordinator } = this.#parts
    const configOf = (groupId: string) => configs.groupConfig(groupId)
    const sharePartitions = new SharePartitions({ clock, metadata, replicas, coordinator, configOf })
    const shareSessions = new ShareSessions(sharePartitions, () => 10)
    const shares = { sharePartitions, shareSessions }
    this.handlers = createHandlers({
      ...this.#parts,
      nodeId: 0,
      replicas,
      acls,
      transactionVerifier,
      ...shares,
    })
  }

  /** A group with offsets, a transaction with partitions, somebody's token: what there is to be seen. */
  async fill(): Promise<void> {
    const { transactionalId, ...init } = { transactionalId: 't1', transactionTimeoutMs: 60_000 }
    await this.#send(findCoordinator, 6, { keyType: 0, coordinatorKeys: ['g1'] })
    await this.#send(findCoordinator, 6, { keyType: 1, coordinatorKeys: [transactionalId] })
    const commit = { partitionIndex: 0, committedOffset: 1, committedMetadata: null }
    await this.#send(offsetCommit, 9, {
      groupId: 'g1',
      memberId: '',
      topics: [{ name: 'alpha', partitions: [commit] }],
    })
    await this.#send(consumerGroupHeartbeat, 0, {
      groupId: 'c-g1',
      memberId: 'somebody',
      memberEpoch: 0,
      rebalanceTimeoutMs: 1_000,
      subscribedTopicNames: ['alpha'],
      topicPartitions: [],
    })
    const sharer = { memberId: SHARE_MEMBER, memberEpoch: 0, subscribedTopicNames: ['alpha'] }
    const joined = await this.#send(shareGroupHeartbeat, 1, { groupId: 's-g1', ...sharer })
    // Partitions are assigned once their states have been set up.
    await this.#send(shareGroupHeartbeat, 1, { groupId: 's-g1', ...sharer, memberEpoch: joined.memberEpoch })
    await this.#send(shareGroupHeartbeat, 1, { groupId: 's-g2', ...sharer })
    await this.#send(shareGroupHeartbeat, 1, { groupId: 's-g2', ...sharer, memberEpoch: -1 })
    await this.#send(shareFetch, 2, {
      groupId: 's-g1',
      memberId: SHARE_MEMBER,
      shareSessionEpoch: 0,
      maxWaitMs: 0,
      maxRecords: 1,
      topics: [{ topicId: this.#ids.get('alpha') ?? ABSENT_ID, partitions: [{ partitionIndex: 0 }] }],
    })
    await this.#send(streamsGroupHeartbeat, 1, streamsMember('st-g1', 'st-g1-store-changelog'))
    const { producerId, producerEpoch } = await this.#send(initProducerId, 4, { transactionalId, ...init })
    await this.#send(addPartitionsToTxn, 3, {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: [{ name: 'alpha', partitions: [0] }],
    })
    const alice = { principalType: 'User', name: 'alice' }
    this.#parts.tokens.create({ owner: alice, requester: alice, renewers: [], maxLifetimeMs: 0 })
  }

  /** What is asked of the authorizer where it answers so, and what is answered in the end. */
  async ask(handler: Handler, question: Question, version: number, allows: (need: string) => boolean) {
    const asked = new Set<string>()
    const note = (operation: AclOperation, resourceType: ResourceType, some = '') => {
      const need = `${wordFor(AclOperation, operation)} ${some}${wordFor(ResourceType, resourceType)}`
      asked.add(need)
      return allows(need)
    }
    const authorizer: Authorizer = {
      permissionsOf: () => ({
        allows: (operation, resourceType) => note(operation, resourceType),
        allowsTopic: (operation) => note(operation, ResourceType.TOPIC),
        allowsOnAny: (operation, resourceType) => note(operation, resourceType, 'any '),
      }),
    }
    const { context } = contextOf(version, {
      authorizer,
      securityProtocol: 'SASL_PLAINTEXT',
      principal: { principalType: 'User', name: 'eve' },
    })
    const topicId = (name: string) => this.#ids.get(name) ?? ABSENT_ID
    const request = { ...question.request({ version, user: 'eve', topicId }), ...WITHOUT_OPERATIONS }
    const { api } = handler
    // A join of a group waits for others: what it asks has been asked then.
    const answer = await Promise.race([
      handler.handle(overTheWire(api.request, version, request) as never, context),
      new Promise<object>((resolve) => setImmediate(() => setImmediate(() => resolve({})))),
    ])
    return { asked, answer: typeof answer === 'symbol' ? {} : answer }
  }

  async #send<A extends Api>(api: A, version: number, request: Encodable<A['request']>) {
    return await ask(
      this.handlers.find((handler) => handler.api.key === api.key) as Handler,
      api,
      version,
      request,
    )
  }

  [Symbol.dispose](): void {
    this.#parts.close()
  }
}

const CONFIG = {
  'group.share.assignment.interval.ms': 0,
  'delegation.token.secret.key': 'a secret',
  'group.initial.rebalance.delay.ms': 0,
  // So that there is InitProducerId v6.
  'unstable.api.versions.enable': true,
}

/** The bits of what one may do are asked for by other questions than these. */
const WITHOUT_OPERATIONS = {
  includeAuthorizedOperations: false,
  includeClusterAuthorizedOperations: false,
  includeTopicAuthorizedOperations: false,
}

function wordsOf({ operation, resourceType, onAny }: Need): string {
  return `${wordFor(AclOperation, operation)} ${onAny ? 'any ' : ''}${wordFor(ResourceType, resourceType)}`
}

function textOf(need: Need): string {
  const either = need.unless ? `${wordsOf(need.unless)} or ` : ''
  const otherwise = need.silent ? 'left out' : errorName(need.errorCode)
  return `${either}${wordsOf(need)}, else ${otherwise}`
}

t.test('what each API declares to ask is what this table says', async (t) => {
  using rig = new Rig()
  const declared = rig.handlers.flatMap(({ api, needs }) =>
    needs.map((need, index) => `${(index === 0 ? api.name : '').padEnd(28)} ${textOf(need)}`),
  )
  t.equal(`\n${declared.join('\n')}\n`, TABLE)
})

t.test('each API asks what it declares, and nothing else', async (t) => {
  const asked = new Map<Api, Set<string>>()
  for (const allows of [() => false, (need: string) => !need.endsWith('CLUSTER'), () => true]) {
    using rig = new Rig()
    await rig.fill()
    // What deletes comes before what describes in the table; here it must come after.
    for (const handler of rig.handlers.toReversed()) {
      const { api, minVersion, maxVersion } = handler
      const all = asked.get(api) ?? new Set()
      asked.set(api, all)
      for (const question of questionsOf(api)) {
        for (const version of [minVersion, Math.min(3, maxVersion), maxVersion]) {
          // What Kafka cannot read, or would hang up on, is thrown.
          const result = await rig.ask(handler, question, version, allows).catch(() => undefined)
          for (const need of result?.asked ?? []) all.add(need)
        }
      }
    }
  }
  using rig = new Rig()
  for (const { api, needs } of rig.handlers) {
    const declared = needs.flatMap((need) => (need.unless ? [need, need.unless] : [need])).map(wordsOf)
    const found = [...(asked.get(api) ?? [])]
    // It tells the operations whether it is asked to or not.
    const told = api === describeTopicPartitions ? found.filter((need) => need.endsWith(' TOPIC')) : []
    t.strictSame(found.sort(), [...new Set([...declared, ...told])].sort(), api.name)
  }
})

t.test('who may nothing is told so, or told nothing', async (t) => {
  using rig = new Rig()
  await rig.fill()
  for (const handler of rig.handlers.filter(({ needs }) => needs.length > 0)) {
    const { api, needs } = handler
    const codes = new Set<number>()
    for (const question of questionsOf(api)) {
      const { answer } = await rig
        .ask(handler, question, handler.maxVersion, () => false)
        .catch(() => ({ answer: {} }))
      // Fetch has room for the errors of its sessions.
      if (api === fetch) delete (answer as { errorCode?: number }).errorCode
      for (const [, code] of JSON.stringify(answer).matchAll(/"errorCode":(-?\d+)/g)) codes.add(Number(code))
    }
    t.notOk(codes.has(0), `${api.name}: nothing is granted`)
    const told = needs.filter(({ silent }) => !silent).map(({ errorCode }) => errorCode)
    t.ok(told.length === 0 || told.some((code) => codes.has(code)), `${api.name}: ${[...codes]}`)
  }
})

function questionsOf(api: Api): readonly Question[] {
  return [...QUESTIONS, ...ABOUT_SHARE_GROUPS, ...ABOUT_STREAMS_GROUPS].filter(
    (question) => question.api === api,
  )
}
