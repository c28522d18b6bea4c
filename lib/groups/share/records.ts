import { shareGroupCurrentMemberAssignment } from '../../../protocol/formats/consumer-offsets/share-group-current-member-assignment.ts'
import { shareGroupMemberMetadata } from '../../../protocol/formats/consumer-offsets/share-group-member-metadata.ts'
import { shareGroupMetadata } from '../../../protocol/formats/consumer-offsets/share-group-metadata.ts'
import { shareGroupStatePartitionMetadata } from '../../../protocol/formats/consumer-offsets/share-group-state-partition-metadata.ts'
import { shareGroupTargetAssignmentMember } from '../../../protocol/formats/consumer-offsets/share-group-target-assignment-member.ts'
import { shareGroupTargetAssignmentMetadata } from '../../../protocol/formats/consumer-offsets/share-group-target-assignment-metadata.ts'
import type { MetadataImage } from '../../metadata/image.ts'
import type { GroupRecord } from '../group-record.ts'
import { listPartitions, type TopicPartitions } from '../topic-partitions.ts'
import type { ShareGroup, ShareMember } from './group.ts'

export function memberRecord(groupId: string, member: ShareMember): GroupRecord {
  const { memberId, rackId, clientId, clientHost, subscribedTopicNames } = member
  return {
    record: shareGroupMemberMetadata,
    key: { groupId, memberId },
    value: { rackId, clientId, clientHost, subscribedTopicNames: [...subscribedTopicNames].sort() },
  }
}

export function epochRecord(groupId: string, epoch: number, metadataHash: number): GroupRecord {
  return { record: shareGroupMetadata, key: { groupId }, value: { epoch, metadataHash } }
}

export function targetRecord(groupId: string, memberId: string, target: TopicPartitions): GroupRecord {
  return {
    record: shareGroupTargetAssignmentMember,
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
    record: shareGroupTargetAssignmentMetadata,
    key: { groupId },
    value: { assignmentEpoch, assignmentTimestamp: timestampMs },
  }
}

const STABLE = 0

export function currentRecord(groupId: string, member: ShareMember): GroupRecord {
  const { memberId, memberEpoch, previousMemberEpoch, assigned } = member
  return {
    record: shareGroupCurrentMemberAssignment,
    key: { groupId, memberId },
    value: { memberEpoch, previousMemberEpoch, state: STABLE, assignedPartitions: listPartitions(assigned) },
  }
}

/** The partitions whose states are set up. Here that is done at once, so that none is ever about to be. */
export function statePartitionsRecord(
  groupId: string,
  initialized: TopicPartitions,
  image: MetadataImage,
): GroupRecord {
  return {
    record: shareGroupStatePartitionMetadata,
    key: { groupId },
    value: {
      initializingTopics: [],
      initializedTopics: listPartitions(initialized).map((listed) => ({
        ...listed,
        topicName: image.topicsById.get(listed.topicId)?.name ?? '',
      })),
      deletingTopics: [],
    },
  }
}

export function memberTombstones(groupId: string, memberId: string): GroupRecord[] {
  const key = { groupId, memberId }
  return [
    { record: shareGroupCurrentMemberAssignment, key, value: null },
    { record: shareGroupTargetAssignmentMember, key, value: null },
    { record: shareGroupMemberMetadata, key, value: null },
  ]
}

export function groupTombstones({ groupId, members }: ShareGroup): GroupRecord[] {
  const key = { groupId }
  return [
    ...[...members.keys()].flatMap((memberId) => memberTombstones(groupId, memberId)),
    { record: shareGroupTargetAssignmentMetadata, key, value: null },
    { record: shareGroupStatePartitionMetadata, key, value: null },
    { record: shareGroupMetadata, key, value: null },
  ]
}
