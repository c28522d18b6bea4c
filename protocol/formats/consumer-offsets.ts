import { consumerGroupCurrentMemberAssignment } from './consumer-offsets/consumer-group-current-member-assignment.ts'
import { consumerGroupMemberMetadata } from './consumer-offsets/consumer-group-member-metadata.ts'
import { consumerGroupMetadata } from './consumer-offsets/consumer-group-metadata.ts'
import { consumerGroupPartitionMetadata } from './consumer-offsets/consumer-group-partition-metadata.ts'
import { consumerGroupRegularExpression } from './consumer-offsets/consumer-group-regular-expression.ts'
import { consumerGroupTargetAssignmentMember } from './consumer-offsets/consumer-group-target-assignment-member.ts'
import { consumerGroupTargetAssignmentMetadata } from './consumer-offsets/consumer-group-target-assignment-metadata.ts'
import { groupMetadata } from './consumer-offsets/group-metadata.ts'
import { legacyOffsetCommit } from './consumer-offsets/legacy-offset-commit.ts'
import { offsetCommit } from './consumer-offsets/offset-commit.ts'
import { shareGroupCurrentMemberAssignment } from './consumer-offsets/share-group-current-member-assignment.ts'
import { shareGroupMemberMetadata } from './consumer-offsets/share-group-member-metadata.ts'
import { shareGroupMetadata } from './consumer-offsets/share-group-metadata.ts'
import { shareGroupPartitionMetadata } from './consumer-offsets/share-group-partition-metadata.ts'
import { shareGroupStatePartitionMetadata } from './consumer-offsets/share-group-state-partition-metadata.ts'
import { shareGroupTargetAssignmentMember } from './consumer-offsets/share-group-target-assignment-member.ts'
import { shareGroupTargetAssignmentMetadata } from './consumer-offsets/share-group-target-assignment-metadata.ts'
import { streamsGroupCurrentMemberAssignment } from './consumer-offsets/streams-group-current-member-assignment.ts'
import { streamsGroupMemberMetadata } from './consumer-offsets/streams-group-member-metadata.ts'
import { streamsGroupMetadata } from './consumer-offsets/streams-group-metadata.ts'
import { streamsGroupTargetAssignmentMember } from './consumer-offsets/streams-group-target-assignment-member.ts'
import { streamsGroupTargetAssignmentMetadata } from './consumer-offsets/streams-group-target-assignment-metadata.ts'
import { streamsGroupTopology } from './consumer-offsets/streams-group-topology.ts'
import type { CoordinatorRecord } from './coordinator-record.ts'

/** Every record of the topic `__consumer_offsets`, by the type its key begins with. */
export const consumerOffsetsRecords = [
  legacyOffsetCommit,
  offsetCommit,
  groupMetadata,
  consumerGroupMetadata,
  consumerGroupPartitionMetadata,
  consumerGroupMemberMetadata,
  consumerGroupTargetAssignmentMetadata,
  consumerGroupTargetAssignmentMember,
  consumerGroupCurrentMemberAssignment,
  shareGroupPartitionMetadata,
  shareGroupMemberMetadata,
  shareGroupMetadata,
  shareGroupTargetAssignmentMetadata,
  shareGroupTargetAssignmentMember,
  shareGroupCurrentMemberAssignment,
  shareGroupStatePartitionMetadata,
  consumerGroupRegularExpression,
  streamsGroupMetadata,
  streamsGroupMemberMetadata,
  streamsGroupTargetAssignmentMetadata,
  streamsGroupTargetAssignmentMember,
  streamsGroupCurrentMemberAssignment,
  streamsGroupTopology,
] as const satisfies readonly CoordinatorRecord[]
