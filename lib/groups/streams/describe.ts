import type { streamsGroupDescribe } from '../../../protocol/messages/streams-group-describe.ts'
import type { ResponseOf } from '../../../protocol/schema.ts'
import type { StreamsGroup } from './group.ts'
import type { StreamsMember } from './member.ts'
import { NO_TASK_OFFSETS } from './task-offsets.ts'
import { listTasks, type OwnedTasks, type TasksByRole } from './tasks.ts'
import { bySubtopologyId, type Subtopology } from './topology.ts'

export type DescribedStreamsGroup = NonNullable<ResponseOf<typeof streamsGroupDescribe>['groups']>[number]
type DescribedMember = NonNullable<DescribedStreamsGroup['members']>[number]
type DescribedTopology = NonNullable<DescribedStreamsGroup['topology']>
type DescribedSubtopology = NonNullable<DescribedTopology['subtopologies']>[number]

/** A streams group as StreamsGroupDescribe shows it: its internal topics with the sizes that were found for them. */
export function describeStreamsGroup(group: StreamsGroup, assignorName: string): DescribedStreamsGroup {
  const { topology, configured } = group
  const sized =
    configured && !configured.fault && configured.subtopologies
      ? [...configured.subtopologies.values()].map(({ topics }) => topics)
      : (topology?.subtopologies ?? [])
  return {
    groupId: group.groupId,
    groupState: group.state,
    groupEpoch: group.groupEpoch,
    assignmentEpoch: group.assignmentEpoch,
    assignorName,
    topology: topology
      ? { epoch: topology.epoch, subtopologies: bySubtopologyId(sized).map(describeSubtopology) }
      : null,
    members: [...group.members.values()].map((member) => describeMember(group, member)),
  }
}

function describeSubtopology(subtopology: Subtopology): DescribedSubtopology {
  return {
    subtopologyId: subtopology.subtopologyId,
    sourceTopics: [...subtopology.sourceTopics].sort(),
    repartitionSinkTopics: [...subtopology.repartitionSinkTopics].sort(),
    repartitionSourceTopics: byName(subtopology.repartitionSourceTopics),
    stateChangelogTopics: byName(subtopology.stateChangelogTopics),
  }
}

function byName<T extends { readonly name: string }>(topics: readonly T[]): T[] {
  return [...topics].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function describeMember(group: StreamsGroup, member: StreamsMember): DescribedMember {
  const { memberId, assigned } = member
  const { offsets, endOffsets } = group.taskOffsets.get(memberId) ?? NO_TASK_OFFSETS
  return {
    memberId,
    memberEpoch: member.memberEpoch,
    instanceId: member.instanceId,
    rackId: member.rackId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    topologyEpoch: member.topologyEpoch,
    processId: member.processId,
    userEndpoint: member.userEndpoint,
    clientTags: [...member.clientTags].map(([key, value]) => ({ key, value })),
    taskOffsets: listOffsets(offsets),
    taskEndOffsets: listOffsets(endOffsets),
    assignment: describeTasks(assigned),
    targetAssignment: describeTasks(group.targetOf(memberId)),
  }
}

function describeTasks({ active, standby, warmup }: OwnedTasks | TasksByRole) {
  return {
    activeTasks: bySubtopologyId(listTasks(active)),
    standbyTasks: bySubtopologyId(listTasks(standby)),
    warmupTasks: bySubtopologyId(listTasks(warmup)),
  }
}

function listOffsets(offsets: ReadonlyMap<string, ReadonlyMap<number, number>>) {
  const listed = [...offsets].map(([subtopologyId, partitions]) => ({ subtopologyId, partitions }))
  return bySubtopologyId(listed).flatMap(({ subtopologyId, partitions }) =>
    [...partitions]
      .sort(([a], [b]) => a - b)
      .map(([partition, offset]) => ({ subtopologyId, partition, offset })),
  )
}
