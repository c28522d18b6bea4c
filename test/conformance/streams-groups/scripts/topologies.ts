import { createTopics } from '../../../../protocol/messages/create-topics.ts'
import { deleteTopics } from '../../../../protocol/messages/delete-topics.ts'
import { describeConfigs } from '../../../../protocol/messages/describe-configs.ts'
import { metadata } from '../../../../protocol/messages/metadata.ts'
import type { GroupClient } from '../../groups/peer.ts'
import { type Script, type Topology, tasks } from '../steps.ts'

const [A, B] = ['member-a', 'member-b'] as const
const TOPIC = 2

/** How many partitions the topics have, and how their records are cleaned. */
async function internal(client: GroupClient, ...names: string[]) {
  const { topics } = await client.send(metadata, 12, { topics: names.map((name) => ({ name })) })
  const { results } = await client.send(describeConfigs, 4, {
    resources: names.map((resourceName) => ({
      resourceType: TOPIC,
      resourceName,
      configurationKeys: ['cleanup.policy', 'retention.ms'],
    })),
  })
  return names.map((each) => ({
    partitions: topics.find(({ name }) => name === each)?.partitions.length,
    configs: results
      .find(({ resourceName }) => resourceName === each)
      ?.configs.map(({ name, value }) => `${name}=${value}`)
      .sort(),
  }))
}

function joined(
  group: { sourceTopics?: number[]; repartitionSourceTopics?: number[] },
  topology: Topology,
): Topology {
  const [subtopology] = topology.subtopologies ?? []
  return { epoch: 0, subtopologies: [{ ...subtopology, copartitionGroups: [group] }] }
}

/** What applications are made of, and the topics that takes. */
export const topologyScripts: readonly Script[] = [
  {
    name: 'streams internal topics',
    async run(steps) {
      const client = await steps.client()
      const topology = steps.wordCount()
      const first = await steps.note('a joins', steps.enter(client, A, topology))
      await steps.note('described', steps.describe(client))
      await steps.note('listed', steps.list(client, { statesFilter: ['NotReady'] }))
      await steps.note('listed by two words', steps.list(client, { statesFilter: ['not_ready'] }))
      await steps.settle()
      const names = [`${steps.groupId}-by-word-repartition`, `${steps.groupId}-counts-changelog`]
      await steps.note('topics', internal(client, ...names))
      const ready = await steps.note('a gets its tasks', steps.owns(client, A, first.memberEpoch, []))
      await steps.note('described again', steps.describe(client))
      await client.send(deleteTopics, 6, {
        topics: names.slice(0, 1).map((name) => ({ name })),
        timeoutMs: 5000,
      })
      await steps.settle()
      await steps.note('one is gone', steps.beat(client, { memberId: A, memberEpoch: ready.memberEpoch }))
      await steps.settle()
      await steps.note('it is back', steps.beat(client, { memberId: A, memberEpoch: ready.memberEpoch + 1 }))
      await steps.note('described at last', steps.describe(client))
    },
  },
  {
    name: 'streams repartition topics of a fixed size',
    async run(steps) {
      const client = await steps.client()
      await steps.note('a joins', steps.enter(client, A, steps.wordCount(5)))
      await steps.settle()
      await steps.note('then', steps.beat(client, { memberId: A, memberEpoch: 2 }))
      await steps.note('described', steps.describe(client))
    },
  },
  {
    name: 'streams topics that are missing',
    async run(steps) {
      const client = await steps.client()
      const topic = `${steps.groupId}-source`
      const topology = steps.stateless('orders', topic)
      const first = await steps.note('a joins', steps.enter(client, A, topology))
      await steps.note('described', steps.describe(client))
      await steps.peer.createTopic(topic, 4)
      await steps.settle()
      const ready = await steps.note('there', steps.owns(client, A, first.memberEpoch, []))
      await steps.peer.addPartitions(topic, 5)
      await steps.settle()
      await steps.note('with more partitions', steps.owns(client, A, ready.memberEpoch, ready.activeTasks))
      await client.send(deleteTopics, 6, { topics: [{ name: topic }], timeoutMs: 5000 })
      await steps.settle()
      await steps.note('gone', steps.beat(client, { memberId: A, memberEpoch: ready.memberEpoch + 1 }))
      await steps.note('described again', steps.describe(client))
    },
  },
  {
    name: 'streams topics that are missing and an endpoint',
    async run(steps) {
      const client = await steps.client()
      const topology = steps.stateless(`${steps.groupId}-source`)
      await steps.note(
        'with an endpoint',
        steps.enter(client, B, topology, { userEndpoint: { host: 'h', port: 1 } }),
      )
    },
  },
  {
    name: 'streams topics of the wrong size',
    async run(steps) {
      const client = await steps.client()
      const both = steps.stateless('orders', 'payments')
      await steps.note('joined', steps.enter(client, A, joined({ sourceTopics: [0, 1] }, both)))
      await steps.note('described', steps.describe(client))
    },
  },
  {
    name: 'streams repartition topics of the wrong size',
    async run(steps) {
      const client = await steps.client()
      const name = `${steps.groupId}-repartition`
      const topology: Topology = {
        epoch: 0,
        subtopologies: [
          { subtopologyId: '0', sourceTopics: ['payments'], repartitionSinkTopics: [name] },
          {
            subtopologyId: '1',
            sourceTopics: ['orders'],
            repartitionSourceTopics: [{ name, partitions: 2 }],
            copartitionGroups: [{ sourceTopics: [0], repartitionSourceTopics: [0] }],
          },
        ],
      }
      await steps.note('fixed', steps.enter(client, A, topology))
      await steps.note('described', steps.describe(client))
    },
  },
  {
    name: 'streams repartition topics that fit',
    async run(steps) {
      const client = await steps.client()
      const [one, two] = [`${steps.groupId}-one-repartition`, `${steps.groupId}-two-repartition`]
      const topology: Topology = {
        epoch: 0,
        subtopologies: [
          { subtopologyId: '0', sourceTopics: ['payments'], repartitionSinkTopics: [one] },
          { subtopologyId: '1', sourceTopics: ['orders'], repartitionSinkTopics: [two] },
          {
            subtopologyId: '2',
            repartitionSourceTopics: [{ name: one }, { name: two }],
            copartitionGroups: [{ repartitionSourceTopics: [0, 1] }],
          },
        ],
      }
      await steps.note('a joins', steps.enter(client, A, topology))
      await steps.settle()
      await steps.note('then', steps.beat(client, { memberId: A, memberEpoch: 2 }))
      await steps.note('described', steps.describe(client))
    },
  },
  {
    name: 'streams changelogs of the wrong size',
    async run(steps) {
      const client = await steps.client()
      await steps.peer.createTopic(`${steps.groupId}-store-changelog`, 2)
      await steps.settle()
      await steps.note('a joins', steps.enter(client, A, steps.stateful()))
      await steps.note('again', steps.owns(client, A, 2, []))
    },
  },
  {
    name: 'streams topics that cannot be made',
    async run(steps) {
      const client = await steps.client()
      const topology = steps.stateful('orders', [{ key: 'cleanup.policy', value: 'sometimes' }])
      await steps.note('a joins', steps.enter(client, A, topology))
      await steps.settle()
      const { status } = await steps.beat(client, { memberId: A, memberEpoch: 2 })
      await steps.note(
        'why',
        status?.map(({ statusCode, statusDetail }) => [statusCode, statusDetail]),
      )
    },
  },
  {
    name: 'streams topologies that are none',
    async run(steps) {
      const client = await steps.client()
      const name = `${steps.groupId}-r`
      const of = (...subtopologies: NonNullable<Topology['subtopologies']>): Topology => ({
        epoch: 0,
        subtopologies,
      })
      const enter = (label: string, topology: Topology) => steps.note(label, steps.enter(client, A, topology))
      await enter(
        'a loop',
        of({ subtopologyId: '0', repartitionSourceTopics: [{ name }], repartitionSinkTopics: [name] }),
      )
      await enter(
        'out of nothing',
        of({ subtopologyId: '0', sourceTopics: ['orders'], repartitionSourceTopics: [{ name }] }),
      )
      await enter('without sources', of({ subtopologyId: '0', stateChangelogTopics: [{ name }] }))
      await enter(
        'a sized changelog',
        of({ subtopologyId: '0', sourceTopics: ['orders'], stateChangelogTopics: [{ name, partitions: 2 }] }),
      )
      await enter('a regex', of({ subtopologyId: '0', sourceTopicRegex: ['o.*'] }))
      await enter('offsets', of({ subtopologyId: '0', sourceTopics: ['__consumer_offsets'] }))
      await enter('no name', of({ subtopologyId: '0', sourceTopics: ['a/b'] }))
      await enter(
        'twice',
        of(
          { subtopologyId: '0', sourceTopics: ['orders'] },
          { subtopologyId: '0', sourceTopics: ['payments'] },
        ),
      )
      await enter('no such topic', joined({ sourceTopics: [4] }, steps.stateless('orders')))
      await enter('an epoch below zero', { ...steps.stateless('orders'), epoch: -1 })
      await steps.note('described', steps.describe(client))
      await enter('of nothing', of())
      await steps.note('described with nothing', steps.describe(client))
    },
  },
  {
    name: 'streams subtopologies in another order',
    async run(steps) {
      const client = await steps.client()
      const topology = steps.wordCount()
      const { memberEpoch } = await steps.note('a joins', steps.enter(client, A, topology))
      const subtopologies = [...(topology.subtopologies ?? [])].reverse()
      await steps.settle()
      await steps.note('b joins', steps.enter(client, B, { ...topology, subtopologies }))
      await steps.note('a is there', steps.owns(client, A, memberEpoch, []))
      await steps.note('wrong tasks', steps.owns(client, A, memberEpoch, tasks('2', 0)))
      const { topics } = await client.send(createTopics, 7, {
        topics: [{ name: `${steps.groupId}-counts-changelog`, numPartitions: 1 }],
      })
      await steps.note('it is there', topics[0]?.errorCode)
    },
  },
]
