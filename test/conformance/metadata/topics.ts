import { createPartitions } from '../../../protocol/messages/create-partitions.ts'
import { createTopics } from '../../../protocol/messages/create-topics.ts'
import { deleteTopics } from '../../../protocol/messages/delete-topics.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { type Encodable, ZERO_UUID } from '../../../protocol/schema.ts'
import type { Scenario } from './scenario.ts'

type Topic = NonNullable<Encodable<(typeof createTopics)['request']>['topics']>[number]

/** Kafka answers REQUEST_TIMED_OUT to those who give no time. */
const timeoutMs = 30_000

const UNKNOWN_ID = 'abcdefghijklmnopqrstuA'

function topic(name: string, numPartitions = 1, replicationFactor = 1, more: Topic = {}): Topic {
  return { name, numPartitions, replicationFactor, ...more }
}

function assigned(name: string, ...replicas: number[][]): Topic {
  const assignments = replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }))
  return topic(name, -1, -1, { assignments })
}

function configured(name: string, ...configs: [string, string | null][]): Topic {
  return topic(name, 1, 1, { configs: configs.map(([config, value]) => ({ name: config, value })) })
}

/** Topics made, described, grown and deleted, with everything that can be wrong about that. */
export async function topicsScenario(scenario: Scenario): Promise<void> {
  await creation(scenario)
  await description(scenario)
  await growth(scenario)
  await deletion(scenario)
  await automaticCreation(scenario)
}

async function creation(scenario: Scenario): Promise<void> {
  const refused: [string, Topic[]][] = [
    ['names', ['', '.', '..', 'ä', 'a b', 'x'.repeat(250)].map((name) => topic(name))],
    ["KRaft's own log", [topic('__cluster_metadata'), topic('fine')]],
    ['counts', [topic('p0', 0), topic('p-2', -2), topic('r0', 1, 0), topic('r-2', 1, -2), topic('b', 0, 0)]],
    ['too few brokers', [topic('r5', 1, 5)]],
    ['twice', [topic('a'), topic('a'), topic('c'), topic('a')]],
    ['10,000 partitions', [topic('big', 10_000)]],
    ['10,001 partitions', [topic('big', 10_000), topic('small', -1)]],
    ['2^31-1 partitions', [topic('big', 2_147_483_647), topic('bad name')]],
    ['unknown config', [configured('c', ['no.such', '1']), configured('ok', ['retention.ms', '5'])]],
    ['null config', [configured('c', ['retention.ms', null], ['segment.ms', null])]],
    ['wrong config', [configured('c', ['retention.ms', 'soon']), configured('d', ['cleanup.policy', 'x'])]],
    ['config twice', [configured('c', ['retention.ms', '5'], ['retention.ms', '6'])]],
    ['assignment and count', [{ ...assigned('c', [1]), numPartitions: 1 }]],
    ['assignment and factor', [{ ...assigned('c', [1]), replicationFactor: 1 }]],
    [
      'assignments',
      [assigned('a', []), assigned('b', [9]), assigned('c', [1, 1]), assigned('d', [1], [1, 2])],
    ],
    ['no partition 0', [topic('c', -1, -1, { assignments: [{ partitionIndex: 1, brokerIds: [1] }] })]],
    [
      'partition 0 twice',
      [
        topic('c', -1, -1, {
          assignments: [0, 0].map((partitionIndex) => ({ partitionIndex, brokerIds: [1] })),
        }),
      ],
    ],
    ['defaults', [topic('c', -1, -1)]],
    ['9,999 partitions', [topic('big', 9999)]],
    ['colliding in one request', [topic('q.q'), topic('q_q')]],
    ['of all brokers', [topic('c', 4, 3), assigned('d', [3, 1], [2, 3])]],
  ]
  for (const [step, topics] of refused) {
    await scenario.askInAll(`validates ${step}`, createTopics, () => ({ topics, validateOnly: true }))
  }
  await scenario.ask('creates', createTopics, {
    topics: [
      assigned('first', [1, 2, 3], [2, 3, 1], [3, 1, 2]),
      assigned('a.b', [1]),
      assigned('second', [2, 1]),
      { ...assigned('configured', [1]), configs: [{ name: 'cleanup.policy', value: 'compact' }] },
      topic('refused', 0),
    ],
  })
  await scenario.subject.catchUp()
  await scenario.ask('finds them there', createTopics, {
    topics: [topic('first'), topic('a_b'), topic('a.b', 0)],
  })
}

async function description(scenario: Scenario): Promise<void> {
  const named = (...names: (string | null)[]) => names.map((name) => ({ name, topicId: ZERO_UUID }))
  await scenario.askInAll('everything', metadata, (version) => ({ topics: version === 0 ? [] : null }))
  await scenario.askInAll('nothing', metadata, () => ({ topics: [] }))
  await scenario.askInAll('some, twice', metadata, () => ({ topics: named('first', 'a.b', 'first') }))
  // Before version 4 nobody could ask for a topic without creating it.
  for (let version = 4; version <= 13; version++) {
    const topics = named('first', 'absent', 'bad name', 'first', '')
    const includeClusterAuthorizedOperations = version >= 8 && version <= 10
    const includeTopicAuthorizedOperations = version >= 8
    const request = { topics, includeClusterAuthorizedOperations, includeTopicAuthorizedOperations }
    await scenario.ask('absent', metadata, { ...request, allowAutoTopicCreation: false }, version)
  }
  const topicId = await scenario.subject.topicId('first')
  for (const version of [10, 11, 12, 13]) {
    const ask = (step: string, topics: { name: string | null; topicId: string }[]) =>
      scenario.ask(step, metadata, { topics, allowAutoTopicCreation: false }, version)
    await ask('by id', [{ name: null, topicId }])
    await ask('by unknown id', [{ name: null, topicId: UNKNOWN_ID }])
    await ask('by id and name', [{ name: 'second', topicId }, ...named('a.b')])
    await ask('without name', named(null, 'a.b'))
  }
}

async function growth(scenario: Scenario): Promise<void> {
  const one = (name: string, count: number, ...replicas: number[][]) => ({
    name,
    count,
    assignments: replicas.length === 0 ? null : replicas.map((brokerIds) => ({ brokerIds })),
  })
  const refused: [string, ReturnType<typeof one>[]][] = [
    ['counts', [one('first', 3), one('second', 0), one('a.b', -1), one('absent', 3)]],
    ['twice', [one('first', 5), one('second', 2), one('first', 5)]],
    ['assignments of other number', [one('first', 5, [1, 2, 3]), one('second', 2, [1, 2], [1, 2])]],
    ['wrong assignments', [one('first', 4, [1, 2, 9]), one('second', 2, []), one('a.b', 2, [1, 2])]],
    ['no assignments', [{ name: 'first', count: 4, assignments: [] }]],
    ['10,001 partitions more', [one('first', 10_004), one('absent', 2)]],
    ['2^31-1 partitions', [one('first', 2_147_483_647), one('second', 2)]],
    ['10,000 partitions more', [one('first', 10_003)]],
    ['good ones', [one('first', 4), one('second', 3, [1, 2], [3, 2])]],
  ]
  for (const [step, topics] of refused) {
    await scenario.askInAll(`validates ${step}`, createPartitions, () => ({
      topics,
      validateOnly: true,
      timeoutMs,
    }))
  }
  const topics = [one('first', 4, [2, 1, 3]), one('absent', 2)]
  await scenario.ask('adds', createPartitions, { topics, timeoutMs })
  await scenario.subject.catchUp()
  await scenario.ask('after growth', metadata, { topics: [{ name: 'first' }] })
}

async function deletion(scenario: Scenario): Promise<void> {
  const ids = new Map<string, string>()
  const topics = ['d1', 'd2', 'd3', 'd4'].map((name) => assigned(name, [1]))
  await scenario.ask('for deletion', createTopics, { topics })
  await scenario.subject.catchUp()
  for (const name of ['d1', 'd2', 'd3', 'd4']) ids.set(name, await scenario.subject.topicId(name))
  const byId = (name: string) => ({ name: null, topicId: ids.get(name) as string })
  const byName = (name: string | null) => ({ name, topicId: ZERO_UUID })
  const ask = (step: string, ...topics: { name: string | null; topicId: string }[]) =>
    scenario.ask(step, deleteTopics, { topics, timeoutMs })
  await ask('of none', byName(null))
  await ask('by both', { ...byId('d1'), name: 'd1' })
  await ask(
    'of absent ones',
    byName('absent'),
    { name: null, topicId: UNKNOWN_ID },
    byName(''),
    byName('bad name'),
  )
  await ask('twice', byName('d2'), byName('d2'), byId('d3'), byId('d3'))
  await ask('by name and by id', byName('d2'), byId('d2'))
  await ask('by name and twice by id', byName('d2'), byId('d2'), byId('d2'))
  await ask("of KRaft's own log", byName('__cluster_metadata'))
  await ask('at last', byName('d1'), byId('d2'), byName('absent'))
  for (const version of [1, 2, 3, 4, 5]) {
    await scenario.ask('absent', deleteTopics, { topicNames: ['absent', 'absent', 'x'], timeoutMs }, version)
  }
  await scenario.ask('by name', deleteTopics, { topicNames: ['d3', 'd1'], timeoutMs }, 5)
  await scenario.subject.catchUp()
  await scenario.ask('after deletion', metadata, {
    topics: ['d1', 'd2', 'd3', 'd4'].map(byName),
    allowAutoTopicCreation: false,
  })
}

async function automaticCreation(scenario: Scenario): Promise<void> {
  for (const version of [0, 3, 4, 9, 13]) {
    const name = `automatic-${version}`
    const topics = [{ name }, { name: 'bad name' }, { name: 'a_b' }]
    await scenario.ask('creates', metadata, { topics, allowAutoTopicCreation: true }, version)
    await scenario.subject.until(async () => (await scenario.subject.topicId(name)) !== ZERO_UUID)
    const { topics: found } = await scenario.subject.ask(metadata, 13, { topics: [{ name }] })
    scenario.note(
      `automatically created by v${version}`,
      found[0]?.partitions.map(({ replicaNodes }) => replicaNodes.length),
    )
  }
}
