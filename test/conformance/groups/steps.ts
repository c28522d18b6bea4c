import { consumerGroupDescribe } from '../../../protocol/messages/consumer-group-describe.ts'
import { consumerGroupHeartbeat } from '../../../protocol/messages/consumer-group-heartbeat.ts'
import { deleteGroups } from '../../../protocol/messages/delete-groups.ts'
import { describeGroups } from '../../../protocol/messages/describe-groups.ts'
import { heartbeat } from '../../../protocol/messages/heartbeat.ts'
import { joinGroup } from '../../../protocol/messages/join-group.ts'
import { leaveGroup } from '../../../protocol/messages/leave-group.ts'
import { listGroups } from '../../../protocol/messages/list-groups.ts'
import { offsetCommit } from '../../../protocol/messages/offset-commit.ts'
import { offsetFetch } from '../../../protocol/messages/offset-fetch.ts'
import { syncGroup } from '../../../protocol/messages/sync-group.ts'
import type { Decoded, Encodable } from '../../../protocol/schema.ts'
import { RANGE } from '../../helpers/groups/group-driver.ts'
import type { GroupClient, GroupPeer } from './peer.ts'
import type { Transcript } from './transcript.ts'

export interface Script {
  readonly name: string
  run(steps: Steps): Promise<void>
}

type Beat = Encodable<(typeof consumerGroupHeartbeat)['request']>
type Beaten = Decoded<(typeof consumerGroupHeartbeat)['response']>
type Join = Encodable<(typeof joinGroup)['request']>
type Joined = Decoded<(typeof joinGroup)['response']>
type Sync = Encodable<(typeof syncGroup)['request']>

/** The words scripts are written in. Every answer goes to the transcript. */
export class Steps {
  readonly peer: GroupPeer
  readonly groupId: string
  #transcript: Transcript

  constructor(peer: GroupPeer, groupId: string, transcript: Transcript) {
    this.peer = peer
    this.groupId = groupId
    this.#transcript = transcript
  }

  client(clientId: string): Promise<GroupClient> {
    return this.peer.client(clientId)
  }

  pause(ms: number): Promise<void> {
    return this.peer.pause(ms)
  }

  note<T>(label: string, answer: T | Promise<T>): Promise<T> {
    return this.#transcript.add(label, answer)
  }

  /** Sent, with the answer not yet waited for; it has arrived when this returns. */
  async sent<T>(answer: Promise<T>): Promise<{ answer: Promise<T> }> {
    answer.catch(() => {})
    await this.pause(60)
    return { answer }
  }

  join(client: GroupClient, request: Join = {}, version = 9): Promise<Joined> {
    return client.send(joinGroup, version, {
      groupId: this.groupId,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 20_000,
      protocolType: 'consumer',
      protocols: RANGE,
      ...request,
    })
  }

  /** A dynamic member joins as clients do: it gets its id, then joins with it. */
  async joinTwice(client: GroupClient, request: Join = {}, version = 9): Promise<Joined> {
    const { memberId } = await this.note(
      `${client.clientId} asks for an id`,
      this.join(client, request, version),
    )
    return this.join(client, { ...request, memberId }, version)
  }

  /** As `joinTwice`, with the last answer not yet waited for. */
  async joining(client: GroupClient, request: Join = {}): Promise<{ answer: Promise<Joined> }> {
    const { memberId } = await this.note(`${client.clientId} asks for an id`, this.join(client, request))
    return this.sent(this.join(client, { ...request, memberId }))
  }

  sync(client: GroupClient, { memberId, generationId }: Joined, request: Sync = {}, version = 5) {
    return client.send(syncGroup, version, {
      groupId: this.groupId,
      memberId,
      generationId,
      protocolType: 'consumer',
      protocolName: 'range',
      ...request,
    })
  }

  /** The leader's SyncGroup: each member is assigned its own metadata. */
  lead(client: GroupClient, joined: Joined, version = 5, protocol = { type: 'consumer', name: 'range' }) {
    const assignments = joined.members.map(({ memberId, metadata }) => ({ memberId, assignment: metadata }))
    const request = { assignments, protocolType: protocol.type, protocolName: protocol.name }
    return this.sync(client, joined, request, version)
  }

  /** One member, stable. */
  async stable(client: GroupClient, request: Join = {}, version = 9): Promise<Joined> {
    const joined = await this.note(`${client.clientId} joined`, this.joinTwice(client, request, version))
    const { protocolType = 'consumer', protocols } = request
    const protocol = { type: protocolType, name: protocols?.[0]?.name ?? 'range' }
    await this.note(`${client.clientId} synced`, this.lead(client, joined, 5, protocol))
    return joined
  }

  heartbeat(client: GroupClient, { memberId, generationId }: Joined, groupInstanceId: string | null = null) {
    const { groupId } = this
    return client.send(heartbeat, 4, { groupId, memberId, generationId, groupInstanceId })
  }

  leave(client: GroupClient, members: Encodable<(typeof leaveGroup)['request']>['members'], version = 5) {
    return client.send(leaveGroup, version, { groupId: this.groupId, members })
  }

  commit(client: GroupClient, request: Encodable<(typeof offsetCommit)['request']> = {}, version = 9) {
    return client.send(offsetCommit, version, {
      groupId: this.groupId,
      topics: [
        { name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: 7, committedMetadata: 'm' }] },
      ],
      ...request,
    })
  }

  /** What is committed, in the order of the partitions; Kafka's is that of a hash map. */
  async fetchAll(client: GroupClient) {
    const { groups } = await client.send(offsetFetch, 9, {
      groups: [{ groupId: this.groupId, topics: null }],
    })
    for (const { topics } of groups) {
      topics.sort((a, b) => (a.name < b.name ? -1 : 1))
      for (const { partitions } of topics) partitions.sort((a, b) => a.partitionIndex - b.partitionIndex)
    }
    return groups
  }

  describe(client: GroupClient, version = 6) {
    return client.send(describeGroups, version, {
      groups: [this.groupId],
      includeAuthorizedOperations: version >= 3,
    })
  }

  /** ConsumerGroupHeartbeat, in the newest version where not said. */
  beat(client: GroupClient, request: Beat = {}, version = 1): Promise<Beaten> {
    return client.send(consumerGroupHeartbeat, version, { groupId: this.groupId, ...request })
  }

  /** A member of a consumer group joins it; it subscribes to `orders` where not said otherwise. */
  enter(client: GroupClient, memberId: string, request: Beat = {}): Promise<Beaten> {
    return this.beat(client, {
      memberId,
      memberEpoch: 0,
      rebalanceTimeoutMs: 5000,
      subscribedTopicNames: ['orders'],
      topicPartitions: [],
      ...request,
    })
  }

  /** Partitions of a topic, as members own them. */
  partitions(topic: string, ...partitions: number[]) {
    return [{ topicId: this.peer.topicId(topic), partitions }]
  }

  consumers(client: GroupClient, version = 1) {
    return client.send(consumerGroupDescribe, version, {
      groupIds: [this.groupId],
      includeAuthorizedOperations: true,
    })
  }

  /** This script's group as ListGroups shows it. */
  async list(client: GroupClient, filter: Encodable<(typeof listGroups)['request']> = {}, version = 5) {
    const { groups, ...rest } = await client.send(listGroups, version, filter)
    return { ...rest, groups: groups.filter(({ groupId }) => groupId === this.groupId) }
  }

  remove(client: GroupClient, version = 3) {
    return client.send(deleteGroups, version, { groupsNames: [this.groupId, this.groupId] })
  }
}
