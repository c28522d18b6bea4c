import { ErrorCode } from '../../../protocol/errors.ts'
import { ApiError } from '../../metadata/controller/api-error.ts'
import type { StreamsGroup } from './group.ts'
import { isReconciledTo, MemberState, type StreamsMember } from './member.ts'
import { haveTasksInCommon, isWithoutTasks, NO_TASKS, type Tasks, type TasksByRole } from './tasks.ts'

/** What a member is to be brought to. */
export interface Target {
  readonly epoch: number
  readonly tasks: TasksByRole
}

/**
 * Takes the member one step on its way to its target: it gives up first, then moves to the new epoch, then gets what
 * others have given up (KIP-1071, `CurrentAssignmentBuilder`).
 *
 * @param owned what it says it owns; null: as before
 * @returns the member as it is then, the same object where nothing is new
 */
export function reconciled(
  group: StreamsGroup,
  member: StreamsMember,
  target: Target,
  owned: TasksByRole | null,
): StreamsMember | ApiError {
  if (isReconciledTo(member, target.epoch)) return member
  const { memberEpoch } = member
  const towards = (epoch: number) => new Step(group, member, target, owned).towardsTarget(epoch)
  switch (member.state) {
    case MemberState.STABLE:
    case MemberState.UNRELEASED_TASKS:
      return towards(memberEpoch)
    case MemberState.UNREVOKED_TASKS:
      return mayOwn(owned, member.pendingRevocation) ? member : towards(memberEpoch + 1)
    default:
      if (owned && isWithoutTasks(owned)) return towards(target.epoch)
      return new ApiError(
        ErrorCode.FENCED_MEMBER_EPOCH,
        'The streams group member is in a unknown state. The member must abandon all its tasks and rejoin.',
      )
  }
}

type AnyTasks = Parameters<typeof haveTasksInCommon>[1]

function mayOwn(owned: TasksByRole | null, tasks: AnyTasks): boolean {
  return owned === null || haveTasksInCommon(owned, tasks)
}

type MutableTasks = Map<string, Set<number>>
type MutableEpochs = Map<string, Map<number, number>>

/** Tasks of one role: what stays, what is to be given up, what is to come, and whether some of that is not free yet. */
interface Difference<T> {
  readonly kept: T
  readonly revoked: T
  readonly pending: T
  readonly waits: boolean
}

class Step {
  readonly #group: StreamsGroup
  readonly #member: StreamsMember
  readonly #target: Target
  readonly #owned: TasksByRole | null

  constructor(group: StreamsGroup, member: StreamsMember, target: Target, owned: TasksByRole | null) {
    this.#group = group
    this.#member = member
    this.#target = target
    this.#owned = owned
  }

  towardsTarget(memberEpoch: number): StreamsMember {
    const { assigned } = this.#member
    const { tasks } = this.#target
    const active = this.#activeDifference()
    const standby = difference(assigned.standby, tasks.standby, (...task) => this.#isStandbyTaken(...task))
    const warmup = difference(assigned.warmup, tasks.warmup, (...task) => this.#isWarmupTaken(...task))
    // One that the member runs, or keeps a copy of in another role, need not be given up first.
    for (const [subtopologyId, partition] of each(assigned.active)) grant(standby, subtopologyId, partition)
    for (const [subtopologyId, partition] of each(assigned.standby)) {
      if (grant(warmup, subtopologyId, partition)) remove(standby.revoked, subtopologyId, partition)
    }
    for (const [subtopologyId, partition] of each(assigned.warmup)) {
      if (grant(standby, subtopologyId, partition)) remove(warmup.revoked, subtopologyId, partition)
    }
    for (const { revoked } of [standby, warmup]) {
      for (const [subtopologyId, partition] of each(tasks.active)) remove(revoked, subtopologyId, partition)
    }
    const pendingRevocation = { active: active.revoked, standby: standby.revoked, warmup: warmup.revoked }
    const revokes = !isWithoutTasks(pendingRevocation) && mayOwn(this.#owned, pendingRevocation)
    this.#keepUntilPromoted(assigned.standby, standby.kept, active.pending, revokes)
    this.#keepUntilPromoted(assigned.warmup, warmup.kept, active.pending, revokes)
    const kept = { active: active.kept, standby: standby.kept, warmup: warmup.kept }
    if (revokes) {
      const state = MemberState.UNREVOKED_TASKS
      return this.#moved(memberEpoch, { state, assigned: kept, pendingRevocation })
    }
    const waits = active.waits || standby.waits || warmup.waits
    return this.#moved(this.#target.epoch, {
      state: waits ? MemberState.UNRELEASED_TASKS : MemberState.STABLE,
      assigned: {
        active: mergedEpochs(active.kept, active.pending),
        standby: merged(standby.kept, standby.pending),
        warmup: merged(warmup.kept, warmup.pending),
      },
      pendingRevocation: NO_TASKS,
    })
  }

  #moved(memberEpoch: number, change: Partial<StreamsMember>): StreamsMember {
    return { ...this.#member, ...change, memberEpoch, previousMemberEpoch: this.#member.memberEpoch }
  }

  #activeDifference(): Difference<MutableEpochs> {
    const { assigned } = this.#member
    const { epoch, tasks } = this.#target
    const found = difference(assigned.active, tasks.active, (...task) => this.#isActiveTaken(...task))
    const own = (subtopologyId: string, partition: number) =>
      assigned.active.get(subtopologyId)?.get(partition) as number
    return {
      kept: withEpochs(found.kept, own),
      revoked: withEpochs(found.revoked, own),
      pending: withEpochs(found.pending, () => epoch),
      waits: found.waits,
    }
  }

  /** A task that is run by anybody, or kept by another member of the process, cannot be given now. */
  #isActiveTaken(subtopologyId: string, partition: number): boolean {
    const { activeProcesses, standbyProcesses, warmupProcesses } = this.#group
    const { processId, assigned } = this.#member
    const isKeptBeside = (processes: typeof standbyProcesses, own: Tasks) =>
      processes.of(subtopologyId, partition).has(processId) && own.get(subtopologyId)?.has(partition) !== true
    return (
      activeProcesses.of(subtopologyId, partition).size > 0 ||
      isKeptBeside(standbyProcesses, assigned.standby) ||
      isKeptBeside(warmupProcesses, assigned.warmup)
    )
  }

  #isStandbyTaken(subtopologyId: string, partition: number): boolean {
    const { activeProcesses, standbyProcesses, warmupProcesses } = this.#group
    const { processId, assigned } = this.#member
    const isOn = (processes: typeof standbyProcesses) => processes.of(subtopologyId, partition).has(processId)
    return (
      (isOn(activeProcesses) && assigned.active.get(subtopologyId)?.has(partition) !== true) ||
      isOn(standbyProcesses) ||
      (isOn(warmupProcesses) && assigned.warmup.get(subtopologyId)?.has(partition) !== true)
    )
  }

  #isWarmupTaken(subtopologyId: string, partition: number): boolean {
    const { activeProcesses, standbyProcesses, warmupProcesses } = this.#group
    const { processId, assigned } = this.#member
    const isOn = (processes: typeof standbyProcesses) => processes.of(subtopologyId, partition).has(processId)
    return (
      isOn(activeProcesses) ||
      (isOn(standbyProcesses) && assigned.standby.get(subtopologyId)?.has(partition) !== true) ||
      isOn(warmupProcesses)
    )
  }

  /** A copy of a task that the member is to run is kept until it does. */
  #keepUntilPromoted(
    copies: Tasks,
    kept: MutableTasks,
    pendingActive: MutableEpochs,
    revokes: boolean,
  ): void {
    for (const [subtopologyId, partition] of each(copies)) {
      if (this.#target.tasks.active.get(subtopologyId)?.has(partition) !== true) continue
      const isPromoted = !revokes && pendingActive.get(subtopologyId)?.has(partition) === true
      if (!isPromoted) add(kept, subtopologyId, partition)
    }
  }
}

function difference(
  current: ReadonlyMap<string, ReadonlySet<number> | ReadonlyMap<number, number>>,
  target: Tasks,
  isTaken: (subtopologyId: string, partition: number) => boolean,
): Difference<MutableTasks> {
  const [kept, revoked, pending]: MutableTasks[] = [new Map(), new Map(), new Map()]
  let waits = false
  for (const [subtopologyId, partition] of each(current)) {
    const stays = target.get(subtopologyId)?.has(partition)
    add((stays ? kept : revoked) as MutableTasks, subtopologyId, partition)
  }
  for (const [subtopologyId, partition] of each(target)) {
    if (current.get(subtopologyId)?.has(partition)) continue
    if (isTaken(subtopologyId, partition)) waits = true
    else add(pending as MutableTasks, subtopologyId, partition)
  }
  return {
    kept: kept as MutableTasks,
    revoked: revoked as MutableTasks,
    pending: pending as MutableTasks,
    waits,
  }
}

function* each(
  tasks: ReadonlyMap<string, ReadonlySet<number> | ReadonlyMap<number, number>>,
): Generator<[subtopologyId: string, partition: number]> {
  for (const [subtopologyId, partitions] of tasks) {
    for (const partition of partitions.keys()) yield [subtopologyId, partition]
  }
}

function add(tasks: MutableTasks, subtopologyId: string, partition: number): void {
  tasks.set(subtopologyId, (tasks.get(subtopologyId) ?? new Set()).add(partition))
}

function remove(tasks: MutableTasks, subtopologyId: string, partition: number): void {
  const partitions = tasks.get(subtopologyId)
  if (partitions?.delete(partition) && partitions.size === 0) tasks.delete(subtopologyId)
}

/** What was to come is there; false where it was not to come. */
function grant(
  { pending, kept }: Difference<MutableTasks>,
  subtopologyId: string,
  partition: number,
): boolean {
  if (pending.get(subtopologyId)?.has(partition) !== true) return false
  remove(pending, subtopologyId, partition)
  add(kept, subtopologyId, partition)
  return true
}

function withEpochs(
  tasks: MutableTasks,
  epochOf: (subtopologyId: string, partition: number) => number,
): MutableEpochs {
  return new Map(
    [...tasks].map(([subtopologyId, partitions]) => [
      subtopologyId,
      new Map([...partitions].map((partition) => [partition, epochOf(subtopologyId, partition)])),
    ]),
  )
}

function merged(a: MutableTasks, b: MutableTasks): MutableTasks {
  for (const [subtopologyId, partition] of each(b)) add(a, subtopologyId, partition)
  return a
}

function mergedEpochs(a: MutableEpochs, b: MutableEpochs): MutableEpochs {
  for (const [subtopologyId, epochs] of b) {
    a.set(subtopologyId, new Map([...(a.get(subtopologyId) ?? []), ...epochs]))
  }
  return a
}
