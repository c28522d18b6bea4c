import { addOffsetsToTxn } from '../../../protocol/messages/add-offsets-to-txn.ts'
import { addPartitionsToTxn } from '../../../protocol/messages/add-partitions-to-txn.ts'
import { consumerGroupDescribe } from '../../../protocol/messages/consumer-group-describe.ts'
import { consumerGroupHeartbeat } from '../../../protocol/messages/consumer-group-heartbeat.ts'
import { deleteGroups } from '../../../protocol/messages/delete-groups.ts'
import { describeGroups } from '../../../protocol/messages/describe-groups.ts'
import { describeTransactions } from '../../../protocol/messages/describe-transactions.ts'
import { endTxn } from '../../../protocol/messages/end-txn.ts'
import { findCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { heartbeat } from '../../../protocol/messages/heartbeat.ts'
import { initProducerId } from '../../../protocol/messages/init-producer-id.ts'
import { joinGroup } from '../../../protocol/messages/join-group.ts'
import { leaveGroup } from '../../../protocol/messages/leave-group.ts'
import { listGroups } from '../../../protocol/messages/list-groups.ts'
import { listTransactions } from '../../../protocol/messages/list-transactions.ts'
import { offsetCommit } from '../../../protocol/messages/offset-commit.ts'
import { offsetDelete } from '../../../protocol/messages/offset-delete.ts'
import { offsetFetch } from '../../../protocol/messages/offset-fetch.ts'
import { streamsGroupDescribe } from '../../../protocol/messages/streams-group-describe.ts'
import { streamsGroupHeartbeat } from '../../../protocol/messages/streams-group-heartbeat.ts'
import { streamsGroupTopologyDescriptionUpdate } from '../../../protocol/messages/streams-group-topology-description-update.ts'
import { syncGroup } from '../../../protocol/messages/sync-group.ts'
import { txnOffsetCommit } from '../../../protocol/messages/txn-offset-commit.ts'
import { writeTxnMarkers } from '../../../protocol/messages/write-txn-markers.ts'
import { GROUP_IDS, type Question, question, TOPIC_NAMES, TRANSACTIONAL_IDS } from './question.ts'

/** A producer that nobody knows. */
const NOBODY = { producerId: 4_000_000, producerEpoch: 0 }

function found(keyType: number, keys: readonly string[]): Question[] {
  return keys.map((key) =>
    question(findCoordinator, `type ${keyType} of ${key}`, 'all', ({ version }) => {
      // Version 0 knows groups only.
      if (version === 0) return { key: keyType === 0 ? key : 'g1' }
      return { keyType, key, coordinatorKeys: version < 4 ? [] : [key, ...keys.slice(0, 1)] }
    }),
  )
}

function ofGroup(groupId: string): Question[] {
  return [
    question(offsetCommit, groupId, 'all', ({ topicId }) => ({
      groupId,
      memberId: '',
      topics: TOPIC_NAMES.filter((name) => name !== 'absent').map((name) => ({
        name,
        topicId: topicId(name),
        partitions: [0, 7].map((partitionIndex) => {
          return { partitionIndex, committedOffset: 3, committedMetadata: null }
        }),
      })),
    })),
    // Whoever may ask is told that this is no way to join.
    ...TOPIC_NAMES.map((topic) =>
      question(streamsGroupHeartbeat, `${groupId}, ${topic}`, 'all', () => ({
        groupId,
        memberId: 'nobody',
        memberEpoch: 0,
        topology: { epoch: 0, subtopologies: [{ subtopologyId: '0', sourceTopics: [topic] }] },
      })),
    ),
    question(streamsGroupDescribe, groupId, 'all', () => ({ groupIds: [groupId] })),
    question(streamsGroupTopologyDescriptionUpdate, groupId, 'all', () => ({ groupId, memberId: 'nobody' })),
    question(joinGroup, groupId, 'all', () => ({
      groupId,
      sessionTimeoutMs: 1,
      rebalanceTimeoutMs: 1,
      memberId: '',
      protocolType: 'consumer',
      protocols: [],
    })),
    question(syncGroup, groupId, 'all', () => ({
      groupId,
      generationId: 1,
      memberId: 'nobody',
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: [],
    })),
    question(syncGroup, `${groupId}, no protocol`, 'newest', () => ({
      groupId,
      generationId: 1,
      memberId: 'nobody',
      assignments: [],
    })),
    question(heartbeat, groupId, 'all', () => ({ groupId, generationId: 1, memberId: 'nobody' })),
    question(leaveGroup, groupId, 'all', () => ({
      groupId,
      memberId: 'nobody',
      members: [{ memberId: 'nobody' }],
    })),
    question(offsetDelete, groupId, 'all', () => ({
      groupId,
      topics: TOPIC_NAMES.map((name) => ({ name, partitions: [{ partitionIndex: 7 }] })),
    })),
    question(addOffsetsToTxn, groupId, 'all', () => ({ transactionalId: 't1', groupId, ...NOBODY })),
    question(txnOffsetCommit, groupId, 'all', ({ topicId }) => ({
      transactionalId: 't1',
      groupId,
      memberId: '',
      ...NOBODY,
      topics: TOPIC_NAMES.filter((name) => name !== 'absent').map((name) => ({
        name,
        topicId: topicId(name),
        partitions: [{ partitionIndex: 0, committedOffset: 3, committedMetadata: null }],
      })),
    })),
  ]
}

/** KIP-848: subscriptions are checked, too. */
function ofConsumerGroup(groupId: string): Question[] {
  const joining = {
    groupId: `c-${groupId}`,
    memberId: 'AAAAAAAAAAAAAAAAAAAAAQ',
    memberEpoch: 0,
    rebalanceTimeoutMs: 5_000,
    topicPartitions: [],
  }
  return [
    question(consumerGroupHeartbeat, `${groupId}, no topics`, 'all', () => ({
      ...joining,
      memberEpoch: 5,
      rebalanceTimeoutMs: -1,
      topicPartitions: null,
    })),
    question(consumerGroupHeartbeat, `${groupId}, hidden topics`, 'all', () => ({
      ...joining,
      subscribedTopicNames: ['alpha', 'gamma'],
    })),
    question(consumerGroupHeartbeat, `${groupId}, topics`, 'newest', () => ({
      ...joining,
      subscribedTopicNames: ['alpha'],
    })),
    question(consumerGroupHeartbeat, `${groupId}, a regular expression`, [1], () => ({
      ...joining,
      memberId: 'AAAAAAAAAAAAAAAAAAAAAg',
      subscribedTopicRegex: 'alp.*|gam.*',
    })),
  ]
}

function ofTransaction(transactionalId: string): Question[] {
  return [
    question(initProducerId, transactionalId, [0, 4, 5], () => ({
      transactionalId,
      transactionTimeoutMs: 5_000,
    })),
    question(initProducerId, `${transactionalId}, for two phases`, [6], () => ({
      transactionalId,
      transactionTimeoutMs: 5_000,
      enable2Pc: true,
    })),
    question(addPartitionsToTxn, transactionalId, [0, 3, 4, 5], () => {
      const topics = TOPIC_NAMES.map((name) => ({ name, partitions: [0] }))
      return {
        v3AndBelowTransactionalId: transactionalId,
        v3AndBelowProducerId: NOBODY.producerId,
        v3AndBelowProducerEpoch: NOBODY.producerEpoch,
        v3AndBelowTopics: topics,
        transactions: [{ transactionalId, ...NOBODY, topics }],
      }
    }),
    question(addPartitionsToTxn, `${transactionalId}, internal topics`, [3], () => ({
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: NOBODY.producerId,
      v3AndBelowProducerEpoch: NOBODY.producerEpoch,
      v3AndBelowTopics: [{ name: '__consumer_offsets', partitions: [0] }],
    })),
    question(endTxn, transactionalId, 'all', () => ({ transactionalId, ...NOBODY, committed: true })),
  ]
}

export const ABOUT_GROUPS: readonly Question[] = [
  ...found(0, GROUP_IDS),
  ...found(1, TRANSACTIONAL_IDS),
  question(findCoordinator, 'share groups', [6], () => ({
    keyType: 2,
    coordinatorKeys: ['g1:AAAAAAAAAAAAAAAAAAAAAA:0', 'nonsense'],
  })),
  question(findCoordinator, 'no kind of key', 'all', ({ version }) => {
    return version === 0 ? { key: 'g1' } : { keyType: 9, key: 'g1', coordinatorKeys: ['g1'] }
  }),
  ...GROUP_IDS.flatMap(ofGroup),
  question(offsetFetch, 'of some topics', 'all', ({ topicId }) => {
    const topics = TOPIC_NAMES.filter((name) => name !== 'absent').map((name) => {
      return { name, topicId: topicId(name), partitionIndexes: [0, 7] }
    })
    return { groupId: 'g1', topics, groups: GROUP_IDS.map((groupId) => ({ groupId, topics })) }
  }),
  question(offsetFetch, 'of a hidden group', 'all', ({ topicId }) => {
    const topics = ['alpha', 'gamma'].map((name) => ({ name, topicId: topicId(name), partitionIndexes: [0] }))
    return { groupId: 'g3', topics, groups: [{ groupId: 'g3', topics }] }
  }),
  question(offsetFetch, 'of all topics', [2, 5, 7, 8, 9, 10], () => ({
    groupId: 'g1',
    topics: null,
    groups: GROUP_IDS.map((groupId) => ({ groupId, topics: null })),
  })),
  question(describeGroups, 'with operations', 'all', () => ({
    groups: [...GROUP_IDS],
    includeAuthorizedOperations: true,
  })),
  question(listGroups, 'all', 'all', () => ({})),
  ...GROUP_IDS.flatMap(ofConsumerGroup),
  question(consumerGroupDescribe, 'with operations', 'all', () => ({
    groupIds: [...GROUP_IDS, 'c-g1', 'c-g2', 'c-g3'],
    includeAuthorizedOperations: true,
  })),
  ...TRANSACTIONAL_IDS.flatMap(ofTransaction),
  question(writeTxnMarkers, 'of a topic that is not there', 'newest', () => ({
    markers: [
      {
        ...NOBODY,
        transactionResult: true,
        topics: [{ name: 'absent', partitionIndexes: [0] }],
        coordinatorEpoch: 0,
        transactionVersion: 0,
      },
    ],
  })),
  question(describeTransactions, 'all', 'all', () => ({ transactionalIds: [...TRANSACTIONAL_IDS] })),
  question(listTransactions, 'all', 'all', () => ({})),
  question(deleteGroups, 'three', 'newest', () => ({ groupsNames: [...GROUP_IDS, 'g3'] })),
]
