import { consumerGroupDescribe } from '../../../../protocol/messages/consumer-group-describe.ts'
import { consumerGroupHeartbeat } from '../../../../protocol/messages/consumer-group-heartbeat.ts'
import { createPartitions } from '../../../../protocol/messages/create-partitions.ts'
import { describeGroups } from '../../../../protocol/messages/describe-groups.ts'
import { findCoordinator } from '../../../../protocol/messages/find-coordinator.ts'
import { joinGroup } from '../../../../protocol/messages/join-group.ts'
import { offsetCommit } from '../../../../protocol/messages/offset-commit.ts'
import { offsetDelete } from '../../../../protocol/messages/offset-delete.ts'
import { offsetFetch } from '../../../../protocol/messages/offset-fetch.ts'
import { RANGE } from '../../../helpers/groups/group-driver.ts'
import type { Script } from '../steps.ts'

/** Kafka's group coordinator has seen by then what its controller did. */
const SEEN_MS = 1000

export const heartbeatScripts: readonly Script[] = [
  {
    name: 'share members come and go',
    async run(steps) {
      await steps.begin({}, 2)
      await steps.describe('before there is a group')
      const one = await steps.joined()
      await steps.describe('with one member')
      await steps.list('with one member')
      const two = await steps.member()
      await two.beat('joins', { subscribedTopicNames: [steps.topic] })
      await two.beat('says nothing new')
      await one.beat('hears of it')
      await one.beat('hears of nothing')
      await one.beat('says its topics again', { subscribedTopicNames: [steps.topic] })
      await steps.describe('with two')
      await steps.delete('with two')
      await two.beat('leaves', { memberEpoch: -1 })
      await two.beat('is gone')
      await one.beat('hears of that')
      await steps.describe('with one again')
      await one.beat('leaves', { memberEpoch: -1 })
      await steps.describe('with none')
      await steps.list('with none')
      await two.beat('joins anew', { memberEpoch: 0, subscribedTopicNames: [steps.topic] })
      await two.beat('leaves anew', { memberEpoch: -1 })
      await steps.delete('with none')
      await steps.describe('deleted')
      await steps.delete('deleted')
    },
  },
  {
    name: 'share group sets up states',
    async run(steps) {
      await steps.begin({}, 2)
      const one = await steps.member()
      await one.beat('joins', { subscribedTopicNames: [steps.topic] })
      await steps.setUp(2)
      await one.beat('comes again')
      await one.beat('comes a third time')
      await steps.peer.admin.send(createPartitions, 3, {
        topics: [{ name: steps.topic, count: 3, assignments: null }],
        timeoutMs: 10_000,
      })
      await steps.pause(SEEN_MS)
      await one.beat('comes after a partition was added')
      await steps.setUp(3)
      await one.beat('comes after its state was set up')
      await one.beat('comes later')
      await steps.describe('with three partitions')
      await steps.offsets('of three partitions')
    },
  },
  {
    name: 'share members ask for nonsense',
    async run(steps) {
      await steps.begin()
      const one = await steps.member()
      const subscribedTopicNames = [steps.topic]
      await one.beat('has no id', { memberId: '', subscribedTopicNames })
      await one.beat('has a blank id', { memberId: ' ', subscribedTopicNames })
      await one.beat('has no group', { groupId: '', subscribedTopicNames })
      await one.beat('has an empty rack', { rackId: '', subscribedTopicNames })
      await one.beat('names no topics', { subscribedTopicNames: null })
      await one.beat('names an empty list of topics', { subscribedTopicNames: [] })
      await one.beat('has an epoch below all', { memberEpoch: -2, subscribedTopicNames })
      await one.beat('leaves a group that is not there', { memberEpoch: -1 })
      await one.beat('heartbeats to a group that is not there', { memberEpoch: 3 })
      await one.beat('has an id that is no UUID', {
        memberId: 'somebody',
        memberEpoch: 0,
        subscribedTopicNames,
      })
      await steps.setUp(1)
      await one.join([steps.topic])
      await one.beat('is ahead', { memberEpoch: one.epoch + 1 })
      await one.beat('is far behind', { memberEpoch: one.epoch - 2 })
      await one.beat('joins again', { memberEpoch: 0, subscribedTopicNames })
      await one.beat('names nothing', { subscribedTopicNames: [] })
      const two = await steps.member()
      await two.beat('is unknown', { memberEpoch: 3 })
      await two.beat('leaves without having come', { memberEpoch: -1 })
      await one.beat('reads what is not there', { subscribedTopicNames: [`${steps.topic}-later`] })
      await steps.describe('reading what is not there')
      await steps.peer.createTopic(`${steps.topic}-later`, 1)
      await steps.pause(SEEN_MS)
      await one.beat('comes when it is there')
      await steps.setUp(2)
      await one.beat('comes when its state is set up')
      await one.beat('has a rack', { rackId: 'rack' })
      await steps.describe('with a rack')
      await one.beat('changes its rack', { rackId: 'other' })
      await one.beat('reads both', { subscribedTopicNames: [steps.topic, `${steps.topic}-later`] })
      await steps.describe('reading both')
    },
  },
  {
    name: 'share members are too many',
    async run(steps) {
      await steps.begin({}, 3)
      const members = [await steps.joined(), await steps.joined(), await steps.joined()]
      const fourth = await steps.member()
      await fourth.beat('finds no room', { subscribedTopicNames: [steps.topic] })
      for (const member of members) await member.beat('reads on', { subscribedTopicNames: [steps.topic] })
      await steps.describe('with three')
    },
  },
  {
    name: 'share members outnumber partitions',
    async run(steps) {
      await steps.begin()
      const members = [await steps.joined(), await steps.joined(), await steps.joined()]
      for (const member of members) await member.beat('reads on', { subscribedTopicNames: [steps.topic] })
      await steps.describe('with three')
    },
  },
  {
    name: 'share groups are no others',
    async run(steps) {
      await steps.begin()
      const { groupId, topic } = steps
      const sharer = await steps.joined()
      const join = {
        groupId,
        sessionTimeoutMs: 10_000,
        protocolType: 'consumer',
        protocols: RANGE,
        memberId: 'm',
      }
      await steps.ask('a classic member', joinGroup, 5, join)
      const beat = {
        groupId,
        memberId: 'c',
        rebalanceTimeoutMs: 5000,
        subscribedTopicNames: [topic],
        topicPartitions: [],
      }
      await steps.ask('a consumer', consumerGroupHeartbeat, 1, { ...beat, memberEpoch: 0 })
      await steps.ask('a consumer, later', consumerGroupHeartbeat, 1, { ...beat, memberEpoch: 1 })
      const partition = { partitionIndex: 0, committedOffset: 1 }
      const commit = {
        groupId,
        memberId: '',
        generationIdOrMemberEpoch: -1,
        topics: [{ name: topic, partitions: [partition] }],
      }
      await steps.ask('an offset', offsetCommit, 9, commit)
      await steps.ask('a member and an offset', offsetCommit, 9, {
        ...commit,
        memberId: sharer.memberId,
        generationIdOrMemberEpoch: sharer.epoch,
      })
      await steps.ask('offsets', offsetFetch, 9, { groups: [{ groupId, topics: null }] })
      await steps.ask('offsets of a member', offsetFetch, 9, {
        groups: [{ groupId, memberId: sharer.memberId, memberEpoch: sharer.epoch, topics: null }],
      })
      await steps.ask('to forget', offsetDelete, 0, {
        groupId,
        topics: [{ name: topic, partitions: [{ partitionIndex: 0 }] }],
      })
      await steps.ask('as a classic group', describeGroups, 6, { groups: [groupId] })
      await steps.ask('as a consumer group', consumerGroupDescribe, 1, { groupIds: [groupId] })
      await steps.list('all the same')
      await sharer.beat('leaves', { memberEpoch: -1 })
      await steps.ask('a consumer of the empty group', consumerGroupHeartbeat, 1, { ...beat, memberEpoch: 0 })
      await steps.ask('a classic member of the empty group', joinGroup, 5, join)
    },
  },
  {
    name: 'share other groups',
    async run(steps) {
      await steps.begin()
      const { groupId, topic } = steps
      const request = {
        memberId: 'c',
        rebalanceTimeoutMs: 5000,
        subscribedTopicNames: [topic],
        topicPartitions: [],
      }
      const consumer = await steps.peer.admin.send(consumerGroupHeartbeat, 1, {
        groupId,
        ...request,
        memberEpoch: 0,
      })
      const sharer = await steps.member()
      await sharer.beat('joins consumers', { subscribedTopicNames: [topic] })
      await sharer.beat('heartbeats to consumers', { memberEpoch: 1 })
      await sharer.beat('leaves consumers', { memberEpoch: -1 })
      await steps.describe('consumers')
      await steps.offsets('of consumers')
      await steps.alter('of consumers', { 0: 0 })
      await steps.forget('consumers', topic)
      await steps.peer.admin.send(consumerGroupHeartbeat, 1, { groupId, memberId: 'c', memberEpoch: -1 })
      await sharer.beat('joins when they have gone', { subscribedTopicNames: [topic] })
      if (consumer.errorCode !== 0) throw new Error(`the consumer could not join: ${consumer.errorCode}`)
      const committed = { name: topic, partitions: [{ partitionIndex: 0, committedOffset: 1 }] }
      const commit = { memberId: '', generationIdOrMemberEpoch: -1, topics: [committed] }
      const simple = `${groupId}-simple`
      await steps.ask('an offset', offsetCommit, 9, { ...commit, groupId: simple })
      await sharer.beat('takes a group of offsets over', {
        groupId: simple,
        memberEpoch: 0,
        memberId: sharer.memberId,
        subscribedTopicNames: [topic],
      })
      await steps.describe('of what had offsets', simple)
      await steps.ask('offsets', offsetFetch, 9, { groups: [{ groupId: simple, topics: null }] })
    },
  },
  {
    name: 'share coordinators are found',
    async run(steps) {
      await steps.begin()
      const { topicId } = steps
      const keys = [
        `g:${topicId}:0`,
        `g:${topicId}:7`,
        'g',
        `g:${topicId}`,
        `g:x:0`,
        `g:${topicId}:x`,
        `:${topicId}:0`,
        `a:b:${topicId}:0`,
      ]
      for (const coordinatorKey of keys) {
        const request = { keyType: 2, coordinatorKeys: [coordinatorKey] }
        await steps.ask(coordinatorKey.replaceAll(topicId, 'ID'), findCoordinator, 6, request)
      }
      await steps.ask('in an older version', findCoordinator, 5, {
        keyType: 2,
        coordinatorKeys: [keys[0] as string],
      })
    },
  },
]
