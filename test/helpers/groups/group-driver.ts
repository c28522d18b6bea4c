import { heartbeat } from '../../../protocol/messages/heartbeat.ts'
import { joinGroup } from '../../../protocol/messages/join-group.ts'
import { leaveGroup } from '../../../protocol/messages/leave-group.ts'
import { offsetCommit } from '../../../protocol/messages/offset-commit.ts'
import { offsetFetch } from '../../../protocol/messages/offset-fetch.ts'
import { syncGroup } from '../../../protocol/messages/sync-group.ts'
import type { Decoded, Encodable } from '../../../protocol/schema.ts'
import type { GroupRig, Reply, SendOptions } from './group-rig.ts'

export type JoinRequest = Encodable<(typeof joinGroup)['request']>
export type Joined = Decoded<(typeof joinGroup)['response']>
export type SyncRequest = Encodable<(typeof syncGroup)['request']>
export type Generation = Pick<Joined, 'memberId' | 'generationId'>

/** Member metadata of the consumer protocol, version 0, that subscribes to the topics. */
export function subscription(...topics: string[]): Buffer {
  const parts: Buffer[] = [Buffer.from([0, 0, 0, 0, 0, topics.length])]
  for (const topic of topics) parts.push(Buffer.from([0, topic.length]), Buffer.from(topic))
  return Buffer.concat([...parts, Buffer.from([0, 0, 0, 0])])
}

export const RANGE = [{ name: 'range', metadata: subscription('orders') }]

/** Requests of one group's members on a rig, in the newest versions where not said. */
export class GroupDriver {
  readonly rig: GroupRig
  readonly groupId: string

  constructor(rig: GroupRig, groupId = 'group') {
    this.rig = rig
    this.groupId = groupId
  }

  join(request: JoinRequest = {}, version = 9, options: SendOptions = {}): Reply<typeof joinGroup> {
    return this.rig.send(
      joinGroup,
      version,
      {
        groupId: this.groupId,
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 20_000,
        protocolType: 'consumer',
        protocols: RANGE,
        ...request,
      },
      options,
    )
  }

  /** Gets an id first, as dynamic members do. */
  async joinWithId(request: JoinRequest = {}, options: SendOptions = {}): Promise<Reply<typeof joinGroup>> {
    const { memberId } = await this.join(request, 9, options).promise
    return this.join({ ...request, memberId }, 9, options)
  }

  sync(
    { memberId, generationId }: Generation,
    request: SyncRequest = {},
    options: SendOptions = {},
  ): Reply<typeof syncGroup> {
    const { groupId } = this
    const protocol = { protocolType: 'consumer', protocolName: 'range' }
    return this.rig.send(syncGroup, 5, { groupId, memberId, generationId, ...protocol, ...request }, options)
  }

  /** The leader's SyncGroup: each member is assigned its own id. */
  lead(joined: Joined, request: SyncRequest = {}, options: SendOptions = {}): Reply<typeof syncGroup> {
    const assignments = joined.members.map(({ memberId }) => ({
      memberId,
      assignment: Buffer.from(memberId),
    }))
    return this.sync(joined, { assignments, ...request }, options)
  }

  async heartbeat(
    { memberId, generationId }: Generation,
    groupInstanceId: string | null = null,
    options: SendOptions = {},
  ): Promise<number> {
    const { groupId } = this
    const request = { groupId, memberId, generationId, groupInstanceId }
    return (await this.rig.send(heartbeat, 4, request, options).promise).errorCode
  }

  async leave(
    memberId: string,
    groupInstanceId: string | null = null,
    options: SendOptions = {},
  ): Promise<number> {
    const request = { groupId: this.groupId, members: [{ memberId, groupInstanceId }] }
    const { errorCode, members } = await this.rig.send(leaveGroup, 5, request, options).promise
    return errorCode || (members[0]?.errorCode ?? 0)
  }

  /** The error code of the one partition it commits. */
  async commit(
    topic: string,
    committedOffset: number,
    { memberId = '', generationId = -1 }: Partial<Generation> = {},
    options: SendOptions = {},
  ): Promise<number> {
    const partitions = [{ partitionIndex: 0, committedOffset, committedMetadata: '' }]
    const request = {
      groupId: this.groupId,
      memberId,
      generationIdOrMemberEpoch: generationId,
      topics: [{ name: topic, partitions }],
    }
    const { topics } = await this.rig.send(offsetCommit, 9, request, options).promise
    return topics[0]?.partitions[0]?.errorCode ?? Number.NaN
  }

  /** What is committed for partition 0 of each topic, by topic. */
  async committed(options: SendOptions = {}): Promise<Record<string, number>> {
    const request = { groups: [{ groupId: this.groupId, topics: null }] }
    const { groups } = await this.rig.send(offsetFetch, 9, request, options).promise
    const topics = groups[0]?.topics ?? []
    return Object.fromEntries(
      topics.map(({ name, partitions }) => [name, partitions[0]?.committedOffset ?? -1]),
    )
  }

  /** `members` dynamic members, in one stable generation; the leader first. */
  async stable(members: number, request: JoinRequest = {}): Promise<Joined[]> {
    const replies: Reply<typeof joinGroup>[] = []
    for (let i = 0; i < members; i++) replies.push(await this.joinWithId(request))
    while (replies.some((reply) => reply.isWaiting)) await this.rig.advance(1000)
    const joined = replies.map((reply) => reply.response)
    joined.sort((a, b) => Number(b.leader === b.memberId) - Number(a.leader === a.memberId))
    for (const [i, member] of joined.entries()) {
      if (i === 0) this.lead(member)
      else this.sync(member)
    }
    await this.rig.settle()
    return joined
  }
}
