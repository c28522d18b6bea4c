import type { Group } from '../../../../lib/groups/shard.ts'
import { ErrorCode } from '../../../../protocol/errors.ts'
import { consumerGroupHeartbeat } from '../../../../protocol/messages/consumer-group-heartbeat.ts'
import { offsetCommit } from '../../../../protocol/messages/offset-commit.ts'
import type { Api, Decoded, Encodable } from '../../../../protocol/schema.ts'
import { GroupRig, type Reply } from '../group-rig.ts'
import { ClassicClient } from './classic-client.ts'
import type { ModelClient } from './client.ts'
import { ConsumerClient } from './consumer-client.ts'

const GROUP = 'group'
const MOST_PARTITIONS = 8
/** Shorter than the sessions of members that speak the classic protocol. */
const ROUND_MS = 8000
/** Long enough for sessions to end, also those of members that never got into their group, and for a few rebalances. */
const ROUNDS = 60
const QUIET_ROUNDS = 2
/** In a round. */
const MOST_ACTS = 8
const ROUNDS_BETWEEN_STARTS = 5

/** One group on two brokers, its clients, and what must hold of them. */
export class World {
  readonly rig = new GroupRig({ brokers: 2, configs: { 'offsets.topic.num.partitions': '1' } })
  readonly #clients: ModelClient[] = []
  readonly #partitions = new Map([
    ['orders', 4],
    ['payments', 1],
  ])
  readonly #topicIds = new Map<string, string>()
  #coordinator: number
  /** How often the group may have begun anew: when it was empty, or its coordinator lost what it had not written. */
  beginnings = 0
  #epoch = 0
  #isConsumerGroup = false
  /** Members that have not heard of the group's downgrade, with the epoch they think they are in. */
  readonly #behind = new Map<string, number>()

  constructor(members: number) {
    for (const [topic, partitions] of this.#partitions) {
      this.#topicIds.set(topic, this.rig.createTopic(topic, partitions))
    }
    this.rig.createOffsetsTopic()
    const { partitions = [] } = this.rig.metadata.image.topicsByName.get('__consumer_offsets') ?? {}
    this.#coordinator = partitions[0]?.leader as number
    for (let index = 0; index < members; index++) {
      const instanceId = index % 2 === 1 ? `instance-${index}` : null
      // The last two begin with the classic protocol.
      const Client = index >= members - 2 ? ClassicClient : ConsumerClient
      this.#clients.push(new Client(this, index, instanceId))
    }
  }

  client(index: number): ModelClient & { switchProtocol(): void } {
    const client = this.#clients[index] as ModelClient
    return Object.assign(client, { switchProtocol: () => this.#switch(client) })
  }

  /** The application is started anew with the other protocol. */
  #switch(client: ModelClient): void {
    client.crash()
    const Client = client.protocol === 'classic' ? ConsumerClient : ClassicClient
    const next = new Client(this, client.index, client.instanceId)
    next.isDead = true
    this.#clients[client.index] = next
  }

  send<A extends Api>(api: A, version: number, request: Encodable<A['request']>): Reply<A> {
    return this.rig.send(api, version, request, { nodeId: this.#coordinator })
  }

  heartbeat(
    request: Encodable<(typeof consumerGroupHeartbeat)['request']>,
  ): Promise<Decoded<(typeof consumerGroupHeartbeat)['response']>> {
    return this.send(consumerGroupHeartbeat, 1, { groupId: GROUP, ...request }).promise
  }

  settle(): Promise<void> {
    return this.rig.settle()
  }

  async pass(ms: number): Promise<void> {
    await this.rig.advance(ms)
  }

  async everybody(): Promise<void> {
    for (const client of this.#clients) {
      if (!client.isDead) await client.act()
      this.check()
    }
    await this.rig.advance(1000)
  }

  /** The group's broker stops, or gives the group up and goes on, and the other takes over: it reads what is in the log. */
  move(stops: boolean): void {
    const before = this.#memory()
    const other = 3 - this.#coordinator
    if (!this.rig.metadata.image.isActive(other)) this.rig.startBroker(other)
    if (stops) this.rig.stopBroker(this.#coordinator)
    else this.rig.controller.moveLeader('__consumer_offsets', 0, other)
    this.#coordinator = other
    const after = this.#memory()
    if (before === undefined) this.#beginAnew()
    else if (after !== before) throw new Error(`the next coordinator thinks of ${before} as ${after}`)
  }

  /**
   * What no coordinator may forget; undefined where that is nothing: of a classic group only the last generation that
   * was assigned in is kept.
   */
  #memory(): string | undefined {
    const group = this.#group()
    if (group?.isEmpty !== false) return undefined
    if (group.type === 'consumer') {
      const members = [...group.members.values()].map(
        ({ assigned, pendingRevocation, subscribedTopicNames, classic, ...member }) => ({
          ...member,
          topics: [...subscribedTopicNames].sort(),
          protocols: classic?.supportedProtocols.map(({ name }) => name),
          owns: [assigned, pendingRevocation].map(listed),
          shallOwn: listed(group.targetOf(member.memberId)),
        }),
      )
      const { groupEpoch, assignmentEpoch } = group
      return JSON.stringify({ groupEpoch, assignmentEpoch, members: members.sort(byMemberId) })
    }
    if (group.type !== 'classic' || group.state !== 'Stable') return undefined
    const members = [...group.members.values()].map(({ memberId, groupInstanceId, assignment }) => {
      return { memberId, groupInstanceId, assignment: assignment.toString('hex') }
    })
    return JSON.stringify({ generationId: group.generationId, members: members.sort(byMemberId) })
  }

  #beginAnew(): void {
    this.beginnings++
    this.#epoch = 0
  }

  grow(): void {
    for (const [topic, partitions] of this.#partitions) {
      if (partitions >= MOST_PARTITIONS) continue
      this.#partitions.set(topic, partitions + 1)
      this.rig.addPartitions(topic, partitions + 1)
    }
  }

  partitionCount(topic: string): number {
    return this.#partitions.get(topic) as number
  }

  listed(names: Iterable<string>): { topicId: string; partitions: number[] }[] {
    const byTopic = new Map<string, number[]>()
    for (const name of names) {
      const [topic = '', partition] = name.split('-')
      byTopic.set(topic, [...(byTopic.get(topic) ?? []), Number(partition)])
    }
    return [...byTopic].map(([topic, partitions]) => ({
      topicId: this.#topicIds.get(topic) as string,
      partitions,
    }))
  }

  named(listed: readonly { topicId?: string; partitions?: readonly number[] }[]): Set<string> {
    const names = new Set<string>()
    for (const { topicId = '', partitions = [] } of listed) {
      const topic = this.rig.metadata.image.topicsById.get(topicId)?.name
      for (const partition of partitions) names.add(`${topic}-${partition}`)
    }
    return names
  }

  /** A member commits for what it owns: refused only where it is behind. */
  async commit(client: ModelClient, partition: string): Promise<void> {
    const [name = '', index] = partition.split('-')
    const partitions = [{ partitionIndex: Number(index), committedOffset: 1, committedMetadata: '' }]
    const { topics } = await this.send(offsetCommit, 9, {
      groupId: GROUP,
      memberId: client.memberId,
      groupInstanceId: client.instanceId,
      generationIdOrMemberEpoch: client.epoch,
      topics: [{ name, partitions }],
    }).promise
    const errorCode = topics[0]?.partitions[0]?.errorCode as number
    const group = this.#group()
    const member = group?.type === 'consumer' ? group.members.get(client.memberId) : undefined
    const isCurrent = member?.memberEpoch === client.epoch
    const expected: readonly number[] = isCurrent ? [ErrorCode.NONE] : COMMIT_ANSWERS
    if (!expected.includes(errorCode)) throw new Error(`a commit was answered with ${errorCode}`)
  }

  #group(): Group | undefined {
    return this.rig.coordinator.shardOf(this.#coordinator, GROUP)?.groups.get(GROUP)
  }

  /** What holds at any time. */
  check(): void {
    const group = this.#group()
    if (!group || group.isEmpty) {
      this.#beginAnew()
      return
    }
    const epoch = group.type === 'classic' ? group.generationId : group.groupEpoch
    if (epoch < this.#epoch) throw new Error(`the group went from epoch ${this.#epoch} back to ${epoch}`)
    this.#epoch = epoch
    const isDowngraded = this.#isConsumerGroup && group.type !== 'consumer'
    this.#isConsumerGroup = group.type === 'consumer'
    // As in Kafka, a group that is upgraded again at once takes for theirs what they should have had.
    if (isDowngraded) for (const { memberId, epoch: own } of this.#clients) this.#behind.set(memberId, own)
    if (group.type !== 'consumer') return
    if (group.assignmentEpoch > group.groupEpoch)
      throw new Error('the group is assigned to for an epoch to come')
    const owners = new Map<string, string>()
    const own = (partition: string, owner: string) => {
      const other = owners.get(partition) ?? owner
      if (other !== owner) throw new Error(`${other} and ${owner} both own ${partition}`)
      owners.set(partition, owner)
    }
    for (const { memberId, assigned, pendingRevocation, memberEpoch } of group.members.values()) {
      if (memberEpoch > group.assignmentEpoch) throw new Error(`${memberId} is in an epoch to come`)
      for (const part of [assigned, pendingRevocation]) {
        for (const [topicId, partitions] of part) {
          for (const partition of partitions.keys()) own(`${topicId}-${partition}`, memberId)
        }
      }
    }
    owners.clear()
    // Who is a member reads nothing that another one reads.
    for (const { memberId, owned, epoch: known } of this.#clients) {
      if (!group.members.has(memberId) || this.#behind.get(memberId) === known) continue
      for (const partition of owned) own(partition, memberId)
    }
  }

  /** Everybody who is alive does what they should until nothing more happens. */
  async calm(): Promise<void> {
    let fault: string | undefined = 'nothing yet'
    for (let round = 0, quiet = 0; round < ROUNDS && quiet < QUIET_ROUNDS; round++) {
      // All but one may stay away for good.
      if (round % ROUNDS_BETWEEN_STARTS === 0) await this.client(0).act()
      for (const client of this.#clients) {
        for (let acts = 0; acts < MOST_ACTS && !client.isDead && (await client.act()); ) acts++
        this.check()
      }
      await this.rig.advance(ROUND_MS)
      fault = this.#fault()
      quiet = fault === undefined ? quiet + 1 : 0
    }
    if (fault !== undefined) throw new Error(fault)
  }

  #fault(): string | undefined {
    const group = this.#group()
    const alive = this.#clients.filter(({ isDead }) => !isDead)
    if (group?.state !== 'Stable') return `the group is ${group?.state}`
    const members = [...group.members.keys()].sort().join(' ')
    const clients = alive
      .map(({ memberId }) => memberId)
      .sort()
      .join(' ')
    if (members !== clients) return `members are ${members}, alive are ${clients}`
    const isConsumer = alive.some(({ protocol }) => protocol === 'consumer')
    if (isConsumer !== (group.type === 'consumer')) return `the group is ${group.type}`
    const owned = alive.flatMap((client) => [...client.owned]).sort()
    const subscribed = new Set(alive.flatMap(({ topics }) => topics))
    const all = [...subscribed].flatMap((topic) =>
      Array.from({ length: this.partitionCount(topic) }, (_, p) => `${topic}-${p}`),
    )
    return owned.join(' ') === all.sort().join(' ') ? undefined : `owned are ${owned}, not ${all}`
  }
}

function byMemberId(a: { readonly memberId: string }, b: { readonly memberId: string }): number {
  return a.memberId < b.memberId ? -1 : 1
}

function listed(topics: ReadonlyMap<string, ReadonlySet<number> | ReadonlyMap<number, number>>): string[] {
  return [...topics]
    .flatMap(([id, partitions]) => [...partitions.entries()].map(([p, epoch]) => `${id}-${p}-${epoch}`))
    .sort()
}

const COMMIT_ANSWERS: readonly number[] = [
  ErrorCode.NONE,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.FENCED_INSTANCE_ID,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.STALE_MEMBER_EPOCH,
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.GROUP_ID_NOT_FOUND,
]
