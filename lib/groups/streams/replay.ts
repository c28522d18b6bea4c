import { streamsGroupCurrentMemberAssignment } from '../../../protocol/formats/consumer-offsets/streams-group-current-member-assignment.ts'
import { streamsGroupMemberMetadata } from '../../../protocol/formats/consumer-offsets/streams-group-member-metadata.ts'
import { streamsGroupMetadata } from '../../../protocol/formats/consumer-offsets/streams-group-metadata.ts'
import { streamsGroupTargetAssignmentMember } from '../../../protocol/formats/consumer-offsets/streams-group-target-assignment-member.ts'
import { streamsGroupTargetAssignmentMetadata } from '../../../protocol/formats/consumer-offsets/streams-group-target-assignment-metadata.ts'
import { streamsGroupTopology } from '../../../protocol/formats/consumer-offsets/streams-group-topology.ts'
import { type GroupRecord, type GroupRecordOf, isOfKind } from '../group-record.ts'
import type { StreamsGroup } from './group.ts'
import { MemberState, newStreamsMember, type StreamsMember } from './member.ts'
import { NO_TASKS, type OwnedTasks, type TaskEpochs, tasksOf } from './tasks.ts'

/** Where the groups are. */
export interface StreamsGroups {
  /** The streams group of that id, made where there is none and `create` says so. */
  streamsGroup(groupId: string, create: boolean): StreamsGroup | undefined
  /** Nothing is left of it. */
  dropGroup(groupId: string): void
}

/**
 * Does what the record says happened. Without a value it says that something is gone, which may have been gone before.
 *
 * @returns whether the record is one of a streams group
 */
export function replayStreamsGroup(groups: StreamsGroups, record: GroupRecord): boolean {
  if (isOfKind(record, streamsGroupMemberMetadata)) replayMember(groups, record)
  else if (isOfKind(record, streamsGroupMetadata)) replayEpoch(groups, record)
  else if (isOfKind(record, streamsGroupTopology)) {
    const { key, value } = record
    const group = groups.streamsGroup(key.groupId, value !== null)
    if (group) group.topology = value ?? undefined
  } else if (isOfKind(record, streamsGroupTargetAssignmentMember)) {
    const { key, value } = record
    const target = value && {
      active: tasksOf(value.activeTasks),
      standby: tasksOf(value.standbyTasks),
      warmup: tasksOf(value.warmupTasks),
    }
    groups.streamsGroup(key.groupId, value !== null)?.setTarget(key.memberId, target ?? undefined)
  } else if (isOfKind(record, streamsGroupTargetAssignmentMetadata)) {
    const { key, value } = record
    const group = groups.streamsGroup(key.groupId, value !== null)
    if (!group) return true
    group.assignmentEpoch = value?.assignmentEpoch ?? -1
    group.assignmentTimestampMs = value?.assignmentTimestamp ?? 0
  } else if (isOfKind(record, streamsGroupCurrentMemberAssignment)) replayCurrent(groups, record)
  else return false
  return true
}

function replayMember(
  groups: StreamsGroups,
  { key: { groupId, memberId }, value }: GroupRecordOf<typeof streamsGroupMemberMetadata>,
): void {
  const group = groups.streamsGroup(groupId, value !== null)
  if (!value) {
    group?.removeMember(memberId)
    return
  }
  group?.setMember({
    ...(group.members.get(memberId) ?? newStreamsMember(memberId)),
    ...value,
    clientTags: new Map(value.clientTags.map((tag) => [tag.key, tag.value])),
  })
}

function replayEpoch(
  groups: StreamsGroups,
  { key: { groupId }, value }: GroupRecordOf<typeof streamsGroupMetadata>,
): void {
  const group = groups.streamsGroup(groupId, value !== null)
  if (!group) return
  if (!value) {
    groups.dropGroup(groupId)
    return
  }
  group.groupEpoch = value.epoch
  group.metadataHash = Number(value.metadataHash)
  group.validatedTopologyEpoch = value.validatedTopologyEpoch
  const configs = value.lastAssignmentConfigs ?? []
  group.assignmentConfigs = new Map(configs.map((config) => [config.key, config.value]))
}

function replayCurrent(
  groups: StreamsGroups,
  { key: { groupId, memberId }, value }: GroupRecordOf<typeof streamsGroupCurrentMemberAssignment>,
): void {
  const group = groups.streamsGroup(groupId, value !== null)
  const member = group?.members.get(memberId) ?? (value ? newStreamsMember(memberId) : undefined)
  if (!group || !member) return
  group.setMember({ ...member, ...(value ? currentOf(value) : GONE) })
}

const GONE = {
  memberEpoch: -1,
  previousMemberEpoch: -1,
  assigned: NO_TASKS,
  pendingRevocation: NO_TASKS,
} as const

type CurrentValue = NonNullable<GroupRecordOf<typeof streamsGroupCurrentMemberAssignment>['value']>

function currentOf(
  value: CurrentValue,
): Pick<StreamsMember, 'memberEpoch' | 'previousMemberEpoch' | 'state' | 'assigned' | 'pendingRevocation'> {
  const { memberEpoch, previousMemberEpoch } = value
  const assigned: OwnedTasks = {
    active: epochsOf(value.activeTasks, memberEpoch),
    standby: tasksOf(value.standbyTasks),
    warmup: tasksOf(value.warmupTasks),
  }
  const pendingRevocation: OwnedTasks = {
    active: epochsOf(value.activeTasksPendingRevocation, memberEpoch),
    standby: tasksOf(value.standbyTasksPendingRevocation),
    warmup: tasksOf(value.warmupTasksPendingRevocation),
  }
  return { memberEpoch, previousMemberEpoch, state: stateOf(value.state), assigned, pendingRevocation }
}

function stateOf(code: number): MemberState {
  const { STABLE, UNREVOKED_TASKS, UNRELEASED_TASKS, UNKNOWN } = MemberState
  return [STABLE, UNREVOKED_TASKS, UNRELEASED_TASKS].find((state) => state === code) ?? UNKNOWN
}

/** Brokers before 4.4 did not say in which epoch a task was given: the member's own will do. */
function epochsOf(listed: CurrentValue['activeTasks'], memberEpoch: number): TaskEpochs {
  return new Map(
    listed.map(({ subtopologyId, partitions, assignmentEpochs }) => [
      subtopologyId,
      new Map(
        partitions.map((partition, i) => [partition, assignmentEpochs?.[i] ?? Math.max(memberEpoch, 0)]),
      ),
    ]),
  )
}
