import { consumerGroupCurrentMemberAssignment } from '../../../protocol/formats/consumer-offsets/consumer-group-current-member-assignment.ts'
import { consumerGroupMemberMetadata } from '../../../protocol/formats/consumer-offsets/consumer-group-member-metadata.ts'
import { consumerGroupMetadata } from '../../../protocol/formats/consumer-offsets/consumer-group-metadata.ts'
import { consumerGroupPartitionMetadata } from '../../../protocol/formats/consumer-offsets/consumer-group-partition-metadata.ts'
import { consumerGroupRegularExpression } from '../../../protocol/formats/consumer-offsets/consumer-group-regular-expression.ts'
import { consumerGroupTargetAssignmentMember } from '../../../protocol/formats/consumer-offsets/consumer-group-target-assignment-member.ts'
import { consumerGroupTargetAssignmentMetadata } from '../../../protocol/formats/consumer-offsets/consumer-group-target-assignment-metadata.ts'
import type { GroupRecord } from '../group-record.ts'
import { listPartitions, type PartitionEpochs, type TopicPartitions } from '../topic-partitions.ts'
import type { ConsumerGroup } from './group.ts'
import type { ConsumerMember } from './member.ts'
import type { ResolvedRegex } from './subscriptions.ts'

/** What the member says of itself and subscribes to. */
export function memberRecord(groupId: string, member: ConsumerMember): GroupRecord {
  const { memberId, instanceId, rackId, clientId, clientHost, rebalanceTimeoutMs, serverAssignor } = member
  return {
    record: consumerGroupMemberMetadata,
    key: { groupId, memberId },
    value: {
      instanceId,
      rackId,
      clientId,
      clientHost,
      subscribedTopicNames: [...member.subscribedTopicNames].sort(),
      subscribedTopicRegex: member.subscribedTopicRegex,
      rebalanceTimeoutMs,
      serverAssignor,
      classicMemberMetadata: member.classic,
    },
  }
}

export function epochRecord(groupId: string, epoch: number, metadataHash: number): GroupRecord {
  return { record: consumerGroupMetadata, key: { groupId }, value: { epoch, metadataHash } }
}

export function targetRecord(groupId: string, memberId: string, target: TopicPartitions): GroupRecord {
  return {
    record: consumerGroupTargetAssignmentMember,
    key: { groupId, memberId },
    value: { topicPartitions: listPartitions(target) },
  }
}

export function targetEpochRecord(
  groupId: string,
  assignmentEpoch: number,
  timestampMs: number,
): GroupRecord {
  return {
    record: consumerGroupTargetAssignmentMetadata,
    key: { groupId },
    value: { assignmentEpoch, assignmentTimestamp: timestampMs },
  }
}

/** What the member owns and where it is on its way to its target. */
export function currentRecord(groupId: string, member: ConsumerMember): GroupRecord {
  const { memberId, memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation } = member
  return {
    record: consumerGroupCurrentMemberAssignment,
    key: { groupId, memberId },
    value: {
      memberEpoch,
      previousMemberEpoch,
      state,
      assignedPartitions: listEpochs(assigned),
      partitionsPendingRevocation: listEpochs(pendingRevocation),
    },
  }
}

function listEpochs(topics: PartitionEpochs) {
  return [...topics].map(([topicId, partitions]) => ({
    topicId,
    partitions: [...partitions.keys()],
    assignmentEpochs: [...partitions.values()],
  }))
}

export function regexRecord(
  groupId: string,
  regularExpression: string,
  { topics, version, timestampMs }: ResolvedRegex,
): GroupRecord {
  return {
    record: consumerGroupRegularExpression,
    key: { groupId, regularExpression },
    value: { topics: [...topics].sort(), version, timestamp: timestampMs },
  }
}

export function regexTombstone(groupId: string, regularExpression: string): GroupRecord {
  return { record: consumerGroupRegularExpression, key: { groupId, regularExpression }, value: null }
}

/** The member is gone: what it had, what it should have, and itself, in that order. */
export function memberTombstones(groupId: string, memberId: string): GroupRecord[] {
  const key = { groupId, memberId }
  return [
    { record: consumerGroupCurrentMemberAssignment, key, value: null },
    { record: consumerGroupTargetAssignmentMember, key, value: null },
    { record: consumerGroupMemberMetadata, key, value: null },
  ]
}

/** The group is gone with all that was ever written of it, by older brokers too. */
export function groupTombstones({ groupId, members, subscriptions }: ConsumerGroup): GroupRecord[] {
  const key = { groupId }
  return [
    ...[...members.keys()].flatMap((memberId) => memberTombstones(groupId, memberId)),
    { record: consumerGroupTargetAssignmentMetadata, key, value: null },
    ...[...subscriptions.resolved.keys()].map((regex) => regexTombstone(groupId, regex)),
    { record: consumerGroupPartitionMetadata, key, value: null },
    { record: consumerGroupMetadata, key, value: null },
  ]
}
