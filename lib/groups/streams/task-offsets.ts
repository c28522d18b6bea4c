import { ErrorCode } from '../../../protocol/errors.ts'
import { ApiError } from '../../metadata/controller/api-error.ts'
import type { StreamsHeartbeatRequest } from './heartbeat-messages.ts'

type OffsetsByTask = ReadonlyMap<string, ReadonlyMap<number, number>>

/** How far a member has restored the states of its tasks, and how far it has to: told now and then, and never kept. */
export interface TaskOffsets {
  readonly offsets: OffsetsByTask
  readonly endOffsets: OffsetsByTask
}

export const NO_TASK_OFFSETS: TaskOffsets = { offsets: new Map(), endOffsets: new Map() }

/** What was known, with what the heartbeat tells anew; null stands for: as before (`MemberTaskOffsets.update`). */
export function updatedTaskOffsets(
  known: TaskOffsets,
  { taskOffsets, taskEndOffsets }: StreamsHeartbeatRequest,
): TaskOffsets | ApiError {
  const offsets = taskOffsets === null ? known.offsets : offsetsByTask(taskOffsets)
  if (offsets instanceof ApiError) return offsets
  const endOffsets = taskEndOffsets === null ? known.endOffsets : offsetsByTask(taskEndOffsets)
  return endOffsets instanceof ApiError ? endOffsets : { offsets, endOffsets }
}

function offsetsByTask(
  listed: NonNullable<StreamsHeartbeatRequest['taskOffsets']>,
): OffsetsByTask | ApiError {
  const bySubtopology = new Map<string, Map<number, number>>()
  for (const { subtopologyId, partition, offset } of listed) {
    const offsets = bySubtopology.get(subtopologyId) ?? new Map<number, number>()
    if (offsets.has(partition)) {
      const task = `subtopology ${subtopologyId} and partition ${partition}`
      return new ApiError(ErrorCode.INVALID_REQUEST, `Task offsets contain a duplicate entry for ${task}.`)
    }
    bySubtopology.set(subtopologyId, offsets.set(partition, offset))
  }
  return bySubtopology
}
