import fc from 'fast-check'
import t from 'tap'
import type { StreamsGroup } from '../../../../lib/groups/streams/group.ts'
import { ErrorCode } from '../../../../protocol/errors.ts'
import { GroupRig } from '../../../helpers/groups/group-rig.ts'
import {
  namesOf,
  type Owned,
  StreamsGroupDriver,
  type StreamsMemberDriver,
  WORD_COUNT,
} from '../../../helpers/groups/streams-driver.ts'

/*
 * Members of three processes join, take their time to give tasks up, leave, crash and lose their coordinator, in any order.
 * Whatever happens: no task is run by two members of the group, no process has a task twice, and epochs only rise. When all
 * is quiet every task is run, and every task with state is kept once more by another process that there is.
 */

const SCHEDULES = 250
const MEMBERS = 5
const PROCESSES = 3
const TASKS = ['0_0', '0_1', '0_2', '1_0', '1_1', '1_2']
const NOTHING: Owned = { activeTasks: [], standbyTasks: [], warmupTasks: [] }

type Step =
  | { readonly kind: 'act' | 'linger' | 'leave' | 'crash'; readonly member: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'fail' }

const member = fc.nat(MEMBERS - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('act' as const), member }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('linger' as const), member }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('leave' as const, 'crash' as const), member }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(1, 900, 6000, 21_000, 46_000),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'fail' as const }) },
)

class World {
  readonly #rig = new GroupRig({
    brokers: 2,
    configs: {
      'offsets.topic.num.partitions': '1',
      'default.replication.factor': '2',
      'group.streams.num.standby.replicas': '1',
      'group.streams.initial.rebalance.delay.ms': '500',
    },
  })
  readonly #group = new StreamsGroupDriver(this.#rig, WORD_COUNT)
  readonly #members: StreamsMemberDriver[]
  /** What each still has: more than it may where it takes its time. */
  readonly #running = new Map<StreamsMemberDriver, Owned>()
  readonly #alive = new Set<StreamsMemberDriver>()
  #groupEpoch = 0

  constructor() {
    this.#rig.createTopic('orders', 3, 2)
    this.#rig.createOffsetsTopic()
    this.#members = Array.from({ length: MEMBERS }, (_, i) =>
      this.#group.member(`m${i}`, `p${i % PROCESSES}`),
    )
  }

  async take(step: Step): Promise<void> {
    if (step.kind === 'pass') await this.#rig.advance(step.ms)
    else if (step.kind === 'fail') this.#fail()
    else {
      const member = this.#members[step.member] as StreamsMemberDriver
      if (step.kind === 'act') await this.#act(member, true)
      else if (step.kind === 'linger') await this.#act(member, false)
      else {
        if (step.kind === 'leave' && this.#alive.has(member)) await member.leave(-1, this.#coordinator)
        this.#stop(member)
      }
    }
    this.#check()
  }

  /** Says what it has, having given up what it was told to where `obeys`. */
  async #act(member: StreamsMemberDriver, obeys: boolean): Promise<void> {
    if (!this.#alive.has(member)) {
      const heard = await member.join(this.#coordinator)
      if (heard.errorCode !== ErrorCode.NONE) throw new Error(`join: ${heard.errorMessage}`)
      this.#alive.add(member)
      this.#running.set(member, member.owned)
      return
    }
    if (obeys) this.#running.set(member, member.owned)
    const epoch = member.epoch
    const heard = await member.heartbeat(this.#running.get(member), this.#coordinator)
    if (
      heard.errorCode === ErrorCode.UNKNOWN_MEMBER_ID ||
      heard.errorCode === ErrorCode.FENCED_MEMBER_EPOCH
    ) {
      this.#stop(member)
    } else if (heard.errorCode !== ErrorCode.NONE) {
      throw new Error(`heartbeat: ${heard.errorCode} ${heard.errorMessage}`)
    } else if (heard.memberEpoch < epoch) {
      throw new Error(`an epoch of ${heard.memberEpoch} after ${epoch}`)
    }
  }

  #stop(member: StreamsMemberDriver): void {
    this.#alive.delete(member)
    this.#running.set(member, NOTHING)
  }

  get #coordinator() {
    const { image } = this.#rig.metadata
    const nodeId = image.topicsByName.get('__consumer_offsets')?.partitions[0]?.leader as number
    return { nodeId }
  }

  #fail(): void {
    const { nodeId } = this.#coordinator
    this.#rig.stopBroker(nodeId)
    this.#rig.startBroker(nodeId)
  }

  get #state(): StreamsGroup | undefined {
    const shard = this.#rig.coordinator.shardOf(this.#coordinator.nodeId, 'group')
    return shard?.groups.get('group') as StreamsGroup | undefined
  }

  #check(): void {
    const group = this.#state
    if (!group) return
    if (group.groupEpoch < this.#groupEpoch)
      throw new Error(`group epoch ${group.groupEpoch} after ${this.#groupEpoch}`)
    this.#groupEpoch = group.groupEpoch
    const active = new Set<string>()
    const byProcess = new Set<string>()
    for (const [member, { activeTasks, standbyTasks }] of this.#running) {
      if (!group.members.has(member.memberId)) continue
      for (const task of namesOf(activeTasks)) {
        if (active.has(task)) throw new Error(`${task} is run twice`)
        active.add(task)
      }
      for (const task of [...namesOf(activeTasks), ...namesOf(standbyTasks)]) {
        const placed = `${task} of ${member.processId}`
        if (byProcess.has(placed)) throw new Error(`${placed} is there twice`)
        byProcess.add(placed)
      }
    }
  }

  async quiet(): Promise<void> {
    if (this.#alive.size === 0) await this.#act(this.#members[0] as StreamsMemberDriver, true)
    // Those who were given up come again; those who crashed are given up; then tasks are given up, then taken.
    const staying = [...this.#alive]
    for (const ms of [20_000, 20_000, 20_000, ...Array.from({ length: 9 }, () => 1000)]) {
      for (const member of staying) {
        await this.#act(member, true)
        this.#check()
      }
      await this.#rig.advance(ms)
    }
    const group = this.#state
    if (group?.state !== 'Stable') throw new Error(`the group is ${group?.state}`)
    const alive = [...this.#alive]
    if (alive.length !== group.members.size)
      throw new Error(`${group.members.size} members, ${alive.length} alive`)
    const running = alive.flatMap(({ owned }) => namesOf(owned.activeTasks)).sort()
    if (running.join() !== TASKS.join()) throw new Error(`run: ${running}`)
    const standby = alive.flatMap(({ owned }) => namesOf(owned.standbyTasks)).sort()
    const expected = new Set(alive.map(({ processId }) => processId)).size > 1 ? '1_0,1_1,1_2' : ''
    if (standby.join() !== expected) throw new Error(`kept: ${standby}`)
  }
}

t.test(
  'whatever members do, no task is run twice, and in the end all are run',
  { timeout: 60_000 },
  async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 40 }), async (steps) => {
        const world = new World()
        for (const step of steps) await world.take(step)
        await world.quiet()
      }),
      { numRuns: SCHEDULES },
    )
    t.pass(`${SCHEDULES} schedules`)
  },
)
