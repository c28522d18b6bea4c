import fc from 'fast-check'
import { coordinatorPartition } from '../../../lib/groups/coordinator-key.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { describeGroups } from '../../../protocol/messages/describe-groups.ts'
import type { joinGroup } from '../../../protocol/messages/join-group.ts'
import type { syncGroup } from '../../../protocol/messages/sync-group.ts'
import { GroupDriver, type Joined, subscription } from '../../helpers/groups/group-driver.ts'
import { GroupRig, type Reply } from '../../helpers/groups/group-rig.ts'

/*
 * Members that join, sync, stall, leave, crash, come back and lose their coordinator, in any order. Whatever happens: nothing
 * is owned twice in one generation, generations only rise, no request is forgotten; and when all is quiet, all members
 * that are alive are in one stable generation that owns everything.
 */

const PARTITIONS = 6
const SESSION_MS = 10_000
const SCHEDULES = 2000

type Step =
  | { readonly kind: 'act' | 'leave' | 'crash' | 'change' | 'commit'; readonly member: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'everybody' }
  | { readonly kind: 'fail' | 'resign' }

const MEMBERS = 5
const member = fc.nat(MEMBERS - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('act' as const), member }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('leave' as const, 'crash' as const, 'change' as const),
      member,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('commit' as const), member }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(1, 700, 3000, 9000, 21_000),
    }),
  },
  { weight: 10, arbitrary: fc.constant({ kind: 'everybody' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('fail' as const, 'resign' as const) }) },
)

/** What the members see, and what must hold of it. */
class World {
  readonly rig = new GroupRig({ brokers: 2, configs: { 'offsets.topic.num.partitions': '1' } })
  readonly group = new GroupDriver(this.rig)
  coordinator: number
  /** By generation and partition, who owns it. */
  owners = new Map<string, string>()
  /** How often the coordinator moved. */
  moves = 0

  constructor() {
    this.rig.createTopic('orders', PARTITIONS)
    this.rig.createOffsetsTopic()
    const { partitions = [] } = this.rig.metadata.image.topicsByName.get('__consumer_offsets') ?? {}
    this.coordinator = partitions[coordinatorPartition('group', partitions.length)]?.leader as number
  }

  /** The coordinator's broker stops, or gives the group up and goes on; the other one reads what is in the log. */
  move(stops: boolean): void {
    const other = 3 - this.coordinator
    if (!this.rig.metadata.image.isActive(other)) this.rig.startBroker(other)
    if (stops) this.rig.stopBroker(this.coordinator)
    else this.rig.controller.moveLeader('__consumer_offsets', 0, other)
    this.coordinator = other
    this.moves++
  }

  get options() {
    return { nodeId: this.coordinator }
  }

  own(memberId: string, generationId: number, partitions: Iterable<number>): void {
    for (const partition of partitions) {
      const key = `${generationId}/${partition}`
      const owner = this.owners.get(key)
      if (owner !== undefined && owner !== memberId) {
        throw new Error(
          `in generation ${generationId} both ${owner} and ${memberId} own partition ${partition}`,
        )
      }
      this.owners.set(key, memberId)
    }
  }
}

type Phase = 'out' | 'joining' | 'joined' | 'syncing' | 'stable'

/** A client as clients are: it does the next thing that its state asks for, and believes what it is told. */
class Client {
  readonly #world: World
  readonly #groupInstanceId: string | null
  phase: Phase = 'out'
  isDead = false
  memberId = ''
  generationId = -1
  #subscription = 0
  #joining: Reply<typeof joinGroup> | undefined
  /** What it was told of its generation, before it syncs. */
  #joined: Joined | undefined
  #syncing: Reply<typeof syncGroup> | undefined
  /** A generation that nobody was assigned in may come again when the coordinator moves; one that was, never. */
  #lastAssigned = 0

  constructor(world: World, index: number) {
    this.#world = world
    // Every third is static.
    this.#groupInstanceId = index % 3 === 2 ? `instance-${index}` : null
  }

  get isWaiting(): boolean {
    return Boolean(this.#joining?.isWaiting || this.#syncing?.isWaiting)
  }

  async act(): Promise<void> {
    this.isDead = false
    await this.#world.rig.settle()
    if (this.isWaiting) return
    if (this.#joining) this.#onJoined(this.#joining.response)
    else if (this.#syncing) this.#onSynced()
    else if (this.phase === 'out') this.#join()
    else if (this.#joined) this.#sync(this.#joined)
    else await this.#heartbeat()
    await this.#world.rig.settle()
  }

  #join(): void {
    const protocols = [{ name: 'range', metadata: subscription('orders', `topic-${this.#subscription}`) }]
    const request = {
      memberId: this.memberId,
      groupInstanceId: this.#groupInstanceId,
      sessionTimeoutMs: SESSION_MS,
      protocols,
    }
    this.#joining = this.#world.group.join(request, 9, this.#world.options)
    this.phase = 'joining'
  }

  #onJoined(joined: Joined): void {
    this.#joining = undefined
    const { errorCode } = joined
    if (errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.memberId = joined.memberId
      this.#join()
    } else if (errorCode !== ErrorCode.NONE) {
      this.#onError(errorCode)
    } else {
      this.memberId = joined.memberId
      this.generationId = joined.generationId
      this.#joined = joined
      this.phase = 'joined'
    }
  }

  #sync(joined: Joined): void {
    this.#joined = undefined
    const { members } = joined
    const assignments = joined.skipAssignment
      ? []
      : members.map(({ memberId }, i) => ({
          memberId,
          assignment: Buffer.from(
            Array.from({ length: PARTITIONS }, (_, p) => p).filter((p) => p % members.length === i),
          ),
        }))
    const { options } = this.#world
    const request = { assignments, groupInstanceId: this.#groupInstanceId }
    this.#syncing = this.#world.group.sync(this, request, options)
    this.phase = 'syncing'
  }

  #onSynced(): void {
    const { errorCode, assignment } = (this.#syncing as Reply<typeof syncGroup>).response
    this.#syncing = undefined
    if (errorCode !== ErrorCode.NONE) {
      this.#onError(errorCode)
      return
    }
    this.phase = 'stable'
    if (this.generationId < this.#lastAssigned) {
      throw new Error(`from generation ${this.#lastAssigned} back to ${this.generationId}`)
    }
    this.#lastAssigned = this.generationId
    // A static member takes its predecessor's place in the same generation, under another id.
    this.#world.own(this.#groupInstanceId ?? this.memberId, this.generationId, assignment)
  }

  async #heartbeat(): Promise<void> {
    const errorCode = await this.#world.group.heartbeat(this, this.#groupInstanceId, this.#world.options)
    if (errorCode === ErrorCode.REBALANCE_IN_PROGRESS) this.#join()
    else if (errorCode !== ErrorCode.NONE) this.#onError(errorCode)
  }

  #onError(errorCode: number): void {
    switch (errorCode) {
      case ErrorCode.UNKNOWN_MEMBER_ID:
      case ErrorCode.FENCED_INSTANCE_ID:
        this.memberId = ''
        this.phase = 'out'
        return
      case ErrorCode.ILLEGAL_GENERATION:
      case ErrorCode.REBALANCE_IN_PROGRESS:
      case ErrorCode.NOT_COORDINATOR:
        this.phase = 'out'
        return
      default:
        throw new Error(`a member was told ${errorCode}`)
    }
  }

  /** It commits in its generation; that is allowed exactly while it is in it. */
  async commit(): Promise<void> {
    if (this.phase !== 'stable') return
    const errorCode = await this.#world.group.commit('orders', this.generationId, this, this.#world.options)
    const expected: number[] = [
      ErrorCode.NONE,
      ErrorCode.UNKNOWN_MEMBER_ID,
      ErrorCode.ILLEGAL_GENERATION,
      ErrorCode.REBALANCE_IN_PROGRESS,
    ]
    if (!expected.includes(errorCode)) throw new Error(`a commit was answered with ${errorCode}`)
  }

  async leave(): Promise<void> {
    if (this.memberId === '' || this.isWaiting) return
    const errorCode = await this.#world.group.leave(this.memberId, this.#groupInstanceId, this.#world.options)
    if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.UNKNOWN_MEMBER_ID) this.crash()
  }

  /** It is gone without a word, and begins anew when it acts again. */
  crash(): void {
    this.#joining?.disconnect()
    this.#syncing?.disconnect()
    this.#joining = undefined
    this.#syncing = undefined
    this.#joined = undefined
    this.memberId = ''
    this.phase = 'out'
    this.isDead = true
  }

  /** It subscribes to something else, and says so by joining again. */
  change(): void {
    this.#subscription++
    if (this.phase === 'stable') this.#join()
  }
}

async function run(steps: readonly Step[]): Promise<void> {
  const world = new World()
  const clients = Array.from({ length: MEMBERS }, (_, index) => new Client(world, index))
  for (const step of steps) {
    if (step.kind === 'pass') await world.rig.advance(step.ms)
    else if (step.kind === 'fail' || step.kind === 'resign') {
      world.move(step.kind === 'fail')
      await world.rig.settle()
      if (clients.some(({ isWaiting }) => isWaiting))
        throw new Error('the last coordinator left members waiting')
    } else if (step.kind === 'everybody') await everybody(world, clients)
    else if ('member' in step) {
      const client = clients[step.member] as Client
      if (step.kind === 'act') await client.act()
      else if (step.kind === 'leave') await client.leave()
      else if (step.kind === 'crash') client.crash()
      else if (step.kind === 'change') client.change()
      else if (step.kind === 'commit') await client.commit()
    }
  }
  // Who crashed last stays away for good, but for one.
  ;(clients[0] as Client).isDead = false
  await calm(world, clients)
}

async function everybody(world: World, clients: readonly Client[]): Promise<void> {
  for (const client of clients) if (!client.isDead) await client.act()
  await world.rig.advance(1000)
}

/** Everybody does what they should for long enough, and then some. */
async function calm(world: World, clients: readonly Client[]): Promise<void> {
  let fault: string | undefined = 'nothing yet'
  for (let round = 0, quiet = 0; round < 120 && quiet < 3; round++) {
    await everybody(world, clients)
    fault = await faultOf(
      world,
      clients.filter(({ isDead }) => !isDead),
    )
    quiet = fault === undefined ? quiet + 1 : 0
  }
  if (fault !== undefined) throw new Error(fault)
}

async function faultOf(world: World, clients: readonly Client[]): Promise<string | undefined> {
  const { groups } = await world.rig.send(describeGroups, 6, { groups: ['group'] }, world.options).promise
  const [group] = groups
  const phases = clients.map(({ phase }) => phase)
  if (group?.groupState !== 'Stable' || phases.some((phase) => phase !== 'stable')) {
    return `not stable but ${group?.groupState}, with members that are ${phases.join(', ')}`
  }
  const generations = new Set(clients.map(({ generationId }) => generationId))
  if (generations.size !== 1) return `members are in generations ${[...generations].join(', ')}`
  const known = group.members.map(({ memberId }) => memberId).sort()
  const alive = clients.map(({ memberId }) => memberId).sort()
  if (known.join() !== alive.join()) return `members are ${known}, alive are ${alive}`
  const owned = group.members.flatMap(({ memberAssignment }) => [...memberAssignment]).sort()
  const all = Array.from({ length: PARTITIONS }, (_, p) => p)
  return owned.join() === all.join() ? undefined : `owned are ${owned}`
}

// Before tap is there: its watch over promises would take most of the time.
const schedules = fc.array(step, { minLength: 5, maxLength: 50, size: 'max' })
const details = await fc.check(fc.asyncProperty(schedules, run), { numRuns: SCHEDULES })
const { default: t } = await import('tap')

t.test(`${SCHEDULES} schedules of ${MEMBERS} members`, async (t) => {
  t.notOk(details.failed, fc.defaultReportMessage(details) ?? '')
})
