import { alterConfigs } from '../../../protocol/messages/alter-configs.ts'
import { createPartitions } from '../../../protocol/messages/create-partitions.ts'
import { createTopics } from '../../../protocol/messages/create-topics.ts'
import { describeCluster } from '../../../protocol/messages/describe-cluster.ts'
import { describeTopicPartitions } from '../../../protocol/messages/describe-topic-partitions.ts'
import { electLeaders } from '../../../protocol/messages/elect-leaders.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import type { Scenario } from './scenario.ts'
import type { Stoppable } from './subject.ts'

const TOPICS: [string, number[][]][] = [
  [
    'led-by-all',
    [
      [1, 2, 3],
      [2, 3, 1],
      [3, 1, 2],
      [3, 2, 1],
    ],
  ],
  ['only-on-3', [[3]]],
  [
    'on-2-and-3',
    [
      [2, 3],
      [3, 2],
    ],
  ],
]
const LED = TOPICS.map(([name]) => ({ name }))

/** Leaders when brokers 3 and then 2 stop and come back, and when clients ask for elections. */
export async function leadersScenario(scenario: Scenario): Promise<void> {
  const { subject } = scenario
  const [, second, third] = subject.brokers as [Stoppable, Stoppable, Stoppable]
  await scenario.ask('to be led', createTopics, {
    topics: TOPICS.map(([name, replicas]) => ({
      name,
      numPartitions: -1,
      replicationFactor: -1,
      assignments: replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
    })),
  })
  await subject.catchUp()
  await elections(scenario)
  await look(scenario, 'with all brokers')

  await third.stop()
  await isGone(scenario, 3)
  await look(scenario, 'without broker 3')
  await unavailable(scenario)
  await elections(scenario)
  await second.stop()
  await isGone(scenario, 2)
  await look(scenario, 'without brokers 2 and 3')

  // Of on-2-and-3, broker 2 has everything; broker 3 must not lead before it is back.
  await third.start()
  await isBack(scenario, 3)
  await look(scenario, 'broker 3 back')
  await scenario.ask('unclean', electLeaders, {
    electionType: 1,
    topicPartitions: [{ topic: 'on-2-and-3', partitions: [0] }],
  })
  await subject.catchUp()
  await look(scenario, 'after an unclean election')
  await scenario.ask('unclean from now on', alterConfigs, {
    resources: [
      {
        resourceType: 2,
        resourceName: 'on-2-and-3',
        configs: [{ name: 'unclean.leader.election.enable', value: 'true' }],
      },
    ],
  })
  await subject.until(async () => {
    const { topics } = await subject.ask(metadata, 13, { topics: [{ name: 'on-2-and-3' }] })
    return topics[0]?.partitions[1]?.leaderId === 3
  })
  await look(scenario, 'with unclean elections')

  await second.start()
  await isBack(scenario, 2)
  await look(scenario, 'all back')
  await scenario.ask('preferred', electLeaders, { electionType: 0, topicPartitions: null })
  await subject.catchUp()
  await look(scenario, 'after preferred elections')
}

async function isGone({ subject }: Scenario, nodeId: number): Promise<void> {
  await subject.until(async () => {
    const { brokers } = await subject.ask(metadata, 13, { topics: [] })
    return brokers.every((broker) => broker.nodeId !== nodeId)
  })
  await subject.catchUp()
}

/** Up, and in sync wherever somebody leads. */
async function isBack({ subject }: Scenario, nodeId: number): Promise<void> {
  await subject.until(async () => {
    const { topics } = await subject.ask(metadata, 13, { topics: LED })
    return topics.every(({ partitions }) =>
      partitions.every(({ leaderId, replicaNodes, isrNodes }) => {
        return leaderId === -1 || !replicaNodes.includes(nodeId) || isrNodes.includes(nodeId)
      }),
    )
  })
  await subject.catchUp()
}

/** Epochs count what happened on the way, which Kafka does in more steps; sets of replicas have no order. */
async function look(scenario: Scenario, when: string): Promise<void> {
  const { subject } = scenario
  for (const version of [0, 5, 13]) {
    const response = await subject.ask(metadata, version, { topics: LED, allowAutoTopicCreation: false })
    for (const { partitions } of response.topics) {
      for (const partition of partitions) {
        partition.isrNodes.sort()
        partition.leaderEpoch = 0
      }
    }
    for (const topic of response.topics) topic.topicId = ''
    scenario.note(`Metadata v${version} ${when}`, response)
  }
  const described = await subject.ask(describeTopicPartitions, 0, { topics: LED })
  for (const topic of described.topics) {
    topic.topicId = ''
    for (const partition of topic.partitions) {
      partition.isrNodes.sort()
      partition.leaderEpoch = 0
    }
  }
  scenario.note(`DescribeTopicPartitions ${when}`, described)
  await scenario.askInAll(when, describeCluster, (version) => ({ includeFencedBrokers: version >= 2 }))
}

async function unavailable(scenario: Scenario): Promise<void> {
  const assignments = [{ partitionIndex: 0, brokerIds: [3] }]
  await scenario.ask('on a broker that is down', createTopics, {
    topics: [
      { name: 'x', numPartitions: -1, replicationFactor: -1, assignments },
      { name: 'y', numPartitions: 2, replicationFactor: 3 },
    ],
    validateOnly: true,
    timeoutMs: 30_000,
  })
  await scenario.ask('on a broker that is down', createPartitions, {
    topics: [{ name: 'only-on-3', count: 2, assignments: [{ brokerIds: [3] }] }],
    validateOnly: true,
    timeoutMs: 30_000,
  })
  await scenario.ask('placed where brokers are up', createPartitions, {
    topics: [{ name: 'only-on-3', count: 2, assignments: null }],
    validateOnly: true,
    timeoutMs: 30_000,
  })
}

async function elections(scenario: Scenario): Promise<void> {
  const several = [
    { topic: 'led-by-all', partitions: [0, 2, 9] },
    { topic: 'only-on-3', partitions: [0] },
    { topic: 'absent', partitions: [0, 1] },
  ]
  await scenario.askInAll('preferred', electLeaders, () => ({ electionType: 0, topicPartitions: several }))
  for (const version of [1, 2]) {
    await scenario.ask('unclean', electLeaders, { electionType: 1, topicPartitions: several }, version)
    await scenario.ask('of no kind', electLeaders, { electionType: 7, topicPartitions: several }, version)
    await scenario.ask('of no kind, all', electLeaders, { electionType: 7, topicPartitions: null }, version)
  }
  await scenario.ask('of nothing', electLeaders, { electionType: 0, topicPartitions: [] })
}
