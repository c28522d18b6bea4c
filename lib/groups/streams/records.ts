import { streamsGroupCurrentMemberAssignment } from '../../../protocol/formats/consumer-offsets/streams-group-current-member-assignment.ts'
import { streamsGroupMemberMetadata } from '../../../protocol/formats/consumer-offsets/streams-group-member-metadata.ts'
import { streamsGroupMetadata } from '../../../protocol/formats/consumer-offsets/streams-group-metadata.ts'
import { streamsGroupTargetAssignmentMember } from '../../../protocol/formats/consumer-offsets/streams-group-target-assignment-member.ts'
import { streamsGroupTargetAssignmentMetadata } from '../../../protocol/formats/consumer-offsets/streams-group-target-assignment-metadata.ts'
import { streamsGroupTopology } from '../../../protocol/formats/consumer-offsets/streams-group-topology.ts'
import type { GroupRecord } from '../group-record.ts'
import type { StreamsGroup } from './group.ts'
import type { StreamsMember } from './member.ts'
import { listTasks, type OwnedTasks, type TaskEpochs, type Tasks, type TasksByRole } from './tasks.ts'
import type { StreamsTopology } from './topology.ts'

/** What the member says of itself. */
export function memberRecord(groupId: string, member: StreamsMember): GroupRecord {
  const { memberId, instanceId, rackId, clientId, clientHost, rebalanceTimeoutMs } = member
  const { topologyEpoch, processId, userEndpoint, clientTags } = member
  return {
    record: streamsGroupMemberMetadata,
    key: { groupId, memberId },
    value: {
      instanceId,
      rackId,
      clientId,
      clientHost,
      rebalanceTimeoutMs,
      topologyEpoch,
      processId,
      userEndpoint,
      clientTags: entries(clientTags).sort((a, b) => (a.key < b.key ? -1 : 1)),
    },
  }
}

function entries(map: ReadonlyMap<string, string>): { key: string; value: string }[] {
  return [...map].map(([key, value]) => ({ key, value }))
}

/** What the group epoch stands for. */
export interface GroupEpoch {
  readonly groupEpoch: number
  readonly metadataHash: number
  readonly validatedTopologyEpoch: number
  readonly assignmentConfigs: ReadonlyMap<string, string>
}

export function epochRecord(groupId: string, group: GroupEpoch): GroupRecord {
  return {
    record: streamsGroupMetadata,
    key: { groupId },
    value: {
      epoch: group.groupEpoch,
      metadataHash: group.metadataHash,
      validatedTopologyEpoch: group.validatedTopologyEpoch,
      lastAssignmentConfigs: entries(group.assignmentConfigs),
      storedDescriptionTopologyEpoch: -1,
      failedDescriptionTopologyEpoch: -1,
    },
  }
}

export function topologyRecord(groupId: string, topology: StreamsTopology): GroupRecord {
  return { record: streamsGroupTopology, key: { groupId }, value: topology }
}

export function targetRecord(groupId: string, memberId: string, target: TasksByRole): GroupRecord {
  return {
    record: streamsGroupTargetAssignmentMember,
    key: { groupId, memberId },
    value: {
      activeTasks: inOrder(listTasks(target.active)),
      standbyTasks: inOrder(listTasks(target.standby)),
      warmupTasks: inOrder(listTasks(target.warmup)),
    },
  }
}

function inOrder<T extends { readonly subtopologyId: string }>(tasks: T[]): T[] {
  return tasks.sort((a, b) => (a.subtopologyId < b.subtopologyId ? -1 : 1))
}

export function targetEpochRecord(
  groupId: string,
  assignmentEpoch: number,
  timestampMs: number,
): GroupRecord {
  return {
    record: streamsGroupTargetAssignmentMetadata,
    key: { groupId },
    value: { assignmentEpoch, assignmentTimestamp: timestampMs },
  }
}

/** What the member owns and where it is on its way to its target. */
export function currentRecord(groupId: string, member: StreamsMember): GroupRecord {
  const { memberId, memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation } = member
  const [owned, revoked] = [listOwned(assigned), listOwned(pendingRevocation)]
  return {
    record: streamsGroupCurrentMemberAssignment,
    key: { groupId, memberId },
    value: {
      memberEpoch,
      previousMemberEpoch,
      state,
      activeTasks: owned.active,
      standbyTasks: owned.standby,
      warmupTasks: owned.warmup,
      activeTasksPendingRevocation: revoked.active,
      standbyTasksPendingRevocation: revoked.standby,
      warmupTasksPendingRevocation: revoked.warmup,
    },
  }
}

function listOwned({ active, standby, warmup }: OwnedTasks) {
  return { active: listEpochs(active), standby: withoutEpochs(standby), warmup: withoutEpochs(warmup) }
}

function listEpochs(tasks: TaskEpochs) {
  return inOrder(
    [...tasks].map(([subtopologyId, epochs]) => {
      const sorted = [...epochs].sort(([a], [b]) => a - b)
      return {
        subtopologyId,
        partitions: sorted.map(([partition]) => partition),
        assignmentEpochs: sorted.map(([, epoch]) => epoch),
      }
    }),
  )
}

function withoutEpochs(tasks: Tasks) {
  return inOrder(listTasks(tasks).map((listed) => ({ ...listed, assignmentEpochs: null })))
}

/** The member is gone: what it had, what it should have, and itself, in that order. */
export function memberTombstones(groupId: string, memberId: string): GroupRecord[] {
  const key = { groupId, memberId }
  return [
    { record: streamsGroupCurrentMemberAssignment, key, value: null },
    { record: streamsGroupTargetAssignmentMember, key, value: null },
    { record: streamsGroupMemberMetadata, key, value: null },
  ]
}

export function groupTombstones({ groupId, members }: StreamsGroup): GroupRecord[] {
  const key = { groupId }
  return [
    ...[...members.keys()].flatMap((memberId) => memberTombstones(groupId, memberId)),
    { record: streamsGroupTargetAssignmentMetadata, key, value: null },
    { record: streamsGroupTopology, key, value: null },
    { record: streamsGroupMetadata, key, value: null },
  ]
}
