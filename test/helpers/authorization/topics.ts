import { createPartitions } from '../../../protocol/messages/create-partitions.ts'
import { createTopics } from '../../../protocol/messages/create-topics.ts'
import { deleteRecords } from '../../../protocol/messages/delete-records.ts'
import { deleteTopics } from '../../../protocol/messages/delete-topics.ts'
import { describeCluster } from '../../../protocol/messages/describe-cluster.ts'
import { describeProducers } from '../../../protocol/messages/describe-producers.ts'
import { describeTopicPartitions } from '../../../protocol/messages/describe-topic-partitions.ts'
import { electLeaders } from '../../../protocol/messages/elect-leaders.ts'
import { fetch } from '../../../protocol/messages/fetch.ts'
import { initProducerId } from '../../../protocol/messages/init-producer-id.ts'
import { listOffsets } from '../../../protocol/messages/list-offsets.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { offsetForLeaderEpoch } from '../../../protocol/messages/offset-for-leader-epoch.ts'
import { produce } from '../../../protocol/messages/produce.ts'
import { encodeBatch } from '../../../protocol/records/encode-batch.ts'
import { type Asked, type Question, question, TOPIC_NAMES } from './question.ts'

const RECORD = { key: null, value: Buffer.from('v'), headers: [], timestamp: 1 }
const plain = () => encodeBatch({ records: [RECORD] })
const transactional = () =>
  encodeBatch({
    records: [RECORD],
    isTransactional: true,
    producerId: 4_000_000,
    producerEpoch: 0,
    baseSequence: 0,
  })

const named = (names: readonly string[] = TOPIC_NAMES) => names.map((name) => ({ name }))
const byId = ({ topicId }: Asked) =>
  TOPIC_NAMES.map((name) => ({ name: null, topicId: topicId(name) })).filter(
    // Two ids that nobody has would be one.
    ({ topicId: id }, index, all) => all.findIndex((other) => other.topicId === id) === index,
  )

function produced(
  records: () => Buffer,
  transactionalId: string | null,
  acks: number,
  names: readonly string[] = TOPIC_NAMES.slice(0, 4),
) {
  return ({ topicId }: Asked) => ({
    transactionalId,
    acks,
    timeoutMs: 5_000,
    topicData: names.map((name) => ({
      name,
      topicId: topicId(name),
      partitionData: [{ index: 0, records: records() }],
    })),
  })
}

function fetched(replicaId: number) {
  return ({ topicId }: Asked) => ({
    replicaId,
    replicaState: { replicaId, replicaEpoch: -1 },
    maxWaitMs: 0,
    minBytes: 0,
    topics: TOPIC_NAMES.filter((name) => name !== 'absent').map((name) => ({
      topic: name,
      topicId: topicId(name),
      partitions: [0, 7].map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: 100_000 })),
    })),
  })
}

export const ABOUT_TOPICS: readonly Question[] = [
  question(metadata, 'all topics, with operations', 'all', ({ version }) => ({
    topics: version === 0 ? [] : null,
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: true,
    includeTopicAuthorizedOperations: true,
  })),
  // Old versions cannot ask without creating.
  question(metadata, 'topics that are there', [0, 1, 2, 3], () => ({
    topics: named(['alpha', '__consumer_offsets']),
  })),
  question(metadata, 'topics by name', [4, 5, 6, 7, 8, 9, 10, 11, 12, 13], () => ({
    topics: named([...TOPIC_NAMES, '__consumer_offsets', 'not a name']),
    allowAutoTopicCreation: false,
    includeTopicAuthorizedOperations: true,
  })),
  question(metadata, 'topics by id', [12, 13], (asked) => ({
    topics: byId(asked),
    includeTopicAuthorizedOperations: true,
  })),
  question(metadata, 'topics to be created', 'newest', ({ user }) => ({
    topics: named([`auto-${user}`, `new-${user}`, 'alpha', 'not a name', '__consumer_offsets']),
    allowAutoTopicCreation: true,
  })),
  question(describeTopicPartitions, 'topics by name', 'all', () => ({
    topics: named(),
    responsePartitionLimit: 100,
    cursor: null,
  })),
  question(describeTopicPartitions, 'few partitions', 'all', () => ({
    topics: named(),
    responsePartitionLimit: 1,
    cursor: { topicName: 'beta', partitionIndex: 0 },
  })),
  question(describeTopicPartitions, 'all topics', 'all', () => ({
    topics: [],
    responsePartitionLimit: 2000,
    cursor: null,
  })),
  question(describeCluster, 'operations', 'all', () => ({ includeClusterAuthorizedOperations: true })),
  question(listOffsets, 'ends', 'all', () => ({
    replicaId: -1,
    topics: TOPIC_NAMES.map((name) => ({
      name,
      partitions: [0, 0, 7].map((partitionIndex) => ({ partitionIndex, timestamp: -1 })),
    })),
  })),
  question(offsetForLeaderEpoch, 'ends of epochs', 'all', () => ({
    replicaId: -1,
    topics: TOPIC_NAMES.map((topic) => ({ topic, partitions: [{ partition: 0, leaderEpoch: 0 }] })),
  })),
  question(describeProducers, 'producers', 'all', () => ({
    topics: [...TOPIC_NAMES, 'not a name'].map((name) => ({ name, partitionIndexes: [0, 7] })),
  })),
  question(produce, 'records', [3, 9, 12, 13], produced(plain, null, -1)),
  question(produce, 'records that nobody acknowledges', [9], produced(plain, null, 0, ['alpha'])),
  question(produce, 'a transaction without an id', 'newest', produced(transactional, null, -1)),
  question(produce, 'a transaction of nobody', 'newest', produced(transactional, 't3', -1)),
  question(fetch, 'records', [4, 11, 12, 13, 16, 17], fetched(-1)),
  question(fetch, 'as a follower', [11, 12, 13, 16], fetched(5)),
  question(initProducerId, 'without a transaction', 'all', () => ({
    transactionalId: null,
    transactionTimeoutMs: 1000,
  })),
  question(initProducerId, 'half an id', [3, 5], () => ({
    transactionalId: null,
    transactionTimeoutMs: 1000,
    producerId: 7,
  })),
  question(createTopics, 'only validated', 'all', ({ user, version }) => ({
    topics: [
      'alpha',
      `auto-${user}`,
      `new-${user}`,
      'not a name',
      'twice',
      'twice',
      '__cluster_metadata',
    ].map((name) => ({ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] })),
    // Version 0 cannot ask for that: nothing there can be created.
    validateOnly: version > 0,
    ...(version === 0 && { topics: [] }),
  })),
  question(createTopics, 'created', 'newest', ({ user }) => ({
    topics: [`made-${user}`, `new-made-${user}`].map((name) => {
      return { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    }),
  })),
  question(createPartitions, 'only validated', 'all', () => ({
    topics: [...TOPIC_NAMES, 'twice', 'twice'].map((name) => ({ name, count: 9, assignments: null })),
    timeoutMs: 5_000,
    validateOnly: true,
  })),
  question(electLeaders, 'preferred leaders', 'all', () => ({
    electionType: 0,
    topicPartitions: TOPIC_NAMES.map((topic) => ({ topic, partitions: [0] })),
  })),
  question(electLeaders, 'all leaders', 'newest', () => ({ electionType: 0, topicPartitions: null })),
  question(deleteRecords, 'some', 'all', () => ({
    topics: TOPIC_NAMES.map((name) => ({
      name,
      partitions: [0, 7].map((partitionIndex) => ({ partitionIndex, offset: 1 })),
    })),
    timeoutMs: 5_000,
  })),
  question(deleteTopics, 'by name', [1, 5, 6], ({ version, user }) => {
    const names = ['beta', 'gamma', 'missing', 'absent', `nothing-${user}`]
    return version < 6 ? { topicNames: names, timeoutMs: 5_000 } : { topics: named(names), timeoutMs: 5_000 }
  }),
  question(deleteTopics, 'by id', [6], ({ topicId }) => ({
    topics: ['beta', 'gamma', 'missing'].map((name) => ({ name: null, topicId: topicId(name) })),
    timeoutMs: 5_000,
  })),
]
