import t from 'tap'
import { ErrorCode } from '../../../protocol/errors.ts'
import { deleteGroups } from '../../../protocol/messages/delete-groups.ts'
import { describeShareGroupOffsets } from '../../../protocol/messages/describe-share-group-offsets.ts'
import { findCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { joinGroup } from '../../../protocol/messages/join-group.ts'
import { listGroups } from '../../../protocol/messages/list-groups.ts'
import { shareAcknowledge } from '../../../protocol/messages/share-acknowledge.ts'
import { shareFetch } from '../../../protocol/messages/share-fetch.ts'
import { shareGroupDescribe } from '../../../protocol/messages/share-group-describe.ts'
import { shareGroupHeartbeat } from '../../../protocol/messages/share-group-heartbeat.ts'
import { encodeBatch } from '../../../protocol/records/encode-batch.ts'
import type { Api, Encodable } from '../../../protocol/schema.ts'
import { GroupRig, type SendOptions } from '../../helpers/groups/group-rig.ts'

const GROUP = 'sharers'
const [A, B] = ['QUFBQUFBQUFBQUFBQUFBQQ', 'QkJCQkJCQkJCQkJCQkJCQg'] as const

function ask<A extends Api>(
  rig: GroupRig,
  api: A,
  version: number,
  request: Encodable<A['request']>,
  options?: SendOptions,
) {
  return rig.send(api, version, request, options).promise
}

class Sharing {
  readonly rig = new GroupRig({
    brokers: 2,
    configs: { 'offsets.topic.num.partitions': '1', 'share.coordinator.state.topic.num.partitions': '1' },
  })
  readonly topicId: string
  #epochs = new Map<string, number>()

  constructor() {
    this.topicId = this.rig.createTopic('orders', 1)
    this.rig.createOffsetsTopic()
  }

  leaderOf(topic: string): number {
    return this.rig.metadata.image.topicsByName.get(topic)?.partitions[0]?.leader as number
  }

  heartbeat(memberId: string, memberEpoch: number) {
    const subscribedTopicNames = memberEpoch === 0 ? ['orders'] : null
    const request = { groupId: GROUP, memberId, memberEpoch, subscribedTopicNames }
    return ask(this.rig, shareGroupHeartbeat, 1, request, { nodeId: this.leaderOf('__consumer_offsets') })
  }

  produce(records: number): void {
    const value = Buffer.from('value')
    const batch = encodeBatch({
      records: Array.from({ length: records }, () => ({ key: null, value })),
      defaultTimestamp: 1,
    })
    this.rig.replicas
      .get(this.leaderOf('orders'))
      ?.append([{ topic: 'orders', partition: 0, records: batch }], 1)
  }

  #request(memberId: string, acknowledgementBatches: readonly object[]) {
    const shareSessionEpoch = this.#epochs.get(memberId) ?? 0
    this.#epochs.set(memberId, shareSessionEpoch + 1)
    const partitions = [{ partitionIndex: 0, acknowledgementBatches }]
    return { groupId: GROUP, memberId, shareSessionEpoch, topics: [{ topicId: this.topicId, partitions }] }
  }

  async fetch(memberId: string): Promise<string[]> {
    const request = { ...this.#request(memberId, []), maxWaitMs: 0, maxRecords: 100, batchSize: 100 }
    const response = await ask(this.rig, shareFetch, 2, request, { nodeId: this.leaderOf('orders') })
    const [partition] = response.responses[0]?.partitions ?? []
    return (partition?.acquiredRecords ?? []).map(
      ({ firstOffset, lastOffset, deliveryCount }) => `${firstOffset}-${lastOffset} x${deliveryCount}`,
    )
  }

  async acknowledge(memberId: string, firstOffset: number, lastOffset: number, type: number) {
    const request = this.#request(memberId, [{ firstOffset, lastOffset, acknowledgeTypes: [type] }])
    const response = await ask(this.rig, shareAcknowledge, 2, request, { nodeId: this.leaderOf('orders') })
    return response.errorCode || response.responses[0]?.partitions[0]?.errorCode
  }

  get coordinator() {
    return { nodeId: this.leaderOf('__consumer_offsets') }
  }
}

t.test('members share a partition; what one releases another gets', async (t) => {
  const sharing = new Sharing()
  const joined = await sharing.heartbeat(A, 0)
  t.match(joined, { errorCode: 0, assignment: { topicPartitions: { length: 0 } } })
  await sharing.rig.advance(1000)
  const assigned = await sharing.heartbeat(A, joined.memberEpoch)
  t.match(assigned, { errorCode: 0, assignment: { topicPartitions: [{ partitions: [0] }] } })
  t.same(await sharing.fetch(A), [], 'it begins at the end')
  sharing.produce(10)
  t.same(await sharing.fetch(A), ['0-9 x1'])
  t.same(await sharing.fetch(B), [])
  t.equal(await sharing.acknowledge(A, 0, 4, 1), ErrorCode.NONE)
  t.equal(await sharing.acknowledge(A, 5, 6, 2), ErrorCode.NONE)
  t.equal(await sharing.acknowledge(B, 7, 7, 1), ErrorCode.INVALID_RECORD_STATE)
  t.same(await sharing.fetch(B), ['5-6 x2'])
  t.equal(await sharing.acknowledge(A, 7, 9, 3), ErrorCode.NONE)
  const group = { groupId: GROUP, topics: null }
  const { groups } = await ask(
    sharing.rig,
    describeShareGroupOffsets,
    1,
    { groups: [group] },
    sharing.coordinator,
  )
  t.match(groups[0]?.topics[0]?.partitions, [{ startOffset: 5, lag: 2 }])
  await sharing.rig.advance(30_000)
  t.same(await sharing.fetch(A), ['5-6 x3'], 'locks end')
})

t.test('a group is known as what it is, and ends with its last member', async (t) => {
  const sharing = new Sharing()
  const { memberEpoch } = await sharing.heartbeat(A, 0)
  const { rig, coordinator } = sharing
  t.match(await ask(rig, listGroups, 5, {}, coordinator), {
    groups: [{ groupId: GROUP, groupType: 'share', protocolType: 'share', groupState: 'Stable' }],
  })
  const protocols = [{ name: 'range', metadata: Buffer.alloc(0) }]
  const join = { groupId: GROUP, sessionTimeoutMs: 10_000, protocolType: 'consumer', protocols }
  t.match(await ask(rig, joinGroup, 9, { ...join, memberId: '' }, coordinator), {
    errorCode: ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
  })
  t.match(await sharing.heartbeat(A, memberEpoch + 1), { errorCode: ErrorCode.FENCED_MEMBER_EPOCH })
  t.match(await sharing.heartbeat(B, 3), { errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
  const deletion = { groupsNames: [GROUP] }
  t.match(await ask(rig, deleteGroups, 2, deletion, coordinator), {
    results: [{ errorCode: ErrorCode.NON_EMPTY_GROUP }],
  })
  await rig.advance(45_000)
  const described = await ask(rig, shareGroupDescribe, 1, { groupIds: [GROUP] }, coordinator)
  t.match(described, { groups: [{ groupState: 'Empty', members: { length: 0 } }] })
  t.match(await ask(rig, deleteGroups, 2, deletion, coordinator), { results: [{ errorCode: 0 }] })
  t.match(await ask(rig, findCoordinator, 6, { keyType: 0, coordinatorKeys: [GROUP] }), {
    coordinators: [{ errorCode: 0 }],
  })
})
