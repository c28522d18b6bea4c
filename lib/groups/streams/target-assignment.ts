import { assignTasks } from '../assignor/sticky-tasks.ts'
import type { GroupRecord } from '../group-record.ts'
import type { GroupShard } from '../shard.ts'
import type { ConfiguredTopology } from './configured-topology.ts'
import type { StreamsGroup } from './group.ts'
import type { StreamsMember } from './member.ts'
import { targetEpochRecord, targetRecord } from './records.ts'
import { NO_TASK_OFFSETS } from './task-offsets.ts'
import { NO_TASKS, type TasksByRole } from './tasks.ts'

export const STANDBY_REPLICAS = 'num.standby.replicas'
export const RACK_AWARE_TAGS = 'rack.aware.assignment.tags'

/** What the assignor goes by besides members and topology. */
export function assignmentConfigs(shard: GroupShard, groupId: string): Map<string, string> {
  const { streamsNumStandbyReplicas, streamsRackAwareAssignmentTags } = shard.services.groupConfig(groupId)
  const configs = new Map([[STANDBY_REPLICAS, String(streamsNumStandbyReplicas)]])
  if (streamsRackAwareAssignmentTags.length > 0) {
    configs.set(RACK_AWARE_TAGS, streamsRackAwareAssignmentTags.join(','))
  }
  return configs
}

/** Whether the last target assignment is so recent that the next one has to wait. */
export function mustWait(shard: GroupShard, { groupId, assignmentTimestampMs }: StreamsGroup): boolean {
  const { streamsAssignmentIntervalMs } = shard.services.groupConfig(groupId)
  if (assignmentTimestampMs === 0) return false
  return shard.services.clock.now() < assignmentTimestampMs + streamsAssignmentIntervalMs
}

export interface TargetAssignment {
  readonly targets: ReadonlyMap<string, TasksByRole>
  readonly records: readonly GroupRecord[]
}

/**
 * The target assignment of that epoch (`TargetAssignmentBuilder`); of nothing as long as the topology cannot run.
 *
 * @param members with those that are not in the group yet
 * @param targetOf what members should have until now
 */
export function makeTargetAssignment(
  shard: GroupShard,
  group: StreamsGroup,
  groupEpoch: number,
  members: readonly StreamsMember[],
  { fault, subtopologies }: ConfiguredTopology,
  configs: ReadonlyMap<string, string>,
): TargetAssignment {
  const { groupId } = group
  const assigned =
    fault || !subtopologies
      ? undefined
      : assignTasks({
          members: members.map(({ memberId, processId, assigned: { active, standby } }) => ({
            memberId,
            processId,
            active,
            standby,
            taskOffsets: (group.taskOffsets.get(memberId) ?? NO_TASK_OFFSETS).offsets,
          })),
          subtopologies: [...subtopologies.values()],
          standbyReplicas: Number(configs.get(STANDBY_REPLICAS) ?? 0),
        })
  const targets = new Map<string, TasksByRole>()
  const records: GroupRecord[] = []
  for (const { memberId } of members) {
    const given = assigned?.get(memberId)
    const target = given ? { ...given, warmup: NO_TASKS.warmup } : NO_TASKS
    targets.set(memberId, target)
    if (!group.hasTarget(memberId, target)) records.push(targetRecord(groupId, memberId, target))
  }
  records.push(targetEpochRecord(groupId, groupEpoch, shard.services.clock.now()))
  shard.services.logger.info('group assigned', { groupId, groupEpoch, members: members.length })
  return { targets, records }
}

/** New members have been waited for long enough: those that are there get their tasks (KIP-1071). */
export function endInitialRebalance(shard: GroupShard, group: StreamsGroup): void {
  group.initialRebalance = undefined
  const { members, groupEpoch, configured } = group
  if (group.isEmpty || !configured || groupEpoch <= group.assignmentEpoch) return
  if (mustWait(shard, group)) return
  const configs = group.assignmentConfigs
  shard.write(
    makeTargetAssignment(shard, group, groupEpoch, [...members.values()], configured, configs).records,
  )
}
