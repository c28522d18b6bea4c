import fc from 'fast-check'
import t from 'tap'
import { ErrorCode } from '../../../protocol/errors.ts'
import { describeShareGroupOffsets } from '../../../protocol/messages/describe-share-group-offsets.ts'
import { shareAcknowledge } from '../../../protocol/messages/share-acknowledge.ts'
import { shareFetch } from '../../../protocol/messages/share-fetch.ts'
import { shareGroupHeartbeat } from '../../../protocol/messages/share-group-heartbeat.ts'
import { encodeBatch } from '../../../protocol/records/encode-batch.ts'
import { GroupRig } from '../../helpers/groups/group-rig.ts'

/*
 * A share group on a cluster of three brokers that are stopped and started: the leader of the partition that is shared, the coordinator of
 * the group, the coordinator of its states. What follows is read back from the logs.
 */

const GROUP = 'sharers'
const TOPIC = 'orders'
const BROKERS = [1, 2, 3] as const
const [ACCEPT, RELEASE] = [1, 2] as const
const LOCK_MS = 30_000

interface Range {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly deliveryCount: number
}

/** A member, with the epochs it counts, and the broker it has a session with. */
class Member {
  readonly memberId: string
  sessionEpoch = 0
  sessionWith = -1
  constructor(number: number) {
    this.memberId = Buffer.alloc(16, 65 + number).toString('base64url')
  }
}

class World {
  readonly rig = new GroupRig({
    brokers: BROKERS.length,
    configs: {
      'offsets.topic.num.partitions': '1',
      'share.coordinator.state.topic.num.partitions': '1',
      'share.coordinator.snapshot.update.records.per.snapshot': '3',
      'group.share.delivery.count.limit': '10',
    },
  })
  readonly members = [new Member(0), new Member(1), new Member(2)] as const
  readonly running = new Set<number>(BROKERS)
  readonly topicId: string

  constructor() {
    this.topicId = this.rig.createTopic(TOPIC, 1, BROKERS.length)
    this.rig.createOffsetsTopic()
    const resource = { resourceType: 32, resourceName: GROUP } as const
    this.rig.metadata.commit([
      { type: 'ConfigRecord', ...resource, name: 'share.auto.offset.reset', value: 'earliest' },
    ] as never)
  }

  leaderOf(topic: string): number {
    return this.rig.metadata.image.topicsByName.get(topic)?.partitions[0]?.leader ?? -1
  }

  heartbeat({ memberId }: Member, memberEpoch: number) {
    const subscribedTopicNames = memberEpoch === 0 ? [TOPIC] : null
    const request = { groupId: GROUP, memberId, memberEpoch, subscribedTopicNames }
    return this.rig.send(shareGroupHeartbeat, 1, request, { nodeId: this.leaderOf('__consumer_offsets') })
      .promise
  }

  produce(count: number): void {
    const records = Array.from({ length: count }, () => ({ key: null, value: Buffer.from('value') }))
    const batch = encodeBatch({ records, defaultTimestamp: 1 })
    this.rig.replicas.get(this.leaderOf(TOPIC))?.append([{ topic: TOPIC, partition: 0, records: batch }], 1)
  }

  stop(nodeId: number): void {
    if (this.running.size === 1 || !this.running.delete(nodeId)) return
    this.rig.stopBroker(nodeId)
  }

  start(nodeId: number): void {
    if (this.running.has(nodeId)) return
    this.running.add(nodeId)
    this.rig.startBroker(nodeId)
  }

  #request(member: Member, nodeId: number, acknowledgementBatches: readonly object[]) {
    if (member.sessionWith !== nodeId) member.sessionEpoch = 0
    member.sessionWith = nodeId
    const partitions = [{ partitionIndex: 0, acknowledgementBatches }]
    const { memberId, sessionEpoch: shareSessionEpoch } = member
    return { groupId: GROUP, memberId, shareSessionEpoch, topics: [{ topicId: this.topicId, partitions }] }
  }

  /** What the member gets; begins a session where there is none. */
  async fetch(member: Member, maxRecords = 100): Promise<readonly Range[]> {
    const nodeId = this.leaderOf(TOPIC)
    const request = {
      ...this.#request(member, nodeId, []),
      maxWaitMs: 0,
      maxBytes: 1_000_000,
      maxRecords,
      batchSize: 100,
    }
    const answer = await this.rig.send(shareFetch, 2, { ...request, shareAcquireMode: 1 }, { nodeId }).promise
    if (answer.errorCode !== ErrorCode.NONE) {
      member.sessionEpoch = 0
      return []
    }
    member.sessionEpoch++
    const [partition] = answer.responses[0]?.partitions ?? []
    return partition?.errorCode === ErrorCode.NONE ? partition.acquiredRecords : []
  }

  async acknowledge(member: Member, firstOffset: number, lastOffset: number, type: number): Promise<number> {
    const nodeId = this.leaderOf(TOPIC)
    const said = [{ firstOffset, lastOffset, acknowledgeTypes: [type] }]
    const answer = await this.rig.send(shareAcknowledge, 2, this.#request(member, nodeId, said), { nodeId })
      .promise
    if (answer.errorCode !== ErrorCode.NONE) {
      member.sessionEpoch = 0
      return answer.errorCode
    }
    member.sessionEpoch++
    return answer.responses[0]?.partitions[0]?.errorCode ?? -1
  }

  async offset() {
    const nodeId = this.leaderOf('__consumer_offsets')
    const request = { groups: [{ groupId: GROUP, topics: null }] }
    const { groups } = await this.rig.send(describeShareGroupOffsets, 1, request, { nodeId }).promise
    const { startOffset, lag } = groups[0]?.topics[0]?.partitions[0] ?? {}
    return { startOffset: Number(startOffset), lag: Number(lag) }
  }
}

async function withGroup() {
  const world = new World()
  for (const member of world.members) await world.heartbeat(member, 0)
  return world
}

t.test(
  'what was accepted stays so wherever the partition is led; what was held is to be had again',
  async (t) => {
    const world = await withGroup()
    const [a, b] = world.members
    world.produce(10)
    t.match(await world.fetch(a), [{ firstOffset: 0, lastOffset: 9, deliveryCount: 1 }])
    t.equal(await world.acknowledge(a, 2, 4, ACCEPT), ErrorCode.NONE)
    t.equal(await world.acknowledge(a, 6, 6, RELEASE), ErrorCode.NONE)
    const first = world.leaderOf(TOPIC)
    world.stop(first)
    t.not(world.leaderOf(TOPIC), first)
    const elsewhere = { nodeId: first }
    const stale = {
      groupId: GROUP,
      memberId: b.memberId,
      maxRecords: 10,
      maxBytes: 1000,
      topics: [{ topicId: world.topicId, partitions: [{ partitionIndex: 0 }] }],
    }
    const refused = await world.rig.send(shareFetch, 2, stale, elsewhere).promise
    t.match(refused.responses[0]?.partitions, [
      { errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER, currentLeader: { leaderId: world.leaderOf(TOPIC) } },
    ])
    t.equal(
      await world.acknowledge(a, 0, 1, ACCEPT),
      ErrorCode.INVALID_SHARE_SESSION_EPOCH,
      'its session went with the leader',
    )
    const got = await world.fetch(b)
    const offsets = got.flatMap(({ firstOffset, lastOffset }) => [[firstOffset, lastOffset]])
    t.same(offsets, [
      [0, 1],
      [5, 5],
      [6, 6],
      [7, 9],
    ])
    t.equal(await world.acknowledge(a, 0, 1, ACCEPT), ErrorCode.INVALID_SHARE_SESSION_EPOCH)
    t.equal(await world.acknowledge(b, 0, 1, ACCEPT), ErrorCode.NONE)
    t.same(await world.offset(), { startOffset: 0, lag: 5 }, 'the start that is kept is the one before')
    await world.rig.advance(LOCK_MS)
    t.same((await world.fetch(a)).at(-1)?.lastOffset, 9, 'locks end at the new leader, too')
  },
)

t.test('the coordinator of states goes, in the middle', async (t) => {
  const world = await withGroup()
  const [a, b] = world.members
  world.produce(10)
  await world.fetch(a, 6)
  t.equal(await world.acknowledge(a, 0, 1, ACCEPT), ErrorCode.NONE)
  world.stop(world.leaderOf('__share_group_state'))
  t.match(await world.fetch(b), [{ firstOffset: 6, lastOffset: 9 }])
  t.equal(await world.acknowledge(a, 2, 5, RELEASE), ErrorCode.NONE)
  t.match(await world.fetch(b), [{ firstOffset: 2, lastOffset: 5, deliveryCount: 2 }])
  t.equal(await world.acknowledge(b, 2, 9, ACCEPT), ErrorCode.NONE)
  t.same(await world.offset(), { startOffset: 2, lag: 0 })
})

t.test('the coordinator of the group goes, and its members go on', async (t) => {
  const world = await withGroup()
  const { memberEpoch } = await world.heartbeat(world.members[0], 0)
  const before = world.leaderOf('__consumer_offsets')
  world.stop(before)
  t.not(world.leaderOf('__consumer_offsets'), before)
  t.match(await world.heartbeat(world.members[0], memberEpoch), {
    errorCode: 0,
    memberEpoch,
    assignment: null,
  })
  t.match(await world.heartbeat(world.members[1], memberEpoch + 1), {
    errorCode: ErrorCode.FENCED_MEMBER_EPOCH,
  })
  await world.rig.advance(30_000)
  t.match(await world.heartbeat(world.members[0], memberEpoch), { errorCode: 0 })
  await world.rig.advance(20_000)
  t.match(await world.heartbeat(world.members[0], memberEpoch), { errorCode: 0 }, 'the others fell silent')
  t.match(await world.heartbeat(world.members[1], memberEpoch), { errorCode: ErrorCode.UNKNOWN_MEMBER_ID })
})

const member = fc.nat(2)
const broker = fc.constantFrom(...BROKERS)
const step = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constant('fetch'), member, fc.integer({ min: 1, max: 8 })) },
  { weight: 6, arbitrary: fc.tuple(fc.constant('accept'), member, fc.nat(6)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('release'), member, fc.nat(3)) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('produce'), fc.integer({ min: 1, max: 9 }), fc.constant(0)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('stop'), broker, fc.constant(0)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('start'), broker, fc.constant(0)) },
  fc.tuple(fc.constant('advance'), fc.integer({ min: 1, max: LOCK_MS }), fc.constant(0)),
)

/** What the members know of each record. */
class Knowledge {
  readonly #world: World
  readonly #accepted = new Set<number>()
  readonly #holders = new Map<number, { member: number; until: number; leaderEpoch: number }>()
  #startOffset = 0

  constructor(world: World) {
    this.#world = world
  }

  get #leaderEpoch(): number {
    return this.#world.rig.metadata.image.topicsByName.get(TOPIC)?.partitions[0]?.leaderEpoch as number
  }

  async fetch(index: number, maxRecords: number): Promise<number> {
    const { rig, members } = this.#world
    const before = members[index as 0].sessionEpoch
    const got = await this.#world.fetch(members[index as 0], maxRecords)
    let count = 0
    for (const { firstOffset, lastOffset } of got) {
      for (let offset = firstOffset; offset <= lastOffset; offset++) {
        const holder = this.#holders.get(offset)
        if (this.#accepted.has(offset)) throw new Error(`${offset} came again after it was accepted`)
        // Who begins a session anew has given up what it held by the old one.
        const isHeld =
          holder && holder.until > rig.clock.monotonic() && holder.leaderEpoch === this.#leaderEpoch
        if (isHeld && (holder.member !== index || before > 0))
          throw new Error(`${offset} was handed out twice`)
        this.#holders.set(offset, {
          member: index,
          until: rig.clock.monotonic() + LOCK_MS,
          leaderEpoch: this.#leaderEpoch,
        })
        count++
      }
    }
    if (count > maxRecords) throw new Error(`${count} records for ${maxRecords}`)
    return count
  }

  /** Answers for the first of what the member holds, as far as that goes without gaps. */
  async answer(index: number, more: number, type: number): Promise<void> {
    const held = [...this.#holders].filter(([, holder]) => holder.member === index).map(([offset]) => offset)
    const [first] = held.sort((a, b) => a - b)
    if (first === undefined) return
    let last = first
    while (last - first < more && held.includes(last + 1)) last++
    const member = this.#world.members[index as 0]
    if ((await this.#world.acknowledge(member, first, last, type)) !== ErrorCode.NONE) return
    for (let offset = first; offset <= last; offset++) {
      this.#holders.delete(offset)
      if (type === ACCEPT && offset >= this.#startOffset) this.#accepted.add(offset)
    }
  }

  async check(): Promise<void> {
    const { startOffset } = await this.#world.offset()
    if (startOffset < this.#startOffset && startOffset !== -1)
      throw new Error(`the start fell to ${startOffset}`)
    this.#startOffset = Math.max(this.#startOffset, startOffset)
    for (let offset = 0; offset < this.#startOffset; offset++) {
      const isKnown = this.#accepted.has(offset)
      if (!isKnown) throw new Error(`${offset} was passed over`)
    }
  }
}

t.test('brokers come and go: no record is lost, none comes again once it was accepted', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 50 }), async (steps) => {
      const world = await withGroup()
      const knowledge = new Knowledge(world)
      let produced = 0
      for (const [kind, first, second] of steps as [string, number, number][]) {
        if (kind === 'fetch') await knowledge.fetch(first, second)
        else if (kind === 'accept') await knowledge.answer(first, second, ACCEPT)
        else if (kind === 'release') await knowledge.answer(first, second, RELEASE)
        else if (kind === 'produce') {
          world.produce(first)
          produced += first
        } else if (kind === 'stop') world.stop(first)
        else if (kind === 'start') world.start(first)
        else await world.rig.advance(first)
        await knowledge.check()
      }
      for (const nodeId of BROKERS) world.start(nodeId)
      await world.rig.advance(LOCK_MS)
      // Whoever is left takes the rest.
      for (let tries = 0; tries < 200; tries++) {
        await knowledge.fetch(0, 100)
        await knowledge.answer(0, 100, ACCEPT)
        if (produced === 0 || (await world.offset()).lag === 0) return
      }
      throw new Error(`of ${produced} the group has yet to do with ${(await world.offset()).lag}`)
    }),
    { numRuns: 60 },
  )
  t.pass()
})
