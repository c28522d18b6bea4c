import { setTimeout as pause } from 'node:timers/promises'
import { ErrorCode } from '../../protocol/errors.ts'
import { consumerProtocolAssignment } from '../../protocol/formats/consumer-protocol-assignment.ts'
import { consumerProtocolSubscription } from '../../protocol/formats/consumer-protocol-subscription.ts'
import { encodeVersioned } from '../../protocol/formats/versioned.ts'
import { consumerGroupHeartbeat } from '../../protocol/messages/consumer-group-heartbeat.ts'
import { findCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { joinGroup } from '../../protocol/messages/join-group.ts'
import { syncGroup } from '../../protocol/messages/sync-group.ts'
import type { Decoded, Encodable } from '../../protocol/schema.ts'
import { RawClient } from '../../test/helpers/raw-client.ts'
import { usageOf } from './process-usage.ts'
import type { RunningServer } from './servers.ts'
import { makeTopic, TOPIC } from './wire.ts'

type Joined = Decoded<(typeof joinGroup)['response']>
type Beat = Encodable<(typeof consumerGroupHeartbeat)['request']>
type Beaten = Decoded<(typeof consumerGroupHeartbeat)['response']>

/** A topic of as many partitions, and a coordinator for groups. */
export async function prepareGroups(server: RunningServer, partitions: number): Promise<void> {
  await makeTopic(server, TOPIC, partitions)
  await using client = await connect(server)
  for (let tries = 0; tries < 600; tries++) {
    const { errorCode } = await client.send(findCoordinator, 2, { key: 'any' })
    if (errorCode === ErrorCode.NONE) return
    await pause(100)
  }
  throw new Error(`${server.name} has no coordinator for groups`)
}

function connect({ host, port }: RunningServer): Promise<RawClient> {
  return RawClient.connect(`${host}:${port}`)
}

/** Processor seconds that the server takes while `work` is done. */
async function cpuOf({ pid }: RunningServer, work: () => Promise<unknown>): Promise<number> {
  const before = usageOf(pid)?.cpuSeconds ?? Number.NaN
  await work()
  return (usageOf(pid)?.cpuSeconds ?? Number.NaN) - before
}

/** A classic group of that many members: the processor seconds of one rebalance, from the leader's JoinGroup on. */
export async function classicRebalance(
  server: RunningServer,
  members: number,
  partitions: number,
): Promise<number> {
  const clients = await Promise.all(Array.from({ length: members }, () => connect(server)))
  try {
    const first = await generation(clients, partitions, [])
    const leader = first.findIndex(({ memberId, leader }) => memberId === leader)
    const order = [leader, ...first.keys()].filter((i, at, all) => all.indexOf(i) === at)
    const again = order.map((i) => clients[i] as RawClient)
    const known = order.map((i) => first[i] as Joined)
    return await cpuOf(server, () => generation(again, partitions, known))
  } finally {
    await Promise.all(clients.map((client) => client.close()))
  }
}

/**
 * Everybody joins, and joins again who was answered before all the others had come: not every server waits for them.
 * @returns what each was told of the one generation that all are in
 */
async function joinAll(
  clients: readonly RawClient[],
  known: readonly Joined[],
  metadataOf: (i: number) => Buffer,
): Promise<Joined[]> {
  const joined: (Joined | undefined)[] = clients.map(() => undefined)
  const memberIds = clients.map((_, i) => known[i]?.memberId ?? '')
  const join = async (client: RawClient, i: number) => {
    joined[i] = undefined
    const answer = await client.send(joinGroup, 3, {
      groupId: 'classic',
      sessionTimeoutMs: 60_000,
      rebalanceTimeoutMs: 60_000,
      memberId: memberIds[i] as string,
      protocolType: 'consumer',
      protocols: [{ name: 'cooperative-sticky', metadata: metadataOf(i) }],
    })
    if (answer.errorCode !== ErrorCode.NONE) throw new Error(`a join was answered with ${answer.errorCode}`)
    memberIds[i] = answer.memberId
    joined[i] = answer
  }
  let joining = clients.map(join)
  for (let tries = 0; tries < 20; tries++) {
    await Promise.race([Promise.all(joining), pause(known.length > 0 ? 10_000 : 5000)])
    const last = Math.max(...joined.map((each) => each?.generationId ?? -1))
    const late = [...joined.keys()].filter((i) => joined[i] && joined[i]?.generationId !== last)
    if (late.length === 0 && !joined.includes(undefined)) return joined as Joined[]
    const again = joined.includes(undefined) ? [...joined.keys()].filter((i) => joined[i]) : late
    joining = [...joining, ...again.map((i) => join(clients[i] as RawClient, i))]
  }
  throw new Error('the members do not come together')
}

/** Everybody joins and is assigned as many partitions as the others. */
async function generation(
  clients: readonly RawClient[],
  partitions: number,
  known: readonly Joined[],
): Promise<Joined[]> {
  const share = partitions / clients.length
  const ofMember = (i: number) => Array.from({ length: share }, (_, p) => i * share + p)
  const joined = await joinAll(clients, known, (i) => {
    const ownedPartitions = known.length > 0 ? [{ topic: TOPIC, partitions: ofMember(i) }] : []
    const subscription = { topics: [TOPIC], userData: null, ownedPartitions }
    return encodeVersioned(consumerProtocolSubscription, 1, subscription)
  })
  const assignments = joined.map(({ memberId }, i) => {
    const assignedPartitions = [{ topic: TOPIC, partitions: ofMember(i) }]
    const value = { assignedPartitions, userData: null }
    return { memberId, assignment: encodeVersioned(consumerProtocolAssignment, 1, value) }
  })
  const synced = await Promise.all(
    joined.map(({ memberId, generationId, leader }, i) =>
      (clients[i] as RawClient).send(syncGroup, 2, {
        groupId: 'classic',
        memberId,
        generationId,
        assignments: leader === memberId ? assignments : [],
      }),
    ),
  )
  const failed = [...joined, ...synced].find(({ errorCode }) => errorCode !== ErrorCode.NONE)
  if (failed) throw new Error(`a classic member was told ${failed.errorCode}`)
  return joined
}

export interface HeartbeatLoad {
  /** Microseconds of processor time for one heartbeat of a stable group. */
  readonly steady: number
  /** For one while the group takes in a member and lets one go, until all have what they shall have. */
  readonly reconciling: number
}

const CONNECTIONS = 20
const STEADY_ROUNDS = 40
/** Longer than `group.consumer.assignment.interval.ms`. */
const INTERVAL_MS = 1100
const MOST_ROUNDS = 50

/** A consumer group of that many members; undefined where the server does not speak the protocol. */
export async function consumerHeartbeats(
  server: RunningServer,
  members: number,
): Promise<HeartbeatLoad | undefined> {
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => connect(server)))
  try {
    const group = Array.from(
      { length: members },
      (_, i) => new Member(clients[i % CONNECTIONS] as RawClient, `member-${i}`),
    )
    const joined = await Promise.allSettled(group.map((member) => member.join()))
    if (joined.some(({ status }) => status === 'rejected')) return undefined
    await reconcileAll(group)
    const steady = await cpuOf(server, async () => {
      for (let round = 0; round < STEADY_ROUNDS; round++) await Promise.all(group.map((each) => each.beat()))
    })
    let beats = 0
    const reconciling = await cpuOf(server, async () => {
      await group.pop()?.leave()
      group.push(new Member(clients[0] as RawClient, 'newcomer'))
      await group.at(-1)?.join()
      beats = 2 + (await reconcileAll(group))
    })
    return {
      steady: (steady * 1e6) / (STEADY_ROUNDS * members),
      reconciling: (reconciling * 1e6) / beats,
    }
  } finally {
    await Promise.all(clients.map((client) => client.close()))
  }
}

/** @returns how many heartbeats it took */
async function reconcileAll(group: readonly Member[]): Promise<number> {
  for (let round = 1; round <= MOST_ROUNDS; round++) {
    await pause(INTERVAL_MS)
    const changed = await Promise.all(group.map((member) => member.beat()))
    if (round > 2 && !changed.includes(true)) return round * group.length
  }
  throw new Error('the group does not come to rest')
}

class Member {
  readonly #client: RawClient
  readonly #memberId: string
  #epoch = 0
  #owned: NonNullable<Beat['topicPartitions']> = []

  constructor(client: RawClient, memberId: string) {
    this.#client = client
    this.#memberId = memberId
  }

  join(): Promise<boolean> {
    return this.#send({
      memberEpoch: 0,
      rebalanceTimeoutMs: 60_000,
      subscribedTopicNames: [TOPIC],
      topicPartitions: [],
    })
  }

  /** Says what it owns when that has changed. */
  beat(): Promise<boolean> {
    return this.#send({ memberEpoch: this.#epoch, topicPartitions: this.#owned })
  }

  leave(): Promise<boolean> {
    return this.#send({ memberEpoch: -1 })
  }

  async #send(request: Beat): Promise<boolean> {
    const beat = { groupId: 'consumers', memberId: this.#memberId, ...request }
    const heard: Beaten = await this.#client.send(consumerGroupHeartbeat, 0, beat)
    if (heard.errorCode !== ErrorCode.NONE)
      throw new Error(`a heartbeat was answered with ${heard.errorCode}`)
    const changed = heard.memberEpoch !== this.#epoch || heard.assignment !== null
    this.#epoch = heard.memberEpoch
    if (heard.assignment) this.#owned = heard.assignment.topicPartitions
    return changed
  }
}
