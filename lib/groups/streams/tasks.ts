import {
  inOrder,
  NO_PARTITIONS,
  type PartitionEpochs,
  sameEpochs,
  samePartitions,
  type TopicPartitions,
} from '../topic-partitions.ts'

/** Tasks by the id of their subtopology: each reads the partitions of one number of all its source topics. */
export type Tasks = TopicPartitions

/** Tasks, each with the epoch in which its owner was given it (KIP-1251). */
export type TaskEpochs = PartitionEpochs

/**
 * What a member does with tasks: it runs them, it keeps copies of their state, or it makes such copies because it is to
 * run them (KIP-1071).
 */
export interface TasksByRole {
  readonly active: Tasks
  readonly standby: Tasks
  readonly warmup: Tasks
}

/** The same of tasks that were given: for active ones it matters in which epoch. */
export interface OwnedTasks {
  readonly active: TaskEpochs
  readonly standby: Tasks
  readonly warmup: Tasks
}

export const NO_TASKS = { active: NO_PARTITIONS, standby: NO_PARTITIONS, warmup: NO_PARTITIONS } as const

/** As messages and records list them. */
export type ListedTasks = readonly {
  readonly subtopologyId: string
  readonly partitions: readonly number[]
}[]

type AnyTasks = ReadonlyMap<string, ReadonlySet<number> | ReadonlyMap<number, number>>

interface AnyTasksByRole {
  readonly active: AnyTasks
  readonly standby: AnyTasks
  readonly warmup: AnyTasks
}

export function listTasks(tasks: AnyTasks): { subtopologyId: string; partitions: number[] }[] {
  return [...tasks].map(([subtopologyId, partitions]) => ({
    subtopologyId,
    partitions: inOrder(partitions.keys()),
  }))
}

export function tasksOf(listed: ListedTasks): Tasks {
  return new Map(listed.map(({ subtopologyId, partitions }) => [subtopologyId, new Set(partitions)]))
}

export function sameTasks(a: TasksByRole, b: TasksByRole): boolean {
  return (
    samePartitions(a.active, b.active) &&
    samePartitions(a.standby, b.standby) &&
    samePartitions(a.warmup, b.warmup)
  )
}

export function sameOwned(a: OwnedTasks, b: OwnedTasks): boolean {
  return (
    sameEpochs(a.active, b.active) &&
    samePartitions(a.standby, b.standby) &&
    samePartitions(a.warmup, b.warmup)
  )
}

export function isWithoutTasks({ active, standby, warmup }: AnyTasksByRole): boolean {
  return active.size === 0 && standby.size === 0 && warmup.size === 0
}

/** Whether one of the tasks has the same role in both. */
export function haveTasksInCommon(a: AnyTasksByRole, b: AnyTasksByRole): boolean {
  return overlap(a.active, b.active) || overlap(a.standby, b.standby) || overlap(a.warmup, b.warmup)
}

function overlap(a: AnyTasks, b: AnyTasks): boolean {
  for (const [subtopologyId, partitions] of a) {
    const others = b.get(subtopologyId)
    if (others === undefined) continue
    for (const partition of partitions.keys()) if (others.has(partition)) return true
  }
  return false
}

/** Whether all of these are among the tasks. */
export function areAmong(listed: ListedTasks, tasks: AnyTasks): boolean {
  return listed.every(({ subtopologyId, partitions }) => {
    const known = tasks.get(subtopologyId)
    return known !== undefined && partitions.every((partition) => known.has(partition))
  })
}

/** Which processes have each task. */
export class TaskProcesses {
  readonly #processes = new Map<string, Map<number, Set<string>>>()

  of(subtopologyId: string, partition: number): ReadonlySet<string> {
    return this.#processes.get(subtopologyId)?.get(partition) ?? NOBODY
  }

  add(processId: string, tasks: AnyTasks): void {
    for (const [subtopologyId, partitions] of tasks) {
      const known = this.#processes.get(subtopologyId) ?? new Map<number, Set<string>>()
      this.#processes.set(subtopologyId, known)
      for (const partition of partitions.keys()) {
        known.set(partition, (known.get(partition) ?? new Set()).add(processId))
      }
    }
  }

  remove(processId: string, tasks: AnyTasks): void {
    for (const [subtopologyId, partitions] of tasks) {
      for (const partition of partitions.keys()) {
        this.#processes.get(subtopologyId)?.get(partition)?.delete(processId)
      }
    }
  }
}

const NOBODY: ReadonlySet<string> = new Set()
