import { consumerGroupDescribe } from '../../../protocol/messages/consumer-group-describe.ts'
import { consumerGroupHeartbeat } from '../../../protocol/messages/consumer-group-heartbeat.ts'
import { offsetCommit } from '../../../protocol/messages/offset-commit.ts'
import type { Decoded, Encodable } from '../../../protocol/schema.ts'
import type { GroupRig, SendOptions } from './group-rig.ts'

export type ConsumerHeartbeat = Encodable<(typeof consumerGroupHeartbeat)['request']>
export type ConsumerHeard = Decoded<(typeof consumerGroupHeartbeat)['response']>
export type Owned = NonNullable<ConsumerHeartbeat['topicPartitions']>

/** What a member of a consumer group is told and believes, and the heartbeats it sends because of it. */
export class ConsumerMemberDriver {
  readonly #group: ConsumerGroupDriver
  readonly memberId: string
  readonly instanceId: string | null
  epoch = 0
  /** What it owns: it takes and gives up at once what it is told. */
  owned: Owned = []
  #subscription: ConsumerHeartbeat

  constructor(
    group: ConsumerGroupDriver,
    memberId: string,
    subscription: ConsumerHeartbeat,
    instanceId: string | null = null,
  ) {
    this.#group = group
    this.memberId = memberId
    this.instanceId = instanceId
    this.#subscription = { rebalanceTimeoutMs: 20_000, ...subscription }
  }

  /** The partitions it owns, as `orders-0 orders-1`. */
  get partitions(): string {
    const names = this.owned.flatMap(({ topicId, partitions }) => {
      const name = this.#group.rig.metadata.image.topicsById.get(topicId ?? '')?.name ?? topicId
      return (partitions ?? []).map((partition) => `${name}-${partition}`)
    })
    return names.sort().join(' ')
  }

  join(options: SendOptions = {}): Promise<ConsumerHeard> {
    this.epoch = 0
    this.owned = []
    return this.#send({ ...this.#subscription, memberEpoch: 0, topicPartitions: [] }, options)
  }

  /** Says what it owns, and whatever is given beyond. */
  heartbeat(request: ConsumerHeartbeat = {}, options: SendOptions = {}): Promise<ConsumerHeard> {
    return this.#send({ memberEpoch: this.epoch, topicPartitions: this.owned, ...request }, options)
  }

  /** Subscribes otherwise, and says so with this heartbeat. */
  subscribe(subscription: ConsumerHeartbeat, options: SendOptions = {}): Promise<ConsumerHeard> {
    this.#subscription = { ...this.#subscription, ...subscription }
    return this.heartbeat(subscription, options)
  }

  leave(epoch = -1, options: SendOptions = {}): Promise<ConsumerHeard> {
    return this.#send({ memberEpoch: epoch }, options)
  }

  async #send(request: ConsumerHeartbeat, options: SendOptions): Promise<ConsumerHeard> {
    const { memberId, instanceId } = this
    const heard = await this.#group.heartbeat({ memberId, instanceId, ...request }, 1, options)
    if (heard.errorCode !== 0) return heard
    this.epoch = heard.memberEpoch
    if (heard.assignment) this.owned = heard.assignment.topicPartitions
    return heard
  }
}

/** A consumer group on a rig. */
export class ConsumerGroupDriver {
  readonly rig: GroupRig
  readonly groupId: string

  constructor(rig: GroupRig, groupId = 'group') {
    this.rig = rig
    this.groupId = groupId
  }

  member(
    memberId: string,
    subscription: ConsumerHeartbeat = { subscribedTopicNames: ['orders'] },
    instanceId: string | null = null,
  ): ConsumerMemberDriver {
    return new ConsumerMemberDriver(this, memberId, subscription, instanceId)
  }

  heartbeat(request: ConsumerHeartbeat, version = 1, options: SendOptions = {}): Promise<ConsumerHeard> {
    return this.rig.send(consumerGroupHeartbeat, version, { groupId: this.groupId, ...request }, options)
      .promise
  }

  /** Heartbeats of all, a second apart, as often as said. */
  async rounds(
    members: readonly ConsumerMemberDriver[],
    count: number,
    options: SendOptions = {},
  ): Promise<void> {
    for (let round = 0; round < count; round++) {
      for (const member of members) await member.heartbeat({}, options)
      await this.rig.advance(1000)
    }
  }

  async describe(options: SendOptions = {}) {
    const { groups } = await this.rig.send(consumerGroupDescribe, 1, { groupIds: [this.groupId] }, options)
      .promise
    const [group] = groups
    if (!group) throw new Error('ConsumerGroupDescribe told of no group')
    return group
  }

  /** The error code of partition 0 of the topic. */
  async commit(
    { memberId, epoch }: { readonly memberId: string; readonly epoch: number },
    topic = 'orders',
    version = 9,
    partitionIndex = 0,
  ): Promise<number> {
    const partitions = [{ partitionIndex, committedOffset: 1, committedMetadata: '' }]
    const request = {
      groupId: this.groupId,
      memberId,
      generationIdOrMemberEpoch: epoch,
      topics: [{ name: topic, partitions }],
    }
    const { topics } = await this.rig.send(offsetCommit, version, request).promise
    return topics[0]?.partitions[0]?.errorCode ?? Number.NaN
  }
}
