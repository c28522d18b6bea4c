import type { Timer } from '../../lab/clock.ts'
import { MemberTimers } from '../consumer/member-timers.ts'
import type { ConfiguredTopology } from './configured-topology.ts'
import { isReconciledTo, type StreamsMember } from './member.ts'
import type { TaskOffsets } from './task-offsets.ts'
import { NO_TASKS, type OwnedTasks, sameTasks, TaskProcesses, type TasksByRole } from './tasks.ts'
import type { StreamsTopology } from './topology.ts'

/**
 * - Empty: no members.
 * - NotReady: the topics of the topology are not, or not yet, as it needs them.
 * - Assigning: the target assignment is older than the group's epoch.
 * - Reconciling: members are on their way to the target assignment.
 * - Stable: all are there.
 */
export type StreamsGroupState = 'Empty' | 'NotReady' | 'Assigning' | 'Reconciling' | 'Stable'

/** The epochs of a group that nobody has joined: the first member raises both. */
const INITIAL_EPOCH = 1

/** A group of KIP-1071: who is in it, what it runs, what each shall have and what each has (`StreamsGroup`). */
export class StreamsGroup {
  readonly type = 'streams'
  readonly protocolType = 'streams'
  readonly groupId: string
  // What records say (`replay.ts`).
  groupEpoch = INITIAL_EPOCH
  metadataHash = 0
  /** The epoch of the topology for which the topics were found right; -1 when they were not. */
  validatedTopologyEpoch = -1
  /** What the target assignment was made by. */
  assignmentConfigs: ReadonlyMap<string, string> = new Map()
  assignmentEpoch = INITIAL_EPOCH
  /** When the target assignment was made, ms since 1970; 0 when the next one need not wait. */
  assignmentTimestampMs = 0
  topology: StreamsTopology | undefined
  readonly #members = new Map<string, StreamsMember>()
  readonly #staticMembers = new Map<string, string>()
  readonly #targets = new Map<string, TasksByRole>()
  // What the coordinator knows beyond them.
  /** The topology with the topics as they are; undefined until somebody is heard of. */
  configured: ConfiguredTopology | undefined
  /** The `TopicChanges.version` up to which the topics are known not to have changed. */
  topicsCheckedAt = -1
  /** Runs while new members of a new group are waited for. */
  initialRebalance: Timer | undefined
  /** Who wants all members to stop; forgotten when the group is empty. */
  shutdownRequestedBy: string | undefined
  /** Rises when members that others can reach have other tasks, or other endpoints. */
  endpointEpoch = 0
  /** What members said of their tasks, by member id. */
  readonly taskOffsets = new Map<string, TaskOffsets>()
  readonly timers = new MemberTimers()
  readonly activeProcesses = new TaskProcesses()
  readonly standbyProcesses = new TaskProcesses()
  readonly warmupProcesses = new TaskProcesses()

  constructor(groupId: string) {
    this.groupId = groupId
  }

  get members(): ReadonlyMap<string, StreamsMember> {
    return this.#members
  }

  get isEmpty(): boolean {
    return this.#members.size === 0
  }

  get state(): StreamsGroupState {
    if (this.isEmpty) return 'Empty'
    if (this.topology?.epoch !== this.validatedTopologyEpoch) return 'NotReady'
    if (this.groupEpoch > this.assignmentEpoch) return 'Assigning'
    for (const member of this.#members.values()) {
      if (!isReconciledTo(member, this.assignmentEpoch)) return 'Reconciling'
    }
    return 'Stable'
  }

  isSubscribedTo(topic: string): boolean {
    if (this.isEmpty || !this.topology) return false
    return this.topology.subtopologies.some(
      ({ sourceTopics, repartitionSourceTopics }) =>
        sourceTopics.includes(topic) || repartitionSourceTopics.some(({ name }) => name === topic),
    )
  }

  staticMember(instanceId: string): StreamsMember | undefined {
    const memberId = this.#staticMembers.get(instanceId)
    return memberId === undefined ? undefined : this.#members.get(memberId)
  }

  targetOf(memberId: string): TasksByRole {
    return this.#targets.get(memberId) ?? NO_TASKS
  }

  hasTarget(memberId: string, target: TasksByRole): boolean {
    const known = this.#targets.get(memberId)
    return known !== undefined && sameTasks(known, target)
  }

  setTarget(memberId: string, target: TasksByRole | undefined): void {
    if (target) this.#targets.set(memberId, target)
    else this.#targets.delete(memberId)
  }

  /** A member of that id comes, or is another than before. */
  setMember(member: StreamsMember): void {
    const { memberId, instanceId, processId } = member
    const old = this.#members.get(memberId)
    if (old) this.#forget(old)
    this.#members.set(memberId, member)
    if (instanceId !== null) this.#staticMembers.set(instanceId, memberId)
    this.#own(processId, member.assigned)
    this.#own(processId, member.pendingRevocation)
  }

  removeMember(memberId: string): void {
    const old = this.#members.get(memberId)
    if (!old) return
    this.#forget(old)
    this.#members.delete(memberId)
    this.taskOffsets.delete(memberId)
    if (this.isEmpty) this.shutdownRequestedBy = undefined
  }

  #own(processId: string, { active, standby, warmup }: OwnedTasks): void {
    this.activeProcesses.add(processId, active)
    this.standbyProcesses.add(processId, standby)
    this.warmupProcesses.add(processId, warmup)
  }

  #forget({ memberId, instanceId, processId, assigned, pendingRevocation }: StreamsMember): void {
    if (instanceId !== null && this.#staticMembers.get(instanceId) === memberId) {
      this.#staticMembers.delete(instanceId)
    }
    for (const { active, standby, warmup } of [assigned, pendingRevocation]) {
      this.activeProcesses.remove(processId, active)
      this.standbyProcesses.remove(processId, standby)
      this.warmupProcesses.remove(processId, warmup)
    }
  }

  cancelTimers(): void {
    this.initialRebalance?.cancel()
    this.timers.cancelAll()
  }
}
