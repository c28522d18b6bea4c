import { alterConfigs } from '../../../protocol/messages/alter-configs.ts'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { describeCluster } from '../../../protocol/messages/describe-cluster.ts'
import { describeConfigs } from '../../../protocol/messages/describe-configs.ts'
import { describeTopicPartitions } from '../../../protocol/messages/describe-topic-partitions.ts'
import { incrementalAlterConfigs } from '../../../protocol/messages/incremental-alter-configs.ts'
import { listConfigResources } from '../../../protocol/messages/list-config-resources.ts'
import type { Scenario } from './scenario.ts'

const TOPIC = 2
const BROKER = 4
const LOGGER = 8
const CLIENT_METRICS = 16
const GROUP = 32

/** What is said of cluster, topics and configs, and how configs are changed. */
export async function descriptionsScenario(scenario: Scenario): Promise<void> {
  await software(scenario)
  await cluster(scenario)
  await topicPartitions(scenario)
  await changes(scenario)
  await configs(scenario)
  // The controller is broker 1 in Kafka's cluster, so that this broker's own configs would show in new topics.
  await scenario.ask('of broker 1, none', alterConfigs, {
    resources: [{ resourceType: BROKER, resourceName: '1', configs: [] }],
  })
}

async function software(scenario: Scenario): Promise<void> {
  const { subject } = scenario
  const names = ['-x', 'x-', '', 'a b', 'ä', `${'x'.repeat(30_000)}-`]
  for (const version of [3, 4, 5]) {
    for (const name of names) {
      await scenario.ask(
        `of software ${name.slice(0, 5)}`,
        apiVersions,
        { clientSoftwareName: name, clientSoftwareVersion: '1' },
        version,
      )
      await scenario.ask(
        `of software version ${name.slice(0, 5)}`,
        apiVersions,
        { clientSoftwareName: 'x', clientSoftwareVersion: name },
        version,
      )
    }
  }
  const meant = { clientSoftwareName: 'raw.client', clientSoftwareVersion: '1.0-a' }
  await scenario.ask('cluster without node', apiVersions, { ...meant, clusterId: 'x' }, 5)
  await scenario.ask('node without cluster', apiVersions, { ...meant, nodeId: 1 }, 5)
  await scenario.ask('another cluster', apiVersions, { ...meant, clusterId: 'x', nodeId: 1 }, 5)
  await scenario.ask('another node', apiVersions, { ...meant, clusterId: subject.clusterId, nodeId: 2 }, 5)
  const fitting = await subject.ask(apiVersions, 5, { ...meant, clusterId: subject.clusterId, nodeId: 1 })
  scenario.note('ApiVersions v5 this node', fitting.errorCode)
  for (const version of [0, 3, 4]) {
    const { supportedFeatures, finalizedFeatures } = await subject.ask(apiVersions, version, meant)
    const isMetadata = ({ name }: { name: string }) => name === 'metadata.version'
    const features = [supportedFeatures.filter(isMetadata), finalizedFeatures.filter(isMetadata)]
    scenario.note(`ApiVersions v${version} features`, features)
  }
}

async function cluster(scenario: Scenario): Promise<void> {
  await scenario.askInAll('asked', describeCluster, () => ({ includeClusterAuthorizedOperations: true }))
  for (const version of [1, 2]) {
    for (const endpointType of [2, 0, 9, -1]) {
      await scenario.ask(`endpoints ${endpointType}`, describeCluster, { endpointType }, version)
    }
  }
}

async function topicPartitions(scenario: Scenario): Promise<void> {
  const topics = (...names: string[]) => names.map((name) => ({ name }))
  const cursor = (topicName: string, partitionIndex: number) => ({ topicName, partitionIndex })
  const ask = (step: string, request: Parameters<typeof scenario.ask<typeof describeTopicPartitions>>[2]) =>
    scenario.ask(step, describeTopicPartitions, request)
  const some = topics('first', 'second', 'a.b')
  await ask('some', { topics: some })
  await ask('with room for 0', { topics: some, responsePartitionLimit: 0 })
  await ask('with room for 1', { topics: some, responsePartitionLimit: 1 })
  await ask('with room for 3', { topics: some, responsePartitionLimit: 3 })
  await ask('with room for 5', { topics: some, responsePartitionLimit: 5 })
  await ask('from a cursor', { topics: some, responsePartitionLimit: 2, cursor: cursor('first', 1) })
  await ask('from the end', { topics: some, cursor: cursor('first', 4) })
  await ask('from beyond the end', { topics: some, cursor: cursor('first', 50) })
  await ask('from a topic not asked for', { topics: some, cursor: cursor('configured', 0) })
  await ask('from a negative partition', { topics: some, cursor: cursor('first', -1) })
  await ask('of everything, negative', { topics: [], cursor: cursor('first', -1) })
  await ask('of everything from no topic', { topics: [], cursor: cursor('b', 7), responsePartitionLimit: 3 })
  await ask('of absent ones', {
    topics: topics('absent', 'bad name', 'first', 'first', '__consumer_offsets'),
  })
  await ask('from an absent topic', { topics: topics('absent'), cursor: cursor('absent', 1) })
}

async function changes(scenario: Scenario): Promise<void> {
  const resource = (
    resourceType: number,
    resourceName: string,
    ...configs: [string, number, string | null][]
  ) => ({
    resourceType,
    resourceName,
    configs: configs.map(([name, configOperation, value]) => ({ name, configOperation, value })),
  })
  const tried: [string, ReturnType<typeof resource>[]][] = [
    ['of types', [0, 1, 3, 64, -1].map((type) => resource(type, `x${type}`, ['a', 0, 'b']))],
    ['of topics', ['absent', '', 'a b'].map((name) => resource(TOPIC, name, ['retention.ms', 0, '5']))],
    [
      'of brokers',
      ['7', 'x', '1', ''].map((name) => resource(BROKER, name, ['log.retention.ms', 0, '500000'])),
    ],
    ['of loggers', ['2', 'x', ''].map((name) => resource(LOGGER, name, ['root', 0, 'INFO']))],
    ['of no logger', [resource(LOGGER, '1', ['no.such', 0, 'INFO'])]],
    ['appended to a logger', [resource(LOGGER, '1', ['root', 2, 'INFO'])]],
    ['of loggers, nothing', [resource(LOGGER, '1')]],
    ['twice', [resource(TOPIC, 'first'), resource(TOPIC, 'first'), resource(TOPIC, 'second')]],
    ['names twice', [resource(TOPIC, 'first', ['retention.ms', 0, '5'], ['retention.ms', 0, '6'])]],
    ['nulls', [resource(TOPIC, 'first', ['retention.ms', 0, null])]],
    ['to be unset', [resource(TOPIC, 'first', ['retention.ms', 1, null])]],
    ['appended', [resource(TOPIC, 'first', ['cleanup.policy', 2, 'compact'], ['retention.ms', 0, '5'])]],
    ['appended to a number', [resource(TOPIC, 'first', ['retention.ms', 2, '5'])]],
    [
      'wrong',
      [resource(TOPIC, 'first', ['retention.ms', 0, 'soon']), resource(TOPIC, 'second', ['no', 0, '1'])],
    ],
    [
      'of groups',
      ['g', ''].map((name) => resource(GROUP, name, ['consumer.session.timeout.ms', 0, '50000'])),
    ],
    ['of metrics', ['m', ''].map((name) => resource(CLIENT_METRICS, name, ['interval.ms', 0, '5000']))],
  ]
  for (const [step, resources] of tried) {
    await scenario.askInAll(`validates ${step}`, incrementalAlterConfigs, () => ({
      resources,
      validateOnly: true,
    }))
    // Kafka never answers an AlterConfigs with a resource that comes twice.
    if (step === 'twice') continue
    const whole = resources.map(({ configs, ...rest }) => ({
      ...rest,
      configs: configs.map(({ name, value }) => ({ name, value })),
    }))
    await scenario.askInAll(`validates ${step}`, alterConfigs, () => ({
      resources: whole,
      validateOnly: true,
    }))
  }
  await scenario.ask('for good', incrementalAlterConfigs, {
    resources: [
      resource(TOPIC, 'first', ['cleanup.policy', 2, 'compact'], ['retention.ms', 0, '5']),
      resource(TOPIC, 'second', ['segment.ms', 0, '7']),
      resource(BROKER, '1', ['log.retention.ms', 0, '500000']),
      resource(BROKER, '', ['log.retention.ms', 0, '600000']),
      resource(GROUP, 'g', ['consumer.session.timeout.ms', 0, '50000']),
      resource(CLIENT_METRICS, 'm', ['interval.ms', 0, '5000']),
      resource(TOPIC, 'absent', ['segment.ms', 0, '7']),
    ],
  })
  await scenario.ask('for good', alterConfigs, {
    resources: [
      { resourceType: TOPIC, resourceName: 'first', configs: [{ name: 'retention.ms', value: '6' }] },
    ],
  })
  await scenario.subject.catchUp()
}

async function configs(scenario: Scenario): Promise<void> {
  const asked: [number, string, string[] | null][] = [
    [TOPIC, 'first', null],
    [TOPIC, 'second', ['segment.ms', 'retention.ms', 'no.such']],
    [TOPIC, 'configured', []],
    [TOPIC, 'absent', null],
    [TOPIC, 'a b', null],
    [TOPIC, '', null],
    [BROKER, '1', ['log.retention.ms', 'node.id', 'num.partitions', 'no.such']],
    [BROKER, '', null],
    [BROKER, '2', null],
    [BROKER, 'x', null],
    [LOGGER, '', null],
    [LOGGER, '2', null],
    [LOGGER, 'x', null],
    [CLIENT_METRICS, 'm', null],
    [CLIENT_METRICS, 'unknown', null],
    [CLIENT_METRICS, '', null],
    [GROUP, 'g', null],
    [GROUP, 'unknown', ['consumer.session.timeout.ms']],
    [GROUP, '', null],
  ]
  for (const [resourceType, resourceName, configurationKeys] of asked) {
    for (const includeSynonyms of [false, true]) {
      await scenario.askInAll(
        `of ${resourceType} '${resourceName}'${includeSynonyms ? ' with synonyms' : ''}`,
        describeConfigs,
        () => ({ resources: [{ resourceType, resourceName, configurationKeys }], includeSynonyms }),
      )
    }
  }
  const spoilt = [3, TOPIC, 0].map((resourceType) => ({
    resourceType,
    resourceName: 'first',
    configurationKeys: null,
  }))
  await scenario.askInAll('of no type', describeConfigs, () => ({ resources: spoilt }))
  await scenario.askInAll('everything', listConfigResources, () => ({ resourceTypes: [] }))
  for (const resourceTypes of [[2], [4, 8], [16, 32], [16, 16], [99], [16, 99], [0], [-1]]) {
    await scenario.ask(`of ${resourceTypes}`, listConfigResources, { resourceTypes })
  }
}
