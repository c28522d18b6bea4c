import { hashMapOrder, JavaPriorityQueue } from '../java-collections.ts'

/** One task of a subtopology. */
export interface Task {
  readonly subtopologyId: string
  readonly partition: number
}

interface MemberLoad {
  readonly memberId: string
  tasks: number
}

export type AssignedTasks = Map<string, Set<number>>

/** A process of an application, its members and what they were given so far (`ProcessState`). */
export class ProcessLoad {
  readonly processId: string
  readonly #tasks = new Map<string, number>()
  readonly #active = new Map<string, AssignedTasks>()
  readonly #standby = new Map<string, AssignedTasks>()
  readonly #given: AssignedTasks = new Map()
  #count = 0
  /** Made when it is asked for, and again after somebody was given a task otherwise. */
  #byLoad: JavaPriorityQueue<MemberLoad> | undefined

  constructor(processId: string) {
    this.processId = processId
  }

  addMember(memberId: string): void {
    this.#tasks.set(memberId, 0)
  }

  /** Tasks for each member. */
  get load(): number {
    return this.#count / this.#tasks.size
  }

  tasksOf(memberId: string): number {
    return this.#tasks.get(memberId) as number
  }

  has({ subtopologyId, partition }: Task): boolean {
    return this.#given.get(subtopologyId)?.has(partition) === true
  }

  assignedTo(memberId: string): { readonly active: AssignedTasks; readonly standby: AssignedTasks } {
    return {
      active: this.#active.get(memberId) ?? new Map(),
      standby: this.#standby.get(memberId) ?? new Map(),
    }
  }

  /** @returns how many tasks the member has then */
  give(memberId: string, task: Task, role: 'active' | 'standby'): number {
    this.#byLoad = undefined
    return this.#give(memberId, task, role)
  }

  /** The same for the member that has the fewest. */
  giveToLeastLoaded(task: Task, role: 'active' | 'standby'): number {
    if (this.#tasks.size === 1) {
      const [memberId] = this.#tasks.keys()
      return this.#give(memberId as string, task, role)
    }
    this.#byLoad ??= new JavaPriorityQueue<MemberLoad>(
      (a, b) => a.tasks - b.tasks,
      hashMapOrder([...this.#tasks.keys()]).map((memberId) => ({ memberId, tasks: this.tasksOf(memberId) })),
    )
    const member = this.#byLoad.poll() as MemberLoad
    member.tasks = this.#give(member.memberId, task, role)
    this.#byLoad.add(member)
    return member.tasks
  }

  #give(memberId: string, task: Task, role: 'active' | 'standby'): number {
    const byMember = role === 'active' ? this.#active : this.#standby
    const assigned = byMember.get(memberId) ?? new Map()
    byMember.set(memberId, assigned)
    add(assigned, task)
    add(this.#given, task)
    this.#count++
    const tasks = this.tasksOf(memberId) + 1
    this.#tasks.set(memberId, tasks)
    return tasks
  }
}

function add(tasks: AssignedTasks, { subtopologyId, partition }: Task): void {
  tasks.set(subtopologyId, (tasks.get(subtopologyId) ?? new Set()).add(partition))
}
