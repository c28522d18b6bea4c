import { ErrorCode } from '../../../protocol/errors.ts'
import { ApiError } from '../../metadata/controller/api-error.ts'
import type { ShareCoordinator } from '../../share/share-coordinator.ts'
import type { GroupShard } from '../shard.ts'
import type { ShareGroup } from './group.ts'

/** Where a group begins in one partition; -1 where it has not read yet, or where that is not known. */
export interface SharedOffset {
  readonly startOffset: number
  readonly leaderEpoch: number
  /** Records that the group has not done with; below 0 where it begins behind the end. */
  readonly lag: number
}

const NONE_YET: SharedOffset = { startOffset: -1, leaderEpoch: 0, lag: -1 }

/** As Kafka has it, what cannot be told is no error. */
export function sharedOffset(
  shares: ShareCoordinator,
  groupId: string,
  topicId: string,
  partition: number,
): SharedOffset {
  const key = { groupId, topicId, partition }
  const state = shares.summary(key)
  if (state === undefined || typeof state === 'number') return NONE_YET
  const { startOffset, leaderEpoch } = state
  return { startOffset, leaderEpoch, lag: shares.lagOf(key, state) }
}

/** The group of which offsets may be changed: one that nobody is in. */
export function emptyShareGroup(shard: GroupShard, groupId: string): ShareGroup | ApiError {
  const group = shard.groups.get(groupId)
  if (!group) return new ApiError(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${groupId} not found.`)
  if (group.type !== 'share') {
    return new ApiError(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${groupId} is not a share group.`)
  }
  if (group.isEmpty) return group
  return new ApiError(ErrorCode.NON_EMPTY_GROUP, `Group ${groupId} has members.`)
}
