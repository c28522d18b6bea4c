import { consumerGroupCurrentMemberAssignment } from '../../../protocol/formats/consumer-offsets/consumer-group-current-member-assignment.ts'
import { consumerGroupMemberMetadata } from '../../../protocol/formats/consumer-offsets/consumer-group-member-metadata.ts'
import { consumerGroupMetadata } from '../../../protocol/formats/consumer-offsets/consumer-group-metadata.ts'
import { consumerGroupRegularExpression } from '../../../protocol/formats/consumer-offsets/consumer-group-regular-expression.ts'
import { consumerGroupTargetAssignmentMember } from '../../../protocol/formats/consumer-offsets/consumer-group-target-assignment-member.ts'
import { consumerGroupTargetAssignmentMetadata } from '../../../protocol/formats/consumer-offsets/consumer-group-target-assignment-metadata.ts'
import { type GroupRecord, type GroupRecordOf, isOfKind } from '../group-record.ts'
import { type PartitionEpochs, partitionsOf } from '../topic-partitions.ts'
import type { ConsumerGroup } from './group.ts'
import { type ConsumerMember, MemberState, newMember } from './member.ts'

/** Where the groups are. */
export interface ConsumerGroups {
  /** The consumer group of that id, made where there is none and `create` says so. */
  consumerGroup(groupId: string, create: boolean): ConsumerGroup | undefined
  /** Nothing is left of it. */
  dropGroup(groupId: string): void
}

/**
 * Does what the record says happened, to a group that is there or to one that is read back
 * (`GroupMetadataManager.replay`). Without a value it says that something is gone, which may have been gone before.
 *
 * @returns whether the record is one of a consumer group
 */
export function replayConsumerGroup(groups: ConsumerGroups, record: GroupRecord): boolean {
  if (isOfKind(record, consumerGroupMemberMetadata)) replayMember(groups, record)
  else if (isOfKind(record, consumerGroupMetadata)) replayEpoch(groups, record)
  else if (isOfKind(record, consumerGroupTargetAssignmentMember)) {
    const { key, value } = record
    const group = groups.consumerGroup(key.groupId, value !== null)
    group?.setTarget(key.memberId, value ? partitionsOf(value.topicPartitions) : undefined)
  } else if (isOfKind(record, consumerGroupTargetAssignmentMetadata)) {
    const { key, value } = record
    const group = groups.consumerGroup(key.groupId, value !== null)
    if (!group) return true
    group.assignmentEpoch = value?.assignmentEpoch ?? -1
    group.assignmentTimestampMs = value?.assignmentTimestamp ?? 0
  } else if (isOfKind(record, consumerGroupCurrentMemberAssignment)) replayCurrent(groups, record)
  else if (isOfKind(record, consumerGroupRegularExpression)) {
    const { key, value } = record
    const group = groups.consumerGroup(key.groupId, value !== null)
    const resolved = value && {
      topics: new Set(value.topics),
      version: value.version,
      timestampMs: value.timestamp,
    }
    group?.subscriptions.resolve(key.regularExpression, resolved ?? undefined)
  } else return false
  return true
}

function replayMember(
  groups: ConsumerGroups,
  { key: { groupId, memberId }, value }: GroupRecordOf<typeof consumerGroupMemberMetadata>,
): void {
  const group = groups.consumerGroup(groupId, value !== null)
  if (!value) group?.removeMember(memberId)
  else {
    group?.setMember({
      ...(group.members.get(memberId) ?? newMember(memberId)),
      instanceId: value.instanceId,
      rackId: value.rackId,
      clientId: value.clientId,
      clientHost: value.clientHost,
      subscribedTopicNames: new Set(value.subscribedTopicNames),
      subscribedTopicRegex: value.subscribedTopicRegex ?? '',
      rebalanceTimeoutMs: value.rebalanceTimeoutMs,
      serverAssignor: value.serverAssignor,
      classic: value.classicMemberMetadata,
    })
  }
}

function replayEpoch(
  groups: ConsumerGroups,
  { key: { groupId }, value }: GroupRecordOf<typeof consumerGroupMetadata>,
): void {
  const group = groups.consumerGroup(groupId, value !== null)
  if (!group) return
  if (!value) {
    groups.dropGroup(groupId)
    return
  }
  group.groupEpoch = value.epoch
  group.metadataHash = Number(value.metadataHash)
}

function replayCurrent(
  groups: ConsumerGroups,
  { key: { groupId, memberId }, value }: GroupRecordOf<typeof consumerGroupCurrentMemberAssignment>,
): void {
  const group = groups.consumerGroup(groupId, value !== null)
  const member = group?.members.get(memberId) ?? (value ? newMember(memberId) : undefined)
  if (!group || !member) return
  if (!value) {
    const { assigned, pendingRevocation } = newMember(memberId)
    group.setMember({ ...member, memberEpoch: -1, previousMemberEpoch: -1, assigned, pendingRevocation })
    return
  }
  const { memberEpoch, previousMemberEpoch } = value
  group.setMember({
    ...member,
    memberEpoch,
    previousMemberEpoch,
    state: stateOf(value.state),
    assigned: epochsOf(value.assignedPartitions, memberEpoch),
    pendingRevocation: epochsOf(value.partitionsPendingRevocation, memberEpoch),
  })
}

function stateOf(code: number): ConsumerMember['state'] {
  const { STABLE, UNREVOKED_PARTITIONS, UNRELEASED_PARTITIONS, UNKNOWN } = MemberState
  return [STABLE, UNREVOKED_PARTITIONS, UNRELEASED_PARTITIONS].find((state) => state === code) ?? UNKNOWN
}

type ListedEpochs = NonNullable<
  GroupRecordOf<typeof consumerGroupCurrentMemberAssignment>['value']
>['assignedPartitions']

/** Brokers before 4.4 did not say in which epoch a partition was given: the member's own will do. */
function epochsOf(listed: ListedEpochs, memberEpoch: number): PartitionEpochs {
  return new Map(
    listed.map(({ topicId, partitions, assignmentEpochs }) => [
      topicId,
      new Map(
        partitions.map((partition, i) => [partition, assignmentEpochs?.[i] ?? Math.max(memberEpoch, 0)]),
      ),
    ]),
  )
}
