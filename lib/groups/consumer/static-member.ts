import type { GroupShard } from '../shard.ts'
import type { ConsumerGroup } from './group.ts'
import type { ConsumerMember } from './member.ts'
import { currentRecord, memberRecord, memberTombstones, targetRecord } from './records.ts'

/**
 * A static member is back under another member id and takes its old place, with all that it had and should have
 * (`GroupMetadataManager.replaceMember`).
 */
export function replaceStaticMember(
  shard: GroupShard,
  group: ConsumerGroup,
  predecessor: ConsumerMember,
  memberId: string,
): ConsumerMember {
  const { groupId } = group
  const member = { ...predecessor, memberId, memberEpoch: 0, previousMemberEpoch: 0 }
  const target = group.targetOf(predecessor.memberId)
  group.timers.cancelAllOf(predecessor.memberId)
  shard.write([
    ...memberTombstones(groupId, predecessor.memberId),
    memberRecord(groupId, member),
    targetRecord(groupId, memberId, target),
    currentRecord(groupId, member),
  ])
  return member
}
