import { hashMapOrder, JavaPriorityQueue } from '../java-collections.ts'
import { type AssignedTasks, ProcessLoad, type Task } from './process-load.ts'

type Tasks = ReadonlyMap<string, ReadonlySet<number> | ReadonlyMap<number, unknown>>

/** A member of a streams group as the assignor knows it. */
export interface TaskMember {
  readonly memberId: string
  readonly processId: string
  /** What it runs now. */
  readonly active: Tasks
  /** What it keeps copies of now. */
  readonly standby: Tasks
  /** How far it has restored tasks, also those that it has nothing to do with now. */
  readonly taskOffsets: ReadonlyMap<string, ReadonlyMap<number, number>>
}

export interface TaskGroup {
  readonly members: readonly TaskMember[]
  /** In the order of their ids. */
  readonly subtopologies: readonly {
    readonly subtopologyId: string
    readonly tasks: number
    readonly isStateful: boolean
  }[]
  readonly standbyReplicas: number
}

export interface AssignedToMember {
  readonly active: AssignedTasks
  readonly standby: AssignedTasks
}

interface Candidate {
  readonly member: TaskMember
  readonly isStandby: boolean
  readonly offset: number
}

/**
 * Kafka's only assignor of tasks (`StickyTaskAssignor`): a task goes to who runs it, else to who has its state, else to
 * who has the fewest; copies of stateful tasks go to other processes likewise. Decisions that Kafka leaves to the order of
 * Java's maps and heaps come out the same.
 */
export function assignTasks(group: TaskGroup): Map<string, AssignedToMember> {
  const assignment = new Assignment(group)
  assignment.assignActive()
  if (group.standbyReplicas > 0) assignment.assignStandby()
  return assignment.result()
}

/** Members take tasks up to a quota; one that has reached it counts no more, and what is left is shared by the others. */
class Quota {
  #tasks: number
  #members: number
  perMember: number

  constructor(tasks: number, members: number) {
    this.#tasks = tasks
    this.#members = members
    this.perMember = Quota.#share(tasks, members)
  }

  static #share(tasks: number, members: number): number {
    return members === 0 ? 0 : Math.ceil(tasks / members)
  }

  /** A member has that many now. */
  onAssigned(tasks: number): void {
    if (tasks !== this.perMember) return
    this.#members--
    this.#tasks -= tasks
    this.perMember = Quota.#share(this.#tasks, this.#members)
  }
}

class Assignment {
  readonly #group: TaskGroup
  readonly #members: readonly TaskMember[]
  readonly #processes = new Map<string, ProcessLoad>()
  /** The processes in the order in which Kafka walks them. */
  readonly #ordered: readonly ProcessLoad[]
  readonly #previousActive = new Map<string, TaskMember>()
  readonly #previousStandby = new Map<string, Candidate[]>()
  readonly #activeQuota: Quota
  readonly #totalQuota: Quota

  constructor(group: TaskGroup) {
    this.#group = group
    const byId = new Map(group.members.map((member) => [member.memberId, member]))
    this.#members = hashMapOrder([...byId.keys()]).map((memberId) => byId.get(memberId) as TaskMember)
    let active = 0
    let total = 0
    for (const { tasks, isStateful } of group.subtopologies) {
      active += tasks
      total += tasks * (isStateful ? 1 + group.standbyReplicas : 1)
    }
    this.#activeQuota = new Quota(active, this.#members.length)
    this.#totalQuota = new Quota(total, this.#members.length)
    for (const member of this.#members) this.#enter(member)
    for (const candidates of this.#previousStandby.values()) {
      candidates.sort((a, b) => Number(b.isStandby) - Number(a.isStandby) || b.offset - a.offset)
    }
    this.#ordered = hashMapOrder([...this.#processes.keys()], this.#members.length).map(
      (processId) => this.#processes.get(processId) as ProcessLoad,
    )
  }

  #enter(member: TaskMember): void {
    const process = this.#processes.get(member.processId) ?? new ProcessLoad(member.processId)
    this.#processes.set(member.processId, process)
    process.addMember(member.memberId)
    for (const task of each(member.active)) this.#previousActive.set(nameOf(task), member)
    const offsetOf = ({ subtopologyId, partition }: Task) =>
      member.taskOffsets.get(subtopologyId)?.get(partition) ?? 0
    for (const task of each(member.standby)) this.#addCandidate(task, member, true, offsetOf(task))
    for (const task of each(member.taskOffsets)) {
      if (member.standby.get(task.subtopologyId)?.has(task.partition)) continue
      this.#addCandidate(task, member, false, offsetOf(task))
    }
  }

  #addCandidate(task: Task, member: TaskMember, isStandby: boolean, offset: number): void {
    const name = nameOf(task)
    const candidates = this.#previousStandby.get(name) ?? []
    this.#previousStandby.set(name, candidates)
    candidates.push({ member, isStandby, offset })
  }

  assignActive(): void {
    let tasks = this.#tasks(() => true).sort(byPartition)
    tasks = tasks.filter((task) => !this.#giveActive(task, this.#previousActive.get(nameOf(task))))
    tasks = tasks.filter((task) => !this.#giveActive(task, this.#leastLoadedPrevious(task)))
    tasks.sort(bySubtopology)
    const byLoad = this.#processesByLoad()
    for (const task of tasks) {
      const process = byLoad.poll() as ProcessLoad
      this.#onAssigned('active', process.giveToLeastLoaded(task, 'active'))
      byLoad.add(process)
    }
  }

  assignStandby(): void {
    const { standbyReplicas } = this.#group
    const left: { readonly task: Task; readonly replicas: number }[] = []
    for (const task of this.#tasks(({ isStateful }) => isStateful).sort((a, b) => byPartition(b, a))) {
      for (let replica = 0; replica < standbyReplicas; replica++) {
        const isGiven =
          this.#giveStandby(task, this.#previousActive.get(nameOf(task))) ||
          this.#giveStandby(task, this.#leastLoadedPrevious(task, true))
        if (isGiven) continue
        left.push({ task, replicas: standbyReplicas - replica })
        break
      }
    }
    left.sort((a, b) => bySubtopology(b.task, a.task))
    const byLoad = this.#processesByLoad()
    for (const { task, replicas } of left) {
      for (let replica = 0; replica < replicas; replica++) {
        if (!this.#giveToLeastLoaded(task, byLoad)) break
      }
    }
  }

  result(): Map<string, AssignedToMember> {
    return new Map(
      this.#members.map(({ memberId, processId }) => [
        memberId,
        (this.#processes.get(processId) as ProcessLoad).assignedTo(memberId),
      ]),
    )
  }

  #tasks(isWanted: (subtopology: TaskGroup['subtopologies'][number]) => boolean): Task[] {
    return this.#group.subtopologies
      .filter(isWanted)
      .flatMap(({ subtopologyId, tasks }) =>
        Array.from({ length: tasks }, (_, partition) => ({ subtopologyId, partition })),
      )
  }

  #processesByLoad(): JavaPriorityQueue<ProcessLoad> {
    return new JavaPriorityQueue((a, b) => a.load - b.load, this.#ordered)
  }

  /** Kafka counts all tasks of a member against both quotas, so that one may be passed without being reached. */
  #onAssigned(role: 'active' | 'standby', tasks: number): void {
    if (role === 'active') this.#activeQuota.onAssigned(tasks)
    this.#totalQuota.onAssigned(tasks)
  }

  #giveActive(task: Task, member: TaskMember | undefined): boolean {
    if (!member) return false
    const process = this.#processes.get(member.processId) as ProcessLoad
    if (process.tasksOf(member.memberId) >= this.#activeQuota.perMember) return false
    this.#onAssigned('active', process.give(member.memberId, task, 'active'))
    return true
  }

  #giveStandby(task: Task, member: TaskMember | undefined): boolean {
    if (!member) return false
    const process = this.#processes.get(member.processId) as ProcessLoad
    if (process.has(task) || process.tasksOf(member.memberId) >= this.#totalQuota.perMember) return false
    this.#onAssigned('standby', process.give(member.memberId, task, 'standby'))
    return true
  }

  /** To the process that has the fewest for each member, of those that do not have the task. */
  #giveToLeastLoaded(task: Task, byLoad: JavaPriorityQueue<ProcessLoad>): boolean {
    const process = byLoad.poll()
    if (!process) return false
    let isGiven = false
    if (!process.has(task)) {
      this.#onAssigned('standby', process.giveToLeastLoaded(task, 'standby'))
      isGiven = true
    } else if (byLoad.size > 0) {
      isGiven = this.#giveToLeastLoaded(task, byLoad)
    }
    byLoad.add(process)
    return isGiven
  }

  /** Of those that have the task's state, a later one only if both it and its process have less to do. */
  #leastLoadedPrevious(task: Task, isToBeWithout = false): TaskMember | undefined {
    let least: { readonly member: TaskMember; readonly load: number; readonly tasks: number } | undefined
    for (const { member } of this.#previousStandby.get(nameOf(task)) ?? []) {
      const process = this.#processes.get(member.processId) as ProcessLoad
      if (isToBeWithout && process.has(task)) continue
      const { load } = process
      const tasks = process.tasksOf(member.memberId)
      if (!least || (load < least.load && tasks < least.tasks)) least = { member, load, tasks }
    }
    return least?.member
  }
}

function nameOf({ subtopologyId, partition }: Task): string {
  return `${subtopologyId}_${partition}`
}

function* each(tasks: Tasks): Generator<Task> {
  for (const [subtopologyId, partitions] of tasks) {
    for (const partition of partitions.keys()) yield { subtopologyId, partition }
  }
}

function compareIds(a: Task, b: Task): number {
  if (a.subtopologyId === b.subtopologyId) return 0
  return a.subtopologyId < b.subtopologyId ? -1 : 1
}

function byPartition(a: Task, b: Task): number {
  return a.partition - b.partition || compareIds(a, b)
}

function bySubtopology(a: Task, b: Task): number {
  return compareIds(a, b) || a.partition - b.partition
}
