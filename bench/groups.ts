// A group of 500 members and 5,000 partitions: the processor time of a classic rebalance and of each heartbeat of KIP-848,
// beside Kafka and kfake; and how long each single heartbeat takes from the bytes of its request to those of its answer.

import type { Handler } from '../lib/network/handler.ts'
import { codecOf } from '../protocol/codec.ts'
import { consumerGroupHeartbeat } from '../protocol/messages/consumer-group-heartbeat.ts'
import { Reader } from '../protocol/primitives/reader.ts'
import { Writer } from '../protocol/primitives/writer.ts'
import type { Decoded, Encodable } from '../protocol/schema.ts'
import { GroupRig } from '../test/helpers/groups/group-rig.ts'
import { contextOf } from '../test/helpers/handlers.ts'
import type { Bar, Goal, Report } from './harness/report.ts'
import { quantile, readable } from './harness.ts'
import { classicRebalance, consumerHeartbeats, type HeartbeatLoad, prepareGroups } from './load/group-load.ts'
import { josephk, kafka, kfake } from './load/servers.ts'

const MEMBERS = 500
const PARTITIONS = 5000
const REBALANCE_GOAL_SECONDS = 1
const HEARTBEAT_GOAL_MICROSECONDS = 200

export async function bench(report: Report): Promise<void> {
  await compareServers(report)
  heartbeatsOneByOne(report)
}

async function compareServers(report: Report): Promise<void> {
  const goals: Goal[] = []
  const rebalances: Bar[] = []
  const beats: Bar[] = []
  const rows = [['processor time', 'classic rebalance', 'heartbeat', 'heartbeat while reconciling']]
  for (const kind of [josephk, kafka, kfake]) {
    const missing = kind.missing()
    if (missing !== undefined) {
      report.missing(kind.name, missing)
      continue
    }
    report.step(kind.name)
    const server = await kind.start()
    try {
      await prepareGroups(server, PARTITIONS)
      const rebalance = await classicRebalance(server, MEMBERS, PARTITIONS)
      const heartbeats = await consumerHeartbeats(server, MEMBERS)
      rows.push([kind.name, `${(rebalance * 1000).toFixed(0)} ms`, ...shown(heartbeats)])
      rebalances.push({ group: '', who: kind.name, value: rebalance })
      if (heartbeats) {
        beats.push({ group: 'steady', who: kind.name, value: heartbeats.steady })
        beats.push({ group: 'reconciling', who: kind.name, value: heartbeats.reconciling })
      }
      if (kind !== josephk) continue
      const slowest = Math.max(heartbeats?.steady ?? Number.NaN, heartbeats?.reconciling ?? Number.NaN)
      goals.push(
        { what: 'classic rebalance', value: rebalance, unit: 's', atMost: REBALANCE_GOAL_SECONDS },
        heartbeatGoal('processor time', slowest),
      )
    } finally {
      await server.stop()
    }
  }
  report.show({
    title: `${MEMBERS} members, ${PARTITIONS} partitions, over TCP`,
    rows,
    goals,
    charts: [
      { title: 'Classic rebalance', unit: 'processor seconds', better: 'less', bars: rebalances },
      { title: 'Heartbeat', unit: 'processor microseconds', better: 'less', bars: beats },
    ],
  })
}

function shown(load: HeartbeatLoad | undefined): string[] {
  if (!load) return ['not spoken', 'not spoken']
  return [`${load.steady.toFixed(0)} us`, `${load.reconciling.toFixed(0)} us`]
}

function heartbeatGoal(what: string, value: number): Goal {
  return { what: `heartbeat, ${what}`, value, unit: 'us', atMost: HEARTBEAT_GOAL_MICROSECONDS }
}

type Beat = Encodable<(typeof consumerGroupHeartbeat)['request']>

/** The coordinator in this process, with the clock in our hands. */
class Coordinator {
  readonly #rig = new GroupRig({ configs: { 'offsets.topic.num.partitions': '1' } })
  readonly #handler: Handler
  readonly #writer = new Writer()
  readonly #context = contextOf(1).context
  /** Nanoseconds of the heartbeats since it was last emptied. */
  readonly taken: number[] = []

  constructor() {
    this.#rig.createTopic('bench', PARTITIONS)
    this.#rig.createOffsetsTopic()
    this.#handler = this.#rig.handlerOf(consumerGroupHeartbeat)
  }

  pass(ms: number): void {
    this.#rig.clock.advance(ms)
  }

  heartbeat(beat: Beat): Decoded<(typeof consumerGroupHeartbeat)['response']> {
    const { request, response } = consumerGroupHeartbeat
    codecOf(request, 1).encode(this.#writer, { groupId: 'group', ...beat })
    const bytes = Buffer.concat(this.#writer.take())
    const started = process.hrtime.bigint()
    const decoded = codecOf(request, 1).decode(new Reader(bytes))
    const answer = this.#handler.handle(decoded as never, this.#context)
    codecOf(response, 1).encode(this.#writer, answer as never)
    const slices = this.#writer.take()
    this.taken.push(Number(process.hrtime.bigint() - started))
    return codecOf(response, 1).decode(new Reader(Buffer.concat(slices)))
  }
}

class Member {
  readonly #coordinator: Coordinator
  readonly #memberId: string
  #epoch = 0
  #owned: NonNullable<Beat['topicPartitions']> = []
  #tells = true

  constructor(coordinator: Coordinator, memberId: string) {
    this.#coordinator = coordinator
    this.#memberId = memberId
  }

  join(): void {
    const topics = { subscribedTopicNames: ['bench'], topicPartitions: [] }
    this.#send({ memberEpoch: 0, rebalanceTimeoutMs: 60_000, ...topics })
  }

  beat(): void {
    this.#send({ memberEpoch: this.#epoch, topicPartitions: this.#tells ? this.#owned : null })
  }

  leave(): void {
    this.#send({ memberEpoch: -1 })
  }

  #send(beat: Beat): void {
    const heard = this.#coordinator.heartbeat({ memberId: this.#memberId, ...beat })
    if (heard.errorCode !== 0) throw new Error(`a heartbeat was answered with ${heard.errorCode}`)
    this.#epoch = heard.memberEpoch
    this.#tells = heard.assignment !== null
    if (heard.assignment) this.#owned = heard.assignment.topicPartitions
  }
}

/** Rounds of heartbeats of everybody. */
const ROUNDS = 40

function heartbeatsOneByOne(report: Report): void {
  const coordinator = new Coordinator()
  const group = Array.from({ length: MEMBERS }, (_, i) => new Member(coordinator, `member-${i}`))
  const rows = [['a heartbeat', 'median', 'mean', '99 of 100', 'slowest']]
  const goals: Goal[] = []
  const phase = (name: string, work: () => void) => {
    coordinator.taken.length = 0
    work()
    const { taken } = coordinator
    const at = (share: number) => quantile(taken, share)
    const mean = taken.reduce((sum, each) => sum + each, 0) / taken.length
    rows.push([name, readable(at(0.5)), readable(mean), readable(at(0.99)), readable(at(1))])
    goals.push(heartbeatGoal(`99 of 100 ${name}`, at(0.99) / 1000))
  }
  const round = () => {
    coordinator.pass(1100)
    for (const member of group) member.beat()
  }
  phase('that joins', () => {
    for (const member of group) member.join()
  })
  phase('of the first assignment', () => {
    for (let i = 0; i < 4; i++) round()
  })
  phase('of a stable group', () => {
    for (let i = 0; i < ROUNDS; i++) round()
  })
  phase('while one leaves and one joins in each round', () => {
    for (let i = 0; i < ROUNDS; i++) {
      group.shift()?.leave()
      const newcomer = new Member(coordinator, `newcomer-${i}`)
      newcomer.join()
      group.push(newcomer)
      round()
    }
  })
  report.show({ title: "A heartbeat from the request's bytes to the answer's", rows, goals })
}
