import { shareGroupCurrentMemberAssignment } from '../../../protocol/formats/consumer-offsets/share-group-current-member-assignment.ts'
import { shareGroupMemberMetadata } from '../../../protocol/formats/consumer-offsets/share-group-member-metadata.ts'
import { shareGroupMetadata } from '../../../protocol/formats/consumer-offsets/share-group-metadata.ts'
import { shareGroupStatePartitionMetadata } from '../../../protocol/formats/consumer-offsets/share-group-state-partition-metadata.ts'
import { shareGroupTargetAssignmentMember } from '../../../protocol/formats/consumer-offsets/share-group-target-assignment-member.ts'
import { shareGroupTargetAssignmentMetadata } from '../../../protocol/formats/consumer-offsets/share-group-target-assignment-metadata.ts'
import { type GroupRecord, type GroupRecordOf, isOfKind } from '../group-record.ts'
import { NO_PARTITIONS, partitionsOf } from '../topic-partitions.ts'
import { newShareMember, type ShareGroup } from './group.ts'

/** Where the groups are. */
export interface ShareGroups {
  /** The share group of that id, made where there is none and `create` says so. */
  shareGroup(groupId: string, create: boolean): ShareGroup | undefined
  /** Nothing is left of it. */
  dropGroup(groupId: string): void
}

/**
 * Does what the record says happened. Without a value it says that something is gone.
 *
 * @returns whether the record is one of a share group
 */
export function replayShareGroup(groups: ShareGroups, record: GroupRecord): boolean {
  if (isOfKind(record, shareGroupMemberMetadata)) replayMember(groups, record)
  else if (isOfKind(record, shareGroupMetadata)) {
    const { key, value } = record
    if (!value) {
      if (groups.shareGroup(key.groupId, false)) groups.dropGroup(key.groupId)
      return true
    }
    const group = groups.shareGroup(key.groupId, true) as ShareGroup
    group.groupEpoch = value.epoch
    group.metadataHash = Number(value.metadataHash)
  } else if (isOfKind(record, shareGroupTargetAssignmentMember)) {
    const { key, value } = record
    const group = groups.shareGroup(key.groupId, value !== null)
    group?.setTarget(key.memberId, value ? partitionsOf(value.topicPartitions) : undefined)
  } else if (isOfKind(record, shareGroupTargetAssignmentMetadata)) {
    const { key, value } = record
    const group = groups.shareGroup(key.groupId, value !== null)
    if (!group) return true
    group.assignmentEpoch = value?.assignmentEpoch ?? -1
    group.assignmentTimestampMs = Number(value?.assignmentTimestamp ?? 0)
  } else if (isOfKind(record, shareGroupCurrentMemberAssignment)) replayCurrent(groups, record)
  else if (isOfKind(record, shareGroupStatePartitionMetadata)) {
    const { key, value } = record
    const group = groups.shareGroup(key.groupId, value !== null)
    if (group) group.initialized = partitionsOf(value?.initializedTopics ?? [])
  } else return false
  return true
}

function replayMember(
  groups: ShareGroups,
  { key: { groupId, memberId }, value }: GroupRecordOf<typeof shareGroupMemberMetadata>,
): void {
  const group = groups.shareGroup(groupId, value !== null)
  if (!value) {
    group?.removeMember(memberId)
    return
  }
  const { rackId, clientId, clientHost, subscribedTopicNames } = value
  group?.setMember({
    ...(group.members.get(memberId) ?? newShareMember(memberId)),
    rackId,
    clientId,
    clientHost,
    subscribedTopicNames: new Set(subscribedTopicNames),
  })
}

function replayCurrent(
  groups: ShareGroups,
  { key: { groupId, memberId }, value }: GroupRecordOf<typeof shareGroupCurrentMemberAssignment>,
): void {
  const group = groups.shareGroup(groupId, value !== null)
  const member = group?.members.get(memberId) ?? (value ? newShareMember(memberId) : undefined)
  if (!group || !member) return
  group.setMember({
    ...member,
    memberEpoch: value?.memberEpoch ?? -1,
    previousMemberEpoch: value?.previousMemberEpoch ?? -1,
    assigned: value ? partitionsOf(value.assignedPartitions) : NO_PARTITIONS,
  })
}
