import t from 'tap'
import { Metadata } from '../../../lib/metadata/metadata.ts'
import { ConfigResourceType, type MetadataRecord } from '../../../lib/metadata/records.ts'
import { invalidTopicMessage, isInternalTopic, unifiedTopicName } from '../../../lib/metadata/topic-name.ts'
import { endPoint } from '../../helpers/metadata.ts'

const BROKER: MetadataRecord = {
  type: 'RegisterBrokerRecord',
  brokerId: 1,
  brokerEpoch: 5,
  endPoints: [endPoint(1)],
  rack: null,
  fenced: true,
}
const TOPIC: MetadataRecord = { type: 'TopicRecord', name: 'a.b', topicId: 'id' }
const PARTITION: MetadataRecord = {
  type: 'PartitionRecord',
  topicId: 'id',
  partitionId: 0,
  replicas: [1, 2],
  isr: [1, 2],
  leader: 1,
  leaderEpoch: 0,
  partitionEpoch: 0,
}

function config(resourceType: number, resourceName: string, value: string | null): MetadataRecord {
  return { type: 'ConfigRecord', resourceType, resourceName, name: 'retention.ms', value }
}

t.test('the image is what the records make of it', async (t) => {
  const metadata = new Metadata('c')
  const { image } = metadata
  metadata.commit([BROKER, TOPIC, PARTITION])
  t.equal(image.version, 3)
  t.same(image.activeBrokers(), [])
  metadata.commit([{ type: 'BrokerRegistrationChangeRecord', brokerId: 1, fenced: false }])
  t.same(
    image.activeBrokers().map(({ id }) => id),
    [1],
  )
  t.equal(image.isActive(2), false)

  metadata.commit([{ type: 'PartitionChangeRecord', topicId: 'id', partitionId: 0, isr: [2] }])
  t.match(image.partition('id', 0), { isr: [2], leader: 1, leaderEpoch: 0, partitionEpoch: 1 })
  metadata.commit([
    { type: 'PartitionChangeRecord', topicId: 'id', partitionId: 0, leader: 2, replicas: [2] },
  ])
  t.match(image.partition('id', 0), { replicas: [2], leader: 2, leaderEpoch: 1, partitionEpoch: 2 })

  metadata.commit([{ type: 'ProducerIdsRecord', nextProducerId: 1000 }])
  t.equal(image.nextProducerId, 1000)
  metadata.commit([{ type: 'FeatureLevelRecord', name: 'f', featureLevel: 2 }])
  t.same([...image.features], [['f', 2]])
  metadata.commit([{ type: 'FeatureLevelRecord', name: 'f', featureLevel: 0 }])
  t.equal(image.features.size, 0)

  t.equal(image.collidingTopic('a_b'), 'a.b')
  t.equal(image.collidingTopic('ab'), undefined)
  metadata.commit([
    { type: 'RemoveTopicRecord', topicId: 'id' },
    { type: 'UnregisterBrokerRecord', brokerId: 1 },
  ])
  t.equal(image.collidingTopic('a_b'), undefined)
  t.same([image.topicsByName.size, image.topicsById.size, image.brokers.size], [0, 0, 0])
  t.equal(image.partition('id', 0), undefined)
})

t.test('overrides are another map after each change, and go with their topic', async (t) => {
  const metadata = new Metadata('c')
  const { image } = metadata
  metadata.commit([TOPIC, PARTITION])
  const topic = image.topicsByName.get('a.b')
  const none = topic?.overrides
  metadata.commit([config(ConfigResourceType.TOPIC, 'a.b', '5')])
  const some = topic?.overrides
  t.same(some, new Map([['retention.ms', '5']]))
  t.equal(image.configsOf(ConfigResourceType.TOPIC, 'a.b'), some)
  metadata.commit([config(ConfigResourceType.TOPIC, 'a.b', '6'), config(ConfigResourceType.GROUP, 'g', '1')])
  t.not(topic?.overrides, some)
  t.same(some, new Map([['retention.ms', '5']]))
  t.same(image.configuredResources(ConfigResourceType.GROUP), ['g'])
  metadata.commit([config(ConfigResourceType.TOPIC, 'a.b', null)])
  t.equal(topic?.overrides, none, 'none at all is always the same')
  metadata.commit([
    config(ConfigResourceType.TOPIC, 'a.b', '7'),
    { type: 'RemoveTopicRecord', topicId: 'id' },
  ])
  t.same(image.configuredResources(ConfigResourceType.TOPIC), [])
})

t.test('listeners hear of records once these are applied', async (t) => {
  const metadata = new Metadata('c')
  const heard: unknown[] = []
  const unsubscribe = metadata.subscribe((records) => heard.push([records, metadata.image.version]))
  metadata.commit([])
  metadata.commit([BROKER, TOPIC])
  unsubscribe()
  metadata.commit([PARTITION])
  t.same(heard, [[[BROKER, TOPIC], 2]])
})

t.test('a record about something unknown is a mistake of ours', async (t) => {
  const commit = (record: MetadataRecord) => () => new Metadata('c').commit([record])
  t.throws(commit(PARTITION), /PartitionRecord speaks of something unknown/)
  t.throws(commit({ type: 'RemoveTopicRecord', topicId: 'id' }), /RemoveTopicRecord speaks/)
  t.throws(
    commit({ type: 'PartitionChangeRecord', topicId: 'id', partitionId: 0 }),
    /PartitionChangeRecord speaks/,
  )
  t.throws(
    commit({ type: 'BrokerRegistrationChangeRecord', brokerId: 1, fenced: true }),
    /BrokerRegistrationChangeRecord speaks/,
  )
})

t.test('names of topics', async (t) => {
  for (const name of ['a', 'A-1._', '...', 'x'.repeat(249), '__consumer_offsets']) {
    t.equal(invalidTopicMessage(name), undefined, name.slice(0, 20))
  }
  for (const name of ['', '.', '..', 'a b', 'a/b', 'ä', 'a\n', 'x'.repeat(250)]) {
    t.match(invalidTopicMessage(name), /^Topic name is invalid: /, name.slice(0, 20))
  }
  t.equal(unifiedTopicName('a.b_c.d'), 'a_b_c_d')
  t.equal(unifiedTopicName('a-b'), undefined)
  t.same(['__consumer_offsets', '__transaction_state', '__share_group_state', '__x'].map(isInternalTopic), [
    true,
    true,
    true,
    false,
  ])
})
