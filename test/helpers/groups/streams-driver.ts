import { offsetCommit } from '../../../protocol/messages/offset-commit.ts'
import { streamsGroupDescribe } from '../../../protocol/messages/streams-group-describe.ts'
import { streamsGroupHeartbeat } from '../../../protocol/messages/streams-group-heartbeat.ts'
import type { Decoded, Encodable } from '../../../protocol/schema.ts'
import type { GroupRig, SendOptions } from './group-rig.ts'

export type StreamsHeartbeat = Encodable<(typeof streamsGroupHeartbeat)['request']>
export type StreamsHeard = Decoded<(typeof streamsGroupHeartbeat)['response']>
export type Topology = NonNullable<StreamsHeartbeat['topology']>
export type Listed = NonNullable<StreamsHeard['activeTasks']>

/** Reads a topic and keeps no state. */
export function stateless(...sourceTopics: string[]): Topology {
  return { epoch: 0, subtopologies: [{ subtopologyId: '0', sourceTopics }] }
}

/** Words of `orders` by word, counted: a repartition topic and a changelog are needed. */
export const WORD_COUNT: Topology = {
  epoch: 0,
  subtopologies: [
    { subtopologyId: '0', sourceTopics: ['orders'], repartitionSinkTopics: ['group-repartition'] },
    {
      subtopologyId: '1',
      repartitionSourceTopics: [{ name: 'group-repartition' }],
      stateChangelogTopics: [{ name: 'group-changelog' }],
    },
  ],
}

const ROLES = ['activeTasks', 'standbyTasks', 'warmupTasks'] as const
export type Owned = Record<(typeof ROLES)[number], Listed>
const NOTHING: Owned = { activeTasks: [], standbyTasks: [], warmupTasks: [] }

/** Tasks as `0_0 0_1`. */
export function namesOf(tasks: Listed): string[] {
  return tasks
    .flatMap(({ subtopologyId, partitions }) =>
      partitions.map((partition) => `${subtopologyId}_${partition}`),
    )
    .sort()
}

/** What a member of a streams group is told and believes, and the heartbeats it sends because of it. */
export class StreamsMemberDriver {
  readonly #group: StreamsGroupDriver
  readonly memberId: string
  readonly processId: string
  readonly instanceId: string | null
  epoch = 0
  /** What it owns: it takes and gives up at once what it is told. */
  owned: Owned = NOTHING

  constructor(
    group: StreamsGroupDriver,
    memberId: string,
    processId: string,
    instanceId: string | null = null,
  ) {
    this.#group = group
    this.memberId = memberId
    this.processId = processId
    this.instanceId = instanceId
  }

  get active(): string {
    return namesOf(this.owned.activeTasks).join(' ')
  }

  get standby(): string {
    return namesOf(this.owned.standbyTasks).join(' ')
  }

  join(options: SendOptions = {}): Promise<StreamsHeard> {
    this.epoch = 0
    this.owned = NOTHING
    const { topology } = this.#group
    const { processId } = this
    return this.heartbeat({ processId, topology, rebalanceTimeoutMs: 20_000 }, options)
  }

  /** Says what it owns, and whatever is given beyond. */
  async heartbeat(request: StreamsHeartbeat = {}, options: SendOptions = {}): Promise<StreamsHeard> {
    const { memberId, instanceId, epoch: memberEpoch } = this
    const heard = await this.#group.heartbeat(
      { memberId, instanceId, memberEpoch, ...this.owned, ...request },
      options,
    )
    if (heard.errorCode !== 0) return heard
    this.epoch = heard.memberEpoch
    const { activeTasks, standbyTasks, warmupTasks } = heard
    if (activeTasks && standbyTasks && warmupTasks) this.owned = { activeTasks, standbyTasks, warmupTasks }
    return heard
  }

  leave(memberEpoch = -1, options: SendOptions = {}): Promise<StreamsHeard> {
    const { memberId, instanceId } = this
    return this.#group.heartbeat({ memberId, instanceId, memberEpoch }, options)
  }
}

/** A streams group on a rig. */
export class StreamsGroupDriver {
  readonly rig: GroupRig
  readonly topology: Topology
  readonly groupId = 'group'

  constructor(rig: GroupRig, topology: Topology) {
    this.rig = rig
    this.topology = topology
  }

  member(
    memberId: string,
    processId = `process of ${memberId}`,
    instanceId: string | null = null,
  ): StreamsMemberDriver {
    return new StreamsMemberDriver(this, memberId, processId, instanceId)
  }

  heartbeat(request: StreamsHeartbeat, options: SendOptions = {}): Promise<StreamsHeard> {
    const { groupId } = this
    return this.rig.send(streamsGroupHeartbeat, 1, { groupId, ...request }, options).promise
  }

  /** Heartbeats of all, a second apart, as often as said. */
  async rounds(
    members: readonly StreamsMemberDriver[],
    count: number,
    options: SendOptions = {},
  ): Promise<void> {
    for (let round = 0; round < count; round++) {
      for (const member of members) await member.heartbeat({}, options)
      await this.rig.advance(1000)
    }
  }

  async describe(options: SendOptions = {}) {
    const { groups } = await this.rig.send(streamsGroupDescribe, 1, { groupIds: [this.groupId] }, options)
      .promise
    const [group] = groups
    if (!group) throw new Error('StreamsGroupDescribe told of no group')
    return group
  }

  /** The error code of partition 0 of `orders`. */
  async commit(memberId: string, epoch: number): Promise<number> {
    const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }]
    const { topics } = await this.rig.send(offsetCommit, 9, {
      groupId: this.groupId,
      memberId,
      generationIdOrMemberEpoch: epoch,
      topics: [{ name: 'orders', partitions }],
    }).promise
    return topics[0]?.partitions[0]?.errorCode ?? Number.NaN
  }
}
